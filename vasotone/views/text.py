"""An advice as lines for a terminal: quiet by default, wrapped, no colour unless asked."""

from __future__ import annotations

import os

from vasotone.advice import MOST_ASKS, Advice, Item
from vasotone.views import outline, questions, site, summary, wording
from vasotone.views.reason import lacking, reasons
from vasotone.views.wording import clean, name_words, prose

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
    groups = outline.groups(advice, everything=everything)
    items = [item for _, members in groups for item in members]
    numbers = summary.numbered(advice, everything=everything)
    asked = questions.questions(advice, numbers, everything=everything)
    guards = [one.item for one in asked if everything and one.item is not None]
    cited = outline.sources(items + guards)
    beside = {one.beside: one for one in asked if one.beside is not None}
    lines = head(advice, items, columns)
    lines += refusal(advice, columns)
    lines += in_short(advice, numbers, columns, everything)
    lines += patient(advice, columns) if everything else patient_in_short(advice, columns)
    for heading, members in groups:
        lines += section(f"{heading} ({len(members)})", columns, heading.lower())
        for place, item in enumerate(members):
            lines += [("", "")] if place else []
            lines += entry(item, numbers[id(item)], columns, cited, everything, beside)
    if not items:
        lines += section("Statements", columns) + fill("  ", "No statement applies to what is recorded.", columns)
    lines += worth_knowing(advice, asked, columns, everything, cited)
    lines += about_data(advice, columns, everything)
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
    for word in wording.together(text.split()):
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


def head(advice: Advice, items: list[Item], columns: int) -> list[Line]:
    """Whose advice, by which edition, how far that was read, and how much of it was reviewed."""
    lines = fill("", clean(advice.title) or "Vasotone advice", columns, "strong") + [("", "")]
    edition = ": ".join([site.profile_words(advice), *(prose(notice) for notice in advice.notices[:1])])
    lines += fill("Edition  ", edition, columns)
    lines += fill("Site     ", prose(advice.site["notice"]), columns) if advice.site else []
    lines += fill("Review   ", outline.review_words(items), columns, "strong")
    when = "not given" if advice.at is None else advice.at.strftime("%Y-%m-%d %H:%M UTC")
    made = f"{when}, with facts {wording.digest(advice.facts)} and {clean(advice.engine)}"
    return lines + fill("At       ", made, columns)


def in_short(advice: Advice, numbers: dict[int, int], columns: int, everything: bool) -> list[Line]:
    """What is for now in a line each with dose and pump rate, the rest by name, what is missing or in doubt."""
    now = summary.briefs(advice, "now", numbers)
    lines = section("Consider now", columns, "now" if now else "strong")
    for one in now:
        lines += fill(f"{summary.numbers_words(one):>2}  ", one.line(), columns, "" if one.undecided else "strong")
    if not now:
        lines += fill("    ", summary.nothing_now(advice), columns)
    lines += [("", "")]
    for urgency in ("soon", "routine"):
        rest = [f"{summary.numbers_words(one)} {one.named()}" for one in summary.briefs(advice, urgency, numbers)]
        lines += row(outline.URGENCY_WORDS[urgency], "; ".join(rest), columns) if rest else []
    taken = site.assumed(advice)
    lines += row("Assumed", taken, columns, "alarm") if taken else []
    missing, doubts = summary.asked(advice, everything=everything), summary.doubted(advice)
    lines += row("Missing", missing, columns) if missing else []
    return lines + (row("In doubt", doubts, columns, "alarm") if doubts else [])


def refusal(advice: Advice, columns: int) -> list[Line]:
    """Why no septic-shock advice is given, before anything else."""
    if advice.refused is None:
        return []
    lines = section(f"No septic-shock advice: {clean(advice.refused.code, 60)}", columns, "now")
    lines += fill("  ", prose(advice.refused.text), columns)
    return lines + fill("  Instead: ", prose(advice.refused.instead), columns)


def patient_in_short(advice: Advice, columns: int) -> list[Line]:
    """The values in running lines by their age; computed ones apart, those not used on lines of their own."""
    lines = section("Patient (measured unless marked)", columns)
    if not advice.values:
        return lines + fill("  ", "No values are recorded.", columns)
    ages: dict[str, list[str]] = {}
    doubts: list[Line] = []
    for name, value in advice.values.items():
        text, age, remark = wording.entry_words(value)
        said = f"{wording.value_name(name, value)} {text}"
        if not wording.sound(value):
            doubts += fill("! ", ", ".join(part for part in (said, age, remark) if part), columns, "alarm")
        elif remark == "derived":
            ages.setdefault("computed", []).append(f"{wording.value_name(name, value)} {wording.near(value)}")
        else:
            ages.setdefault(age, []).append(said + (f" ({remark})" if remark else ""))
    computed = ages.pop("computed", [])
    for age, said_then in [*ages.items(), *([("computed", computed)] if computed else [])]:
        lines += fill("  " + f"{age}".ljust(16) + " ", ", ".join(said_then), columns)
    return lines + doubts


def patient(advice: Advice, columns: int) -> list[Line]:
    """The values that the advice rests on, one a line, with age, origin, quality and where each was found."""
    lines = section("Patient (measured unless marked)", columns)
    rows = [
        (" " if wording.sound(value) else "!", wording.value_name(name, value), *wording.entry_words(value))
        for name, value in advice.values.items()
    ]
    if not rows:
        return lines + fill("  ", "No values are recorded.", columns)
    widths = [min(max(len(row[i]) for row in rows), limit) for i, limit in ((1, 40), (2, 26), (3, 16))]
    for (mark, *cells, remark), value in zip(rows, advice.values.values(), strict=True):
        lead = mark + " " + "  ".join(cell.ljust(size) for cell, size in zip(cells, widths, strict=True)) + "  "
        style = "alarm" if mark == "!" else ""
        if len(lead) + len(remark) <= columns:
            lines.append((style, (lead + remark).rstrip()))
        else:
            lines += [(style, lead.rstrip()[:columns]), *fill("    ", remark, columns, style)]
        if value.get("source"):
            lines += fill("    from ", clean(value["source"], 120), columns, "quiet")
    return lines


def entry(
    item: Item,
    number: int,
    columns: int,
    cited: dict[str, outline.Source],
    everything: bool,
    beside: dict[int, questions.Question],
) -> list[Line]:
    """One statement: what to consider, with which dose, why, what is missing, how sure, where it stands."""
    verdict = outline.VERDICT_WORDS.get(item.verdict, clean(item.verdict, 40))
    again = ""
    if item.recheck_minutes is not None and (everything or item.verdict in ("applies", "applies-unless")):
        again = f" · look again in {wording.numeral(item.recheck_minutes)} min"
    lines = fill(f"{number:>2}  ", f"{outline.do_words(item)} · {verdict}{again}", columns, "strong")
    lines += fill("    ", outline.text_words(item), columns)
    lines += doses(item, columns, everything)
    if item.missing:
        lead = "Check" if item.verdict == "applies-unless" else "Needs"
        lines += row(lead, lacking(item), columns, "alarm")
    why = reasons(item, everything=everything)
    lines += row("Why", "; ".join(why), columns) if why else []
    if number in beside and (decides := questions.decides_words(beside[number], everything=everything)):
        lines += row("Decides", decides, columns)
    for note in item.notes:
        lines += row("Note", prose(note), columns)
    if item.links and everything:
        lines += row("See also", outline.see_also(item), columns)
    named = f"statement {clean(item.statement, 80)}"
    if item.kind == "data" and not everything:  # a remark about the data has no grade and no edition
        return lines
    places = outline.cite_words(item, cited, everything=everything)
    if not everything:
        return lines + row("Basis", " · ".join([*outline.badges(item), "; ".join(places), named]), columns, "quiet")
    lines += row("Basis", " · ".join(outline.badges(item)), columns)
    return lines + row("Source", "; ".join([*places, named]), columns, "quiet")


def doses(item: Item, columns: int, everything: bool) -> list[Line]:
    """The dose and the pump rate, or why none is shown, and the limits that were looked at."""
    dose, pump, stopped = outline.figures(item)
    label = outline.dose_label(item)
    aim = outline.aim_words(item)
    lines = row("Aim", aim, columns, "strong") if aim else []
    lines += row(label, stopped, columns, "alarm") if stopped else []
    told = "" if everything else "".join(f", {limit}" for limit in outline.limits_words(item))
    lines += row(label, dose + told, columns, "strong") if dose else []
    lines += row("Pump", pump, columns, "strong") if pump else []
    limits = "; ".join(outline.limits_words(item, everything=everything))
    return lines + (row("Limits", limits, columns) if everything and limits else [])


def row(label: str, text: str, columns: int, style: str = "") -> list[Line]:
    """A labelled line of an item."""
    return fill("    " + label.ljust(LABEL), text, columns, style)


def worth_knowing(
    advice: Advice,
    asked: list[questions.Question],
    columns: int,
    everything: bool,
    cited: dict[str, outline.Source],
) -> list[Line]:
    """Inputs worth getting, each once, with what the answer would decide."""
    alone = [one for one in asked if one.beside is None]
    rest = 0 if everything else max(0, len(advice.asks) - MOST_ASKS)
    if not alone and not rest:
        return []
    lines = section("Worth knowing", columns)
    for one in alone:
        lines += fill("  ", f"{questions.lead_words(one)}: {one.text}", columns)
        decides = questions.decides_words(one, everything=everything)
        lines += fill("    would decide ", decides, columns, "quiet") if decides else []
        if everything and one.item is not None:
            lines += fill("    from ", outline.origin_words(one.item, cited), columns, "quiet")
    return lines + (fill("  ", f"{rest} more with everything shown.", columns, "quiet") if rest else [])


def about_data(advice: Advice, columns: int, everything: bool) -> list[Line]:
    """Warnings about the data, and what the reader says of the record."""
    warnings = outline.cautions(advice, everything=everything)
    lines = section("About the data", columns) if warnings else []
    for warning in warnings:
        name = f"{name_words(warning.name)}: " if warning.name else ""
        lines += fill("! ", f"{name}{prose(warning.text)} [{clean(warning.code, 60)}]", columns, "alarm")
    lines += section("About the record", columns) if advice.notes else []
    for note in advice.notes:
        lines += fill("  ", f"{prose(note.text)} [{clean(note.code, 60)}]", columns)
    return lines


def closing(advice: Advice, columns: int, everything: bool, cited: dict[str, outline.Source]) -> list[Line]:
    """What was not assessed, the sources, and what this is for."""
    changes = site.lines(advice, everything=everything)
    lines = section("What this site changes", columns) if changes else []
    for text in changes:
        lines += fill("  ", text, columns)
    lines += section("Not assessed", columns)
    for text in outline.not_assessed(advice, everything=everything):
        lines += fill("  ", text, columns)
    for notice in site.further_notices(advice):
        lines += fill("  ", prose(notice), columns)
    if cited:
        lines += section("Sources (primary text read unless marked)", columns)
        for source in cited.values():
            words = outline.source_words(source, brief=not everything)
            lines += fill(f"{f'[{source.number}]':>5} ", words, columns)
    return lines + [("", "")] + fill("", outline.INTENDED_USE, columns)
