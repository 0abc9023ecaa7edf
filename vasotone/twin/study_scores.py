"""What a study file compares: the drives that must be matched and the scores, with every form of the format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vasotone.twin.study_parts import Part
from vasotone.twin.study_record import Among, Bound, Drive, Event, Score
from vasotone.twin.study_units import SAME, Scale, canonical, scale
from vasotone.twin.study_units import scale_of as unit_scale

STATS = ("mean", "median", "fraction", "correlation", "time_of_max")
FORMS = ("delta", "delta_pct", "ratio", "slope", "range", "order")
OF_A_CHANGE = ("delta", "delta_pct", "slope")
REQUIRES = ("oxygen", "ventilation", "regional_flow", "drift")
EVENT_KEYS = ("min", "max", "min_change", "max_change", "min_pct", "max_pct")
TIME = "min"
PERCENT, PURE = "%", "1"


def drive(part: Part, names: Sequence[str]) -> Drive:
    """One drive: a level at a measurement, or a change between two."""
    variable = part.variable()
    at = start = end = ""
    percent = part.has("target_pct")
    if part.has("at"):
        at, key, tol = part.named("at", names), "target", "tol"
    else:
        start, end = part.named("from", names), part.named("to", names)
        key, tol = ("target_pct", "tol_pct") if percent else ("target_delta", "tol")
    own = scale(part.take("unit", PERCENT), PERCENT, f"{part.where}.unit") if percent else part.scale_of(
        variable, needed=True)  # fmt: skip
    unit = part.table.get("unit", PERCENT)
    made = Drive(variable, at, start, end, part.number(key), part.number(tol), percent, own, unit)
    if made.tol < 0:
        raise part.wrong(tol, "a tolerance is not below zero")
    part.done()
    return made


def event(part: Part, variable: str) -> Event:
    """Bounds of a level, of a change and of a percent change; at least one limit."""
    if not part.has(*EVENT_KEYS):
        raise part.wrong("", "an event needs a limit", fix=f"one of {', '.join(EVENT_KEYS)}")
    absolute = part.has("min", "max", "min_change", "max_change")
    own = part.scale_of(variable, needed=absolute)
    return Event(*(
        Bound(part.number(f"min{kind}", None), part.number(f"max{kind}", None), SAME if kind == "_pct" else own)
        for kind in ("", "_change", "_pct")
    ))  # fmt: skip


def among(part: Part, names: Sequence[str]) -> Among:
    """The patients that count, by a change of their own."""
    variable = part.variable()
    start, end = part.named("from", names), part.named("to", names)
    made = Among(variable, start, end, event(part, variable))
    if made.event.level != Bound(None, None, made.event.level.scale):
        raise part.wrong(
            "min", "patients are chosen by a change", fix="write min_change, max_change, min_pct or max_pct"
        )
    part.done()
    return made


def pair(part: Part, first: str, second: str, names: Sequence[str]) -> tuple[str, str]:
    """Two keys of a small table: a variable or a measurement, and a measurement."""
    left = part.variable(first) if first == "variable" else part.named(first, names)
    made = (left, part.named(second, names))
    part.done()
    return made


def accept_of(part: Part) -> tuple[str, tuple[float, float] | None]:
    """The accept form and its limits; no form where only the sign counts."""
    forms = [form for form in FORMS if part.has(form)]
    if len(forms) > 1:
        raise part.wrong(forms[1], f"there is an accept form already, `{forms[0]}`", fix="give one form")
    if not forms:
        return "", None
    form = forms[0]
    limits = part.take(form)
    if form == "order":
        if not isinstance(limits, list) or len(limits) < 2:
            raise part.wrong(form, "an order names two measurements or more")
        return form, None
    numbers = isinstance(limits, list) and len(limits) == 2 and all(
        isinstance(one, int | float) and not isinstance(one, bool) for one in limits)  # fmt: skip
    if not numbers or not limits[0] <= limits[1]:
        raise part.wrong(form, "an accept range is two numbers, the lower one first")
    return form, (float(limits[0]), float(limits[1]))


def form_without_range(part: Part, variable: str) -> str:
    """How a score without an accept form is worked out: as its other keys say, never by what it is compared with."""
    unit, own = part.table.get("unit"), canonical(variable, part.where)
    if part.has("per"):
        return "slope"
    if part.has("over") or (unit == PURE != own and part.has("from")):
        return "ratio"
    if not part.has("from"):
        return "range"
    percent = (unit == PERCENT != own) or part.table.get("change") == "pct"
    return "delta_pct" if percent and part.table.get("stat", "mean") in ("mean", "median") else "delta"


def scale_of(part: Part, variable: str, stat: str, form: str, per: str) -> tuple[Scale, Scale, str]:
    """From the unit of the accept range to the twin's, for the variable and for what a slope is per."""
    where = f"{part.where}.unit"
    unit = part.take("unit", None)
    if unit is not None and not isinstance(unit, str):
        raise part.wrong("unit", "a unit is a text")
    if form == "slope":
        own, below = canonical(variable, where), canonical(per, where)
        head, slash, tail = (unit or f"{own}/({below})").partition("/(")
        if not slash or not tail.endswith(")"):
            raise part.wrong("unit", "the unit of a slope is written A/(B)", fix=f"write {own}/({below})")
        return unit_scale(variable, head, where), unit_scale(per, tail[:-1], where), unit or f"{own}/({below})"
    relative = form == "delta_pct" or (form == "delta" and part.table.get("change") == "pct")
    wanted = PERCENT if relative else PURE if form == "ratio" else ""
    wanted = {"fraction": PURE, "correlation": PURE, "time_of_max": TIME}.get(stat, wanted)
    if wanted:
        return scale(unit or wanted, wanted, where), SAME, unit or wanted
    return part.scale_of(variable, needed=False), SAME, unit or canonical(variable, where)


def score(part: Part, names: Sequence[str]) -> Score:
    """One score with everything that its form needs."""
    identifier = part.text("id")
    part.where = f"{part.where} ({identifier})"
    variable, stat = part.variable(), part.word("stat", STATS, default="mean")
    form, limits = accept_of(part)
    order = tuple(part.table["order"]) if form == "order" else ()
    form = form or form_without_range(part, variable)
    for name in order:
        if name not in names:
            raise part.wrong("order", "there is no such measurement", fix=f"one of {', '.join(names)}")
    per = part.variable("per") if form == "slope" else ""
    own, per_scale, unit = scale_of(part, variable, stat, form, per)
    for shown in ("reported", "spread", "levels"):
        part.take(shown, None)
    found = Score(
        id=identifier, variable=variable, stat=stat, form=form, accept=limits, unit=unit, scale=own,
        sign=part.word("sign", ("+", "-", "0"), default=""),
        start=part.named("from", names, default=""), end=part.named("to", names, default=""),
        at=part.named("at", names, default=""),
        levels=part.word("compare", ("levels", "patients"), default="patients") == "levels",
        percent=part.word("change", ("abs", "pct"), default="abs") == "pct",
        order=order, per=per, per_scale=per_scale,
        versus=pair(part.part("versus"), "from", "to", names) if part.has("versus") else None,
        over=pair(part.part("over"), "variable", "at", names) if part.has("over") else None,
        event=_event(part, variable) if part.has("event") else None,
        among=among(part.part("among"), names) if part.has("among") else None,
        beside=pair(part.part("with"), "variable", "at", names) if part.has("with") else None,
        after=part.named("after", names, default=""),
        critical=part.truth("critical", False),
        weight=part.number("weight", 1.0),
        significant=part.truth("significant", None),
        requires=part.word("requires", REQUIRES, default=""),
        reported=_reported(part),
    )  # fmt: skip
    part.take("assumed", None)
    check(part, found)
    part.done()
    return found


def _event(part: Part, variable: str) -> Event:
    inner = part.part("event")
    made = event(inner, variable)
    inner.done()
    return made


def _reported(part: Part) -> float | None:
    value: Any = part.table.get("reported")
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def check(part: Part, found: Score) -> None:
    """Refuse a score that lacks what its form works on."""
    between = bool(found.start) and bool(found.end)
    if bool(found.start) != bool(found.end):
        raise part.wrong("from", "`from` and `to` come together")
    if found.stat in ("correlation", "time_of_max") and not between:
        raise part.wrong("from", f"`{found.stat}` needs `from` and `to`")
    if found.stat == "fraction" and found.event is None:
        raise part.wrong("event", "a fraction needs an `event`")
    if found.event is not None and found.stat != "fraction":
        raise part.wrong("event", 'an `event` belongs to stat = "fraction"')
    if found.stat == "correlation" and found.beside is None:
        raise part.wrong("with", "a correlation needs `with`")
    if found.stat == "time_of_max" and not found.after:
        raise part.wrong("after", "a time of the maximum needs `after`")
    if found.form in OF_A_CHANGE and not between:
        raise part.wrong("from", f"`{found.form}` needs `from` and `to`")
    if found.form == "ratio" and not between and (found.over is None or not found.at):
        raise part.wrong("from", "`ratio` needs `from` and `to`, or `at` and `over`")
    plain = found.stat in ("mean", "median")
    if plain and found.form == "range" and not found.at:
        raise part.wrong("at", "`range` needs `at`")
    if found.versus and not between:
        raise part.wrong("versus", "a second change needs a first one, `from` and `to`")
    if found.stat == "fraction":
        _check_event(part, found, between)
    if found.weight < 0:
        raise part.wrong("weight", "a weight is not below zero")
    if found.critical and found.requires:
        raise part.wrong("requires", "a critical score may not require a part that can be absent")


def _check_event(part: Part, found: Score, between: bool) -> None:
    event = found.event
    if event is None:
        return
    changes = [event.change.low, event.change.high, event.percent.low, event.percent.high]
    if any(one is not None for one in changes) and not between:
        raise part.wrong("event", "an event that is a change needs `from` and `to`")
    if not between and not found.at:
        raise part.wrong("event", "an event needs `at`, or `from` and `to`")
