"""What every peer's script does: read the task, check the answers, time each form, print one record."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any, NamedTuple

import clock

Row = dict[str, Any]


class Task(NamedTuple):
    """The conditions that every engine gets, complete rows, and the answers to them."""

    columns: dict[str, str]
    definitions: dict[str, Any]
    conditions: dict[str, Any]
    rows: list[Row]
    answers: list[list[bool]]


class Form(NamedTuple):
    """One way to put the conditions to an engine.

    prepare  makes, ahead of time and not timed, what the engine takes for a row
    call     evaluates one prepared row; this is timed
    read     the list of answers, in the task's order, from what `call` returned; not timed
    """

    name: str
    prepare: Callable[[Row], Any]
    call: Callable[[Any], Any]
    read: Callable[[Any], list[bool]]


def task_from(record: Mapping[str, Any]) -> Task:
    """The task in an exported record."""
    return Task(**{field: record[field] for field in Task._fields})


def measured(form: Form, task: Task, seconds: float) -> dict[str, Any]:
    """Answers that agree, and the spread of the time for one row with all conditions."""
    prepared = [form.prepare(row) for row in task.rows]
    agree = total = 0
    for row, expected in zip(prepared, task.answers, strict=True):
        got = form.read(form.call(row))
        total += len(expected)
        agree += sum(one is two for one, two in zip(got, expected, strict=True))
    times = clock.time_calls(form.call, prepared, seconds=seconds)
    return {"form": form.name, "agree": agree, "answers": total, **times._asdict()}


def main(package: str, forms: Callable[[Task], list[Form]]) -> None:
    """Run every form of one peer on the task named on the command line."""
    parser = argparse.ArgumentParser(description=f"Times {package} on exported conditions.")
    parser.add_argument("task", help="the exported conditions, a JSON file")
    parser.add_argument("--seconds", type=float, default=4.0, help="how long each form is timed")
    args = parser.parse_args()
    with open(args.task, encoding="utf-8") as handle:
        task = task_from(json.load(handle))
    found = [measured(form, task, args.seconds) for form in forms(task)]
    print(json.dumps({"peer": package, "version": version(package), "forms": found}))
