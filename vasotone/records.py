"""What facts are made of once they are read and checked."""

from typing import Any, NamedTuple

Record = dict[str, Any]


class Variable(NamedTuple):
    """One quantity a record can hold; numbers are in `unit`."""

    name: str
    label: str
    kind: str
    unit: str
    low: float | None
    high: float | None
    fresh_minutes: float | None
    values: tuple[str, ...]
    record: Record

    @property
    def soft(self) -> bool:
        """Whether 'not recorded' opens no rule (condition words, other drugs, words of the site)."""
        return any(key in self.record for key in ("word", "drugs", "from"))


class Entry(NamedTuple):
    """One situation of one statement under one profile: what the engine evaluates.

    when     condition text with the bands of its profile joined
    unless   contraindications, or what is already done: condition texts
    edition  the edition whose grade is shown, or empty for the common layer
    silent   the chosen edition does not speak; `edition` is the newest that does
    """

    statement: str
    variant: int
    action: str
    target: str
    dose: str
    text: str
    when: Any
    unless: tuple[Any, ...]
    bands: tuple[str, ...]
    edition: str
    silent: bool
    urgency: str
    rank: int
    recheck: int | None


class Compiled(NamedTuple):
    """The conditions of one profile, ready to run.

    when    of a row, the truth of every entry's condition, in order
    unless  of a row, for every entry that anything can speak against, whether something does, in order
    """

    profile: str
    entries: tuple[Entry, ...]
    definitions: dict[str, Any]
    when: Any
    unless: Any


class Finding(NamedTuple):
    """One published effect; every number is of the intervention relative to the comparator, arms in this order.

    value       as printed, or reckoned from the arms where `computed`; None where only a direction is reported
    low, high   the interval as printed; `interval_kind` says of which kind, `level` its width in % where it was noted
    better_if   `below 1`, `above 1`, `below 0`, `above 0`: when the intervention does better; `none`: not judged
    comparator  empty for a finding in one group
    read        how closely the place was read; `verified` is False where it rests on memory
    """

    id: str
    outcome: str
    intervention: str
    comparator: str
    measure: str
    value: float | None
    low: float | None
    high: float | None
    unit: str
    better_if: str
    computed: bool
    interval_kind: str
    level: float | None
    arms: tuple[float, ...]
    arms_unit: str
    spread: tuple[float, ...]
    events: tuple[int, ...]
    totals: tuple[int, ...]
    p: str
    reported: str
    adjusted: bool
    certainty: str
    design: str
    population: str
    setting: str
    n: int | None
    source: str
    at: str
    read: str
    verified: bool
    printed_mismatch: str
    note: str
