"""Pictures of trends: gaps, strays, steps, ticks, and a size that does not grow with the record."""

from __future__ import annotations

import math
import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vasotone.views import chart


def paths(svg: str, kind: str) -> str:
    """The path data of one class."""
    return "".join(re.findall(rf'class="{kind}"[^>]* d="([^"]*)"', svg))


def draw(series: list[tuple[float, float]], **more: object) -> str:
    """A picture with a plain label."""
    return chart.trend(series, label="MAP", unit="mmHg", **more)  # type: ignore[arg-type]


QUIET = [(-6 + place / 4, 65.0 + place % 3) for place in range(25)]


def test_dense_series_is_one_line() -> None:
    assert paths(draw(QUIET), "line").count("M") == 1


def test_pause_is_a_gap() -> None:
    holed = [pair for pair in QUIET if not -4 < pair[0] < -2]
    assert paths(draw(holed), "line").count("M") == 2


def test_recorded_absence_breaks_the_line() -> None:
    assert paths(draw([*QUIET, (-3.1, math.nan)]), "line").count("M") == 2


def test_impossible_reading_is_marked_and_does_not_stretch_the_axis() -> None:
    plain, strayed = draw(QUIET), draw([*QUIET, (-3.1, 300.0)])
    assert paths(strayed, "line") == paths(plain, "line")
    assert paths(plain, "stray") == ""
    assert paths(strayed, "stray").count("M") == 1
    assert ">300</text>" in strayed and "outside the axis: 300" in strayed


def test_quiet_series_keeps_a_real_fall() -> None:
    assert "stray" not in draw([*QUIET, (-0.1, 40.0)])


def test_step_holds_its_value() -> None:
    path = paths(draw([(-4, 0.1), (-2, 0.2), (0, 0.2)], step=True), "line")
    assert "H" in path and "V" in path and "L" not in path


def test_last_dose_is_dotted_until_now_unless_stopped() -> None:
    running = [(-4.0, 0.1), (-3.5, 0.2), (-3.0, 0.2)]
    assert paths(draw(running, step=True), "presumed").endswith("H434")
    assert paths(draw([*running, (-2.9, 0.0)], step=True), "presumed") == ""


def test_dose_rise_stays_on_the_axis() -> None:
    assert "stray" not in draw([(-4, 0.05), (-3, 0.1), (-2, 0.9)], step=True)


def test_band_is_drawn_and_inside_the_axis() -> None:
    svg = draw([(-1.0, 80.0), (0.0, 82.0)], band=(60, 65))
    assert 'class="band"' in svg and "target 60 to 65 mmHg" in svg and ">60</text>" in svg
    level = draw([(-1.0, 80.0)], band=(65, 65))
    assert 'class="band"' not in level and 'class="aim"' in level


def test_points_are_dots_without_a_line() -> None:
    svg = draw([(-5.0, 4.0), (-1.0, 3.0)], points=True)
    assert paths(svg, "dots").count("h0") == 2 and 'class="line"' not in svg


@pytest.mark.parametrize("series", [[], [(-1.0, math.nan)], [(math.inf, 3.0)], [(-1.0, math.inf)]])
def test_nothing_to_draw_says_so(series: list[tuple[float, float]]) -> None:
    assert "no readings" in draw(series)


def test_long_record_stays_small() -> None:
    long = [(-24 + place / 2000, 65 + math.sin(place / 50) * 9) for place in range(48_000)]
    svg = draw(long, width=400)
    assert len(svg) < 40_000
    rows = [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", paths(svg, "line"))]
    top, low = 22 + (120 - 22 - 20) * (80 - 74) / 30, 22 + (120 - 22 - 20) * (80 - 56) / 30
    assert min(rows) == pytest.approx(top, abs=0.2) and max(rows) == pytest.approx(low, abs=0.2)


def test_decimation_keeps_the_extremes() -> None:
    run = [(float(place), float(place * 37 % 101)) for place in range(1000)]
    kept = chart.decimate(run, lambda pair: int(pair[0]) // 100)
    assert kept == sorted(kept) and len(kept) <= 40
    assert {min(v for _, v in run), max(v for _, v in run)} <= {v for _, v in kept}


@pytest.mark.parametrize(
    ("hours", "span"), [([], (-24, 0)), ([-0.5], (-1, 0)), ([-11.75], (-12, 0)), ([-40.0], (-24, 0))]
)
def test_window_is_the_shortest_usual_one(hours: list[float], span: tuple[float, float]) -> None:
    assert chart.window(hours) == (span if hours else (-1.0, 0.0))


@example([5e-324], True)
@given(st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=1, max_size=40), st.booleans())
def test_axis_holds_its_values(values: list[float], from_zero: bool) -> None:
    ticks = chart.axis(values, from_zero=from_zero)
    slack = 1e-6 * (ticks[-1] - ticks[0])
    assert ticks[0] <= min(values) + slack and ticks[-1] >= max(values) - slack
    assert 2 <= len(ticks) <= 7 and ticks == sorted(ticks)


@example([(0.0, 1.4381545078898528e308)], False, False)
@example([(0.0, 1e-320), (-1.0, 2e-320)], False, False)
@example([(-1.0, -1.7e308), (0.0, 1.7e308)], False, True)
@given(
    st.lists(st.tuples(st.floats(-30, 2), st.floats(allow_infinity=True, allow_nan=True)), max_size=30),
    st.booleans(),
    st.booleans(),
)
def test_any_series_gives_sound_markup(series: list[tuple[float, float]], step: bool, points: bool) -> None:
    svg = draw(series, step=step, points=points)
    assert not re.search(r'="[^"]*(nan|inf)', svg)
    open_tags: list[str] = []

    class Balance(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            open_tags.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert open_tags.pop() == tag

        def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            pass

    Balance().feed(svg)
    assert open_tags == []


def test_label_is_escaped() -> None:
    svg = chart.trend([(-1, 1.0)], label="<script>&\"'", unit="<b>")
    assert "<script" not in svg and "<b>" not in svg


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (58.0, "58"),
        (0.05, "0.05"),
        (-11.75, "−11.75"),
        (1234.56, "1235"),
        (1e-7, "0.0000001"),
        (120, "120"),
    ],
)
def test_short_numbers(value: float, text: str) -> None:
    assert chart.short(value) == text
