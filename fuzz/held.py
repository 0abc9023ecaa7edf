"""What must hold of every answer, whatever came in, and how a target is started."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import pkgutil
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

try:
    import atheris
except ImportError:  # the kept inputs are also run by the tests, where there is no fuzzer
    atheris = None

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, ROOT)
NEEDS_MORE = ("vasotone.__main__",)  # beside the parts whose extra is not installed

with atheris.instrument_imports(include=["vasotone"]) if atheris else contextlib.nullcontext():
    import vasotone
    import vasotone.errors

    # a package whose extra is absent is looked at no further; any other error is met again below
    for _found in pkgutil.walk_packages(vasotone.__path__, "vasotone.", onerror=lambda name: None):
        if _found.name not in NEEDS_MORE:
            with contextlib.suppress(vasotone.errors.MissingExtra):
                importlib.import_module(_found.name)

from vasotone.errors import VasotoneError  # noqa: E402

FACTS = vasotone.load()
# seconds of this process alone, so that its neighbours do not count
SLOWEST = float(os.environ.get("VASOTONE_FUZZ_SLOWEST", "1"))
LARGEST = 100_000  # characters of a record; with every statement in it up to five times as many
LARGEST_ERROR = 3_000
CODES = {0, 2, 3, 5}
TURNED = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
CONTROLS = {chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), *TURNED)}


class Slow(AssertionError):
    """One input took longer than a person waits."""


def _no_constant(name: str) -> Any:
    raise AssertionError(f"{name} in a record")


def serialises(record: dict[str, Any], largest: int = LARGEST) -> str:
    """The record as JSON text; it reads back as itself, without NaN, and is valid UTF-8."""
    text = json.dumps(record, allow_nan=False)
    assert json.loads(text, parse_constant=_no_constant) == record, "the record does not read back"
    json.dumps(record, ensure_ascii=False).encode()
    assert len(text) < largest, f"a record of {len(text)} characters"
    return text


def refusal_holds(error: VasotoneError) -> None:
    """An error is a record that says what, where and what to do, and is short."""
    text = serialises(error.to_dict())
    assert error.what and error.exit_code in (2, 3), "an error that says nothing"
    assert len(text) < LARGEST_ERROR, f"an error of {len(text)} characters"


def advice_holds(record: dict[str, Any]) -> None:
    """No dose above a hard limit unless it is lowered, no negative dose, no rate that no pump has."""
    for item in record["items"]:
        dose, pump = item["dose"], item["pump"]
        if dose is None:
            assert pump is None, item["statement"]
            continue
        value = Fraction(str(dose["value"]))
        assert value >= 0, item["statement"]
        assert FACTS.drugs[dose["drug"]]["unit"] == dose["unit"], item["statement"]
        past = [one["name"] for one in dose["limits"] if one["kind"] == "hard" and one["exceeded"]]
        assert item["action"] == "lower" or not past, (item["statement"], past)
        ceiling = FACTS.limits.get(dose["drug"], {}).get("hard_high")
        if ceiling and ceiling["unit"] == dose["unit"] and item["action"] != "lower":
            assert value <= Fraction(str(ceiling["value"])), (item["statement"], dose["value"])
        if pump is not None:
            assert Fraction(pump["exact"]) >= 0 and pump["rate"] >= 0 and pump["unit"] == "mL/h", item["statement"]


def clean(shown: str) -> None:
    """Text for a terminal without control signs or turned writing."""
    assert not CONTROLS & set(shown.replace("\n", "")), "a control sign in a text"
    shown.encode()


def advised(given: Any, *, at: Any = None, show: bool = False, everything: bool = False) -> None:
    """One patient through reading, advice and, now and then, the two views; a crash tells the record."""
    try:
        _advised(given, at, show, everything)
    except Exception:
        print(f"at={at!r}, everything={everything}, show={show}: {given!r}", file=sys.stderr)
        raise


def _advised(given: Any, at: Any, show: bool, everything: bool) -> None:
    try:
        table = vasotone.read(given, at=at, facts=FACTS)
        advice = vasotone.advise(table, everything=everything, facts=FACTS)
    except VasotoneError as error:
        refusal_holds(error)
        return
    record = advice.to_dict(everything=everything)
    serialises(record, 5 * LARGEST if everything else LARGEST)
    assert vasotone.exit_code(advice) in CODES
    if not everything:
        assert len(record["items"]) <= 12 and len(record["asks"]) <= 5, "more than is shown"
    advice_holds(record)
    if show:
        clean(vasotone.show(advice, "text"))
        page = vasotone.show(advice, "page", table=table)
        assert "<script" not in page.lower() and len(page.encode()) <= 60_000, "a page that is too much"


def choices(data: bytes) -> Any:
    """The fuzzer's bytes as choices among values."""
    return atheris.FuzzedDataProvider(data)


def started(one_input: Callable[[bytes], None]) -> None:
    """Hand a target to the fuzzer: any error but a VasotoneError, and any input that takes too long, is a crash."""

    def timed(data: bytes) -> None:
        begun = time.process_time()
        one_input(data)
        spent = time.process_time() - begun
        if spent > SLOWEST:
            raise Slow(f"{spent:.1f} s")

    atheris.Setup(sys.argv, timed)
    atheris.Fuzz()
