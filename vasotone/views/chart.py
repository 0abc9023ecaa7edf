"""One series over time as a small SVG picture: pure text out, no script, no request."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import NamedTuple

Point = tuple[float, float]

LEFT, RIGHT, TOP, BOTTOM = 42, 46, 22, 20
GAP_FACTOR = 4  # a pause this many times the usual one is a gap in the record, not a line
MOST_LABELS = 3  # values written beside marks that lie outside the axis
LARGEST = 10**9  # what lies beyond is drawn and named as off the scale, so that no picture overflows
SPANS = (1, 2, 3, 6, 12, 24, 48, 72)


class Frame(NamedTuple):
    """Where data units fall on the picture; pixels grow to the right and downwards."""

    start: float
    end: float
    low: float
    high: float
    width: int
    height: int

    def x(self, hours: float) -> float:
        """The pixel column of a time in hours."""
        share = (hours - self.start) / (self.end - self.start)
        return LEFT + share * (self.width - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """The pixel row of a value in the series' unit."""
        share = (value - self.low) / (self.high - self.low)
        return self.height - BOTTOM - share * (self.height - TOP - BOTTOM)


def trend(
    series: Sequence[Point],
    *,
    label: str,
    unit: str,
    band: Point | None = None,
    step: bool = False,
    points: bool = False,
    span: Point | None = None,
    width: int = 480,
    height: int = 120,
) -> str:
    """One series as an inline SVG element.

    series   (hours, value) pairs, hours relative to the instant (negative is before it); a NaN value is a
             recorded absence and breaks the line
    band     low and high of a target, in the series' unit; equal ends draw a line
    step     hold each value until the next one (infusions); points draws marks without a line
    span     first and last hour of the axis; by default the shortest usual one that holds the series
    Readings far from the others do not stretch the axis: they are marked at its edge with their value.
    """
    known = sorted((h, drawable(v)) for h, v in series if math.isfinite(h) and not math.isinf(v))
    first, last = span if span else window([h for h, _ in known])
    known = [pair for pair in known if first <= pair[0] <= last]
    values = [v for _, v in known if not math.isnan(v)]
    low, high = fence(values, from_zero=step)
    inside = [v for v in values if low <= v <= high]
    ticks = axis([*inside, *(band or ())], from_zero=step or points)
    frame = Frame(first, last, ticks[0], ticks[-1], width, height)
    outside = [pair for pair in known if not math.isnan(pair[1]) and not low <= pair[1] <= high]
    drawn = [pair for pair in known if math.isnan(pair[1]) or low <= pair[1] <= high]
    parts = [grid(frame, ticks), target(frame, band)]
    if points:
        parts.append(marks(frame, [pair for pair in drawn if not math.isnan(pair[1])]))
    else:
        parts.append(line(frame, drawn, step=step))
    parts += [strays(frame, outside), latest(frame, drawn)]
    return wrap(frame, "".join(parts), label, unit, describe(drawn, outside, band, (first, last), unit))


def drawable(value: float | Fraction) -> float:
    """A value as a float that a picture can hold; an absent one stays NaN."""
    return float(max(-LARGEST, min(LARGEST, value))) if value == value else math.nan


def window(hours: Sequence[float], longest: int = 24) -> Point:
    """The shortest usual time axis, in hours and ending now, that holds the readings up to `longest`."""
    reach = -min(hours, default=0.0)
    fitting = [span for span in SPANS if span >= reach and span <= longest]
    return float(-(fitting[0] if fitting else longest)), 0.0


def fence(values: Sequence[float], *, from_zero: bool) -> Point:
    """Between which values a reading belongs to the picture; beyond, it is marked at the edge.

    Quartiles, widened by their distance and by the typical size, so that a quiet series keeps its jumps.
    Doses start small and rise manyfold, so theirs is a multiple of the usual running dose.
    """
    if from_zero:
        running = sorted(v for v in values if v > 0)
        usual = running[len(running) // 2] if running else 1.0
        return 0.0, 25 * usual
    if len(values) < GAP_FACTOR:
        return -math.inf, math.inf
    ranked = sorted(values)
    lower, middle, upper = (ranked[len(ranked) * part // 4] for part in (1, 2, 3))
    reach = 3 * max(upper - lower, abs(middle) / 4)
    return lower - reach, upper + reach


def axis(values: Sequence[float], *, from_zero: bool, count: int = 3) -> list[float]:
    """Round tick values, lowest first, that hold all the values."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    if from_zero:
        low = min(low, 0.0)
    if high - low < 1 / LARGEST:
        high = low + (abs(low) / 4 if abs(low) > 1 / LARGEST else 1.0)
    rough = (high - low) / count
    size = 10.0 ** math.floor(math.log10(rough))
    size *= next(factor for factor in (1, 2, 2.5, 5, 10) if factor * size >= rough * 0.999)
    bottom = math.floor(low / size + 1e-9)
    top = math.ceil(high / size - 1e-9)
    return [size * place for place in range(bottom, max(top, bottom + 1) + 1)]


def grid(frame: Frame, ticks: Sequence[float]) -> str:
    """The horizontal rules with their values and the time ticks, `now` last."""
    right, bottom = frame.width - RIGHT, frame.height - BOTTOM
    rules = "".join(f"M{LEFT} {pixel(frame.y(tick))}H{right}" for tick in ticks)
    parts = [f'<path class="rule" fill="none" stroke="currentColor" stroke-opacity=".2" d="{rules}"/>']
    keep = 1 if (bottom - TOP) / max(len(ticks) - 1, 1) >= 14 else 2
    for place, tick in enumerate(ticks):
        if place % keep == 0:
            parts.append(words(LEFT - 6, frame.y(tick) + 4, short(tick), "end"))
    hours = frame.end - frame.start
    size = next((size for size in (0.25, 0.5, 1, 2, 3, 6, 12, 24) if hours / size <= 4), 24.0)
    for place in range(int(hours / size) + 1):
        hour = frame.end - place * size
        text = "now" if hour == 0 else f"{'−' if hour < 0 else '+'}{short(abs(hour))} h"
        parts.append(words(frame.x(hour), frame.height - 5, text, "middle"))
    return "".join(parts)


def target(frame: Frame, band: Point | None) -> str:
    """The target as a shaded band with a rule at its lower edge."""
    if band is None:
        return ""
    low, high = frame.y(min(band)), frame.y(max(band))
    right = frame.width - RIGHT
    shade = (
        f'<rect class="band" fill="currentColor" fill-opacity=".12" x="{LEFT}" y="{pixel(high)}" '
        f'width="{right - LEFT}" height="{pixel(low - high)}"/>'
        if low - high > 0
        else ""
    )
    edge = (
        '<path class="aim" fill="none" stroke="currentColor" stroke-dasharray="5 3" '
        f'd="M{LEFT} {pixel(low)}H{right}"/>'
    )
    return shade + edge


def line(frame: Frame, known: Sequence[Point], *, step: bool) -> str:
    """The series as a line: solid where recorded, dotted where a dose is only presumed to go on."""
    solid, dotted = "", ""
    runs = split(known)
    absences = [*(h for h, v in known if math.isnan(v)), math.inf]
    for place, run in enumerate(runs):
        thin = decimate(run, lambda pair: int(frame.x(pair[0])))
        solid += route(frame, thin, step)
        if not step:
            continue
        hour, value = run[-1]
        after = runs[place + 1][0][0] if place + 1 < len(runs) else frame.end
        stopped = absences[bisect_left(absences, hour)]
        if value > 0 and after > hour:
            dotted += f"M{at(frame, hour, value)}H{pixel(frame.x(min(after, stopped)))}"
    shared = 'fill="none" stroke="currentColor" stroke-linejoin="round"'
    parts = [f'<path class="line" {shared} stroke-width="2" stroke-linecap="round" d="{solid}"/>' if solid else ""]
    if dotted:
        parts.append(f'<path class="presumed" {shared} stroke-width="2" stroke-dasharray="2 4" d="{dotted}"/>')
    return "".join(parts)


def split(known: Sequence[Point]) -> list[list[Point]]:
    """The readings in runs without a gap; a NaN value or a long pause ends a run."""
    hours = [h for h, v in known if not math.isnan(v)]
    pauses = sorted(b - a for a, b in zip(hours, hours[1:], strict=False) if b > a)
    usual = pauses[len(pauses) // 2] if pauses else 0.0
    runs: list[list[Point]] = []
    fresh = True
    for hour, value in known:
        if math.isnan(value):
            fresh = True
            continue
        if fresh or (len(pauses) > 1 and hour - runs[-1][-1][0] > GAP_FACTOR * usual):
            runs.append([])
        runs[-1].append((hour, value))
        fresh = False
    return runs


def decimate(run: Sequence[Point], column: Callable[[Point], int]) -> list[Point]:
    """At most four readings per pixel column: first, lowest, highest and last, in time order."""
    kept: list[Point] = []
    group: list[int] = []

    def close() -> None:
        lowest = min(group, key=lambda i: run[i][1])
        highest = max(group, key=lambda i: run[i][1])
        kept.extend(run[i] for i in sorted({group[0], lowest, highest, group[-1]}))

    for index, pair in enumerate(run):
        if group and column(pair) != column(run[group[-1]]):
            close()
            group.clear()
        group.append(index)
    if group:
        close()
    return kept


def route(frame: Frame, run: Sequence[Point], step: bool) -> str:
    """The path of one run; a lone reading is a dot."""
    path = f"M{at(frame, *run[0])}"
    if len(run) == 1:
        return path + "h0"
    for hour, value in run[1:]:
        path += f"H{pixel(frame.x(hour))}V{pixel(frame.y(value))}" if step else f"L{at(frame, hour, value)}"
    return path


def marks(frame: Frame, known: Sequence[Point]) -> str:
    """Separate readings as dots; a dot means that a value was measured there."""
    thin = decimate(known, lambda pair: int(frame.x(pair[0])) // 2)
    path = "".join(f"M{at(frame, *pair)}h0" for pair in thin)
    shared = 'fill="none" stroke="currentColor" stroke-linecap="round"'
    return f'<path class="dots" {shared} stroke-width="7" d="{path}"/>' if path else ""


def strays(frame: Frame, outside: Sequence[Point]) -> str:
    """Small triangles at the edge for readings outside the axis, the first ones with their value."""
    parts: list[str] = []
    path = ""
    labelled = -math.inf
    count = 0
    for hour, value in decimate(outside, lambda pair: int(frame.x(pair[0])) // 6):
        x, up = frame.x(hour), value > frame.high
        edge = TOP if up else frame.height - BOTTOM
        path += f"M{pixel(x - 4)} {edge + (7 if up else -7)}h8l-4 {-7 if up else 7}z"
        if count < MOST_LABELS and x - labelled > 34:
            parts.append(words(x + 6, edge + (9 if up else -2), short(value), "start", "stray-value"))
            labelled, count = x, count + 1
    shapes = f'<path class="stray" fill="currentColor" d="{path}"/>' if path else ""
    return shapes + "".join(parts)


def latest(frame: Frame, known: Sequence[Point]) -> str:
    """The newest value, written to the right of the picture at its height."""
    solid = [pair for pair in known if not math.isnan(pair[1])]
    if not solid:
        return words(frame.width / 2, frame.height / 2, "no readings", "middle")
    hour, value = solid[-1]
    row = min(max(frame.y(value) + 4, TOP + 4), frame.height - BOTTOM)
    return words(frame.width - RIGHT + 6, row, short(value), "start", "latest")


def describe(drawn: Sequence[Point], outside: Sequence[Point], band: Point | None, span: Point, unit: str) -> str:
    """The picture in one sentence, for those who do not see it."""
    values = [v for _, v in drawn if not math.isnan(v)]
    hours = short(span[1] - span[0])
    if not values:
        return f"No readings in the last {hours} hours."
    text = (
        f"{len(values)} reading{'s' if len(values) > 1 else ''} in the last {hours} hours: "
        f"first {short(values[0])}, lowest {short(min(values))}, highest {short(max(values))}, "
        f"latest {short(values[-1])} {unit}"
    )
    if band is not None:
        text += f"; target {' to '.join(dict.fromkeys(short(edge) for edge in band))} {unit}"
    if outside:
        first = ", ".join(short(v) for _, v in outside[:MOST_LABELS])
        text += f"; {len(outside)} far from the others and outside the axis: {first}"
    return text + "."


def wrap(frame: Frame, inner: str, label: str, unit: str, description: str) -> str:
    """The SVG element with its title and description; ids come from the label."""
    from html import escape

    slug = "".join(c if c.isascii() and c.isalnum() else "-" for c in label.lower())
    title = escape(f"{label}, {unit}" if unit else label)
    return (
        f'<svg role="img" viewBox="0 0 {frame.width} {frame.height}" '
        f'aria-labelledby="{slug}-title {slug}-desc" font-size="12">'
        f'<title id="{slug}-title">{title}</title><desc id="{slug}-desc">{escape(description)}</desc>'
        f'<text class="label" fill="currentColor" x="0" y="13">{title}</text>{inner}</svg>'
    )


def words(x: float, y: float, text: str, anchor: str, kind: str = "tick") -> str:
    """One piece of text at a pixel; `text` holds no markup."""
    return (
        f'<text class="{kind}" fill="currentColor" text-anchor="{anchor}" x="{pixel(x)}" y="{pixel(y)}">{text}</text>'
    )


def at(frame: Frame, hour: float, value: float) -> str:
    """A reading as a pixel pair."""
    return f"{pixel(frame.x(hour))} {pixel(frame.y(value))}"


def pixel(value: float) -> str:
    """A coordinate with one decimal."""
    return f"{value:.1f}".removesuffix(".0")


def short(value: float) -> str:
    """A reading for a picture: four significant digits, no exponent, no trailing zeros."""
    if abs(value) >= LARGEST:
        return "off scale"
    if abs(value) < 1 / LARGEST:
        return "0"
    text = f"{value:.{max(0, 3 - math.floor(math.log10(abs(value))))}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "−")
