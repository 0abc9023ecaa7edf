"""python-anesthesia-simulator: one patient through the day, step by step and in one call, without noise.

Its default keeps a table row for each step, which makes it several times slower; the forms here do not keep one.
"""

from __future__ import annotations

from typing import Any

import numpy
import twin_work
from python_anesthesia_simulator import Patient

WHAT = (
    "linear pharmacokinetics of three drugs (propofol and remifentanil at zero), Hill curves for BIS, tolerance, MAP "
    "and CO. No venous return, no heart, no volume but blood loss"
)


def stepping(day: twin_work.Day, seconds: float) -> twin_work.Form:
    """A form whose steps last so many simulated seconds; each run is the next hour of the day."""
    person = day.person
    patient = Patient(
        [person.age, person.height, person.weight, int(person.male)], ts=seconds, save_data_bool=False
    )  # fmt: skip
    hours = iter(())
    last: dict[str, float] = {}

    def run() -> float:
        nonlocal hours
        dose = next(hours, None)
        if dose is None:
            hours = iter(day.hourly)
            dose = next(hours)
        rate = day.rate(dose)
        for _ in range(int(twin_work.HOUR / seconds)):
            _, co, pressure, _ = patient.one_step(u_nore=rate, noise=False)
        last.update(MAP=numpy.asarray(pressure).item(), CO=numpy.asarray(co).item(), dose=dose)
        return 1.0

    return twin_work.Form(f"one_step, {seconds:g} s", f"{seconds:g} s: {WHAT}", run, lambda: last)


def at_once(day: twin_work.Day) -> twin_work.Form:
    """The whole day in one call, which cannot react to what happens."""
    person = day.person
    patient = Patient([person.age, person.height, person.weight, int(person.male)], ts=1, save_data_bool=False)
    rates = numpy.repeat([day.rate(dose) for dose in day.hourly], int(twin_work.HOUR))
    last: dict[str, float] = {}

    def run() -> float:
        table: Any = patient.full_sim(u_nore=rates)
        last.update(MAP=float(table["MAP"].iloc[-1]), CO=float(table["CO"].iloc[-1]), dose=day.hourly[-1])
        return float(len(day.hourly))

    return twin_work.Form("full_sim, 1 s", f"the day in one call, at 1 s: {WHAT}", run, lambda: last)


def forms(day: twin_work.Day) -> list[twin_work.Form]:
    """Steps of a second (its default) and of ten, and the whole day in one call."""
    return [stepping(day, 1), stepping(day, 10), at_once(day)]


if __name__ == "__main__":
    twin_work.main("python-anesthesia-simulator", forms)
