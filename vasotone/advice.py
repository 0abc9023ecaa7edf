"""The records that advice is made of; every face renders these and nothing else."""

from datetime import datetime
from fractions import Fraction
from typing import Any, NamedTuple

from vasotone.units import plain_number

SCHEMA = "vasotone.advice/1"
ENGINE = "vasotone 0.1.0"

SHOWN_VERDICTS = ("applies", "applies-unless", "cannot-tell")
VERDICTS = (*SHOWN_VERDICTS, "blocked", "withheld", "does-not-apply")
MOST_ITEMS = 12
MOST_ASKS = 5


class Why(NamedTuple):
    """One clause of a condition, its truth, and the values that made it so.

    rail      `when`: the condition; `unless`: what speaks against it, or was looked at and does not; `gate`: a scope
              gate
    unusable  the names that are recorded and not known, since what is recorded is old, impossible or contradictory
    """

    clause: str
    truth: str
    words: str = ""
    values: dict[str, Any] = {}
    rail: str = "when"
    unusable: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The record of a reason."""
        record = self._asdict()
        unusable = record.pop("unusable")
        return {**record, "unusable": list(unusable)} if unusable else record


class Gate(NamedTuple):
    """A scope gate: what it came to for this patient, by which clauses, and which inputs it waits for."""

    statement: str
    verdict: str
    why: tuple[Why, ...] = ()
    missing: tuple[str, ...] = ()


class Cite(NamedTuple):
    """Where a statement stands: a source key, the place in it, and how it was read."""

    source: str
    at: str
    title: str
    year: int | None = None
    read: str = ""
    doi: str = ""


class Dose(NamedTuple):
    """A dose to consider; its numbers are exact rationals, made plain only in the record."""

    drug: str
    value: Any
    unit: str
    basis: str | None = None
    dose_from: Any = None
    dose_to: Any = None
    step: Any = None
    low: Any = None
    high: Any = None
    regime: str = ""
    limits: tuple[dict[str, Any], ...] = ()
    cites: tuple[Cite, ...] = ()
    verified: bool = True


class Pump(NamedTuple):
    """The pump rate of a dose, exact and as the pump delivers it."""

    rate: Any
    unit: str
    exact: str
    bag: dict[str, Any]


class Aim(NamedTuple):
    """The range that a target statement names, in the variable's unit."""

    low: Any
    high: Any
    unit: str


class Item(NamedTuple):
    """One statement's verdict for one patient.

    gates  the scope gates that would withhold it; what each came to stands in the gates of the advice
    """

    statement: str
    verdict: str
    kind: str
    action: str
    target: str
    urgency: str
    rank: int
    text: str
    strength: str | None = None
    certainty: str | None = None
    dose: Dose | None = None
    pump: Pump | None = None
    recheck_minutes: int | None = None
    cites: tuple[Cite, ...] = ()
    review: str = "submitted"
    verified: bool = True
    why: tuple[Why, ...] = ()
    missing: tuple[str, ...] = ()
    badge: str = ""
    edition: str = ""
    status: str = "current"
    notes: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    decides: tuple[str, ...] = ()
    settles: tuple[str, ...] = ()
    aim: Aim | None = None
    gates: tuple[str, ...] = ()


class Ask(NamedTuple):
    """An input that would change something, and what it would decide."""

    name: str
    unit: str | None
    why: str
    decides: tuple[str, ...] = ()


class Caution(NamedTuple):
    """A warning about the data or about what was assumed."""

    code: str
    name: str
    text: str
    values: dict[str, Any] = {}


class Refused(NamedTuple):
    """Why no septic-shock advice is given, and what to do instead."""

    code: str
    text: str
    instead: str


class Advice(NamedTuple):
    """What the chosen edition says for one patient at one instant.

    warnings  doubts about the data, the same through whichever door they came
    notes     what the reader says of the record as a whole: what it lacks, and how it was read
    site      the site's own profile and what it changes, or None
    gates     every gate that can put a patient outside the septic-shock statements, in the order they are judged
    """

    profile: str
    facts: str
    at: datetime | None
    values: dict[str, dict[str, Any]]
    items: tuple[Item, ...]
    asks: tuple[Ask, ...]
    warnings: tuple[Caution, ...]
    refused: Refused | None = None
    notices: tuple[str, ...] = ()
    title: str = ""
    engine: str = ENGINE
    notes: tuple[Caution, ...] = ()
    site: dict[str, Any] | None = None
    gates: tuple[Gate, ...] = ()

    def shown(self, *, everything: bool = False) -> tuple[Item, ...]:
        """The items that a reader sees: the leading ones, or all with `everything`."""
        if everything:
            return self.items
        return tuple(item for item in self.items if item.verdict in SHOWN_VERDICTS)[:MOST_ITEMS]

    def to_dict(self, *, everything: bool = False) -> dict[str, Any]:
        """The advice as the record that `--json` prints."""
        asks = self.asks if everything else self.asks[:MOST_ASKS]
        return {
            "schema": SCHEMA,
            "profile": self.profile,
            "facts": self.facts,
            "engine": self.engine,
            "at": None if self.at is None else self.at.replace(microsecond=0, tzinfo=None).isoformat() + "Z",
            "notices": list(self.notices),
            "site": self.site,
            "values": self.values,
            "items": [item_dict(item) for item in self.shown(everything=everything)],
            "asks": [{**ask._asdict(), "decides": list(ask.decides)} for ask in asks],
            "warnings": [warning._asdict() for warning in self.warnings],
            "notes": [note._asdict() for note in self.notes],
            "gates": [gate_dict(gate) for gate in self.gates],
            "refused": None if self.refused is None else self.refused._asdict(),
        }


def gate_dict(gate: Gate) -> dict[str, Any]:
    """One gate as plain data."""
    return {
        "statement": gate.statement,
        "verdict": gate.verdict,
        "why": [why.to_dict() for why in gate.why],
        "missing": list(gate.missing),
    }


def item_dict(item: Item) -> dict[str, Any]:
    """One item as plain data, in the contract's names."""
    record: dict[str, Any] = item._asdict()
    record["cites"] = [cite._asdict() for cite in item.cites]
    record["why"] = [why.to_dict() for why in item.why]
    for key in ("missing", "notes", "links", "decides", "settles", "gates"):
        record[key] = list(record[key])
    record["aim"] = None if item.aim is None else item.aim._asdict()
    record["pump"] = None if item.pump is None else {**item.pump._asdict(), "rate": plain(item.pump.rate)}
    record["dose"] = None if item.dose is None else dose_dict(item.dose)
    return record


def dose_dict(dose: Dose) -> dict[str, Any]:
    """A dose as plain data; `from` is the running dose, `to` the one to consider."""
    record: dict[str, Any] = dose._asdict()
    for key in ("value", "dose_from", "dose_to", "step", "low", "high"):
        record[key] = plain(record[key])
    record["from"] = record.pop("dose_from")
    record["to"] = record.pop("dose_to")
    record["limits"] = list(dose.limits)
    record["cites"] = [cite._asdict() for cite in dose.cites]
    return record


def plain(value: Any) -> Any:
    """An exact number as JSON has it; anything else as it is."""
    return plain_number(value) if isinstance(value, Fraction) else value
