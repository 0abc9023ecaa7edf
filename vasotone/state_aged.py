"""What a patient would look like had no reading grown too old."""

from __future__ import annotations

from vasotone.facts import Facts
from vasotone.readings import Reading
from vasotone.state import Row, State, derive, fill_row
from vasotone.state_pressure import choose_map

STALE = "stale"


def as_last_read(state: State, facts: Facts) -> Row | None:
    """What conditions would read with the last value of every aged reading; None where nothing has aged.

    A row for judging what an aged reading spoke against, never one to advise from.
    """
    if not any(is_aged(reading) for reading in state.readings.values()):
        return None
    readings = {
        name: reading._replace(value=reading.was) if is_aged(reading) else reading
        for name, reading in state.readings.items()
    }
    last: Row = dict.fromkeys(facts.columns)
    choose_map(readings, facts)
    fill_row(readings, last, facts)
    derive(facts, readings, last, None, [])
    return {name: last.get(name) if value is None else value for name, value in state.rows[0].items()}


def is_aged(reading: Reading | None) -> bool:
    """Whether a reading is not used because it is too old."""
    return reading is not None and reading.quality == STALE
