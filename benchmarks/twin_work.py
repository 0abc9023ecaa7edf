"""The day that the twin and every peer go through, and the clock that counts patient-hours. Standard library only."""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, NamedTuple

WORK = Path(__file__).with_name("twin_work.toml")
MINUTE = 60.0  # min in an hour, s in a min
HOUR = 3600.0  # s


class Person(NamedTuple):
    """One invented adult: age in years, height in cm, weight in kg."""

    age: float
    height: float
    weight: float
    male: bool


class Day(NamedTuple):
    """What is infused: `hourly` doses in ug/kg/min, each for an hour."""

    drug: str
    hourly: tuple[float, ...]
    person: Person

    def changes(self, first: float) -> list[float]:
        """What the dose changes by at each hour when `first` ran before."""
        return [dose - before for before, dose in zip((first, *self.hourly), self.hourly, strict=False)]

    def rate(self, dose: float) -> float:
        """Micrograms a second for a dose, for the one person."""
        return dose * self.person.weight / MINUTE


class Pace(NamedTuple):
    """Simulated patient-hours, and the seconds that they took on the wall and on all cores together."""

    hours: float
    wall: float
    cpu: float


class Form(NamedTuple):
    """One way to use a peer.

    what   what one step is and what it gives, in words
    run    simulates some patient-hours and returns how many; only this is timed
    shown  what came out at the end, to see that it was simulated
    ready  what must be made anew before each run; not timed
    """

    name: str
    what: str
    run: Callable[[], float]
    shown: Callable[[], dict[str, float]]
    ready: Callable[[], None] = lambda: None


def record() -> dict[str, Any]:
    """Everything in the work file."""
    with open(WORK, "rb") as handle:
        return tomllib.load(handle)


def day() -> Day:
    """The infusion and the person of the work file."""
    found = record()
    person = found["person"]
    return Day(
        found["infusion"]["drug"],
        tuple(found["infusion"]["hourly"]),
        Person(person["age"]["value"], person["height"]["value"], person["weight"]["value"], person["male"]),
    )


def paced(form: Form, seconds: float) -> Pace:
    """Run again and again until the seconds are used, at least once."""
    hours = wall = cpu = 0.0
    while not hours or wall < seconds:
        form.ready()
        begun, begun_cpu = perf_counter(), process_time()
        hours += form.run()
        wall += perf_counter() - begun
        cpu += process_time() - begun_cpu
    return Pace(hours, wall, cpu)


def measured(form: Form, seconds: float) -> dict[str, Any]:
    """One form's pace and what it showed."""
    pace = paced(form, seconds)
    return {"form": form.name, "what": form.what, **pace._asdict(), "shown": form.shown()}


def main(package: str, forms: Callable[[Day], Sequence[Form]]) -> None:
    """Run every form of one peer for the seconds of the command line, and print one record."""
    parser = argparse.ArgumentParser(description=f"Patient-hours a second of {package}.")
    parser.add_argument("--seconds", type=float, default=4.0, help="how long each form runs")
    args = parser.parse_args()
    found = [measured(form, args.seconds) for form in forms(day())]
    print(json.dumps({"package": package, "version": version(package), "forms": found}))
