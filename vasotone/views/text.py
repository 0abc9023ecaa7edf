"""An advice as lines for a terminal: quiet by default, wrapped, no colour unless asked."""

from __future__ import annotations

import os

from vasotone.advice import Advice, Item
from vasotone.views import outline, wording
from vasotone.views.wording import clean, name_words, prose, unit_words

NARROWEST, WIDEST = 48, 100
LABEL = 9  # columns of the labels in front of an item's lines
STYLES = {"strong": "1", "quiet": "2", "now": "1;31", "soon": "1;33", "alarm": "31"}

Line = tuple[str, str]  # style name, text


def show(advice: Advice, *, everything: bool = False, width: int | None = None, colour: bool = False) -> str:
    """An advice as text for a clinician, ending in a newline.

    everything  all statements with their verdicts, and where each value stands
    width       columns; by default those of the terminal
    colour      ANSI colours; text from outside can never bring its own
    """
    advice = outline.once(advice)
    columns = min(max(width or terminal_width(), NARROWEST), max(WIDEST, width or 0))
    lines = head(advice, columns, everything)
    lines += refusal(advice, columns)
    lines += patient(advice, columns, everything)
    cited = outline.sources(list(advice.shown(everything=everything)))
    number = 0
    for heading, items in outline.groups(advice, everything=everything):
        lines += section(f"{heading} ({len(items)})", columns, heading.lower())
        for place, item in enumerate(items):
            number += 1
            lines += [("", "")] if place else []
            lines += entry(item, number, columns, cited, everything)
    if number == 0:
        lines += section("Statements", columns) + fill("  ", "No statement applies to what is recorded.", columns)
    lines += questions(advice, columns, everything)
    lines += cautions(advice, columns)
    lines += closing(advice, columns, everything, cited)
    return "".join(paint(style, text.rstrip(), colour) + "\n" for style, text in lines)


def terminal_width() -> int:
    """The columns of the terminal, or a page's usual width when there is none."""
    try:
        return os.get_terminal_size().columns or 80
    except (OSError, ValueError):
        return 80


def paint(style: str, text: str, colour: bool) -> str:
    """The line with its colour codes, or as it is."""
    return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if colour and style in STYLES and text else text


def fill(lead: str, text: str, columns: int, style: str = "") -> list[Line]:
    """Text after a lead, wrapped to the columns, later lines under the first word."""
    room = max(columns - len(lead), 16)
    rows = [""]
    for word in text.split():
        while len(word) > room:  # an identifier longer than a line is cut where the line ends
            spare = room - len(rows[-1]) - (1 if rows[-1] else 0)
            if spare < 8:
                rows.append("")
                spare = room
            rows[-1] += (" " if rows[-1] else "") + word[:spare]
            word = word[spare:]
            rows.append("")
        if rows[-1] and len(rows[-1]) + 1 + len(word) > room:
            rows.append("")
        rows[-1] += (" " if rows[-1] else "") + word
    return [(style, (lead if i == 0 else " " * len(lead)) + row) for i, row in enumerate(rows) if row or i == 0]


def section(heading: str, columns: int, style: str = "strong") -> list[Line]:
    """A blank line and a heading with a rule."""
    rule = "─" * (columns - len(heading) - 1)
    return [("", ""), (style if style in STYLES else "strong", f"{heading.upper()} {rule}")]


def head(advice: Advice, columns: int, everything: bool) -> list[Line]:
    """Whose advice, by which edition and facts, and how much of it was reviewed."""
    lines = fill("", clean(advice.title) or "Vasotone advice", columns, "strong") + [("", "")]
    lines += fill("Edition  ", clean(advice.profile), columns)
    for notice in advice.notices:
        lines += fill("         ", prose(notice), columns)
    shown = advice.shown(everything=everything)
    lines += fill("Review   ", outline.review_words(shown), columns, "strong")
    lines += fill("Facts    ", f"{wording.digest(advice.facts)}, {clean(advice.engine)}", columns)
    when = "not given" if advice.at is None else advice.at.strftime("%Y-%m-%d %H:%M UTC")
    return lines + fill("At       ", when, columns)


def refusal(advice: Advice, columns: int) -> list[Line]:
    """Why no septic-shock advice is given, before anything else."""
    if advice.refused is None:
        return []
    lines = section(f"No septic-shock advice: {clean(advice.refused.code, 60)}", columns, "now")
    lines += fill("  ", prose(advice.refused.text), columns)
    return lines + fill("  Instead: ", prose(advice.refused.instead), columns)


def patient(advice: Advice, columns: int, everything: bool) -> list[Line]:
    """The values that the advice rests on, with age, origin and quality."""
    lines = section("Patient (measured unless marked)", columns)
    rows = [
        (" " if wording.sound(entry) else "!", name_words(name), *wording.entry_words(entry))
        for name, entry in advice.values.items()
    ]
    if not rows:
        return lines + fill("  ", "No values are recorded.", columns)
    widths = [min(max(len(row[i]) for row in rows), limit) for i, limit in ((1, 26), (2, 26), (3, 16))]
    for (mark, *cells, remark), entry in zip(rows, advice.values.values(), strict=True):
        lead = mark + " " + "  ".join(cell.ljust(size) for cell, size in zip(cells, widths, strict=True)) + "  "
        style = "alarm" if mark == "!" else ""
        if len(lead) + len(remark) <= columns:
            lines.append((style, (lead + remark).rstrip()))
        else:
            lines += [(style, lead.rstrip()[:columns]), *fill("    ", remark, columns, style)]
        if everything and entry.get("source"):
            lines += fill("    from ", clean(entry["source"], 120), columns, "quiet")
    return lines


def entry(item: Item, number: int, columns: int, cited: dict[str, outline.Source], everything: bool) -> list[Line]:
    """One statement: what to consider, with which dose, how sure, why, what is missing, where it stands."""
    verdict = outline.VERDICT_WORDS.get(item.verdict, clean(item.verdict, 40))
    lines = fill(f"{number:>2}  ", f"{outline.do_words(item)} · {verdict}", columns, "strong")
    lines += fill("    ", outline.text_words(item), columns)
    lines += doses(item, columns, everything)
    lines += row("Basis", " · ".join(outline.badges(item)), columns)
    if item.missing:
        lead = "Unless" if item.verdict == "applies-unless" else "Needs"
        unchecked = "not checked: " if lead == "Unless" else ""
        lines += row(lead, unchecked + ", ".join(name_words(n) for n in item.missing), columns, "alarm")
    for place, why in enumerate(item.why):
        said, truth, values = outline.why_words(why)
        lines += row("" if place else "Why", f"{said}: {truth}" + (f" ({values})" if values else ""), columns)
    for note in item.notes:
        lines += row("Note", prose(note), columns)
    if item.recheck_minutes is not None:
        lines += row("Again", f"look again in {wording.numeral(item.recheck_minutes)} min", columns)
    if item.links and everything:
        lines += row("See also", outline.see_also(item), columns)
    places = [f"[{cited[source].number}] {place}" for source, place in outline.places(item)]
    return lines + row("Source", "; ".join([*places, f"statement {clean(item.statement, 80)}"]), columns, "quiet")


def doses(item: Item, columns: int, everything: bool) -> list[Line]:
    """The dose and the pump rate, or why none is shown, and the limits that were looked at."""
    dose, pump, stopped = outline.figures(item)
    label = outline.dose_label(item)
    lines = row(label, stopped, columns, "alarm") if stopped else []
    lines += row(label, dose, columns, "strong") if dose else []
    lines += row("Pump", pump, columns, "strong") if pump else []
    limits = outline.limits_words(item, everything=everything)
    return lines + (row("Limits", "; ".join(limits), columns) if limits else [])


def row(label: str, text: str, columns: int, style: str = "") -> list[Line]:
    """A labelled line of an item."""
    return fill("    " + label.ljust(LABEL), text, columns, style)


def questions(advice: Advice, columns: int, everything: bool) -> list[Line]:
    """Inputs worth getting, with what each would decide."""
    asks = outline.asked(advice, everything=everything)
    if not asks:
        return []
    lines = section("Worth knowing", columns)
    for ask in asks:
        unit = f" ({unit_words(ask.unit)})" if ask.unit and unit_words(ask.unit) else ""
        lines += fill("  ", f"{name_words(ask.name)}{unit}: {prose(ask.why)}", columns)
        if ask.decides:
            lines += fill("    would decide ", ", ".join(clean(d, 80) for d in ask.decides), columns, "quiet")
    rest = len(advice.asks) - len(asks)
    return lines + (fill("  ", f"{rest} more with everything shown.", columns, "quiet") if rest else [])


def cautions(advice: Advice, columns: int) -> list[Line]:
    """Warnings about the data."""
    if not advice.warnings:
        return []
    lines = section("About the data", columns)
    for warning in advice.warnings:
        name = f"{name_words(warning.name)}: " if warning.name else ""
        lines += fill("! ", f"{name}{prose(warning.text)} [{clean(warning.code, 60)}]", columns, "alarm")
    return lines


def closing(advice: Advice, columns: int, everything: bool, cited: dict[str, outline.Source]) -> list[Line]:
    """What was not assessed, the sources, and what this is for."""
    lines = section("Not assessed", columns)
    for text in outline.not_assessed(advice, everything=everything):
        lines += fill("  ", text, columns)
    if cited:
        lines += section("Sources", columns)
        for source in cited.values():
            lines += fill(f"{f'[{source.number}]':>5} ", outline.source_words(source), columns)
    return lines + [("", "")] + fill("", outline.INTENDED_USE, columns)
