"""One stay of the packaged CLIF demo, read from the raw rows by the documented rules: a neutral record at an instant.

Written from `docs/integrator.md` and the data of the readers, not from the CLIF reader, so that two readings of the
same rules meet.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import vasotone
from vasotone import units
from vasotone.errors import UnitError

READERS = Path(vasotone.__file__).parent / "readers"
RULES: dict[str, Any] = tomllib.loads((READERS / "clif.toml").read_text("utf-8"))
CODES: dict[str, Any] = tomllib.loads((READERS / "codes.toml").read_text("utf-8"))

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)
CANONICAL = ""  # no unit is written, so the variable's own holds
PRESSURES = ("map", "sbp", "dbp")
TABLES = {
    "hospitalization": "patient_id, epoch_us(admission_dttm), epoch_us(discharge_dttm), age_at_admission",
    "vitals": "epoch_us(recorded_dttm), vital_category, vital_name, vital_value",
    "labs": "epoch_us(lab_result_dttm), lab_category, lab_value_numeric, reference_unit",
    "medication_admin_continuous": "epoch_us(admin_dttm), med_order_id, med_category, mar_action_category, med_dose, "
    "med_dose_unit",
    "medication_admin_intermittent": "epoch_us(admin_dttm), med_category, mar_action_category, med_dose, "
    "med_dose_unit",
    "hospital_diagnosis": "diagnosis_code_format, diagnosis_code",
    "respiratory_support": "epoch_us(recorded_dttm), device_category",
    "invasive_hemodynamics": "epoch_us(recorded_dttm), measurement_category, measurement_value",
}
OF_PATIENT = {
    "patient": "sex_category",
    "code_status": "epoch_us(start_dttm), code_status_category",
}
Rows = list[tuple[Any, ...]]


class Bag(NamedTuple):
    """What hangs on the pump: amount and volume with their units, and the form of the label."""

    amount: str
    volume: str
    basis: str = ""


class Entry(NamedTuple):
    """One charted value; `unit` is None where it is not known, empty where the variable's own holds."""

    value: Fraction | str | bool | None
    unit: str | None = CANONICAL
    at: datetime | None = None
    method: str = ""
    kind: str = ""
    basis: str = ""
    bag: Bag | None = None


class Dose(NamedTuple):
    """One charted event of an infusion: its order, and the rate from then on (None where it is not said)."""

    at: datetime
    order: str
    stop: bool
    value: Fraction | None
    unit: str | None


class Record(NamedTuple):
    """One patient at one instant, in no door's form.

    series      variable -> its entries in time order
    conditions  words of the project
    diagnoses   (system, code) as charted, ICD10CM or ICD9CM
    courses     drug -> what was charted of each order, where the record came from a chart
    drugs       other drugs taken, or None
    formulary   drug -> whether it is stocked
    singles     single doses of hydrocortisone: when, how much, unit
    """

    at: datetime
    series: dict[str, list[Entry]]
    conditions: list[str]
    diagnoses: list[tuple[str, str]] = []
    courses: dict[str, list[Dose]] = {}
    drugs: list[str] | None = None
    formulary: dict[str, bool] = {}
    singles: list[tuple[datetime, Fraction, str]] = []


class Stay(NamedTuple):
    """One hospitalization.

    tables   its raw rows
    charted  drugs that the site charts as single doses
    entries  its vital signs and laboratory values, each with the name of its variable
    """

    name: str
    tables: dict[str, Rows]
    charted: frozenset[str]
    entries: list[tuple[str, Entry]]

    @property
    def discharge(self) -> datetime:
        """The end of the stay."""
        return when(self.tables["hospitalization"][0][2])


def when(us: int) -> datetime:
    """Microseconds since 1970 as an instant."""
    return EPOCH + timedelta(microseconds=us)


def folded(word: Any) -> str:
    """A category in lower case with every other character as one underscore."""
    return re.sub(r"[^a-z0-9]+", "_", str(word or "").lower()).strip("_")


class Demo:
    """The raw tables of a CLIF folder; `stay` gives the rows of one hospitalization."""

    def __init__(self, folder: Path) -> None:
        import duckdb

        self.folder = folder
        self.connection = duckdb.connect()
        self.connection.execute("SET TimeZone = 'UTC'")

    def ask(self, query: str, *values: Any) -> Rows:
        """Rows of a query in which `@name` stands for a table."""
        query = re.sub(r"@(\w+)", lambda found: f"read_parquet('{self.folder}/clif_{found[1]}.parquet')", query)
        rows: Rows = self.connection.execute(query, list(values)).fetchall()
        return rows

    def has(self, table: str) -> bool:
        """Whether the folder holds a table."""
        return (self.folder / f"clif_{table}.parquet").is_file()

    def stay(self, name: str) -> Stay:
        """All rows of one hospitalization."""
        key = "WHERE hospitalization_id = ?"
        tables = {
            table: self.ask(f"SELECT {columns} FROM @{table} {key}", name) if self.has(table) else []
            for table, columns in TABLES.items()
        }
        who = tables["hospitalization"][0][0]
        for table, columns in OF_PATIENT.items():
            found = self.ask(f"SELECT {columns} FROM @{table} WHERE patient_id = ?", who) if self.has(table) else []
            tables[table] = found
        singles = "SELECT DISTINCT med_category FROM @medication_admin_intermittent"
        charted = self.ask(singles) if self.has("medication_admin_intermittent") else []
        return stay_of(name, tables, frozenset(folded(word) for (word,) in charted))


def stay_of(name: str, tables: dict[str, Rows], charted: frozenset[str]) -> Stay:
    """A hospitalization from its raw rows."""
    bare = Stay(name, tables, charted, [])
    return bare._replace(entries=[*vitals(bare), *labs(bare), *hemodynamics(bare)])


def rounded(value: float, step: Fraction) -> Fraction:
    """The multiple of a step that is nearest to a charted number; of two, the one away from zero."""
    exact = Fraction(repr(float(value))) / step
    whole = math.floor(abs(exact) + Fraction(1, 2))
    return (whole if exact >= 0 else -whole) * step


def step_of(rule: dict[str, Any], unit: str | None) -> Fraction:
    """The resolution of a rule in the unit in which it was charted; the same number where that does not convert."""
    resolution = rule["resolution"]
    step = Fraction(str(resolution["value"]))
    try:
        return units.convert(step, resolution["unit"], unit or "")
    except UnitError:
        return step


def at_instant(stay: Stay, at: datetime) -> Record:
    """What was charted of a stay up to an instant, and not after its discharge."""
    until = min(at, stay.discharge)
    series: dict[str, list[Entry]] = {}
    _, _, _, age = stay.tables["hospitalization"][0]
    if age is not None:
        series["age"] = [Entry(Fraction(age), CANONICAL)]
    for name, entry in [*stay.entries, *words(stay, until)]:
        if entry.at is None or entry.at <= until:
            series.setdefault(name, []).append(entry)
    courses = orders(stay, until)
    for rule in RULES["infusion"]:
        found = infusion(rule, courses.get(rule["name"], []), at)
        if found:
            series[rule["name"]] = found
    daily = hydrocortisone(stay, at)
    if daily is not None:
        series["hydrocortisone"] = [daily]
    diagnoses = [(str(system), str(code)) for system, code in stay.tables["hospital_diagnosis"]]
    conditions, infection = coded(diagnoses)
    if infection:
        series["infection"] = [Entry(infection, CANONICAL)]
    for entries in series.values():
        entries.sort(key=lambda entry: (entry.at or EPOCH, entry.method))
    return Record(at, series, conditions, diagnoses, courses)


def measures(table: str) -> dict[str, dict[str, Any]]:
    """Category -> rule of the numbers that one table charts."""
    return {word: rule for rule in RULES["measure"] if rule["table"] == table for word in rule["categories"]}


def method_of(text: str) -> str:
    """How a pressure was taken, by the site's own words."""
    for rule in CODES["method"]:
        if re.search(rule["match"], text.lower()):
            return str(rule["method"])
    return ""


def vitals(stay: Stay) -> Iterator[tuple[str, Entry]]:
    """Vital signs, each with its method or kind."""
    rules = measures("vitals")
    for us, category, words_of_site, value in stay.tables["vitals"]:
        rule = rules.get(folded(category))
        if rule is None or value is None or not math.isfinite(value) or us is None:
            continue
        method = method_of(words_of_site or "") if rule["name"] in PRESSURES else ""
        number = rounded(value, Fraction(str(rule["resolution"]["value"])))
        yield rule["name"], Entry(number, CANONICAL, when(us), method, rule.get("kind", ""))


def labs(stay: Stay) -> Iterator[tuple[str, Entry]]:
    """Laboratory values, known from the time of their result."""
    rules = measures("labs")
    for us, category, value, unit in stay.tables["labs"]:
        rule = rules.get(folded(category))
        if rule is None or value is None or us is None:
            continue
        written = lab_unit(rule, unit)
        number = rounded(value, Fraction(str(rule["resolution"]["value"])))  # in the unit of the laboratory
        yield rule["name"], Entry(number, written, when(us))


def hemodynamics(stay: Stay) -> Iterator[tuple[str, Entry]]:
    """Invasive measurements, in the units of the format."""
    rules = measures("invasive_hemodynamics")
    for us, category, value in stay.tables["invasive_hemodynamics"]:
        rule = rules.get(folded(category))
        if rule is not None and value is not None and us is not None:
            yield rule["name"], Entry(rounded(value, Fraction(str(rule["resolution"]["value"]))), CANONICAL, when(us))


def lab_unit(rule: dict[str, Any], unit: str | None) -> str | None:
    """A laboratory unit in a spelling of the converter; None where it is not known."""
    if not unit or not unit.strip():
        return "1" if rule.get("unitless") else None
    return str(RULES["lab_units"].get(unit.strip().lower(), unit.strip()))


def words(stay: Stay, until: datetime) -> Iterator[tuple[str, Entry]]:
    """Sex, code status and ventilation."""
    tables, rules = stay.tables, RULES["words"]
    for (sex,) in tables["patient"]:
        if folded(sex) in rules["sex"]:
            yield "sex", Entry(rules["sex"][folded(sex)], CANONICAL)
    before = when(tables["hospitalization"][0][1]) - timedelta(hours=RULES["limits"]["before_stay"]["value"])
    known = [(when(us), word) for us, word in tables["code_status"] if us and before <= when(us) <= until]
    if known:
        at, word = max(known)
        yield "code_status", Entry(rules["code_status"].get(folded(word), "unknown"), CANONICAL, at)
    holds = timedelta(hours=CODES["limits"]["holds"]["value"])
    rows = [(when(us), device) for us, device in tables["respiratory_support"] if us and device]
    support = [row for row in rows if row[0] <= until]
    if support:
        at, device = max(support)
        if until - at <= holds:
            yield "ventilated", Entry(rules["ventilated"].get(folded(device), False), CANONICAL, at)


def coded(diagnoses: list[tuple[str, str]]) -> tuple[list[str], str]:
    """The condition words and the word for infection that diagnosis codes stand for."""
    plain = [(folded(system), code.replace(".", "").strip().upper()) for system, code in diagnoses]

    def hit(rule: dict[str, Any]) -> bool:
        return any(
            code.startswith(tuple(rule["icd9" if system.startswith("icd9") else "icd10"])) for system, code in plain
        )

    found = [rule for rule in CODES["code"] if hit(rule)]
    names = {rule["condition"] for rule in found}
    kept = [rule["condition"] for rule in found if not names & set(rule.get("unless", ()))]
    return kept, str(CODES["infection"]["value"]) if hit(CODES["infection"]) else ""


def orders(stay: Stay, until: datetime) -> dict[str, list[Dose]]:
    """What was charted of each infused drug, in time order; doses without noise."""
    found: dict[str, list[Dose]] = {}
    rules = {word: rule for rule in RULES["infusion"] for word in rule["categories"]}
    actions = RULES["actions"]
    for us, order, category, action, dose, unit in stay.tables["medication_admin_continuous"]:
        rule, act = rules.get(folded(category)), folded(action)
        if rule is None or us is None or when(us) > until or act in actions["not_given"]:
            continue
        stop = act in actions["stop"]
        if act in actions["given"] and amount(unit):
            continue  # a single dose beside the rate
        if dose is None and not stop and act not in actions["sets"]:
            continue  # it goes on as it was
        value = Fraction(0) if stop else None if dose is None else rounded(dose, step_of(rule, unit))
        if value and act not in ("", *actions["sets"], *actions["runs"]):
            value = None  # whether it runs after such an action is not known
        found.setdefault(rule["name"], []).append(Dose(when(us), str(order or ""), stop, value, unit))
    for events in found.values():
        events.sort(key=lambda event: (event.at, not event.stop))
    return found


def amount(unit: str | None) -> bool:
    """Whether a unit is one of an amount and not of a rate."""
    try:
        return "time" not in dict(units.unit(unit or "").dimension)
    except UnitError:
        return False


def infusion(rule: dict[str, Any], events: list[Dose], at: datetime) -> list[Entry]:
    """One row for each charted instant of a drug, a zero before the first, and what absence means."""
    if not events:
        return [Entry(Fraction(0), CANONICAL, at)] if rule["absence"] == "zero_if_no_row" else []
    found = [Entry(Fraction(0), CANONICAL, events[0].at - TICK)]
    found += joined(events)
    carry = timedelta(hours=RULES["limits"]["carry"]["value"])
    if found[-1].value == 0 and at - (found[-1].at or at) > carry:
        found.append(Entry(Fraction(0), CANONICAL, at))
    return found


def joined(events: list[Dose]) -> Iterator[Entry]:
    """The rows of each instant: doses beat a stop, differing ones all stand; an order charted since outlives a stop.

    live  order -> its doses since it began, of the orders that nothing has ended
    """
    live: dict[str, list[Dose]] = {}
    for moment in sorted({event.at for event in events}):
        here = [event for event in events if event.at == moment]
        doses = {(event.value, event.unit) for event in here if event.value}
        dosed = {event.order for event in here if event.value != 0}
        off = {event.order for event in here if event.value == 0} - dosed
        over = [live.pop(order)[0].at for order in off if order in live]
        for event in here:
            if event.value != 0:
                live.setdefault(event.order, []).append(event)
        for value, unit in sorted(doses, key=lambda one: (one[0] or 0, one[1] or "")):
            yield Entry(value, unit, moment)
        if doses or any(event.value is None for event in here):
            if not doses:
                yield Entry(None, CANONICAL, moment)
            continue
        others = [
            (ran[-1].at, order) for order, ran in live.items()
            if order and "" not in off and (not over or ran[-1].at >= max(over))
        ]  # fmt: skip
        if not others:
            live.clear()
            yield Entry(Fraction(0), here[0].unit, moment)
            continue
        at, order = max(others)
        last = {(event.value, event.unit) for event in live[order] if event.at == at and event.value is not None}
        value, unit = last.pop() if len(last) == 1 else (None, CANONICAL)
        yield Entry(value, unit, moment)


def hydrocortisone(stay: Stay, at: datetime) -> Entry | None:
    """The sum of the last day, where the site charts the drug at all."""
    rule = RULES["hydrocortisone"]
    if not stay.charted & set(rule["categories"]):
        return None
    since = at - timedelta(hours=CODES["limits"]["steroid"]["value"])
    total = Fraction(0)
    for us, category, action, dose, unit in stay.tables["medication_admin_intermittent"]:
        if folded(category) in rule["categories"] and us is not None and since < when(us) <= min(at, stay.discharge):
            if folded(action) in RULES["actions"]["not_given"]:
                continue
            if dose is None or unit is None:
                return Entry(None, CANONICAL, at)
            total += units.convert(Fraction(repr(float(dose))), unit, rule["unit"])
    return Entry(total, CANONICAL, at)
