"""What is done to the files of the facts shows in the advice where it should, and nowhere else."""

from __future__ import annotations

import json
import random
import re
import shutil
import tempfile
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from answers import DEEP, acts, ask, dosed, examples
from answers import part as part
from hypothesis import given
from hypothesis import strategies as st
from law_patients import AT, FACTS, Bag, Entry, Record, sound_patients

import vasotone
from vasotone.facts import DATA, Facts

PART = re.compile(r"^\[\[?[^\]]+\]\]?\s*(#.*)?$", re.MULTILINE)
KEYS = re.compile(r"^(label|kind|unit|topic|badge|setting|urgency|rank) = .*$", re.MULTILINE)


def laid_out(change: Callable[[Path], None]) -> Facts:
    """The facts of a copy of the data folder to which something was done."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "facts"
        shutil.copytree(DATA, folder)
        change(folder)
        return vasotone.load(str(folder))


def parts_of(text: str) -> tuple[str, list[str]]:
    """What stands before the first table of a file, and its tables with what belongs to each."""
    places = [found.start() for found in PART.finditer(text)]
    tops = [place for place in places if text.startswith("[[statement]]", place)]
    places = tops or places
    ends = [*places[1:], len(text)]
    return text[: places[0]], [text[one:end] for one, end in zip(places, ends, strict=True)]


def reformatted(folder: Path) -> None:
    """Comments, blank lines and spaces elsewhere; neighbouring keys of a table in another order."""
    for path in folder.rglob("*.toml"):
        lines = []
        for line in path.read_text("utf-8").splitlines():
            key, mark, rest = line.partition(" = ")
            plain = mark and re.fullmatch(r"[a-z_]+", key) and not rest.startswith(('"""', "'''"))
            lines.append(f"{key}   =  {rest}" if plain else line)
        text = "\n".join(lines).replace("\n[", "\n\n# a remark\n\n[") + "\n\n"
        path.write_text(text, "utf-8")


def reordered(folder: Path) -> None:
    """Statements of every file, and the keys at their heads, in another order."""
    chance = random.Random(1)
    for path in (folder / "statements").glob("*.toml"):
        head, parts = parts_of(path.read_text("utf-8"))
        chance.shuffle(parts)
        for place, text in enumerate(parts):
            title, rest = text.split("\n", 1)
            own, mark, inner = rest.partition("\n[")  # what follows belongs to an inner table
            turned = iter([found.group() for found in KEYS.finditer(own)][::-1])
            parts[place] = title + "\n" + KEYS.sub(lambda found, turned=turned: next(turned), own) + mark + inner  # type: ignore[misc]
        path.write_text(head + "\n".join(parts), "utf-8")


@cache
def other_facts(how: str) -> Facts:
    """The facts once reformatted or reordered."""
    return laid_out({"reformatted": reformatted, "reordered": reordered}[how])


def without_digest(found: dict[str, Any]) -> str:
    """An answer without the digest, which is over the bytes of the files."""
    return json.dumps({key: value for key, value in found.items() if key != "facts"})


@examples(20)
@given(
    record=sound_patients(shock=False),
    how=st.sampled_from(("reformatted", "reordered")),
    profile=st.sampled_from(sorted(FACTS.profiles)),
)
def test_m19_the_layout_of_the_files_means_nothing(record: Record, how: str, profile: str) -> None:
    other = other_facts(how)
    assert other.digest != FACTS.digest, "the files did change"
    assert without_digest(ask(record, profile, other)) == without_digest(ask(record, profile))


SHOCK = Record(
    AT,
    {
        "age": [Entry(Fraction(60))],
        "weight": [Entry(Fraction(80))],
        "map": [Entry(Fraction(55))],
        "lactate": [Entry(Fraction(5))],
        "norepinephrine": [Entry(Fraction("0.3"), basis="base", bag=Bag("4 mg", "250 mL"))],
        "vasopressin": [Entry(Fraction(0))],
        "epinephrine": [Entry(Fraction(0))],
        "fluids": [Entry(Fraction(30))],
        "access": [Entry("peripheral")],
        "hydrocortisone": [Entry(Fraction(0))],
        "crt": [Entry(Fraction(5))],
    },
    ["septic-shock"],
)
HELD = [item["statement"] for item in acts(ask(SHOCK)) if item["verdict"] in ("applies", "applies-unless")]
SINGLE = [name for name in HELD if not FACTS.statements[name].get("gates") and not FACTS.statements[name].get("band")]
CARRIED = [name for name in SINGLE if FACTS.default_profile in FACTS.statements[name].get("editions", {})]
COMMON = [name for name in SINGLE if not FACTS.statements[name].get("editions")]


def superseded(name: str) -> Callable[[Path], None]:
    """Marks one statement as superseded, so that only older editions carry it."""

    def change(folder: Path) -> None:
        for path in (folder / "statements").glob("*.toml"):
            text = path.read_text("utf-8")
            head = f'id = "{name}"\n'
            if head in text:
                before, after = text.split(head)
                mine, mark, rest = after.partition("[[statement]]")
                mine = re.sub(r"^(status|superseded_by) = .*\n", "", mine, flags=re.MULTILINE)
                older = "" if re.search(r"^(editions\.)?ssc-2021 = ", mine, re.MULTILINE) else r"\1ssc-2021 = \2\n"
                mine = re.sub(r"^(editions\.)?ssc-2026 = (.*)\n", older, mine, flags=re.MULTILINE)
                path.write_text(f'{before}{head}status = "superseded"\n{mine}{mark}{rest}', "utf-8")

    return change


def told(found: dict[str, Any]) -> dict[str, Any]:
    """Statements with what they come to; links and asks name one another and may follow."""
    return {
        item["statement"]: {key: item[key] for key in ("verdict", "dose", "pump", "text", "cites", "missing")}
        for item in acts(found)
    }


def goes_alone(name: str) -> None:
    """Without the statement everything else stays as it was."""
    without = laid_out(superseded(name))
    before, after = told(ask(SHOCK)), told(ask(SHOCK, None, without))
    assert name in before
    assert set(before) - set(after) == {name}
    assert set(after) <= set(before)
    assert all(after[one] == before[one] for one in after)


@pytest.mark.parametrize("name", CARRIED if DEEP else CARRIED[:3])
def test_m20_a_superseded_statement_of_an_edition_goes_alone(name: str) -> None:
    goes_alone(name)


@pytest.mark.parametrize("name", COMMON if DEEP else COMMON[:3])
def test_m20_a_superseded_statement_of_the_common_layer_goes_alone(name: str) -> None:
    goes_alone(name)


def test_m20_there_are_statements_of_both_layers() -> None:
    assert len(CARRIED) >= 3 and len(COMMON) >= 3


CAPS = {"norepinephrine": "3.3", "vasopressin": "0.1", "epinephrine": "2"}


def capped(drug: str, share: Fraction) -> Facts:
    """The facts with a tighter hard limit of one drug."""
    limits = json.loads(json.dumps(FACTS.limits))
    limits[drug]["hard_high"]["value"] = float(Fraction(CAPS[drug]) * share)
    return FACTS._replace(limits=limits)


@examples(40)
@given(record=sound_patients(), drug=st.sampled_from(sorted(CAPS)), percent=st.integers(1, 100))
def test_m22_a_tighter_hard_limit_lets_nothing_more_out(record: Record, drug: str, percent: int) -> None:
    before, tight = dosed(ask(record)), capped(drug, Fraction(percent, 100))
    after = dosed(ask(record, None, tight))
    assert set(after) <= set(before)
    cap = tight.limits[drug]["hard_high"]["value"]
    for key, dose in after.items():
        assert dose["to"] <= before[key]["to"], key
        if dose["drug"] == drug and key[0] != "lower":
            assert dose["value"] <= cap


def test_m22_a_site_that_tightens_takes_doses_away(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    head = '[site]\nname = "Sample"\nversion = "1"\napproved_by = "A. Person"\nedition = "ssc-2026"\n'
    limit = (
        '[[limit]]\nname = "norepinephrine.hard_high"\nvalue = 0.31\nunit = "ug/kg/min"\nreason = "r"\nby = "A. P."\n'
    )
    path.write_text(head + limit, "utf-8")
    before, after = dosed(ask(SHOCK)), dosed(ask(SHOCK, None, vasotone.load(site=str(path))))
    assert set(before) - set(after) == {("raise", "norepinephrine")}
    assert all(after[key]["to"] <= before[key]["to"] for key in after)
