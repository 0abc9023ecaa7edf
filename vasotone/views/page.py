"""An advice as one self-contained HTML file: no script, no request, readable on paper."""

from __future__ import annotations

import math
import os
from datetime import datetime
from fractions import Fraction
from html import escape
from typing import NamedTuple

from vasotone.advice import SHOWN_VERDICTS, Advice, Ask, Caution, Item
from vasotone.errors import UnitError
from vasotone.table import CANONICAL, Observation, Table
from vasotone.units import convert
from vasotone.views import chart, outline, wording
from vasotone.views.wording import clean, name_words, prose, unit_words

LARGEST = 60_000  # bytes; the longest lists are shortened, and say so, before a page grows beyond
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
# which series are drawn: name, unit, colour class, held between readings, separate dots
TRENDS = (
    ("map", "mm[Hg]", "t-map", False, False),
    ("norepinephrine", "ug/kg/min", "t-drug", True, False),
    ("vasopressin", "U/min", "t-drug", True, False),
    ("epinephrine", "ug/kg/min", "t-drug", True, False),
    ("lactate", "mmol/L", "t-lab", False, True),
)


class Trend(NamedTuple):
    """One drawn series: (hours before the instant, exact value or None for a recorded absence)."""

    name: str
    unit: str
    kind: str
    step: bool
    points: bool
    rows: tuple[tuple[float, Fraction | None], ...]
    left_out: int
    forms: tuple[str, ...]


def show(advice: Advice, table: Table | None = None, *, everything: bool = False) -> str:
    """An advice as one HTML page of at most 60 kB; with a table also its trends up to the instant.

    No calendar date, no script, no address; all text from outside is escaped and stripped of control
    characters. Where a page would grow beyond its size, what does not apply is shortened and counted.
    """
    text = render(advice, table, everything, None)
    shown = advice.shown(everything=everything)
    room = len([item for item in shown if item.verdict not in SHOWN_VERDICTS])
    while len(text.encode()) > LARGEST and room > 0:
        room = room * 2 // 3
        text = render(advice, table, everything, room)
    return text


def render(advice: Advice, table: Table | None, everything: bool, room: int | None) -> str:
    """The page with at most `room` of the statements that do not apply, all of them with None."""
    items = list(advice.shown(everything=everything))
    cited = outline.sources(items)
    title = safe(advice.title) or "Vasotone advice"
    body = [
        header(advice, title, everything),
        '<main id="main">',
        values(advice),
        '<div class="advice">',
        statements(advice, everything, cited, room),
        asks(outline.asked(advice, everything=everything), len(advice.asks)),
        warnings(advice.warnings),
        listing("Not assessed", [escape(t) for t in outline.not_assessed(advice, everything=everything)]),
        source_list(cited),
        "</div>",
        trends(advice, table),
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


def told(text: object) -> str:
    """Wording, inert, with its units spelled as on the figures beside it."""
    return escape(prose(text))


def header(advice: Advice, title: str, everything: bool) -> str:
    """Whose advice, by which edition and facts, how much was reviewed, and a refusal before all else."""
    shown = advice.shown(everything=everything)
    meta = (
        ("Edition", advice.profile),
        ("Facts", wording.digest(advice.facts)),
        ("Made by", advice.engine),
        ("Times", "relative to the instant of the question" if advice.at else "not given"),
    )
    cells = "".join(f"<div><dt>{name}</dt><dd>{safe(text)}</dd></div>" for name, text in meta)
    parts = [f'<header><p class="product">Vasotone advice</p><h1>{title}</h1><dl class="meta">{cells}</dl>']
    notes = [outline.review_words(shown), *advice.notices]
    parts.append('<div class="box notice">' + "".join(f"<p>{told(note)}</p>" for note in notes) + "</div>")
    if advice.refused is not None:
        refused = advice.refused
        parts.append(
            '<section class="box refused" aria-labelledby="refused">'
            '<h2 id="refused">No septic-shock advice</h2>'
            f"<p>{told(refused.text)}</p><p><b>Instead:</b> {told(refused.instead)}</p>"
            f'<p class="small">{safe(refused.code, 80)}</p></section>'
        )
    return "".join(parts) + "</header>"


def values(advice: Advice) -> str:
    """The values that the advice rests on, as a table."""
    if not advice.values:
        return '<section class="card patient"><h2>Patient</h2><p>No values are recorded.</p></section>'
    rows = []
    for name, entry in advice.values.items():
        value, age, origin = (escape(text) for text in wording.entry_words(entry))
        doubt = "" if wording.sound(entry) else ' class="doubt"'
        remark = f"<small>{origin}</small>" if origin else ""
        head = f'<th scope="row">{escape(name_words(name))}</th>'
        rows.append(f'<tr{doubt}>{head}<td>{value}{remark}</td><td class="age">{age}</td></tr>')
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("Value", "Last known", "Age"))
    return (
        '<section class="card patient" aria-labelledby="patient"><h2 id="patient">Patient</h2>'
        "<table><caption>Measured unless marked otherwise; shaded values are unknown or in doubt.</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></section>"
    )


def statements(advice: Advice, everything: bool, cited: dict[str, outline.Source], room: int | None) -> str:
    """The items under their headings, numbered through."""
    parts = []
    number = 0
    for heading, items in outline.groups(advice, everything=everything):
        kind = heading.lower() if heading.lower() in outline.URGENCIES else "off"
        slug = heading.lower().replace(" ", "-")
        parts.append(
            f'<section class="{kind}" aria-labelledby="{slug}"><h2 id="{slug}">{heading} ({len(items)})</h2>'
        )
        kept = items if kind != "off" or room is None else items[:room]
        if room is not None and kind == "off":
            room -= len(kept)
        for item in kept:
            number += 1
            parts.append(article(item, number, cited))
        if len(kept) < len(items):
            parts.append(
                f'<p class="small">{len(items) - len(kept)} more are in the record, not on this page.</p>'
            )
        parts.append("</section>")
    if number == 0:
        return '<section class="card"><p>No statement applies to what is recorded.</p></section>'
    return "".join(parts)


def article(item: Item, number: int, cited: dict[str, outline.Source]) -> str:
    """One statement: what to consider, dose, labels, what is missing, why, and where it stands."""
    verdict = outline.VERDICT_WORDS.get(item.verdict, clean(item.verdict, 40))
    parts = [
        f'<article aria-labelledby="i{number}"><div class="top"><h3 id="i{number}">{number}. '
        f'{escape(outline.do_words(item))}</h3><span class="verdict">{escape(verdict)}</span></div>'
        f"<p>{told(item.text)}</p>",
        tiles(item),
    ]
    if item.missing:
        lead = "Not checked" if item.verdict == "applies-unless" else "Needs"
        names = ", ".join(escape(name_words(name)) for name in item.missing)
        parts.append(f'<p class="lack"><b>{lead}:</b> {names}</p>')
    chips = "".join(
        f'<li class="chip{" flag" if mark in ("unverified", "not reviewed") else ""}">{escape(mark)}</li>'
        for mark in outline.badges(item)
    )
    parts.append(f'<ul class="chips" aria-label="Basis">{chips}</ul>')
    parts.append(reasons(item))
    places = [
        f'<a href="#s{cited[source].number}">[{cited[source].number}]</a> {escape(place)}'
        for source, place in outline.places(item)
    ]
    again = (
        "" if item.recheck_minutes is None else f"Look again in {wording.numeral(item.recheck_minutes)} min. "
    )
    parts.append(f'<p class="small">{again}{"; ".join([*places, safe(item.statement, 80)])}</p></article>')
    return "".join(parts)


def tiles(item: Item) -> str:
    """The dose and the pump rate, or why none is shown, and the limits that were looked at."""
    dose, pump, stopped = outline.figures(item)
    label = outline.dose_label(item)
    if stopped:
        return f'<p class="stop"><b>{label}</b> {escape(stopped)}</p>'
    cells = [tile(label, dose)] if dose else []
    cells += [tile("Pump", pump)] if pump else []
    limits = "; ".join(outline.limits_words(item))
    text = f'<dl class="figures">{"".join(cells)}</dl>' if cells else ""
    return text + (f'<p class="small">Limits: {escape(limits)}</p>' if limits else "")


def tile(label: str, text: str) -> str:
    """One figure, its remark in smaller print."""
    cut = min((text.find(mark) for mark in (" (", ", ") if mark in text), default=len(text))
    rest = text[cut:].strip(" ,")
    small = f" <small>{escape(rest)}</small>" if rest else ""
    return f"<div><dt>{label}</dt><dd>{escape(text[:cut])}{small}</dd></div>"


def reasons(item: Item) -> str:
    """The clauses with their truth and values, notes and near statements, folded away."""
    lines = []
    for why in item.why:
        said, truth, behind = outline.why_words(why)
        lines.append(escape(f"{said}: {truth}" + (f" ({behind})" if behind else "")))
    lines += [told(note) for note in item.notes]
    limits = outline.limits_words(item, everything=True)
    lines += ["Limits: " + escape("; ".join(limits))] if limits else []
    if item.links:
        lines.append("See also " + escape(outline.see_also(item)))
    if not lines:
        return ""
    return (
        f"<details><summary>Why</summary><ul>{''.join(f'<li>{line}</li>' for line in lines)}</ul></details>"
    )


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


def asks(shown: tuple[Ask, ...], all_of_them: int) -> str:
    """Inputs worth getting, with what each would decide."""
    lines = []
    for ask in shown:
        unit = f" ({escape(unit_words(ask.unit))})" if ask.unit and unit_words(ask.unit) else ""
        decides = ", ".join(safe(name, 80) for name in ask.decides)
        tail = f' <span class="small">Would decide {decides}.</span>' if decides else ""
        lines.append(f"<b>{escape(name_words(ask.name))}</b>{unit}: {told(ask.why)}{tail}")
    if all_of_them > len(shown):
        lines.append(f"{all_of_them - len(shown)} more with everything shown.")
    return listing("Worth knowing", lines)


def warnings(cautions: tuple[Caution, ...]) -> str:
    """Warnings about the data."""
    lines = []
    for caution in cautions:
        name = f"<b>{escape(name_words(caution.name))}</b>: " if caution.name else ""
        lines.append(f'{name}{told(caution.text)} <span class="small">{safe(caution.code, 60)}</span>')
    return listing("About the data", lines)


def source_list(cited: dict[str, outline.Source]) -> str:
    """The numbered sources that the items point to."""
    if not cited:
        return ""
    entries = "".join(f'<li id="s{s.number}">{escape(outline.source_words(s))}</li>' for s in cited.values())
    return (
        '<section class="card" aria-labelledby="sources"><h2 id="sources">Sources</h2>'
        f'<ol class="sources">{entries}</ol></section>'
    )


def trends(advice: Advice, table: Table | None) -> str:
    """The course up to the instant: pictures on one time axis, and the same in a small table."""
    drawn = collect(table, table.at or advice.at) if table is not None else []
    if not any(len(trend.rows) > 1 for trend in drawn):
        return ""
    span = chart.window([hour for trend in drawn for hour, _ in trend.rows])
    pictures, rows, notes = [], [], []
    for trend in drawn:
        label, unit = name_words(trend.name), unit_words(trend.unit)
        series = [(hour, math.nan if value is None else chart.drawable(value)) for hour, value in trend.rows]
        pictures.append(
            f'<div class="{trend.kind}">'
            + chart.trend(
                series,
                label=label,
                unit=unit,
                span=span,
                step=trend.step,
                points=trend.points,
                width=390,
                height=150 if trend.name == "map" else 104,
                band=aim(advice) if trend.name == "map" else None,
            )
            + "</div>"
        )
        rows.append(summary(trend, label, unit))
        if trend.left_out:
            notes.append(f"{label}: {trend.left_out} without a time or a unit that converts, not drawn.")
        if trend.forms:
            notes.append(
                f"{label}: drawn as charted, in {' and '.join(safe(form, 30) for form in trend.forms)}."
            )
    heads = "".join(
        f'<th scope="col">{name}</th>' for name in ("Value", "First", "Lowest", "Highest", "Latest")
    )
    notes += ["Dotted: dose presumed to go on."] if any(trend.step for trend in drawn) else []
    return (
        '<section class="card course" aria-labelledby="course"><h2 id="course">Course</h2>'
        f"{''.join(pictures)}<details><summary>The same in figures</summary>"
        f"<table><caption>Each with its time before the instant.</caption><thead><tr>{heads}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></details>"
        f'<p class="small">{" ".join(notes)}</p></section>'
    )


def collect(table: Table, instant: datetime | None) -> list[Trend]:
    """The drawn series that the table holds, each in one unit and relative to the instant."""
    times = [row.at for row in table.rows if row.at is not None]
    now = instant or max(times, default=None)
    if now is None:
        return []
    found = []
    for name, unit, kind, step, points in TRENDS:
        rows: list[tuple[float, Fraction | None]] = []
        every = table.cut(now).series(name)
        for row in every:
            exact = in_unit(row, unit)
            if row.at is not None and (exact is not None or row.value is None):
                rows.append(((row.at - now).total_seconds() / 3600, exact))
        if rows:
            forms = tuple(sorted({row.basis for row in every} - {"", "base", "unknown"}))
            found.append(Trend(name, unit, kind, step, points, tuple(rows), len(every) - len(rows), forms))
    return found


def in_unit(row: Observation, unit: str) -> Fraction | None:
    """The row's exact value in a unit, or None when it is no number or does not convert."""
    if not isinstance(row.value, Fraction) or row.unit is None:
        return None
    try:
        return row.value if row.unit == CANONICAL else convert(row.value, row.unit, unit)
    except UnitError:
        return None


def aim(advice: Advice) -> tuple[float, float] | None:
    """The MAP target that holds for this patient: of an applying statement, else the recorded one."""
    for item in advice.items:
        if item.verdict == "applies" and (item.action, item.target) == ("target", "map") and item.dose:
            ends = [wording.exactly(end) for end in (item.dose.low, item.dose.high, item.dose.value)]
            known = [float(end) for end in ends if end is not None]
            if known:
                return min(known), max(known)
    recorded = wording.exactly(advice.values.get("map_target", {}).get("value"))
    return None if recorded is None else (float(recorded), float(recorded))


def summary(trend: Trend, label: str, unit: str) -> str:
    """One series as a table row: first, lowest, highest and latest, each with its hour."""
    known = [(value, hour) for hour, value in trend.rows if value is not None]
    low, high = chart.fence([chart.drawable(value) for value, _ in known], from_zero=trend.step)
    kept = [pair for pair in known if low <= pair[0] <= high] or known
    picks = (kept[:1], [min(kept)] if kept else [], [max(kept)] if kept else [], kept[-1:])
    cells = "".join(
        f"<td>{escape(wording.reading(pick[0][0]))} <small>{ago(pick[0][1])}</small></td>"
        if pick
        else "<td></td>"
        for pick in picks
    )
    return f'<tr><th scope="row">{escape(label)}, {escape(unit)}</th>{cells}</tr>'


def ago(hour: float) -> str:
    """A time as hours before the instant."""
    near = round(hour, 1)
    return "now" if near == 0 else f"{chart.short(near)} h"
