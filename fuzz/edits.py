"""A JSON record changed in a few places that the fuzzer chooses, so that it reaches behind the parser."""

from __future__ import annotations

import copy
import json
from typing import Any

Chosen = Any  # the fuzzer's FuzzedDataProvider
MOST_EDITS = 6
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 0.5, 1e300, 1e-300, -0.0, 10**30, "", " ", "x", [], {}, [[]], [None], {"": None},
    "\ud800", "\x00", "\u202e", "<script>", "a" * 300, "0.1", "null", "NaN", "2026-01-12T08:00:00Z", "2026-01-12",
    "2026", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "ug/kg/min", "mg/h", "mL/h", "kg", "lb", "mm[Hg]",
    "[iU]/min", "{beats}/min", "%", "base", "bitartrate", "unknown", "central", "final", "entered-in-error",
)  # fmt: skip


def places(record: Any, most: int = 400) -> list[tuple[Any, Any]]:
    """(container, key) of every value of a record, outermost first."""
    found: list[tuple[Any, Any]] = []
    stack: list[Any] = [record]
    while stack and len(found) < most:
        here = stack.pop(0)
        keys: Any = list(here) if isinstance(here, dict) else range(len(here)) if isinstance(here, list) else ()
        for key in keys:
            found.append((here, key))
            if isinstance(here[key], (dict, list)):
                stack.append(here[key])
    return found


def edited(record: Any, chosen: Chosen, words: list[str]) -> Any:
    """A copy of the record with up to six values replaced, dropped, doubled, renamed or moved elsewhere."""
    record = copy.deepcopy(record)
    for _ in range(chosen.ConsumeIntInRange(1, MOST_EDITS)):
        every = places(record)
        if not every:
            break
        container, key = every[chosen.ConsumeIntInRange(0, len(every) - 1)]
        kind = chosen.ConsumeIntInRange(0, 6)
        if kind == 0:
            del container[key]
        elif kind == 1 and isinstance(container, list):
            container.append(copy.deepcopy(container[key]))
        elif kind == 2 and isinstance(container, dict):
            container[words[chosen.ConsumeIntInRange(0, len(words) - 1)]] = container.pop(key)
        elif kind == 3:
            other, place = every[chosen.ConsumeIntInRange(0, len(every) - 1)]
            container[key] = copy.deepcopy(other[place])
        else:
            container[key] = value(chosen, words, container[key])
    return record


def value(chosen: Chosen, words: list[str], old: Any) -> Any:
    """A value in place of another: an odd one, a word, a number near the old one, or text of the fuzzer's own."""
    kind = chosen.ConsumeIntInRange(0, 4)
    if kind == 0:
        return words[chosen.ConsumeIntInRange(0, len(words) - 1)]
    if kind == 1 and isinstance(old, (int, float)) and not isinstance(old, bool):
        return old * (0, 1, -1, 2, 10, 0.1, 1000, 0.001, 60)[chosen.ConsumeIntInRange(0, 8)]
    if kind == 2:
        return chosen.ConsumeIntInRange(-1000, 100000) / (1, 10, 100, 1000)[chosen.ConsumeIntInRange(0, 3)]
    if kind == 3:
        return chosen.ConsumeUnicode(24)
    return ODD[chosen.ConsumeIntInRange(0, len(ODD) - 1)]


def as_text(record: Any) -> str:
    """JSON text, lone surrogates and all."""
    return json.dumps(record)
