"""Hostile text for every field of an advice."""

from __future__ import annotations

from typing import Any

from vasotone.advice import Advice

PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title></style><svg onload=alert(1)>",
    "javascript:alert(1)//",
    "[x](javascript:alert(1)) ![y](data:text/html,z)",
    "&lt;b&gt; &amp;#60;",
    "\x1b[31mred\x1b]0;title\x07",
    "\u202egnissecorp\u2066 \u200f \u061c",
    "line\r\nbreak\u2028next\x00nul\x85",
    "\ud800 lone surrogate \udfff",
    "{{7*7}} ${7*7} %s %(x)s {0}",
    "=HYPERLINK(1)",
    "x" * 5000,
)

# words that are keys of the contract, so that each branch of a face is still taken
KEPT = {"verdict", "urgency", "action", "rail", "truth"}


def poison(record: Any, payload: str, key: str = "") -> Any:
    """The record with the payload in every text, deep inside as well; keys of values included."""
    if isinstance(record, str):
        return record if key in KEPT else payload
    if hasattr(record, "_fields"):
        return type(record)(*(poison(getattr(record, name), payload, name) for name in record._fields))
    if isinstance(record, (tuple, list)):
        return type(record)(poison(part, payload, key) for part in record)
    if isinstance(record, dict):
        poisoned = {name: poison(part, payload, name) for name, part in record.items()}
        return poisoned | ({payload: {"value": payload, "unit": payload}} if key == "values" else {})
    return record


def poisoned(advice: Advice, payload: str) -> Advice:
    """An advice in which every text is the payload."""
    made: Advice = poison(advice, payload)
    return made
