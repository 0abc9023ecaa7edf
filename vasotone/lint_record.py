"""What lint reports: findings with their arithmetic, and every quantity it read."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from vasotone import errors
from vasotone.lint_mentions import Mention
from vasotone.units import decimal_text, plain_number

SCHEMA = "vasotone.lint/1"
ERROR, WARNING, STYLE = "error", "warning", "style"
_SIGNIFICANT = 4


class Finding(NamedTuple):
    """One thing that does not fit.

    code        what kind of thing
    severity    "error", "warning" or "style"
    start, end  offsets in the text; `line` counts from 1; `text` is what stands there
    says        what is wrong, in a sentence
    arithmetic  the reckoning in words, or empty
    ratio       how many times too much or too little, at least 1; None where there is no number
    cause       the likely slip: "salt", "decimal", "hour-minute", "day-hour", "weight", "milli-micro",
                "pound-kilogram", "concentration", joined by "+"; empty where none is likely
    """

    code: str
    severity: str
    start: int
    end: int
    line: int
    text: str
    says: str
    arithmetic: str = ""
    ratio: Fraction | None = None
    cause: str = ""


class Report(NamedTuple):
    """The findings of a text, worst first on each line, and the quantities that were read."""

    findings: tuple[Finding, ...]
    doses: tuple[tuple[int, Mention], ...]

    @property
    def exit_code(self) -> int:
        """3 where a finding is an error, else 0."""
        wrong = any(finding.severity == ERROR for finding in self.findings)
        return errors.EXIT_REFUSED if wrong else errors.EXIT_DONE

    def to_dict(self) -> dict[str, Any]:
        """The record that `--json` prints."""
        return {
            "schema": SCHEMA,
            "findings": [{**one._asdict(), "ratio": _number(one.ratio)} for one in self.findings],
            "doses": [_dose(line, mention) for line, mention in self.doses],
        }

    def plain(self) -> str:
        """The findings as text for a reader, one or two lines each."""
        lines = []
        for one in self.findings:
            lines.append(f"line {one.line}: {one.severity}: {one.says}")
            lines.append(f"  {errors.shorten(' '.join(one.text.split()), 100)}")
            if one.arithmetic:
                lines.append(f"  {one.arithmetic}")
        count = len(self.doses)
        wrong = sum(one.severity == ERROR for one in self.findings)
        rest = len(self.findings) - wrong
        lines.append(f"{count} {'quantity' if count == 1 else 'quantities'} read, {_counted(wrong, 'error')}, "
                     f"{_counted(rest, 'remark')}")  # fmt: skip
        return "\n".join(lines)


def _counted(count: int, noun: str) -> str:
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"


def _number(value: Fraction | None) -> float | int | None:
    return None if value is None else plain_number(Fraction(shown(value)))


def _dose(line: int, one: Mention) -> dict[str, Any]:
    return {
        "start": one.start,
        "end": one.end,
        "line": line,
        "text": one.text,
        "kind": one.kind,
        "values": [plain_number(value.value) for value in one.values],
        "exact": [str(value.value) for value in one.values],
        "unit": one.unit.text,
        "drug": one.drug or None,
        "form": one.form or None,
        "about": one.about,
    }


@lru_cache(5000)
def shown(value: Fraction, digits: int = _SIGNIFICANT) -> str:
    """A number for reading, with at most so many significant digits; whole parts are kept whole."""
    if value == 0:
        return "0"
    size, places = abs(value), 0
    while size < 10 ** (digits - 1) and places < 18:
        size, places = size * 10, places + 1
    return decimal_text(value, places)


def times(ratio: Fraction) -> str:
    """A ratio in words, with two digits or as many as its whole part has."""
    size = max(ratio, 1 / ratio)
    return f"{shown(size, 2)} times"
