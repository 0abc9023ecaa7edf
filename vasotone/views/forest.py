"""Every entry of a trial as one tall SVG picture: accepted range, published and simulated, row by row.

Entries have many units, so each row has a scale of its own: its accepted range is the band in the middle. The numbers
stand beside it. Nothing of the simulation is imported here; a plain record comes in.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vasotone.views.chart import pixel

Record = Mapping[str, Any]

WIDTH, ROW, TOP = 980, 21, 84
NAMES, MIDDLE, HALF, NUMBERS = 14, 470, 44, 672  # pixels: names, centre of the band, half its width, numbers
REACH = 3.4  # half widths on either side; what lies beyond is an arrow at the edge
MOST_LETTERS = 44
NOTHING = 1e-9

STYLE = (
    "svg{color-scheme:light dark;--page:#fff;--ink:#1d2530;--quiet:#586474;--band:#d5dee8;--in:#0b6b4f;--out:#b3261e;"
    "--said:#1d2530;font:12px system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}"
    "@media(prefers-color-scheme:dark){svg{--page:#12161c;--ink:#e8ecf1;--quiet:#aab5c2;--band:#37424f;--in:#74d3a3;"
    "--out:#ff9d95;--said:#e8ecf1}}"
    "rect.page{fill:var(--page)}text{fill:var(--ink)}.quiet{fill:var(--quiet)}.head{font-weight:600}"
    ".title{font-size:17px;font-weight:600}.band{fill:var(--band)}.axis{stroke:var(--quiet);stroke-width:1}"
    ".said{stroke:var(--said);stroke-width:2}.in{fill:var(--in);stroke:var(--in)}"
    ".out{fill:none;stroke:var(--out);stroke-width:2}.far{fill:var(--out);stroke:var(--out)}.bad{fill:var(--out)}"
)


def picture(record: Record) -> str:
    """The record of `vasotone trial --json` as one SVG document that stands alone, in light and in dark."""
    rows = list(lines(record["studies"]))
    height = TOP + ROW * len(rows) + 22
    total = record["totals"]
    told = (
        f"{total['entries_inside']} of {total['entries']} entries inside their accepted range, "
        f"{100 * (total['share'] or 0):.0f} % of the weight; {len(total['critical_missed'])} of {total['critical']} "
        f"critical entries missed; model {record['model']}"
    )
    body = [key(told)]
    for place, (kind, one) in enumerate(rows):
        y = TOP + ROW * place
        body.append(heading(one, y) if kind == "study" else entry(one, y))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" aria-labelledby="forest-title forest-desc"><title id="forest-title">Published and '
        f'simulated results</title><desc id="forest-desc">{safe(told)}</desc><style>{STYLE}</style>'
        f'<rect class="page" width="{WIDTH}" height="{height}"/>{"".join(body)}</svg>'
    )


def lines(studies: Sequence[Record]) -> Iterator[tuple[str, Record]]:
    """A heading for each study, then its entries."""
    for study in studies:
        yield "study", study
        for score in study["scores"]:
            yield "entry", score


def key(told: str) -> str:
    """The title, what the picture shows in all, and what its signs mean."""
    y = 66
    signs = (
        f'<rect class="band" x="{NAMES}" y="{y - 10}" width="30" height="12"/>'
        f'<text class="quiet" x="{NAMES + 38}" y="{y}">accepted</text>'
        f'<path class="said" d="M{NAMES + 118} {y - 11}v14"/>'
        f'<text class="quiet" x="{NAMES + 126}" y="{y}">published</text>'
        f'{dot(NAMES + 208, y - 4, True)}<text class="quiet" x="{NAMES + 218}" y="{y}">simulated, inside</text>'
        f'{dot(NAMES + 338, y - 4, False)}<text class="quiet" x="{NAMES + 350}" y="{y}">simulated, outside</text>'
        f'<text class="quiet" x="{NUMBERS}" y="{y}">simulated (published; accepted)</text>'
    )
    return (
        f'<text class="title" x="{NAMES}" y="26">Published studies on virtual patients</text>'
        f'<text class="quiet" x="{NAMES}" y="45">{safe(told)}</text>{signs}'
    )


def heading(study: Record, y: float) -> str:
    """The row of a study: its id and topic, and whether its run is invalid."""
    shown = f'<text class="head" x="{NAMES}" y="{y + 15}">{safe(study["id"])}</text>'
    told = f"invalid run: {study['why_invalid']}" if study["invalid"] else study["title"] or ""
    kind = "bad" if study["invalid"] else "quiet"
    return shown + f'<text class="{kind}" x="{NUMBERS}" y="{y + 15}">{safe(cut(told))}</text>'


def entry(score: Record, y: float) -> str:
    """The row of one entry."""
    name = score["id"] + (" (critical)" if score["critical"] else "")
    parts = [f'<text x="{NAMES + 14}" y="{y + 15}">{safe(cut(name))}</text>']
    if not score["modelled"]:
        return parts[0] + f'<text class="quiet" x="{NUMBERS}" y="{y + 15}">not modelled</text>'
    low, high = score.get("low"), score.get("high")
    if low is not None and high is not None:
        parts.append(ranged(score, low, high, y))
    elif score["sign"] in ("+", "-"):
        parts.append(signed(score, y))
    parts.append(
        f'<text class="{"" if score["pass"] else "bad"}" x="{NUMBERS}" y="{y + 15}">{safe(numbers(score))}</text>'
    )
    return "".join(parts)


def ranged(score: Record, low: float, high: float, y: float) -> str:
    """Band, published mark and simulated dot on the scale of the accepted range."""
    middle, half = (low + high) / 2, max((high - low) / 2, 1e-12)

    def column(value: float) -> float:
        return MIDDLE + HALF * min(max((value - middle) / half, -REACH), REACH)

    parts = [f'<rect class="band" x="{pixel(MIDDLE - HALF)}" y="{pixel(y + 4)}" width="{2 * HALF}" height="14"/>']
    if low < 0 < high:
        parts.append(f'<path class="axis" d="M{pixel(column(0))} {pixel(y + 4)}v14"/>')
    if score["reported"] is not None:
        parts.append(f'<path class="said" d="M{pixel(column(score["reported"]))} {pixel(y + 3)}v16"/>')
    parts.append(mark(score, score["simulated"], column, (score["simulated"] or 0) - middle, half, y))
    return "".join(parts)


def signed(score: Record, y: float) -> str:
    """Half a band on the side that is asked for, and the simulated dot on the side where it fell."""
    right = score["sign"] == "+"
    left = MIDDLE if right else MIDDLE - HALF * 2
    value = score["simulated"]
    shape = f'<rect class="band" x="{pixel(left)}" y="{pixel(y + 4)}" width="{2 * HALF}" height="14"/>'
    shape += f'<path class="axis" d="M{MIDDLE} {pixel(y + 2)}v18"/>'
    if isinstance(value, int | float):
        gone = value - 1 if score["form"] == "ratio" else value
        shape += dot(MIDDLE + (math.copysign(HALF, gone) if gone else 0), y + 11, score["pass"])
    return shape


def mark(score: Record, value: Any, column: Any, off: float, half: float, y: float) -> str:
    """The simulated result: a dot, or an arrow at the edge where it lies far away."""
    if not isinstance(value, int | float):
        return ""
    if abs(off) <= REACH * half:
        return dot(column(value), y + 11, score["pass"])
    x, way = MIDDLE + math.copysign(HALF * REACH, off), 8 if off > 0 else -8
    return f'<path class="far" d="M{pixel(x)} {pixel(y + 5)}l{way} 6l{-way} 6z"/>'


def dot(x: float, y: float, inside: bool) -> str:
    """A filled disc for inside, an open diamond for outside: the difference is not in colour alone."""
    if inside:
        return f'<circle class="in" cx="{pixel(x)}" cy="{pixel(y)}" r="4.5"/>'
    return f'<path class="out" d="M{pixel(x - 6)} {pixel(y)}l6 -6l6 6l-6 6z"/>'


def numbers(score: Record) -> str:
    """What is simulated, published and accepted, in words and numbers."""
    value = score["simulated"]
    if value is None:
        return "no value"
    shown = " → ".join(plain(one) for one in value) if isinstance(value, list | tuple) else plain(value)
    unit = "" if score["unit"] in ("1", None) or isinstance(value, list | tuple) else f" {score['unit']}"
    told = [] if score["reported"] is None else [plain(score["reported"])]
    if score.get("low") is not None:
        told.append(f"{plain(score['low'])} to {plain(score['high'])}")
    elif score["sign"] in ("+", "-"):
        told.append("up" if score["sign"] == "+" else "down")
    return f"{shown}{unit}" + (f" ({'; '.join(told)})" if told else "")


def plain(value: float) -> str:
    """Three digits, a real minus sign, no exponent; what is nothing but rounding is 0."""
    if abs(value) < NOTHING:
        return "0"
    return (f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}").replace("-", "−")


def cut(text: str) -> str:
    """A text short enough for its column."""
    return text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 1] + "…"


def safe(text: str) -> str:
    """Text without markup."""
    from html import escape

    return escape(text)
