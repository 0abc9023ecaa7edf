"""The terminal's face: its golden text, its width, and that text from outside stays text."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import invented
import pytest
from hostile import PAYLOADS, poisoned

from vasotone.views import outline, text

GOLDEN = Path(__file__).parent / "golden"


def same_as_golden(name: str, shown: str) -> None:
    """Compare with the stored text; VASOTONE_REGOLD=1 stores it anew, to be read before it is kept."""
    file = GOLDEN / name
    shown = re.sub(r"(?s)<style>.*?</style>", "<style></style>", shown)  # the style sheet is a file of its own
    if os.environ.get("VASOTONE_REGOLD") == "1":
        GOLDEN.mkdir(exist_ok=True)
        file.write_text(shown, encoding="utf-8")
    assert shown == file.read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "everything"), [("advice.txt", False), ("advice-everything.txt", True)])
def test_golden(name: str, everything: bool) -> None:
    same_as_golden(name, text.show(invented.advice(), everything=everything, width=80))


def test_golden_refusal() -> None:
    same_as_golden("refusal.txt", text.show(invented.refusal(), width=80))


@pytest.mark.parametrize("width", [48, 60, 80, 100, 132])
def test_no_line_is_wider_than_asked(width: int) -> None:
    for payload in ("x" * 5000, "word " * 200):
        for advice in (invented.advice(), poisoned(invented.advice(), payload)):
            assert max(map(len, text.show(advice, everything=True, width=width).splitlines())) <= width


def test_no_colour_unless_asked() -> None:
    plain, coloured = (text.show(invented.advice(), width=80, colour=c) for c in (False, True))
    assert "\x1b" not in plain and "\x1b" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain


@pytest.mark.parametrize("payload", PAYLOADS)
def test_text_from_outside_is_inert(payload: str) -> None:
    shown = text.show(poisoned(invented.advice(), payload), everything=True, width=80)
    assert all(c == "\n" or c.isprintable() for c in shown)
    shown.encode()


def test_every_part_of_an_item_is_there() -> None:
    shown = " ".join(text.show(invented.advice(), width=80).split())
    for part in (
        "Consider adding vasopressin · applies, not all checked",
        "0.03 units/min",
        "9 mL/h (exact)",
        "guideline · recommendation · SSC 2026 · conditional, moderate certainty · unverified · not reviewed",
        "not recorded: mesenteric ischaemia",
        "MAP 58, below the target",
        "look again in 15 min",
        "[1] remark to statement 38",
        "doi:10.1097/CCM.0000000000007075",
        "78.8 mL/h (rounded from 78.75)",
        "legacy",
        "trial protocol",
        "This edition was not read in full",
        "would decide item 4",
        "No clinician has approved any of the 6 statements shown. 4 of them are unverified.",
        outline.INTENDED_USE,
        "Not shown: 1 blocked, 1 withheld, 2 not applying.",
        "The lactate is 6 h 35 min old",
    ):
        assert part in shown, part


def test_stale_and_unknown_values_are_marked() -> None:
    lines = text.show(invented.advice(), width=80).splitlines()
    marked = [line.split()[1] for line in lines if line.startswith("! ")]
    assert marked == ["lactate", "CRT", "lactate:"]  # the last one is the warning


def test_what_is_left_out_is_counted() -> None:
    many = tuple(invented.items()[1]._replace(statement=f"s-{n}") for n in range(15))
    shown = text.show(invented.advice(items=many), width=80)
    assert "3 more that may matter are left out" in shown
    asks = invented.advice().asks * 4
    assert "3 more with everything shown." in text.show(invented.advice(asks=asks), width=80)
    assert "more with everything" not in text.show(invented.advice(asks=asks), width=80, everything=True)


def test_nothing_at_all_still_says_so() -> None:
    shown = text.show(invented.advice(items=(), values={}, asks=(), warnings=(), at=None, title=""), width=80)
    assert "No statement applies" in shown and "No values are recorded" in shown and "not given" in shown


def test_source_of_values_only_with_everything() -> None:
    assert "entry 4" not in text.show(invented.advice(), width=80)
    assert "entry 4" in text.show(invented.advice(), width=80, everything=True)


def test_width_without_a_terminal_is_a_pages() -> None:
    script = "import invented; from vasotone.views import text; print(text.show(invented.advice()))"
    here = Path(__file__).parent
    paths = os.pathsep.join([str(here), str(here.parents[1])])
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
        env=os.environ | {"PYTHONPATH": paths, "PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.stdout == text.show(invented.advice(), width=80) + "\n"


def test_text_face_loads_nothing_heavy() -> None:
    script = "import sys; from vasotone.views import text; print(sorted(m for m in sys.modules))"
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-S", "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    for module in ("html", "textwrap", "dataclasses", "shutil", "inspect", "string", "vasotone.views.page"):
        assert f"'{module}'" not in done.stdout, module
