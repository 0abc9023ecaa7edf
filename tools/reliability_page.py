"""RELIABILITY.md from the goals in tests/figures.toml and what the long runs came to, kept in deep-runs.json."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "tools"))

import deep  # noqa: E402

from tests import figures  # noqa: E402

PAGE = ROOT / "RELIABILITY.md"
TOP = """# Reliability

<!-- Made by `python tools/deep.py --page` from tests/figures.toml, tools/deep.toml and tools/deep-runs.json. -->

How much is checked, how often, and what it came to. `make test` counts the first table anew in every run and fails
where a figure is below its goal. `make deep` makes the long runs, in parts of at most ten minutes, and keeps what
each came to with its date, its command and the machine. Figures say what was tried, not that nothing is wrong;
[docs/safety.md](docs/safety.md) says what is known to be open. No clinician has reviewed the software.

## What every run of the tests counts

| figure | what is counted | goal | asked at least |
|---|---|---|---|
"""


def goals() -> dict[str, dict[str, Any]]:
    """The goal of every long run: its own, or that of the figure of the quick run that it adds to."""
    quick = figures.read()
    return {name: one if "says" in one else quick[one["figure"]] for name, one in deep.plan().items()}


def came_to(name: str, parts: int) -> tuple[figures.Count, list[dict[str, Any]]]:
    """What the parts of a run came to together, and those that were kept."""
    last = deep.kept()
    found = [last[key] for part in range(1, parts + 1) if (key := f"{name}/{part}") in last]
    return figures.Count(sum(one["hits"] for one in found), sum(one["of"] for one in found)), found


def verdict(name: str, one: dict[str, Any], goal: dict[str, Any]) -> str:
    """Whether a long run reached its goal, or what it lacks and why."""
    count, found = came_to(name, one["parts"])
    if not found:
        return f"has not run yet{': ' + one['short'] if 'short' in one else ''}"
    if len(found) < one["parts"] and all(each["ended"] == "well" for each in found):
        missing = f"{one['parts'] - len(found)} parts have not run yet"
        return f"not whole: {missing}{'; ' + one['short'] if 'short' in one else ''}"
    lacks = figures.below(goal, count, deep=True)
    lacks += [f"a part ended {each['ended']}" for each in found if each["ended"] != "well"][:1]
    return "reached" if not lacks else f"below: {'; '.join(lacks)}; {one.get('short', 'no reason is given')}"


def page() -> str:
    """The whole page."""
    text = TOP
    for name, goal in figures.read().items():
        if not goal.get("long"):
            text += f"| {name} | {goal['says']} | {figures.goal_of(goal)} | {goal['of_least']:,} |\n"
    text += "\n## What the long runs came to\n\n| run | what is counted | last figure | goal | parts | date | |\n"
    text += "|---|---|---|---|---|---|---|\n"
    wanted, runs = goals(), deep.plan()
    for name, one in runs.items():
        count, found = came_to(name, one["parts"])
        dates = sorted({each["date"] for each in found})
        when = f"{dates[0]} to {dates[-1]}" if len(dates) > 1 else "".join(dates) or "never"
        told = figures.shown(wanted[name], count) if found else "none"
        text += (
            f"| {name} | {wanted[name]['says']} | {told} | {figures.goal_of(wanted[name])} | "
            f"{len(found)} of {one['parts']} | {when} | {verdict(name, one, wanted[name])} |\n"
        )
    text += (
        "\n## Part by part\n\n| part | command | seconds | ended | commit | machine |\n|---|---|---|---|---|---|\n"
    )
    last = deep.kept()
    for name, one in runs.items():
        for part in range(1, one["parts"] + 1):
            if each := last.get(f"{name}/{part}"):
                line = each["command"].replace("|", "\\|")
                text += f"| {name}/{part} | `{line}` | {each['seconds']} | {each['ended']} | "
                text += f"{each['commit']} | {each['machine']} |\n"
    return text


def write() -> None:
    """Write the page."""
    PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    write()
