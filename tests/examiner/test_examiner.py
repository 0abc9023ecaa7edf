"""Vignettes of an outside examiner: what arrives from a ward or an EHR, and what must come back.

A vignette lists short claims, `sure` where the contract or graded text says so and `likely` where it is the
examiner's reading. A claim is an operator, a selector (`action target` or `#statement`, alternatives
with ` | `, `*` for every item) and, after ` :: `, arguments. The operators are the methods of `Claims`.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import vasotone

Record = dict[str, Any]
HERE = Path(__file__).parent
POSITIVE = {"applies", "applies-unless"}
SHOWN = {*POSITIVE, "cannot-tell"}
HIDDEN = {"blocked", "withheld", "does-not-apply"}
URGENCIES = ["now", "soon", "routine"]
ITEM_KEYS = set(
    """statement verdict kind action target urgency rank text strength certainty dose pump recheck_minutes
    cites review verified why missing""".split()
)
TOP_KEYS = {"schema", "profile", "facts", "engine", "at", "values", "items", "asks", "warnings", "refused"}
PRESSORS = {*"norepinephrine epinephrine vasopressin phenylephrine dopamine angiotensin_ii".split()}
MOST_ITEMS, MOST_ASKS = 12, 5
# Adult dosing limits of the evidence record, as the examiner's own outer fence: nothing offered may lie outside.
FENCE = {"norepinephrine": 3.3, "epinephrine": 2.0, "vasopressin": 0.07}


def files() -> Iterator[tuple[str, Record]]:
    for path in sorted(HERE.glob("*.toml")):
        yield path.stem, tomllib.loads(path.read_text(encoding="utf-8"))


FILES = dict(files())
ALL = [(stem, v) for stem, file in FILES.items() for v in file.get("v", [])]
BY_ID = {v["id"]: (stem, v) for stem, v in ALL}


def cases(sureness: str) -> list[Any]:
    return [pytest.param(v["id"], id=f"{v['id']} {v['title']}") for _, v in ALL if v.get(sureness)]


def patient_of(stem: str, vignette: Record, text: str) -> Any:
    """The text as it is when raw, else the base of the file with the vignette's entries over it."""
    if vignette.get("raw"):
        return text
    base = FILES[stem].get("base", {}).get(vignette.get("base", ""), {})
    return {**base, **json.loads(text)}


def run(stem: str, vignette: Record, text: str, at: str | None = None) -> tuple[Record, int]:
    """The examiner's own default is the default profile of the contract."""
    return vasotone.advise_record(
        patient_of(stem, vignette, text),
        profile=vignette.get("profile"),
        at=at or vignette.get("at"),
        all_items=vignette.get("all", False),
    )


@cache
def answered(key: str) -> tuple[Record, int]:
    stem, vignette = BY_ID[key]
    return run(stem, vignette, vignette["patient"])


def near(got: Any, wanted: float) -> bool:
    return got is not None and math.isclose(float(Fraction(str(got))), wanted, rel_tol=2e-3, abs_tol=1e-9)


def chosen(item: Record, selector: str) -> bool:
    """Whether an item is one of the alternatives of a selector."""
    for one in selector.split(" | "):
        words = one.split()
        if one == "*" or (one.startswith("#") and item["statement"] == one[1:]):
            return True
        if len(words) == 2 and (item["action"], item["target"]) == tuple(words):
            return True
    return False


class Claims:
    """One method for each operator; each returns whether the claim holds."""

    def __init__(self, record: Record, code: int) -> None:
        self.record, self.code = record, code
        self.items: list[Record] = record.get("items", [])
        self.warnings = [json.dumps(w).lower() for w in record.get("warnings", [])]

    def having(self, selector: str, verdicts: set[str]) -> list[Record]:
        return [i for i in self.items if chosen(i, selector) and i["verdict"] in verdicts]

    def dosed(self, selector: str) -> list[Record]:
        return [i for i in self.having(selector, SHOWN) if i["dose"] is not None]

    def exit(self, codes: str, _: list[str]) -> bool:
        return str(self.code) in codes.split(",")

    def there(self, selector: str, _: list[str]) -> bool:
        return bool(self.having(selector, POSITIVE))

    def not_there(self, selector: str, _: list[str]) -> bool:
        return not self.having(selector, POSITIVE)

    def seen(self, selector: str, _: list[str]) -> bool:
        return bool(self.having(selector, SHOWN))

    def unseen(self, selector: str, _: list[str]) -> bool:
        return not self.having(selector, SHOWN)

    def open(self, selector: str, _: list[str]) -> bool:
        return bool(self.having(selector, {"cannot-tell", "applies-unless"})) and not self.having(
            selector, {"applies"}
        )

    def withheld(self, selector: str, _: list[str]) -> bool:
        return bool(self.having(selector, {"withheld"}))

    def urgent(self, selector: str, _: list[str]) -> bool:
        return any(i["urgency"] == "now" for i in self.having(selector, POSITIVE))

    def before(self, argument: str, _: list[str]) -> bool:
        """The first selector's item stands above every shown item of the second."""
        shown = [i for i in self.items if i["verdict"] in SHOWN]
        first, then = ([n for n, i in enumerate(shown) if chosen(i, s)] for s in argument.split(" > "))
        return bool(first) and all(first[0] < n for n in then)

    def ask(self, names: str, _: list[str]) -> bool:
        return any(a["name"] in names.split("|") for a in self.record.get("asks", []))

    def no_ask(self, names: str, _: list[str]) -> bool:
        return not self.ask(names, _)

    def warn(self, codes: str, _: list[str]) -> bool:
        return any(w["code"] in codes.split("|") for w in self.record.get("warnings", []))

    def warned(self, words: str, _: list[str]) -> bool:
        return any(word.lower() in text for word in words.split("|") for text in self.warnings)

    def noticed(self, words: str, _: list[str]) -> bool:
        """Said at the top, among the notices or the warnings."""
        told = json.dumps(self.record.get("notices", [])).lower()
        return self.warned(words, _) or any(word.lower() in told for word in words.split("|"))

    def value(self, argument: str, _: list[str]) -> bool:
        name, wanted = argument.split()
        return near((self.record.get("values", {}).get(name) or {}).get("value"), float(wanted))

    def novalue(self, name: str, _: list[str]) -> bool:
        return (self.record.get("values", {}).get(name) or {}).get("value") is None

    def refused(self, _: str, __: list[str]) -> bool:
        said = self.record.get("refused") or {}
        return all(said.get(key) for key in ("code", "text", "instead"))

    def not_refused(self, _: str, __: list[str]) -> bool:
        return "items" in self.record and self.record["refused"] is None

    def nodose(self, _: str, __: list[str]) -> bool:
        return all(i["dose"] is None and i["pump"] is None for i in self.items)

    def nopressor(self, _: str, __: list[str]) -> bool:
        """No number for any drug that raises pressure; a fixed dose of another drug may stand."""
        return not any(i["dose"] or i["pump"] for i in self.items if i["target"] in PRESSORS)

    def undosed(self, selector: str, _: list[str]) -> bool:
        return not self.dosed(selector)

    def nopump(self, selector: str, _: list[str]) -> bool:
        return all(i["pump"] is None for i in self.items if chosen(i, selector))

    def dose(self, selector: str, arguments: list[str]) -> bool:
        low, high, unit = arguments
        found = [i["dose"] for i in self.dosed(selector)]
        inside = [float(low) <= float(Fraction(str(d["value"]))) <= float(high) for d in found]
        return bool(found) and all(inside) and all(d["unit"] == unit for d in found)

    def step(self, selector: str, arguments: list[str]) -> bool:
        low, high = map(float, arguments)
        found = [i["dose"] for i in self.dosed(selector)]
        steps = [float(Fraction(str(d["to"])) - Fraction(str(d["from"]))) for d in found]
        return bool(steps) and all(low - 1e-9 <= s <= high + 1e-9 for s in steps)

    def begins(self, selector: str, arguments: list[str]) -> bool:
        found = [i["dose"]["from"] for i in self.dosed(selector)]
        return bool(found) and all(near(d, float(arguments[0])) for d in found)

    def pump(self, selector: str, factors: list[str]) -> bool:
        """The rate is the dose times one of the factors, exactly so before rounding."""
        found = [i for i in self.dosed(selector) if i["pump"] is not None]
        for item in found:
            dose, pump = Fraction(str(item["dose"]["value"])), item["pump"]
            if pump["unit"] != "mL/h" or not any(
                near(pump["exact"], float(dose) * float(f))
                and abs(float(Fraction(str(pump["rate"]))) - float(dose) * float(f)) <= 0.1
                for f in factors
            ):
                return False
        return bool(found)

    def limits(self, selector: str, _: list[str]) -> bool:
        return any(i["dose"]["limits"] for i in self.dosed(selector))

    def not_negative(self, _: str, __: list[str]) -> bool:
        doses = [i["dose"]["to"] for i in self.items if i["dose"] and i["dose"]["to"] is not None]
        return all(Fraction(str(dose)) >= 0 for dose in doses)

    def one_start(self, _: str, __: list[str]) -> bool:
        return len({i["target"] for i in self.having("*", {"applies"}) if i["action"] == "start"}) == 1

    def nottext(self, selector: str, patterns: list[str]) -> bool:
        return not any(re.search(patterns[0], i["text"]) for i in self.having(selector, SHOWN))


NAMES = {"+": "there", "-": "not_there", "~": "seen", "!": "unseen", "?": "open"}
NAMES |= {"from": "begins", "dose-not-negative": "not_negative", "pumpany": "pump"}


def holds(claims: Claims, claim: str) -> bool:
    head, _, tail = claim.partition(" :: ")
    operator, _, argument = head.partition(" ")
    method = getattr(claims, NAMES.get(operator, operator.replace("-", "_")))
    return bool(method(argument.strip(), tail.split()))


def told(record: Record, code: int) -> str:
    """What came, for the person who reads a failure."""
    if "items" not in record:
        return f"exit {code}: {record}"
    lines = [f"exit {code}, refused {record['refused']}"]
    for i in record["items"]:
        dose, pump = i["dose"] or {}, i["pump"] or {}
        numbers = [dose.get("from"), dose.get("value"), dose.get("unit"), pump.get("rate")] if dose else ""
        name = f"{i['action']} {i['target']} #{i['statement']}"
        lines.append(f"  {i['rank']:>3} {i['verdict']:14} {i['urgency']:7} {name} {numbers}")
    lines.append(f"asks {[a['name'] for a in record['asks']]}")
    lines.append(f"warnings {[(w['code'], w['name']) for w in record['warnings']]}")
    lines.append(f"values { {n: v.get('value') for n, v in record['values'].items()} }")
    return "\n".join(lines)


def judged(key: str, sureness: str) -> None:
    stem, vignette = BY_ID[key]
    record, code = answered(key)
    failed = [claim for claim in vignette[sureness] if not holds(Claims(record, code), claim)]
    assert not failed, f"{key} ({vignette['src']}): {failed}\n{told(record, code)}"


@pytest.mark.parametrize("key", cases("sure"))
def test_sure(key: str) -> None:
    judged(key, "sure")


@pytest.mark.parametrize("key", cases("likely"))
def test_likely(key: str) -> None:
    judged(key, "likely")


def ask_faults(record: Record, everything: bool) -> Iterator[str]:
    asked = {i["target"] for i in record["items"] if i["action"] == "ask"}
    for ask in record["asks"]:
        if set(ask) != {"name", "unit", "why", "decides"} or not ask["why"] or not ask["decides"]:
            yield f"ask {ask}"
        if ask["name"] not in asked:
            yield f"the ask for {ask['name']} is not an item"
    if not everything and len(record["asks"]) > MOST_ASKS:
        yield f"{len(record['asks'])} asks"


def item_faults(item: Record, everything: bool) -> Iterator[str]:
    name = item["statement"]
    if not set(item) >= ITEM_KEYS:
        yield f"{name}: lacks {ITEM_KEYS - set(item)}"
    if item["verdict"] not in SHOWN | (HIDDEN if everything else set()):
        yield f"{name}: verdict {item['verdict']}"
    if item["verdict"] in ("applies-unless", "cannot-tell") and not item["missing"]:
        yield f"{name}: nothing missing, yet {item['verdict']}"
    if item["verdict"] not in POSITIVE and (item["dose"] or item["pump"]):
        yield f"{name}: a dose with verdict {item['verdict']}"
    if item["kind"] == "recommendation" and not item["cites"]:
        yield f"{name}: no cite"
    if re.search(r"\b(must|have to|shall)\b", item["text"]):
        yield f"{name}: an order: {item['text']}"
    if (item["action"], item["target"]) == ("stop", "norepinephrine"):
        yield f"{name}: stops norepinephrine"
    dose = item["dose"]
    if dose and item["target"] in FENCE and float(Fraction(str(dose["value"]))) > FENCE[item["target"]]:
        yield f"{name}: dose {dose}"


def order_faults(items: list[Record]) -> Iterator[str]:
    """What applies comes in the order of its urgency and then of its rank; what is hidden comes last."""
    hidden = [i["verdict"] in HIDDEN for i in items]
    clear = [i for i in items if i["verdict"] == "applies" and i["action"] != "ask"]
    keys = [(URGENCIES.index(i["urgency"]), i["rank"]) for i in clear]
    if hidden != sorted(hidden) or keys != sorted(keys):
        yield f"order {[(i['statement'], i['verdict'], i['urgency'], i['rank']) for i in items]}"


@pytest.mark.parametrize("key", [v["id"] for _, v in ALL])
def test_every_record_has_its_shape(key: str) -> None:
    _, vignette = BY_ID[key]
    record, code = answered(key)
    everything = vignette.get("all", False)
    json.dumps(record, allow_nan=False)
    if code == 2:
        assert record["schema"] == "vasotone.error/1", record
        return
    assert set(record) >= TOP_KEYS
    assert record["profile"] == vignette.get("profile", "ssc-2026")
    faults = [f for item in record["items"] for f in item_faults(item, everything)]
    faults += ask_faults(record, everything)
    faults += order_faults(record["items"])
    if not everything and len(record["items"]) > MOST_ITEMS:
        faults.append(f"{len(record['items'])} items")
    if (code == 0) != bool(record["items"] or record["asks"]):
        faults.append(f"exit {code}")
    assert not faults, f"{key}: {faults}\n{told(record, code)}"


def kernel(record: Record) -> list[Any]:
    """The advice without the text of its inputs and without what it asks back."""
    acts = [i for i in record["items"] if i["action"] != "ask"]
    return [(i["statement"], i["verdict"], i["action"], i["target"], i["dose"], i["pump"]) for i in acts]


def laws(kind: str) -> list[Any]:
    return [pytest.param(s, law, id=law["title"]) for s, file in FILES.items() for law in file.get(kind, [])]


@pytest.mark.parametrize(("stem", "law"), laws("same"))
def test_equal_patients_get_equal_advice(stem: str, law: Record) -> None:
    first, *rest = [kernel(run(stem, law, text)[0]) for text in law["patients"]]
    assert first
    for text, other in zip(law["patients"][1:], rest, strict=True):
        more, less = [x for x in other if x not in first], [x for x in first if x not in other]
        assert other == first, f"{text}\nmore {more}\nless {less}"


@pytest.mark.parametrize(("stem", "law"), laws("shrinks"))
def test_ageing_recommends_nothing_new(stem: str, law: Record) -> None:
    def acts(record: Record) -> set[tuple[str, str]]:
        quiet = {"ask", "assess", "inform", "avoid", "refer"}
        found = [i for i in record["items"] if i["verdict"] in POSITIVE and i["action"] not in quiet]
        return {(i["action"], i["target"]) for i in found}

    before = acts(run(stem, {**law, "all": True}, law["patient"])[0])
    assert before
    for at in law["later"]:
        after = acts(run(stem, {**law, "all": True}, law["patient"], at)[0])
        assert after <= before, f"at {at} new: {after - before}"
        before = after


@pytest.mark.parametrize(("stem", "law"), laws("losses"))
def test_a_lost_value_yields_no_new_dose(stem: str, law: Record) -> None:
    def doses(record: Record) -> set[tuple[str, str]]:
        return {(i["action"], i["target"]) for i in record["items"] if i["dose"]}

    full = patient_of(stem, law, law["patient"])
    before = doses(vasotone.advise_record(full, all_items=True)[0])
    for name in sorted(set(full) - {"at"}):
        without = {key: value for key, value in full.items() if key != name}
        new = doses(vasotone.advise_record(without, all_items=True)[0]) - before
        assert not new, f"without {name}: {new}"


@pytest.mark.parametrize(("stem", "law"), laws("rises"))
def test_a_worse_value_is_never_less_urgent(stem: str, law: Record) -> None:
    ladder = []
    for value in law["worse"]:
        patient = {**patient_of(stem, law, law["patient"]), law["name"]: value}
        record, _ = vasotone.advise_record(patient, all_items=True)
        shown = [i for i in record["items"] if i["verdict"] in POSITIVE and i["action"] != "ask"]
        ladder.append(min(URGENCIES.index(i["urgency"]) for i in shown))
    assert ladder == sorted(ladder, reverse=True), dict(zip(law["worse"], ladder, strict=True))


def test_every_vignette_can_fail() -> None:
    assert len(ALL) == len(BY_ID) >= 120
    for key, (_, vignette) in BY_ID.items():
        claims = vignette.get("sure", []) + vignette.get("likely", [])
        assert claims, f"{key} claims nothing"
        for claim in claims:
            operator = claim.split()[0]
            assert hasattr(Claims, NAMES.get(operator, operator.replace("-", "_"))), f"{key}: {claim}"
