"""Results that give no number: what tells that nothing was measured, and how such a result is told."""

from __future__ import annotations

import re

FREE_TEXT = "free text"
# A number with a sign before it and a unit or a second number behind it; anything longer may hold a name.
_NUMERAL = re.compile(r"[<>=~\u2264\u2265]{0,2}\s*[+-]?\d[\d.,]{0,15}\s*(-\s*\d[\d.,]{0,15}\s*)?[A-Za-z%/\[\]]{0,12}")
_MOST_CHARACTERS = 40


def was_measured(text: str, words: list[str]) -> bool:
    """Whether a text tells of something that was measured: it is none of the words for a result that never came."""
    plain_text = " ".join(re.findall(r"[a-z0-9/]+", text[: 4 * _MOST_CHARACTERS].lower()))
    return bool(text.strip()) and plain_text not in words


def told(text: str) -> str:
    """A result that gives no number as it is shown: itself where it is little else than a number, else not quoted."""
    known = " ".join(text[: 2 * _MOST_CHARACTERS].split())
    return known if len(known) <= _MOST_CHARACTERS and _NUMERAL.fullmatch(known) else FREE_TEXT
