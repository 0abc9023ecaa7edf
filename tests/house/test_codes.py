"""Every code of a warning that the code or the data can emit stands in the integrator's page."""

from __future__ import annotations

import re
import tomllib

import house_tree

EMITTED = re.compile(r"""\(\s*"([a-z]+(?:-[a-z]+)+)",\s""")
# What only the record of a dose question carries; the pharmacist's page lists it.
OF_DOSES = {"bag-basis", "limits-need-weight", "no-limits"}


def emitted() -> set[str]:
    """The codes in the code of floors 2 and 3, and in the consistency rules."""
    found = set()
    for path in house_tree.PACKAGE.rglob("*.py"):
        if path.name.startswith(("state", "readings", "plain", "clif", "__init__", "guideline")):
            found |= set(EMITTED.findall(path.read_text("utf-8")))
    rules = tomllib.loads((house_tree.PACKAGE / "data" / "consistency.toml").read_text("utf-8"))["rule"]
    return {code for code in found | {rule["code"] for rule in rules} if code not in OF_DOSES}


def test_codes_are_found_at_all() -> None:
    assert {"ask-refresh", "flag-implausible", "verify-device", "zero-if-no-row"} <= emitted()


def test_every_code_is_documented() -> None:
    page = (house_tree.ROOT / "docs" / "integrator.md").read_text("utf-8")
    codes = {code for code in emitted() if f"`{code}`" not in page}
    assert codes <= {"scope-shock-type-unknown", "scope-child-out", "ask-value"}, codes
