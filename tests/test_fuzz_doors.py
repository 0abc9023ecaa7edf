"""Random patients at the door, seeded: errors are records, nothing hangs, no figure is past a limit."""

from __future__ import annotations

import copy
import json
import os
import random
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import vasotone
from vasotone import guideline
from vasotone.errors import VasotoneError
from vasotone.readers import plain
from vasotone.state import state_at

FACTS = vasotone.load()
SEED = int(os.environ.get("VASOTONE_FUZZ_SEED", "1"))
CASES = int(os.environ.get("VASOTONE_FUZZ_CASES", "900"))
CODES = {0, 2, 3, 5}
SLOWEST = 2.0  # seconds for one patient on a busy machine
TIMES = (
    "2026-01-12T08:00:00Z", "2026-01-12T07:30:00+00:00", "2026-01-12T09:00:00+01:00", "2026-01-10T08:00:00Z",
    "2026-01-12T08:04:00Z", "2026-01-13T08:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
    "2026-01-12T08:00:00.000001-12:00", "1969-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "yesterday",
    "2026-01-12T08:00:00", "", 5, None,
)  # fmt: skip
TEXTS = (
    "", " ", "x", "\x00", "\u202egnissecorp\u2066", "\ud800", "<script>alert(1)</script>", "left hand", "ünïcode µ",
    "0.1", "null", "a" * 3000, "line\nbreak\u2028", "{0} %s ${x}", "\U0001f600", "'; drop table x; --",
)  # fmt: skip
NUMBERS = ("0", "-0.0", "-1", "1", "1e-300", "1e300", "1e16", "0.02", "55", "55.5", "80", "1E2", "99999", "1e-12")
UNITS = (
    "ug/kg/min",
    "mcg/kg/min",
    "ug/min",
    "mg/h",
    "mL/h",
    "U/min",
    "mm[Hg]",
    "kPa",
    "lb",
    "kg",
    "mg/dL",
    "",
    None,
    "m",
)
BASES = ("base", "Bitartrate", "tartrate", "hydrochloride", "unknown", "acetate", "", None)
BAGS: tuple[Any, ...] = (
    {"amount": "4 mg", "volume": "250 mL"}, {"amount": "16 mg", "volume": "0.25 L", "basis": "bitartrate"},
    {"amount": "20 U", "volume": "100 mL"}, {"amount": "4 mg", "volume": "0 mL"},
    {"amount": "-4 mg", "volume": "250 mL"}, {"amount": "4 mg", "volume": "mL"},
    {"amount": "4", "volume": "250"}, {"amount": 4, "volume": 250}, "4 mg/250 mL", [],
    {"amount": {"value": 4, "unit": "mg"}, "volume": {"value": 250, "unit": "mL"}, "basis": "base"}, None,
    {"amount": "4 mg/mL", "volume": "1e-30 mL"}, {"amount": "\x00", "volume": "\u202e"},
    {"amount": "4,0 mg", "volume": "250 mL"},
)  # fmt: skip
KEYS = sorted(set(plain.spellings(FACTS).values()))
WORDS = [v.record["word"].rstrip("*") for v in FACTS.variables.values() if "word" in v.record]


class Number:
    """A number as it is to stand in the text."""

    def __init__(self, text: str) -> None:
        self.text = text


def as_json(value: Any) -> str:
    """JSON text with numbers as they were written."""
    if isinstance(value, Number):
        return value.text
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{as_json(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(as_json, value)) + "]"
    return json.dumps(value)


def a_number(random_: random.Random, name: str) -> Number:
    """Mostly what the variable could be, sometimes anything."""
    variable = FACTS.variables[name]
    if variable.low is None or variable.high is None or random_.random() < 0.15:
        return Number(random_.choice(NUMBERS))
    width = variable.high - variable.low
    value = variable.low + width * random_.choice((random_.random(), random_.random() ** 4, 0, 1))
    return Number(repr(round(value, random_.choice((0, 1, 2, 4)))))


def a_value(random_: random.Random, name: str) -> Any:
    """A value of the variable's kind, or now and then of none."""
    kind = FACTS.variables[name].kind
    if random_.random() < 0.01:
        return random_.choice((True, "5", {}, [[5]], random_.choice(TEXTS)))
    if kind == "number":
        return a_number(random_, name)
    if kind == "flag":
        return random_.random() < 0.5
    return random_.choice((*FACTS.variables[name].values, *TEXTS[:5], *TEXTS[6:]))


def an_entry(random_: random.Random, name: str) -> Any:
    """A bare value, a value with what may stand beside it, or a series."""
    shape = random_.random()
    if shape < 0.55:
        return a_value(random_, name)
    if shape < 0.85:
        entry: dict[str, Any] = {"value": a_value(random_, name)}
        for key, some, share in (
            ("unit", UNITS, 0.4), ("at", TIMES[:8], 0.4), ("basis", BASES, 0.5), ("bag", BAGS, 0.4),
            ("method", ("cuff", "arterial", *TEXTS), 0.1), ("kind", ("actual", "ideal", *TEXTS), 0.1),
            ("at", TIMES, 0.01), (random_.choice(TEXTS), TEXTS, 0.05),
        ):  # fmt: skip
            if random_.random() < share:
                entry[key] = copy.deepcopy(random_.choice(some))
        return entry
    return [an_entry(random_, name) for _ in range(random_.randrange(4))] if shape < 0.97 else None


def a_patient(random_: random.Random) -> dict[str, Any]:
    """A patient in shock with some of everything."""
    patient: dict[str, Any] = {"age": Number("60"), "conditions": ["septic-shock"], "map": Number("55")}
    for name in random_.sample(KEYS, random_.randrange(14)):
        patient[name] = an_entry(random_, name)
    for name in ("norepinephrine", "weight", "vasopressin"):
        if random_.random() < 0.5:
            patient[name] = an_entry(random_, name)
    if random_.random() < 0.5:
        patient["conditions"] = random_.choices([*WORDS, "septic-shock", *TEXTS], k=random_.randrange(6))
    if random_.random() < 0.3:
        patient["at"] = random_.choice(TIMES[:4] if random_.random() < 0.8 else TIMES)
    if random_.random() < 0.1:
        patient["drugs"] = random_.choices(["Phenelzine", " LINEZOLID 600 mg", *TEXTS], k=3)
    if random_.random() < 0.1:
        patient["formulary"] = {random_.choice([*FACTS.drugs, *TEXTS]): random_.choice((True, False, None, 1))}
    if random_.random() < 0.02:
        patient[random_.choice(TEXTS)] = Number("1")
    return patient


def no_constant(name: str) -> Any:
    raise AssertionError(f"{name} in a record")


def asked(text: str, profile: str | None = None, everything: bool = False) -> tuple[dict[str, Any], int]:
    """The record and the exit code, with what must hold of every one."""
    begun = time.process_time()
    record, code = vasotone.advise_record(text, profile=profile, all_items=everything)
    assert time.process_time() - begun < SLOWEST, "too slow"
    assert code in CODES
    assert json.loads(json.dumps(record), parse_constant=no_constant) == record
    json.dumps(record, ensure_ascii=False).encode()
    if code == 2:
        assert record["schema"] == "vasotone.error/1" and record["what"] and record["where"] and record["fix"]
        assert len(json.dumps(record)) < 3000
    return record, code


def check_doses(record: dict[str, Any]) -> None:
    """Every dose parses back and none that is raised or begun is past a hard limit; a pump rate is one a pump has."""
    for item in record["items"]:
        dose, pump = item["dose"], item["pump"]
        if dose is None:
            assert pump is None
            continue
        assert FACTS.drugs[dose["drug"]]["unit"] == dose["unit"]
        assert Fraction(str(dose["value"])) >= 0
        past = [one["name"] for one in dose["limits"] if one["kind"] == "hard" and one["exceeded"]]
        assert item["action"] == "lower" or not past, (item["statement"], past)
        ceiling = FACTS.limits.get(dose["drug"], {}).get("hard_high")
        if ceiling and ceiling["unit"] == dose["unit"] and item["action"] != "lower":
            assert dose["value"] <= ceiling["value"]
        if pump is not None:
            assert Fraction(pump["exact"]) >= 0 and pump["rate"] >= 0 and pump["unit"] == "mL/h"


def doses_of(record: dict[str, Any]) -> list[tuple[Any, ...]]:
    """What is to be done with which dose."""
    return [
        (one["statement"], one["verdict"], one["dose"] and one["dose"]["value"], one["pump"] and one["pump"]["exact"])
        for one in record.get("items", ())
        if one["kind"] != "data"
    ]


def check_patient(random_: random.Random) -> int:
    """One random patient at the door, in every view, and again with its keys in another order."""
    patient = a_patient(random_)
    profile = random_.choice((None, *FACTS.profiles))
    text = as_json(patient)
    record, code = asked(text, profile)
    asked(text, profile, everything=True)
    if code == 2:
        return code
    assert len(record["items"]) <= 12 and len(record["asks"]) <= 5
    check_doses(record)
    keys = list(patient)
    random_.shuffle(keys)
    turned, _ = asked(as_json({key: patient[key] for key in keys}), profile)
    assert doses_of(turned) == doses_of(record)
    table = vasotone.read(text, facts=FACTS)
    advice = guideline.advise(state_at(table, FACTS), FACTS, profile)
    if random_.random() < 0.3:
        shown = vasotone.show(advice, "text")
        assert "\x1b" not in shown and "\u202e" not in shown
        shown.encode()
        page = vasotone.show(advice, "page", table=table)
        assert "<script" not in page and len(page.encode()) <= 60_000
    return code


def test_random_patients() -> None:
    seen: dict[int, int] = {}
    for place in range(CASES):
        seed = SEED * 1_000_003 + place
        try:
            code = check_patient(random.Random(seed))
        except Exception as error:
            raise AssertionError(f"seed {seed}: {as_json(a_patient(random.Random(seed)))}") from error
        seen[code] = seen.get(code, 0) + 1
    assert seen[0] > CASES // 4 and seen.get(2, 0) > 0, seen  # the fuzzer itself reaches both sides


SHOCK: dict[str, Any] = {
    "age": 60, "weight": 80, "conditions": ["septic-shock"], "map": 55, "vasopressin": 0, "lactate": 4,
}  # fmt: skip


def advised(**changes: Any) -> dict[str, Any]:
    record, code = asked(json.dumps({**SHOCK, **changes}))
    assert code == 0, record
    return record


@pytest.mark.parametrize("seed", range(25))
def test_the_same_said_otherwise_is_the_same(seed: int) -> None:
    random_ = random.Random(seed)
    dose = random_.randrange(1, 160)  # hundredths of ug/kg/min
    weight = random_.randrange(40, 150)
    standard = advised(weight=weight, norepinephrine={"value": dose / 100, "basis": "base"})
    others = (
        {"norepinephrine": {"value": dose / 50, "basis": random_.choice(("bitartrate", " Bitartrate"))}},
        {"norepinephrine": {"value": dose * 10, "unit": "ng/kg/min", "basis": "base"}},
        {"norepinephrine": {"value": dose * weight / 100, "unit": "ug/min", "basis": "base"}},
        {"noradrenaline": {"value": dose / 100, "unit": "mcg/kg/min", "basis": "base"}},
        {"map": {"value": 55, "unit": "mmHg"}, "norepinephrine": {"value": dose / 100, "basis": "base"}},
    )  # fmt: skip
    for other in others:
        assert doses_of(advised(weight=weight, **other)) == doses_of(standard), other
    sited = advised(weight=weight, site="\u202eleft wing", norepinephrine={"value": dose / 100, "basis": "base"})
    assert [one for one in doses_of(sited) if one[2]] == [one for one in doses_of(standard) if one[2]]
    hourly = advised(weight=weight, norepinephrine={"value": dose * 6 / 10, "unit": "ug/kg/h", "basis": "base"})
    assert doses_of(hourly) == doses_of(standard)


PUMP = {"amount": "4 mg", "volume": "250 mL"}


@pytest.mark.parametrize(("form", "base"), [("base", 0.1), ("bitartrate", 0.05)])
def test_a_pump_rate_counts_in_the_form_of_the_bag(form: str, base: float) -> None:
    for said in ("base", "bitartrate", "unknown"):
        record = advised(norepinephrine={"value": 30, "unit": "mL/h", "basis": said, "bag": {**PUMP, "basis": form}})
        reading = record["values"]["norepinephrine"]
        if said in (form, "unknown"):
            assert (reading["value"], reading["basis"], reading["quality"]) == (base, "base", "ok"), said
        else:  # the two contradict each other
            assert reading["quality"] == "basis-unknown" and not any(item["pump"] for item in record["items"])


@pytest.mark.parametrize("bag", [{"amount": "4 mg", "volume": "0 mL"}, {"amount": "-4 mg", "volume": "250 mL"},
                                 {"amount": "4 mg", "volume": "mL"}, {"amount": "4", "volume": "250"}])  # fmt: skip
def test_a_bag_without_strength_gives_no_rate_and_is_asked_for(bag: dict[str, str]) -> None:
    for value, unit in ((30, "mL/h"), (0.1, "ug/kg/min")):
        record = advised(norepinephrine={"value": value, "unit": unit, "basis": "base", "bag": bag})
        assert "ask-unit" in [one["code"] for one in record["warnings"]]
        assert not any(item["pump"] for item in record["items"])


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
def test_the_ends_of_time(at: str) -> None:
    assert asked(json.dumps({**SHOCK, "at": at}))[1] == 0
    assert advised(at="2026-01-12T08:00:00Z", lactate=[{"value": 3, "at": at}, {"value": 4}])["items"]


def test_a_lost_unit_at_the_same_instant_counts_in_either_order() -> None:
    rows: list[Any] = [{"value": 0.2, "unit": None}, {"value": 0.1, "basis": "base"}]
    for series in (rows, rows[::-1]):
        assert advised(norepinephrine=series)["values"]["norepinephrine"]["value"] is None


@pytest.mark.parametrize("patient", [None, 5, [SHOCK], {1}, (), {"map": float("nan")}, b"\xff"])
def test_what_is_no_patient_is_an_error(patient: Any) -> None:
    assert vasotone.advise_record(patient)[1] == 2


def test_no_instant_but_one_with_an_offset() -> None:
    from datetime import datetime

    for at in (datetime(2026, 1, 12), 5, ""):
        with pytest.raises(VasotoneError):
            vasotone.advise(SHOCK, at=at)  # type: ignore[arg-type]
    with pytest.raises(VasotoneError):
        vasotone.advise(SHOCK, profile="")


LARGE = {
    "a key twice among many": "{" + ",".join(f'"k{n}":1' for n in range(200_000, 0, -1)) + ',"k1":1}',
    "a long key": '{"' + "map " * 1_000_000 + '":1}',
    "a long series": '{"map":[' + ",".join(str(40 + n % 9) for n in range(40_000)) + "]}",
    "many bad units": '{"map":[' + ",".join(f'{{"value":5,"unit":"q{n}"}}' for n in range(20_000)) + "]}",
    "many conditions": '{"conditions":[' + ",".join(f'"c{n}"' for n in range(50_000)) + "]}",
    "many drugs": '{"drugs":[' + ",".join(f'"c{n}"' for n in range(50_000)) + "]}",
    "many unread keys": '{"map":{"value":55,' + ",".join(f'"c{n}":1' for n in range(50_000)) + "}}",
    "a long word": '{"rhythm":"' + "x" * 1_000_000 + '","conditions":["' + "y" * 1_000_000 + '"]}',
}


@pytest.mark.parametrize("name", LARGE)
def test_much_input_gives_little_output_soon(name: str) -> None:
    begun = time.process_time()
    record, code = vasotone.advise_record(LARGE[name])
    assert time.process_time() - begun < 2 * SLOWEST
    assert code in CODES and len(json.dumps(record)) < 60_000


@pytest.mark.parametrize("depth", [33, 200, 900, 985, 990, 995])
def test_depth_is_refused_at_every_place(depth: int) -> None:
    for place in ("%s", '{"map":%s}', '{"conditions":%s}', '{"norepinephrine":{"value":1,"bag":{"basis":%s}}}'):
        assert asked(place % ('{"a":' * depth + "1" + "}" * depth))[1] == 2


def test_characters_that_the_output_cannot_hold(tmp_path: Path) -> None:
    import subprocess
    import sys

    path = tmp_path / "patient.json"
    path.write_text(json.dumps({**SHOCK, "conditions": ["septic-shock", "müde"]}), "utf-8")
    for rest in (["--json"], [], ["--as", "page"]):
        done = subprocess.run(
            [sys.executable, "-m", "vasotone", "advise", str(path), *rest], capture_output=True, timeout=60,
            env={**os.environ, "PYTHONIOENCODING": "ascii"}, check=False,
        )  # fmt: skip
        assert done.returncode == 0 and b"Traceback" not in done.stderr
        if rest == ["--json"]:
            assert "müde" in str(json.loads(done.stdout)["warnings"])
