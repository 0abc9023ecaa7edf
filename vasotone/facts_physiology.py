"""The numbers of the twin: parameters, priors of patients by context, doses, domain; read only when asked for."""

from __future__ import annotations

import math
import os
from typing import NamedTuple

from vasotone.errors import FactError
from vasotone.records import Record
from vasotone.soundness_physiology import ALL, FILE, SECTIONS, check, rows

__all__ = ["Parameter", "Physiology", "Seen", "built", "check", "physiology", "rows"]


class Parameter(NamedTuple):
    """One number of the twin.

    id       `name`, `drug.name`, or `name.context` where a context has its own
    value    the centre: a mean, the median where `shape` is lognormal; in `unit`
    start    where a calibration begins; `value` where none moved it
    spread   between patients: SD, or SD of the natural logarithm where lognormal; 0 where fixed
    low, high  bounds, infinite where none are set
    multiplies  what the number acts on
    read     how closely its place in the source was read; `verified` is False where it rests on memory
    fit      may be moved by the calibration; `fitted` names the fit and model version that moved it
    """

    id: str
    context: str
    value: float
    start: float
    spread: float
    shape: str
    low: float
    high: float
    unit: str
    multiplies: str
    source: str
    at: str
    read: str
    verified: bool
    fit: bool
    fitted: str
    note: str


class Physiology(NamedTuple):
    """All numbers of the twin, by section; `like` gives for each context the one that it falls back on."""

    version: str
    like: dict[str, str]
    tables: dict[str, dict[tuple[str, str], Parameter]]

    @property
    def contexts(self) -> tuple[str, ...]:
        """The contexts that a cohort can have."""
        return tuple(self.like)

    def chain(self, context: str) -> list[str]:
        """The context, those it is like, and last all. FactError for one that does not exist."""
        if context and context not in self.like:
            raise FactError("there is no such context", where="context", seen=context,
                            fix=f"choose one of: {', '.join(self.like)}")  # fmt: skip
        found = []
        while context:
            found.append(context)
            context = self.like[context]
        return [*found, ALL]

    def find(self, section: str, name: str, context: str = "") -> Parameter | None:
        """One number of a section in a context, or None."""
        table = self.tables[section]
        for place in self.chain(context):
            if (name, place) in table:
                return table[name, place]
        return None

    def get(self, name: str, context: str = "") -> Parameter:
        """A parameter, `name` or `drug.name`, in a context. FactError where there is none."""
        found = self.find("parameter", name, context)
        if found is None:
            raise FactError("there is no such parameter of the twin", where=FILE, seen=name)
        return found

    def number(self, name: str, context: str = "", default: float | None = None) -> float:
        """The value of a parameter in a context; `default` where it has none and one is given."""
        found = self.find("parameter", name, context)
        if found is None and default is not None:
            return default
        return self.get(name, context).value

    def ids(self) -> tuple[str, ...]:
        """Every parameter as `fittable` spells it."""
        return tuple(one.id for one in self.tables["parameter"].values())

    def fittable(self) -> tuple[str, ...]:
        """Ids that the calibration may move."""
        return tuple(one.id for one in self.tables["parameter"].values() if one.fit)

    def by_id(self, identifier: str) -> Parameter:
        """A parameter by its id, without falling back. FactError where there is none."""
        for one in self.tables["parameter"].values():
            if one.id == identifier:
                return one
        raise FactError("there is no such parameter of the twin", where=FILE, seen=identifier)

    def replaced(self, values: dict[str, float]) -> Physiology:
        """The same with other values, {id: value}: what a calibration tries. FactError for an unknown id."""
        wanted = {self.by_id(identifier).id: number for identifier, number in values.items()}
        table = {
            key: one._replace(value=float(wanted[one.id])) if one.id in wanted else one
            for key, one in self.tables["parameter"].items()
        }
        return self._replace(tables={**self.tables, "parameter": table})

    def at_start(self) -> Physiology:
        """The same where a calibration begins."""
        return self.replaced({one: self.by_id(one).start for one in self.fittable()})

    def named(self, section: str, context: str) -> dict[str, Parameter]:
        """All numbers of a section that hold in a context, by name."""
        found: dict[str, Parameter] = {}
        for place in reversed(self.chain(context)):
            found.update({name: one for (name, where), one in self.tables[section].items() if where == place})
        return found

    def observable(self, context: str) -> dict[str, Parameter]:
        """Priors of what can be observed before the first measurement, by field of `Observed`."""
        return self.named("observed", context)

    def dose_prior(self, context: str) -> dict[str, Parameter]:
        """Prior of a running dose that was not published, by drug; canonical unit, base."""
        return self.named("dose", context)

    def domain(self) -> dict[str, Parameter]:
        """Where the model may be used: `low` to `high` by field of `Observed`."""
        return self.named("domain", "")

    def limits(self) -> dict[str, Parameter]:
        """What can be at all: `low` to `high` by field of `Observed`, and of rates that are asked for."""
        return self.named("limit", "")

    def correlations(self, context: str) -> dict[tuple[str, str], float]:
        """Correlations of normal scores, by pair of observables or of traits."""
        pairs = {tuple(name.split("~")): one.value for name, one in self.named("correlation", context).items()}
        return {(first, second): value for (first, second), value in pairs.items()}


_read: dict[str, Physiology] = {}


def physiology(folder: str | None = None) -> Physiology:
    """The numbers of the twin from a data folder (the packaged one by default), checked; kept while a process runs.

    FactError lists what is not sound.
    """
    from vasotone import facts as all_facts

    place = folder or all_facts.DATA
    if place not in _read:
        sources = all_facts.load(folder).sources
        import tomllib

        with open(os.path.join(place, FILE), "rb") as handle:
            tree = tomllib.load(handle)
        problems = Seen()
        check(tree, {"sources.toml": sources}, {}, {}, problems)
        if problems:
            raise FactError(f"{len(problems)} problems in the numbers of the twin", where=FILE,
                            why="a simulation may rest only on numbers that are sound",
                            fix="correct these:\n  " + "\n  ".join(problems))  # fmt: skip
        _read[place] = built(tree, sources)
    return _read[place]


class Seen(list[str]):
    """What is not sound, one line each."""

    def note(self, where: str, what: str) -> None:
        """Add one line."""
        self.append(f"{where}: {what}")


def built(tree: Record, sources: Record) -> Physiology:
    """The checked file as records."""
    tables: dict[str, dict[tuple[str, str], Parameter]] = {
        section: {} for section in SECTIONS[2:] if section != "drug"
    }
    for section, name, context, record in rows(tree):
        cite = record["cite"]
        read = cite.get("read", sources.get(cite["source"], {}).get("read", "memory"))
        spread = float(record.get("spread", 0.0))
        tables[section][name, context] = Parameter(
            id=name if context == ALL else f"{name}.{context}", context="" if context == ALL else context,
            value=float(record["value"]), start=float(record.get("start", record["value"])),
            spread=spread, shape=record.get("shape", "fixed"), unit=record["unit"],
            low=float(record.get("low", -math.inf)), high=float(record.get("high", math.inf)),
            multiplies=record["multiplies"], source=cite["source"], at=cite["at"], read=read,
            verified=record.get("verified", read != "memory"), fit=record.get("fit", False),
            fitted=record.get("fitted", ""), note=record.get("note", ""),
        )  # fmt: skip
    like = {name: context.get("like", "") for name, context in tree["context"].items()}
    return Physiology(version=tree["model"]["version"], like=like, tables=tables)
