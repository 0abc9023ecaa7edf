"""The course of an infusion against a plain reckoning: what holds at every instant, with segments that overlap."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from time import perf_counter

from hypothesis import given, settings
from hypothesis import strategies as st

from vasotone.readers.fhir_drugs import Event
from vasotone.readers.fhir_infusions import course
from vasotone.readers.fhir_notes import Notes
from vasotone.readers.plain import instant

START = instant("2026-01-12T00:00:00Z", "at")


def after(minutes: int) -> datetime:
    """An instant of the test's own clock."""
    return START + timedelta(minutes=minutes)


def segment(begin: int, length: int | None, rate: int, order: str = "") -> Event:
    """A rate from one minute on, with or without an end."""
    ends = None if length is None else after(begin + length)
    return Event(after(begin), Fraction(rate), "ug/kg/min", f"A/{begin}", ends, order)


def holds(events: list[Event], minute: int) -> Fraction | None:
    """What the rows say at a minute; None where there is no row yet."""
    rows = course("norepinephrine", events, after(minute), Notes())
    seen = [row for row in rows if row.at is not None and row.at <= after(minute)]
    value = seen[-1].value if seen else None
    assert value is None or isinstance(value, Fraction)
    return value


SEGMENTS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 30), st.integers(1, 9)),
    min_size=1,
    max_size=8,
    unique_by=lambda s: s[0],
)


@settings(max_examples=150)
@given(SEGMENTS, st.integers(0, 100))
def test_the_latest_begun_segment_that_is_not_over_holds(segments: list[tuple[int, int, int]], minute: int) -> None:
    events = [segment(*one) for one in segments]
    begun = [one for one in segments if one[0] <= minute]
    live = [one for one in begun if one[0] + one[1] > minute]
    expected = Fraction(max(live)[2]) if live else Fraction(0) if begun else None
    assert holds(events, minute) == expected


@settings(max_examples=80)
@given(SEGMENTS, st.integers(0, 100))
def test_the_order_of_the_record_does_not_matter(segments: list[tuple[int, int, int]], minute: int) -> None:
    events = [segment(*one) for one in segments]
    rows = [course("norepinephrine", listed, after(minute), Notes()) for listed in (events, events[::-1])]
    assert rows[0] == rows[1]


def test_a_later_rate_replaces_one_without_an_end() -> None:
    events = [segment(0, None, 1), segment(10, 10, 2)]
    assert [holds(events, minute) for minute in (5, 15, 25)] == [1, 2, 0]


def test_a_rate_of_another_order_without_an_end_goes_on() -> None:
    events = [segment(0, None, 1, "a"), segment(10, 10, 2, "b")]
    assert [holds(events, minute) for minute in (5, 15, 25)] == [1, 2, 1]


def test_a_stop_ends_what_runs_but_not_a_newer_order() -> None:
    stop = Event(after(20), Fraction(0), "", "S", stop=True, order="a")
    assert holds([segment(0, None, 1, "a"), stop], 25) == 0
    assert holds([segment(0, None, 1, "a"), segment(15, None, 2, "b"), stop], 25) == 2
    assert holds([segment(0, None, 1, "b"), segment(15, None, 2, "a"), stop], 25) == 0
    assert holds([segment(0, None, 1), stop._replace(order="")], 25) == 0


def test_many_segments_are_no_burden() -> None:
    overlapping = [segment(n, 10_000 + n, 1) for n in range(8000)]
    begun = perf_counter()
    course("norepinephrine", overlapping, None, Notes())
    assert perf_counter() - begun < 5  # a tenth of a second; every pair of them would take a minute
