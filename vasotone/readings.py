"""One variable's rows to one reading: unit, plausibility, freshness, ties. What is doubtful is unknown."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

from vasotone import units
from vasotone.errors import UnitError, shorten
from vasotone.records import Variable
from vasotone.table import CANONICAL, Bag, Observation, Value

Caution = tuple[str, str, str, dict[str, Any]]

CLOCK_SKEW = timedelta(minutes=5)
EARLIEST = datetime.min.replace(tzinfo=UTC)
MOST_DOUBTS = 20  # of one variable; more of them are counted, not listed
MOST_SEEN = 6
UNKNOWN = "unknown"
# Something was measured and its value is not known, so no older value may stand in for it.
UNREADABLE = ("not-a-number", "unit-unknown", "weight-needed")
CODES = {"unknown-word": "unknown-value", "not-a-number": "unknown-value", "weight-needed": "ask-weight"}
# Which of several rows of one instant is taken: the line before the cuff, the actual weight before another.
PREFERRED = {"arterial": 0, "cuff": 2, "actual": 0, "adjusted": 2, "ideal": 3}


class Reading(NamedTuple):
    """One variable at one instant.

    value        in the variable's canonical unit; None is unknown
    age_minutes  how long before the instant it was taken, or None without times
    origin       measured | derived | assumed
    quality      ok | stale | implausible | contradictory | unit-unknown | weight-needed | future | basis-unknown |
                 not-a-number (a text where a number belongs) | not-given (a drug is recorded without its dose)
    seen         what was written, for the reader of a warning
    was          the value of a stale reading: it is not used, and still speaks against one of its moment
    """

    value: Value
    unit: str
    at: datetime | None = None
    age_minutes: int | None = None
    origin: str = "measured"
    source: str = ""
    quality: str = "ok"
    seen: str = ""
    basis: str = ""
    bag: Bag | None = None
    method: str = ""
    kind: str = ""
    was: Value = None


def written(row: Observation, variable: Variable) -> str:
    """A row's value as it stood with its unit, in one spelling of that unit whichever way it was written.

    A drug that is off is off in every unit, and is told in the drug's own: a stop has no unit that means anything.
    """
    if isinstance(row.value, Fraction):
        exact = row.value
        text = str(exact.numerator) if exact.denominator == 1 else f"{float(exact):.12g}"
        off = exact == 0 and "drug" in variable.record
        unit = variable.unit if off or row.unit == CANONICAL else row.unit
        return f"{text} {spelling(unit)}" if unit and unit != "1" else text
    return "no value" if row.value is None else shorten(row.value)


def spelling(unit: str) -> str:
    """A unit as this software spells it, or as it was written when it is not known."""
    try:
        return units.unit(unit, where="unit").text
    except UnitError:
        return shorten(unit)


def moment(row: Observation) -> datetime:
    """When a row was taken; one without a time stands before all others."""
    return row.at or EARLIEST


def place_of(row: Observation) -> tuple[datetime, str]:
    """When a row was taken and, at one instant, its text, so that the order of a record means nothing."""
    return (moment(row), f"{row.value} {row.unit} {row.method} {row.kind} {row.basis} {row.bag}")


def canonical(row: Observation, variable: Variable, weight: Fraction | None) -> tuple[Value, str, str]:
    """A row's value in the canonical unit, with a quality and a reason when it cannot be used."""
    if variable.kind == "choice":
        word = str(row.value).strip().lower().replace("_", "-").replace(" ", "-")
        word = variable.record.get("spellings", {}).get(word, word)
        if word in variable.values:
            return word, "ok", ""
        return None, "unknown-word", f"'{shorten(row.value)}' is not one of {', '.join(variable.values)}"
    if not isinstance(row.value, Fraction):
        if variable.kind == "number":
            return None, "not-a-number", f"'{shorten(row.value)}' cannot be read as a number"
        return row.value, "ok", ""
    if row.value == 0 and "drug" in variable.record:
        return row.value, "ok", ""  # a drug that is off is off in every unit, also in one that is not known
    if row.unit is None:
        return None, "unit-unknown", "its unit is not known"
    if row.unit in (CANONICAL, variable.unit):
        return row.value, "ok", ""
    try:
        return convert(row, row.value, variable, weight), "ok", ""
    except UnitError as error:
        if weight is None and needs_weight(row, variable):
            return None, "weight-needed", "a weight is needed to convert it"
        return None, "unit-unknown", error.what


def convert(row: Observation, value: Fraction, variable: Variable, weight: Fraction | None) -> Fraction:
    """A value in the variable's unit, by the unit table, a cited factor of this variable, or the bag that hangs."""
    source = units.unit(row.unit or "", where=variable.name)
    also = variable.record.get("also")
    if also and source == units.unit(also["unit"], where=variable.name):
        return value / units.number(also["factor"], where=variable.name)
    target = units.unit(variable.unit, where=variable.name)
    if value == 0 and by_pump(row):
        return value  # a pump that stands still gives nothing, whatever hangs on it
    if row.bag is not None and by_pump(row):
        amount = units.quantity(row.bag.amount, where=f"{variable.name} bag")
        volume = units.quantity(row.bag.volume, where=f"{variable.name} bag")
        in_ml = units.convert(volume.value, volume.unit, "mL")
        if amount.value <= 0 or in_ml <= 0:
            raise UnitError("its bag has no strength", where=variable.name)
        value, source = value * amount.value / in_ml, units.unit(f"{amount.unit.text}/h", where=variable.name)
    return units.convert(value, source, target, weight_kg=weight)


def by_pump(row: Observation) -> bool:
    """Whether a row is a pump rate, which becomes a dose through the bag that hangs."""
    try:
        return bool(row.unit) and units.unit(row.unit or "") == units.unit("mL/h")
    except UnitError:
        return False


def needs_weight(row: Observation, variable: Variable) -> bool:
    """Whether a row's unit differs from the variable's own only by the body weight."""
    try:
        convert(row, Fraction(1), variable, Fraction(1))
    except UnitError:
        return False
    return True


def plausible(value: Value, variable: Variable) -> bool:
    """Whether a number lies in its variable's plausible range."""
    if not isinstance(value, Fraction):
        return True
    if "placeholder" in variable.record and value == variable.record["placeholder"]["value"]:
        return False
    number, low, high = float(value), variable.low, variable.high
    return (low is None or number >= low) and (high is None or number <= high)


def read(
    variable: Variable,
    rows: tuple[Observation, ...],
    at: datetime | None,
    weight: Fraction | None,
    cautions: list[Caution],
) -> Reading | None:
    """The reading of one variable at an instant: the newest usable row, or why there is none."""
    usable: list[tuple[Observation, Value]] = []
    doubts: list[tuple[Observation, Caution]] = []
    rejected: Reading | None = None
    lost: datetime | None = None  # what ran at that instant is not known, whatever was known before
    settled = EARLIEST
    for row in sorted(rows, key=place_of)[::-1]:
        if row.at is not None and row.at < settled:
            continue  # a doubt about the past is settled by what is known after it
        if row.value is None:
            if "drug" in variable.record and row.at is not None and (at is None or row.at <= at):
                # it may run, at any dose
                lost, settled = max(row.at, lost or EARLIEST), max(row.at, settled)
                rejected = rejected or nothing_given(row, variable, at)
            continue
        value, quality, doubt = judge(row, variable, at, weight)
        if doubt is None:
            usable.append((row, value))
            settled = max(settled, moment(row))
            continue
        doubts.append((row, doubt))
        rejected = rejected or Reading(
            None, variable.unit, row.at, age_of(row, at), source=row.source, quality=quality,
            seen=written(row, variable),
        )  # fmt: skip
        if quality in UNREADABLE or "drug" in variable.record:
            lost = max(moment(row), lost or EARLIEST)
            settled = max(settled, moment(row))
    usable = [pair for pair in reversed(usable) if lost is None or moment(pair[0]) > lost]
    chosen = newest(variable, usable, at, cautions) if usable else rejected
    since = chosen.at if usable and chosen is not None else None
    found = [doubt for row, doubt in reversed(doubts) if since is None or row.at is None or row.at >= since]
    cautions.extend(counted(found, variable))
    return chosen


def nothing_given(row: Observation, variable: Variable, at: datetime | None) -> Reading:
    """The reading of a drug that is recorded without its dose."""
    return Reading(
        None, variable.unit, row.at, age_of(row, at), source=row.source, quality="not-given",
        seen=written(row, variable),
    )  # fmt: skip


def counted(found: list[Caution], variable: Variable) -> list[Caution]:
    """The doubts about one variable; of very many the last, and how many more there are."""
    more = len(found) - MOST_DOUBTS
    if more <= 0:
        return found
    code = found[-1][0]
    text = f"{variable.label}: {more} more values are not used, for reasons like these."
    return [*found[more:], (code, variable.name, text, {"count": more})]


def judge(
    row: Observation, variable: Variable, at: datetime | None, weight: Fraction | None
) -> tuple[Value, str, Caution | None]:
    """One row's value in the canonical unit, or the quality and the warning that keep it from use."""
    name, label = variable.name, variable.label
    if at is not None and row.at is not None and row.at - at > CLOCK_SKEW:
        text = f"{label} carries a time after the instant of the question. It is not used."
        return None, "future", ("future-time", name, text, {"seen": written(row, variable)})
    value, quality, reason = canonical(row, variable, weight)
    if quality != "ok":
        code = CODES.get(quality, "ask-unit")
        return None, quality, (code, name, f"{label}: {reason}. It is not used.", {"seen": written(row, variable)})
    if not plausible(value, variable):
        text = f"{label} of {written(row, variable)} is not plausible. It is not used."
        values = {"seen": written(row, variable), "low": variable.low, "high": variable.high}
        return None, "implausible", ("flag-implausible", name, text, values)
    return value, "ok", None


def age_of(row: Observation, at: datetime | None) -> int | None:
    """Whole minutes from a row to the instant, never negative."""
    if at is None or row.at is None:
        return None
    return max(0, int((at - row.at).total_seconds() // 60))


def newest(
    variable: Variable, usable: list[tuple[Observation, Value]], at: datetime | None, cautions: list[Caution]
) -> Reading:
    """The newest usable row; several at one instant must agree, but for cuff beside line and kinds of weight."""
    last = max((row.at for row, _ in usable if row.at is not None), default=None)
    tied = [(row, value) for row, value in usable if row.at == last or row.at is None]
    tied.sort(key=lambda pair: (PREFERRED.get(pair[0].method, 1), PREFERRED.get(pair[0].kind, 1)))
    row, value = tied[0]
    reading = Reading(
        value, variable.unit, row.at, age_of(row, at), source=row.source, seen=written(row, variable),
        basis=form_of(row), bag=row.bag, method=row.method, kind=row.kind,
    )  # fmt: skip
    rivals = [(other, seen) for other, seen in tied if not told_apart(row, other)]
    if len(rivals) > 1 and len({(seen, other.basis if seen else "") for other, seen in rivals}) > 1:
        both = sorted(
            {
                f"{written(other, variable)} {other.basis if other.basis != UNKNOWN else ''}".strip()
                for other, _ in rivals
            }
        )
        if len(both) > MOST_SEEN:
            both = [*both[:MOST_SEEN], f"{len(both) - MOST_SEEN} more"]
        text = f"{variable.label} has different values at one instant: {', '.join(both)}. None is used."
        cautions.append(("flag-contradiction", variable.name, text, {"seen": both}))
        return reading._replace(value=None, quality="contradictory", seen=", ".join(both))
    limit = variable.fresh_minutes
    if limit is not None and reading.age_minutes is not None and reading.age_minutes > limit:
        text = f"{variable.label} of {reading.seen} is {spoken(reading.age_minutes)} old. It is not used."
        values = {"seen": reading.seen, "age_minutes": reading.age_minutes, "fresh_minutes": limit}
        cautions.append(("ask-refresh", variable.name, text, values))
        return reading._replace(value=None, quality="stale", was=value)
    return reading


def told_apart(one: Observation, other: Observation) -> bool:
    """Whether two rows of one instant say that they are different things: line and cuff, actual and ideal weight."""
    by_method = bool(one.method and other.method) and one.method != other.method
    by_kind = bool(one.kind and other.kind) and one.kind != other.kind
    return by_method or by_kind


def form_of(row: Observation) -> str:
    """The form in which a dose counts: of a pump rate the bag's, unless that is not known."""
    if row.bag is None or row.bag.basis in ("", "unknown") or not by_pump(row):
        return row.basis
    return row.bag.basis


def spoken(minutes: int) -> str:
    """A span of time as a person says it."""
    if minutes < 120:
        return f"{minutes} min"
    if minutes < 72 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // 1440} days"
