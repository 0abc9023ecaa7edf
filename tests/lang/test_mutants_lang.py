"""Fixed conditions on fixed rows: the truth, the reasons, what is missing and decides, and the words, as kept.

The other tests of the language compare it with an oracle on random conditions; these hold the exact answers to some
conditions that use every construct. `VASOTONE_REGOLD=1` writes `golden_lang.json` anew; read it before it is kept.
"""

from __future__ import annotations

import json
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from lang_cases import COLUMNS, rows

from vasotone import lang

GOLDEN = Path(__file__).with_name("golden_lang.json")
DEFINED = lang.check_definitions(
    {"low": "pa < 65", "unwell": "low or acid > 2", "both": "unwell and ill", "strong": "dose >= 0.25 and not old"},
    COLUMNS,
)
CONDITIONS = """
pa < 65
pa <= 65 and acid > 2
pa > 65 or acid >= 4 or ill
not (pa < 65 and ill)
not ill and not old
ill is true
ill is not true
ill is false or old is not false
pa is null
acid is not null and acid > 2
kind = 'red'
kind <> 'red' and not ill
kind in ('red', 'green')
kind not in ('red', 'blue') or old
pa between 60 and 70
not (pa between 60 and 70) and pa > 20
pa in (60, 65, 70)
pa not in (60, 70) and dose = 0.25
pa < pb
pa + 10 < pb
pa - pb > -5 and ill
pb / 2 >= 30
2 * dose > 0.3
0 - pa > -65
pa - (pb - 10) >= 0
dose + 0.1 <= 0.3 or acid * 2 > 4
at_least(2, pa < 65, acid > 2, ill)
at_least(1, ill, old)
at_least(3, pa < 65, acid > 2, ill, dose >= 0.2)
at_least(2, ill, old, kind = 'red') and pa > 60
known(acid) and acid > 2
not known(acid) or acid <= 2
known(pa) or known(pb)
assume(acid, 3) > 2
assume(dose, 0) = 0 and assume(pb, 70) >= 65
assume(dose, 0) > 0 or (assume(acid, 0) > 2 and ill)
low
not low
unwell and dose > 0.2
both or strong
not (both or strong) and kind = 'green'
at_least(2, low, strong, old)
known(low) and low
pa < 65 and (pa < 70 or ill)
(ill or old) and (ill or acid > 2)
ill or not ill
pa < 60 or pa > 70
pa < 60 or (pa >= 65 and pa < 75) or pa = 80
(pa < 65 and ill) or (pa < 70 and old) or (pa < 75 and ill and old)
pa >= 65 and dose > 0 and acid > 2 and kind <> 'blue' and not old
(kind = 'red' and acid > 2) or (kind = 'green' and acid > 4)
kind <> 'red' and kind <> 'blue' and pa < 65
""".strip().splitlines()
FORMULAS = ["pa", "0 - pa", "pa - pb", "pa + pb / 3", "2 * pa - pb * 0.5", "-2 * (pa + 1)", "pa / pb",
            "pa / (pb - 65)", "(pa - pb) * (pa + pb)", "pa - (pb - acid)", "dose * 60 / 2", "1 - dose"]  # fmt: skip
ROWS = [*rows(9, 5), *rows(9, 6, gaps=0.4), *rows(8, 7, gaps=0.8), {}]


def shown(value: Any) -> Any:
    """A value as it can be kept."""
    return str(value) if isinstance(value, Fraction) else value


def told(text: str) -> dict[str, Any]:
    """All that the language says of one condition."""
    node = lang.check(text, COLUMNS, DEFINED)
    space: dict[str, Any] = {}
    exec(lang.python_source("f", [("k", node)], DEFINED), space)
    found: list[str] = []
    for row in ROWS:
        truth = lang.evaluate(node, row, DEFINED)
        (made,) = space["f"](row)
        assert made is truth
        why = ["".join((one.clause, " yes" if one.truth else " no", *(f" ({n})" for n in one.names),
                        *(f" [{n}]" for n in one.assumed))) for one in lang.reasons(node, row, DEFINED)]  # fmt: skip
        needs = [f"{need.name}: " + "; ".join(f"{one.text} {one.truth}" for one in need.decides)
                 for need in lang.missing(node, row, COLUMNS, DEFINED)]  # fmt: skip
        few = [need.name for need in lang.missing(node, row, COLUMNS, DEFINED, cap=3)]
        idle = [name for name in COLUMNS if lang.relevant(node, row, COLUMNS, DEFINED, name)]
        found.append(f"{truth} | {' & '.join(why)} | {' & '.join(needs)} | {' '.join(few)} | {' '.join(idle)}")
    return {
        "text": lang.to_text(node), "names": list(lang.names(node, DEFINED)),
        "never": lang.never(node, COLUMNS, DEFINED), "words": lang.words(node, COLUMNS, DEFINED), "rows": found,
    }  # fmt: skip


def reckoned(text: str) -> dict[str, Any]:
    """All that the language says of one formula."""
    node = lang.check_formula(text, COLUMNS)
    found: list[Any] = []
    for exact in (False, True):
        space: dict[str, Any] = {"Fraction": Fraction}
        exec(lang.python_formulas("f", [("a", node), ("b", lang.parse_formula("a + 1"))], exact=exact), space)
        for row in ROWS:
            values = {
                name: Fraction(str(one)) if exact and isinstance(one, float) else one for name, one in row.items()
            }
            found.append([shown(one) for one in space["f"](values)])
    return {
        "text": lang.to_text(node), "names": list(lang.names(node)), "made": found,
        "values": [shown(lang.evaluate_formula(node, row)) for row in ROWS],
    }  # fmt: skip


def kept() -> dict[str, Any]:
    """What the file says."""
    found: dict[str, Any] = json.loads(GOLDEN.read_text(encoding="utf-8"))
    return found


if os.environ.get("VASOTONE_REGOLD"):
    everything = {text: told(text) for text in CONDITIONS} | {text: reckoned(text) for text in FORMULAS}
    lines = [f"{json.dumps(text)}: {json.dumps(one, ensure_ascii=False)}" for text, one in everything.items()]
    GOLDEN.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


@pytest.mark.parametrize("text", CONDITIONS)
def test_what_is_said_of_a_condition(text: str) -> None:
    assert json.loads(json.dumps(told(text))) == kept()[text]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_is_said_of_a_formula(text: str) -> None:
    assert json.loads(json.dumps(reckoned(text))) == kept()[text]


def test_nothing_is_kept_that_is_not_asked() -> None:
    assert set(kept()) == {*CONDITIONS, *FORMULAS}


def test_a_name_that_the_language_does_not_have() -> None:
    with pytest.raises(AttributeError, match=r"^module 'vasotone\.lang' has no attribute 'nothing'$"):
        lang.nothing  # noqa: B018
