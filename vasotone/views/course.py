"""The course up to the instant: series of a table as pictures on one time axis, and in figures."""

from __future__ import annotations

import math
from datetime import datetime
from fractions import Fraction
from html import escape
from typing import NamedTuple

from vasotone.advice import Advice
from vasotone.errors import UnitError
from vasotone.table import CANONICAL, Observation, Table
from vasotone.units import convert
from vasotone.views import chart, wording
from vasotone.views.wording import clean, name_words, unit_words

# which series are drawn: name, unit, colour class, held between readings, separate dots
TRENDS = (
    ("map", "mm[Hg]", "t-map", False, False),
    ("norepinephrine", "ug/kg/min", "t-drug", True, False),
    ("vasopressin", "U/min", "t-drug", True, False),
    ("epinephrine", "ug/kg/min", "t-drug", True, False),
    ("lactate", "mmol/L", "t-lab", False, True),
)


MOST_POINTS = 600


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


def show(advice: Advice, table: Table | None) -> str:
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
                f"{label}: drawn as charted, in {' and '.join(escape(clean(form, 30)) for form in trend.forms)}."
            )
    heads = "".join(f'<th scope="col">{name}</th>' for name in ("Value", "First", "Lowest", "Highest", "Latest"))
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
        idle = step and not any(value for _, value in rows)  # a drug that never ran needs no picture
        if rows and not idle:
            forms = tuple(sorted({row.basis for row in every} - {"", "base", "unknown"}))
            found.append(Trend(name, unit, kind, step, points, thinned(rows), len(every) - len(rows), forms))
    return found


def thinned(rows: list[tuple[float, Fraction | None]]) -> tuple[tuple[float, Fraction | None], ...]:
    """So many points as a picture can show: of each short stretch the lowest and the highest, and the last of all."""
    if len(rows) <= MOST_POINTS:
        return tuple(rows)
    size = -(-2 * len(rows) // MOST_POINTS)
    kept: set[int] = {len(rows) - 1}
    for start in range(0, len(rows), size):
        stretch = range(start, min(start + size, len(rows)))
        known = [place for place in stretch if rows[place][1] is not None] or [start]
        known.sort(key=lambda place: rows[place][1] or 0)
        kept |= {known[0], known[-1]}
    return tuple(rows[place] for place in sorted(kept))


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
        if item.verdict == "applies" and (item.action, item.target) == ("target", "map") and item.aim is not None:
            return float(item.aim.low), float(item.aim.high)
    recorded = wording.exactly(advice.values.get("map_target", {}).get("value"))
    return None if recorded is None else (float(recorded), float(recorded))


def summary(trend: Trend, label: str, unit: str) -> str:
    """One series as a table row: first, lowest, highest and latest, each with its hour."""
    known = [(value, hour) for hour, value in trend.rows if value is not None]
    low, high = chart.fence([chart.drawable(value) for value, _ in known], from_zero=trend.step)
    kept = [pair for pair in known if low <= pair[0] <= high] or known
    picks = (kept[:1], [min(kept)] if kept else [], [max(kept)] if kept else [], kept[-1:])
    cells = "".join(
        f"<td>{escape(wording.reading(pick[0][0]))} <small>{ago(pick[0][1])}</small></td>" if pick else "<td></td>"
        for pick in picks
    )
    return f'<tr><th scope="row">{escape(label)}, {escape(unit)}</th>{cells}</tr>'


def ago(hour: float) -> str:
    """A time as hours before the instant."""
    near = round(hour, 1)
    return "now" if near == 0 else f"{chart.short(near)} h"
