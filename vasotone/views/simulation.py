"""A simulation as lines for a terminal: what it is for first, then each plan with its intervals, then the doubts."""

from __future__ import annotations

from typing import Any

from vasotone.views.text import NARROWEST, WIDEST, Line, fill, paint, section, terminal_width
from vasotone.views.wording import clean, prose

LABELS = {
    "MAP": "mean pressure", "DAP": "diastolic", "SAP": "systolic", "HR": "heart rate", "DSI": "diastolic shock index",
    "CVP": "central venous", "CI": "cardiac index", "CI_relative": "flow, relative to now",
}  # fmt: skip
DECIMALS = {"DSI": 2, "CI": 1}
MOST_COLUMNS = 6
CELL = 17


def show(record: dict[str, Any], *, width: int | None = None, colour: bool = False) -> str:
    """A `vasotone.simulation/1` record as text, ending in a newline.

    width   columns; by default those of the terminal
    colour  ANSI colours; text from outside can never bring its own
    """
    columns = min(max(width or terminal_width(), NARROWEST), max(WIDEST, width or 0))
    lines: list[Line] = fill("", record["notice"], columns, "now")
    lines += fill("", about(record), columns)
    if record["refused"]:
        lines += section("Not simulated", columns, "now") + fill("  ", prose(record["refused"]["text"]), columns)
        lines += fill("  ", prose(record["refused"]["instead"]), columns)
    for one in record["missing"]:
        lines += section("To be known first", columns) + fill(
            "  ", f"{clean(one['name'])} ({one['unit']}): {prose(one['why'])}.", columns
        )
    for place, plan in enumerate(record["plans"], 1):
        lines += planned(plan, columns, f"Plan {place}" if len(record["plans"]) > 1 else "Plan")
    if record["target"]:
        lines += held(record["target"], columns)
    lines += doubts(record, columns)
    return "".join(paint(style, text.rstrip(), colour) + "\n" for style, text in lines)


def about(record: dict[str, Any]) -> str:
    """What the numbers rest on, in a sentence or two."""
    when = "an unnamed instant" if record["at"] is None else record["at"].replace("T", " ")[:16] + " UTC"
    fitted = record["fitted"]
    basis = "drawn about the newest readings, not fitted: there is no trend"
    if fitted:
        last = fitted["last_map"]
        basis = (
            f"fitted to {fitted['readings']} charted values over {fitted['hours']:g} h, each taken as uncertain (the "
            f"last mean pressure charted was {last['value']:g}, {last['minutes_before']:g} min before)"
        )
    return (
        f"From {when}: {record['members']} virtual patients, {basis}. Each cell is the median, with the range that "
        f"holds 9 of 10 of them. Model {clean(record['model'])}, seed {record['seed']}."
    )


def planned(plan: dict[str, Any], columns: int, heading: str) -> list[Line]:
    """One plan: its words, its doses, and a row for each variable."""
    lines = section(heading, columns) + fill("  ", clean(plan["plan"]), columns, "strong") + [("", "")]
    count = max(2, min(MOST_COLUMNS, (columns - 24) // CELL))
    places = chosen(len(plan["minutes"]), count)
    head = "".join(f"{spoken(plan['minutes'][place]):>{CELL}}" for place in places)
    lines += [("quiet", f"{'':24}{head}")]
    for name, one in plan["variables"].items():
        digits = DECIMALS.get(name, 0)
        cells = "".join(cell(one, place, digits) for place in places)
        unit = {"/min/mm[Hg]": "", "mm[Hg]": "mmHg", "L/min/m2": "L/min/m2"}.get(one["unit"], one["unit"])
        lines += [("strong" if name == "MAP" else "", f"{(LABELS[name] + ' ' + unit).strip()[:24]:24}{cells}")]
    for drug, course in plan["doses"].items():
        cells = "".join(f"{course['value'][place]:g}".rjust(CELL) for place in places)
        lines += [("quiet", f"{drug:24}{cells}")]
    if plan["doses"]:
        units = ", ".join(
            f"{drug} in {course['unit']}" + (f" {course['basis']}" if "basis" in course else "")
            for drug, course in plan["doses"].items()
        )
        lines += fill("", f"Doses that run in the simulation: {units}.", columns, "quiet")
    if "reaches_target" in plan:
        share = 100 * plan["reaches_target"]
        lines += fill("", f"At the end {share:.0f} % of the virtual patients are at the target or above.", columns)
    return lines


def cell(one: dict[str, Any], place: int, digits: int) -> str:
    """Median and interval of one variable at one time."""
    median, low, high = (f"{one[name][place]:.{digits}f}" for name in ("median", "low", "high"))
    return f"{median} ({low}-{high})".rjust(CELL)


def chosen(length: int, count: int) -> list[int]:
    """Places of about `count` columns, spread evenly, the first and the last among them."""
    if length <= count:
        return list(range(length))
    return sorted({round(place * (length - 1) / (count - 1)) for place in range(count)})


def spoken(minute: float) -> str:
    """Minutes from now as a column is headed."""
    return "now" if minute == 0 else f"{minute:g} min" if minute < 120 else f"{minute / 60:.3g} h"


def held(target: dict[str, Any], columns: int) -> list[Line]:
    """The dose that would hold a pressure in the simulation, with its interval."""
    dose = target["dose"]
    most = f"more than {target['highest_tried']:g}"
    low, median, high = (most if dose[name] is None else f"{dose[name]:.3g}" for name in ("low", "median", "high"))
    lines = section(f"What would hold {target['variable']} {target['value']:g} {target['unit']}", columns)
    text = (
        f"In half of the virtual patients {median} {dose['unit']} of {target['drug']} or less would do; 9 of 10 need "
        f"{low} to {high}. {100 * target['share_reached']:.0f} % reach it at all. This describes a model, and is no "
        "dose for a patient."
    )
    return lines + fill("  ", text, columns)


def doubts(record: dict[str, Any], columns: int) -> list[Line]:
    """What is doubtful, once each."""
    seen = list(dict.fromkeys(prose(one["text"]) for one in record["warnings"]))
    if record["plans"] and not record["absolute_flow_known"]:
        seen.append("What flow is in L/min is not known, so it is not shown.")
    if not seen:
        return []
    lines = section("In doubt", columns)
    for text in seen:
        lines += fill("  - ", text, columns)
    return lines
