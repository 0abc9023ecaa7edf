"""Prose with doses: findings lie inside of the text and say something, and the same text gives the same report."""

from __future__ import annotations

import held

from vasotone.errors import VasotoneError
from vasotone.lint import examine


def one_input(data: bytes) -> None:
    """One text."""
    text = data.decode("utf-8", "replace")
    try:
        report = examine(text, held.FACTS)
    except VasotoneError as error:
        held.refusal_holds(error)
        return
    held.serialises(report.to_dict())
    assert report.exit_code in (0, 3)
    report.plain().encode()
    for one in report.findings:
        assert 0 <= one.start <= one.end <= len(text) and one.text == text[one.start : one.end], one.code
        assert one.says and one.severity in ("error", "warning", "style"), one.code
        assert one.ratio is None or one.ratio >= 1, (one.code, one.ratio)
        assert 1 <= one.line <= text.count("\n") + 1, one.code
    assert examine(text, held.FACTS) == report, "the same text gives another report"


if __name__ == "__main__":
    held.started(one_input)
