"""An advice as one self-contained HTML file: no script, no request, readable on paper."""

from __future__ import annotations

import os
from html import escape

from vasotone.advice import MOST_ASKS, SHOWN_VERDICTS, VERDICTS, Advice, Caution, Item
from vasotone.table import Table
from vasotone.views import course, outline, questions, site, summary, wording
from vasotone.views.questions import Question
from vasotone.views.reason import lacking, reasons
from vasotone.views.wording import clean, name_words, prose

LARGEST = 60_000  # bytes; the longest lists are shortened, and say so, before a page grows beyond
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def show(advice: Advice, table: Table | None = None, *, everything: bool = False) -> str:
    """An advice as one HTML page of at most 60 kB; with a table also its trends up to the instant.

    No calendar date, no script, no address; all text from outside is escaped and stripped of control
    characters. Where a page would grow beyond its size, statements after the leading ones are put in
    two lines each, then left out from the least important on and counted.
    """
    room = None
    advice = outline.once(advice)
    text = render(advice, table, everything, room)
    while len(text.encode()) > LARGEST and room != 0:
        room = len(later(advice, everything)) if room is None else room * 4 // 5
        text = render(advice, table, everything, room)
    return text


def later(advice: Advice, everything: bool) -> list[Item]:
    """The shown items after the leading ones, what holds first and what does not apply last."""
    leading = set(map(id, advice.shown()))
    rest = [item for item in outline.listed(advice, everything=everything) if id(item) not in leading]
    return sorted(rest, key=lambda item: max(0, VERDICTS.index(item.verdict) - len(SHOWN_VERDICTS) + 1))


def render(advice: Advice, table: Table | None, everything: bool, room: int | None) -> str:
    """The page; with `room`, at most so many statements beside the leading ones, in two lines each."""
    rest = later(advice, everything)
    dropped = set() if room is None else set(map(id, rest[room:]))
    short = {id(item) for item in rest if room is not None or item.verdict == "does-not-apply"}
    items = [item for item in outline.listed(advice, everything=everything) if id(item) not in dropped]
    cited = outline.sources(items)
    numbers = summary.numbered(advice, everything=everything)
    asked = questions.questions(advice, numbers, everything=everything)
    left = 0 if everything else max(0, len(advice.asks) - MOST_ASKS)
    title = safe(advice.title) or "Vasotone advice"
    body = [
        header(advice, title, items),
        '<main id="main">',
        '<div class="advice">',
        in_short(advice, numbers, everything, set(numbers) - short),
        statements(outline.groups(advice, everything=everything), numbers, asked, cited, short, dropped),
        worth_knowing([one for one in asked if one.beside is None], left, everything),
        warnings(outline.cautions(advice, everything=everything)),
        listing("About the record", record_notes(advice)),
        listing("What this site changes", [escape(line) for line in site.lines(advice, everything=everything)]),
        listing("Not assessed", closing_lines(advice, everything)),
        source_list(cited),
        "</div>",
        course.show(advice, table),
        values(advice),
        "</main>",
        f"<footer><p>{escape(outline.INTENDED_USE)}</p></footer>",
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="robots" content="noindex"><meta name="referrer" content="no-referrer">'
        f"<title>{title}</title><style>{style()}</style></head>\n<body>"
        '<a class="skip" href="#main">Skip to the advice</a>\n'
        + "\n".join(p for p in body if p)
        + "\n</body></html>\n"
    )


def style() -> str:
    """The style sheet that lies beside this file."""
    with open(os.path.join(os.path.dirname(__file__), "page.css"), encoding="utf-8") as file:
        return file.read()


def safe(text: object, limit: int = wording.LONGEST) -> str:
    """Text from outside, inert: one line without control characters, and escaped."""
    return escape(clean(text, limit))


def unbroken(text: str) -> str:
    """Text, escaped, with no line end between a number and what it counts."""
    return " ".join(escape(word).replace(" ", "&nbsp;") for word in wording.together(text.split()))


def told(text: object) -> str:
    """Wording, inert, with its units spelled as on the figures beside it."""
    return escape(prose(text))


def header(advice: Advice, title: str, items: list[Item]) -> str:
    """Whose advice, by which edition and facts, how much was reviewed, and a refusal before all else."""
    meta = (
        ("Edition", site.profile_words(advice)),
        ("Facts", wording.digest(advice.facts)),
        ("Made by", advice.engine),
        ("Times", "relative to the instant of the question" if advice.at else "not given"),
    )
    cells = "".join(f"<div><dt>{name}</dt><dd>{safe(text)}</dd></div>" for name, text in meta)
    product = '<p class="product">Vasotone advice</p>' if advice.title else ""
    parts = [f'<header>{product}<h1>{title}</h1><dl class="meta">{cells}</dl>']
    if advice.refused is not None:
        refused = advice.refused
        parts.append(
            '<section class="box refused" aria-labelledby="refused">'
            '<h2 id="refused">No septic-shock advice</h2>'
            f"<p>{told(refused.text)}</p><p><b>Instead:</b> {told(refused.instead)}</p>"
            f'<p class="small">{safe(refused.code, 80)}</p></section>'
        )
    notes = [outline.review_words(items), *advice.notices[:1], *([advice.site["notice"]] if advice.site else [])]
    parts.append('<div class="box notice">' + "".join(f"<p>{told(note)}</p>" for note in notes) + "</div>")
    return "".join(parts) + "</header>"


def in_short(advice: Advice, numbers: dict[int, int], everything: bool, linked: set[int]) -> str:
    """What is for now in a line each with dose and pump rate, the rest by name, what is missing or in doubt."""
    anchored = {numbers[one] for one in linked}

    def link(one: summary.Brief, words: str) -> str:
        first = one.numbers[0]
        text = unbroken(words)
        linked_text = f'<a href="#i{first}">{text}</a>' if first in anchored else text
        return f"{summary.numbers_words(one)} {linked_text}"

    lines = []
    for one in summary.briefs(advice, "now", numbers):
        dose = f" <b>{unbroken(one.dose)}</b>" if one.dose else ""
        pump = f" · pump <b>{unbroken(one.pump)}</b>" if one.pump else ""
        remark = f' <span class="small">{escape(one.remark)}</span>' if one.remark else ""
        lines.append(f"<li>{link(one, one.doing)}{dose}{pump}{remark}</li>")
    parts = [f"<ul>{''.join(lines)}</ul>" if lines else f"<p>{summary.nothing_now(advice)}</p>"]
    for urgency in ("soon", "routine"):
        rest = [link(one, one.named()) for one in summary.briefs(advice, urgency, numbers)]
        parts.append(f"<p><b>{outline.URGENCY_WORDS[urgency]}</b> {'; '.join(rest)}</p>" if rest else "")
    taken = site.assumed(advice)
    parts.append(f'<p class="lack"><b>Assumed</b> {escape(taken)}</p>' if taken else "")
    missing, doubts = summary.asked(advice, everything=everything), summary.doubted(advice)
    parts.append(f"<p><b>Missing</b> {escape(missing)}</p>" if missing else "")
    parts.append(f'<p class="lack"><b>In doubt</b> {escape(doubts)}</p>' if doubts else "")
    return (
        '<section class="card short" aria-labelledby="short"><h2 id="short">Consider now</h2>'
        f"{''.join(parts)}</section>"
    )


def closing_lines(advice: Advice, everything: bool) -> list[str]:
    """What was not assessed, and what else is to be said about this advice."""
    return [
        *(escape(text) for text in outline.not_assessed(advice, everything=everything)),
        *(told(notice) for notice in site.further_notices(advice)),
    ]


def values(advice: Advice) -> str:
    """The values that the advice rests on, as a table."""
    if not advice.values:
        return '<section class="card patient"><h2>Patient</h2><p>No values are recorded.</p></section>'
    rows = []
    for name, entry in advice.values.items():
        value, age, origin = (escape(text) for text in wording.entry_words(entry))
        doubt = "" if wording.sound(entry) else ' class="doubt"'
        remark = f"<small>{origin}</small>" if origin else ""
        head = f'<th scope="row">{escape(wording.value_name(name, entry))}</th>'
        rows.append(f'<tr{doubt}>{head}<td>{value}{remark}</td><td class="age">{age}</td></tr>')
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("Value", "Last known", "Age"))
    return (
        '<section class="card patient" aria-labelledby="patient"><h2 id="patient">Patient</h2>'
        "<table><caption>Measured unless marked otherwise; shaded values are unknown or in doubt.</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></section>"
    )


def statements(
    groups: list[tuple[str, list[Item]]],
    numbers: dict[int, int],
    asked: list[Question],
    cited: dict[str, outline.Source],
    short: set[int],
    dropped: set[int],
) -> str:
    """The items under their headings, those in `short` after the others in two lines, those dropped counted."""
    parts = []
    beside = {one.beside: one for one in asked if one.beside is not None}
    for heading, items in groups:
        kind = heading.lower() if heading.lower() in outline.URGENCIES else "off"
        slug = heading.lower().replace(" ", "-")
        head = f'<h2 id="{slug}">{heading} ({len(items)})</h2>'
        parts.append(f'<section class="{kind}" aria-labelledby="{slug}">{head}')
        for item in items:
            if id(item) not in short:
                number = numbers[id(item)]
                parts.append(article(item, number, cited, beside.get(number)))
        lines = [brief(item, cited) for item in items if id(item) in short - dropped]
        parts.append(f'<ul class="card plain">{"".join(lines)}</ul>' if lines else "")
        left = len([item for item in items if id(item) in dropped])
        parts.append(f'<p class="small">{left} more are in the record, not on this page.</p>' if left else "")
        parts.append("</section>")
    if not groups:
        return '<section class="card"><p>No statement applies to what is recorded.</p></section>'
    return "".join(parts)


def article(item: Item, number: int, cited: dict[str, outline.Source], question: Question | None = None) -> str:
    """One statement: what to consider, dose, labels, what is missing, why, and where it stands."""
    verdict = outline.VERDICT_WORDS.get(item.verdict, clean(item.verdict, 40))
    parts = [
        f'<article aria-labelledby="i{number}"><div class="top"><h3 id="i{number}">{number}. '
        f'{escape(outline.do_words(item))}</h3><span class="verdict">{escape(verdict)}</span></div>'
        f"<p>{escape(outline.text_words(item))}</p>",
        tiles(item),
    ]
    if item.missing:
        lead = "Check" if item.verdict == "applies-unless" else "Needs"
        parts.append(f'<p class="lack"><b>{lead}:</b> {escape(lacking(item))}</p>')
    why = "; ".join(reasons(item))
    parts.append(f'<p class="why"><b>Why:</b> {escape(why)}</p>' if why else "")
    if question is not None and (decides := questions.decides_words(question, everything=False)):
        parts.append(f'<p class="why"><b>Decides:</b> {escape(decides)}</p>')
    chips = "".join(
        f'<li class="chip{" flag" if mark in ("unverified", "not reviewed") else ""}">{escape(mark)}</li>'
        for mark in outline.badges(item)
    )
    parts.append(f'<ul class="chips" aria-label="Basis">{chips}</ul>')
    parts.append(more(item))
    places = [
        f'<a href="#s{cited[source].number}">[{cited[source].number}]</a> {escape(place)}'
        for source, place in outline.places(item)
    ]
    again = "" if item.recheck_minutes is None else f"Look again in {wording.numeral(item.recheck_minutes)} min. "
    parts.append(f'<p class="small">{again}{"; ".join([*places, safe(item.statement, 80)])}</p></article>')
    return "".join(parts)


def brief(item: Item, cited: dict[str, outline.Source]) -> str:
    """A statement in two lines: what it says, with its dose, and what decides or is missing."""
    dose, pump, stopped = outline.figures(item)
    parts = [
        f"{outline.dose_label(item)} {dose or stopped}" if dose or stopped else "",
        f"Pump {pump}" if pump else "",
    ]
    verdict = "" if item.verdict in ("applies", "does-not-apply") else outline.VERDICT_WORDS[item.verdict]
    names = ", ".join(name_words(name) for name in item.missing)
    parts += [verdict, f"not known: {names}" if names else ""]
    parts += reasons(item._replace(why=tuple(why for why in item.why if why.truth == "no")))
    reason = "; ".join(part for part in parts if part)
    links = " ".join(
        f'<a href="#s{cited[source].number}">[{cited[source].number}]</a>'
        for source in dict.fromkeys(source for source, _ in outline.places(item))
    )
    return (
        f"<li><b>{escape(outline.do_words(item))}</b>: {escape(outline.text_words(item))}"
        f'<p class="small">{escape(reason) + ". " if reason else ""}{escape(" · ".join(outline.badges(item)))}. '
        f"{links} {safe(item.statement, 80)}</p></li>"
    )


def tiles(item: Item) -> str:
    """The dose and the pump rate, or why none is shown, and the limits that were looked at."""
    dose, pump, stopped = outline.figures(item)
    label = outline.dose_label(item)
    if stopped:
        return f'<p class="stop"><b>{label}</b> {escape(stopped)}</p>'
    aim = outline.aim_words(item)
    dose += "".join(f", {limit}" for limit in outline.limits_words(item)) if dose else ""
    cells = [tile("Aim", aim)] if aim else []
    cells += [tile(label, dose)] if dose else []
    cells += [tile("Pump", pump)] if pump else []
    return f'<dl class="figures">{"".join(cells)}</dl>' if cells else ""


def tile(label: str, text: str) -> str:
    """One figure, its remark in smaller print."""
    cut = min((text.find(mark) for mark in (" (", ", ") if mark in text), default=len(text))
    rest = text[cut:].strip(" ,")
    small = f" <small>{escape(rest)}</small>" if rest else ""
    return f"<div><dt>{label}</dt><dd>{escape(text[:cut])}{small}</dd></div>"


def more(item: Item) -> str:
    """Every clause with its values, notes, limits and near statements, folded away."""
    whole = reasons(item, everything=True)
    lines = [escape(reason) for reason in whole if reason not in reasons(item)]
    lines += [told(note) for note in item.notes]
    limits = outline.limits_words(item, everything=True)
    lines += ["Limits: " + escape("; ".join(limits))] if limits else []
    if item.links:
        lines.append("See also " + escape(outline.see_also(item)))
    if not lines:
        return ""
    return f"<details><summary>More</summary><ul>{''.join(f'<li>{line}</li>' for line in lines)}</ul></details>"


def listing(heading: str, lines: list[str]) -> str:
    """A headed list of lines that are already safe."""
    if not lines:
        return ""
    slug = heading.lower().replace(" ", "-")
    entries = "".join(f"<li>{line}</li>" for line in lines)
    return (
        f'<section class="card" aria-labelledby="{slug}"><h2 id="{slug}">{heading}</h2>'
        f'<ul class="plain">{entries}</ul></section>'
    )


def worth_knowing(asked: list[Question], left: int, everything: bool) -> str:
    """Inputs worth getting, each once, with what the answer would decide."""
    lines = []
    for one in asked:
        decides = questions.decides_words(one, everything=False)
        tail = f"Would decide {escape(decides)}." if decides else ""
        if everything and one.item is not None:
            tail += f" {safe(one.item.statement, 80)} · {escape(' · '.join(outline.badges(one.item)))}"
        small = f' <span class="small">{tail}</span>' if tail else ""
        lines.append(f"<b>{escape(questions.lead_words(one))}</b>: {escape(one.text)}{small}")
    if left:
        lines.append(f"{left} more with everything shown.")
    return listing("Worth knowing", lines)


def warnings(cautions: list[Caution]) -> str:
    """Warnings about the data."""
    lines = []
    for caution in cautions:
        name = f"<b>{escape(name_words(caution.name))}</b>: " if caution.name else ""
        lines.append(f'{name}{told(caution.text)} <span class="small">{safe(caution.code, 60)}</span>')
    return listing("About the data", lines)


def record_notes(advice: Advice) -> list[str]:
    """What the reader says of the record as a whole."""
    return [f'{told(note.text)} <span class="small">{safe(note.code, 60)}</span>' for note in advice.notes]


def source_list(cited: dict[str, outline.Source]) -> str:
    """The numbered sources that the items point to."""
    if not cited:
        return ""
    entries = "".join(f'<li id="s{s.number}">{escape(outline.source_words(s))}</li>' for s in cited.values())
    return (
        '<section class="card" aria-labelledby="sources"><h2 id="sources">Sources</h2>'
        f'<ol class="sources">{entries}</ol><p class="small">Read in the primary text unless marked.</p></section>'
    )
