"""Findings that are not sound are refused, each with its reason."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from vasotone import facts
from vasotone.errors import FactError

PLAIN = """
[planted]
study = "vasst"
outcome = "death"
intervention = "drug a"
comparator = "drug b"
measure = "RR"
value = 0.8
low = 0.7
high = 0.9
unit = "1"
better_if = "below 1"
cite = { source = "vasst-2008", at = "abstract" }
"""

DEFECTS = {
    "a value outside its interval": (("value = 0.8", "value = 0.95"), "lies outside"),
    "half an interval": (("low = 0.7\n", ""), "`low`, `high`"),
    "a negative ratio": (("low = 0.7", "low = -0.7"), "above 0"),
    "a direction that does not fit": (('"below 1"', '"below 0"'), "does not fit a RR"),
    "an unknown measure": (('"RR"', '"relative risk"'), "`measure = relative risk`"),
    "an unknown key": (("outcome =", 'outcom = "x"\noutcome ='), "unknown key `outcom`"),
    "no comparator": (('comparator = "drug b"\n', ""), "has a comparator"),
    "the same on both sides": (('"drug b"', '"drug a"'), "with itself"),
    "a comparator of one group": (('"RR"', '"share"'), "has no comparator"),
    "arms that give another ratio": (("unit =", 'arms = [40.0, 45.0]\narms_unit = "%"\nunit ='), "not 0.8"),
    "arms the other way round": (
        ("unit =", 'arms = [45.0, 36.0]\narms_unit = "%"\nunit ='), "the arms the other"),
    "counts that give another ratio": (
        ("unit =", "events = [40, 90]\ntotals = [100, 100]\nunit ="), "printed_mismatch"),
    "a mismatch that is not there": (
        ("unit =", 'events = [40, 50]\ntotals = [100, 100]\nprinted_mismatch = "x"\nunit ='), "the numbers agree"),
    "a mismatch between nothing": (("unit =", 'printed_mismatch = "x"\nunit ='), "not given"),
    "more events than people": (("unit =", "events = [140, 50]\ntotals = [100, 100]\nunit ="), "cannot be"),
    "a rate above 100": (("unit =", 'arms = [140.0, 50.0]\narms_unit = "%"\nunit ='), "between 0 and 100"),
    "arms of a ratio without unit": (("unit =", "arms = [40.0, 50.0]\nunit ="), "need `arms_unit`"),
    "an unknown unit": (('unit = "1"', 'unit = "mmoll"'), "mmoll"),
    "a ratio with a unit": (('unit = "1"', 'unit = "%"'), "a ratio has the unit"),
    "an unknown study": (('"vasst"', '"vast"'), "is not described"),
    "an unknown source": (('"vasst-2008"', '"vasst-2088"'), "not in sources.toml"),
    "no place in the source": (('"abstract"', '""'), "has no place"),
    "memory without its badge": (('at = "abstract"', 'at = "abstract", read = "memory"'), "verified = false"),
    "a P value that is none": (("unit =", 'p = "small"\nunit ='), "neither a P value"),
    "an id in capitals": (("[planted]", "[Planted]"), "kebab case"),
    "a number without unit": (('unit = "1"\n', ""), "has no `unit`"),
    "numbers beside a mere direction": (("unit =", 'reported = "higher"\nunit ='), "`reported` belongs"),
    "a typed difference": (
        ('"RR"\nvalue = 0.8\nlow = 0.7\nhigh = 0.9\nunit = "1"\nbetter_if = "below 1"',
         '"risk difference"\nvalue = -5\nunit = "%"\nbetter_if = "below 0"\narms = [40.0, 45.0]'), "do not type it"),
    "no numbers at all": (
        ('"RR"\nvalue = 0.8\nlow = 0.7\nhigh = 0.9\nunit = "1"\nbetter_if = "below 1"',
         '"risk difference"\nunit = "%"\nbetter_if = "below 0"'), "or arms or counts"),
    "a design of one's own": (('study =', 'design = "impression"\nstudy ='), "design = impression"),
}  # fmt: skip


def copied(tmp_path: Path) -> Path:
    """A copy of the packaged facts."""
    folder = tmp_path / "data"
    shutil.copytree(facts.DATA, folder)
    return folder


def refusal(folder: Path) -> str:
    """What the loader says against a folder."""
    with pytest.raises(FactError) as caught:
        facts.load(str(folder))
    return str(caught.value)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> str:
    """All planted findings at once, each under its own id: one load shows what is said of each."""
    folder = copied(tmp_path_factory.mktemp("findings"))
    path = folder / "findings.toml"
    texts = []
    for place, ((old, new), _) in enumerate(DEFECTS.values()):
        assert old in PLAIN, old
        texts.append(PLAIN.replace(old, new, 1).replace("lanted]", f"lanted-{place}]"))
    path.write_text(path.read_text() + "".join([*texts, PLAIN]))
    return refusal(folder)


@pytest.mark.parametrize("name", DEFECTS)
def test_a_planted_finding_is_refused(name: str, planted: str) -> None:
    place, expected = list(DEFECTS).index(name), DEFECTS[name][1]
    said = [line for line in planted.splitlines() if f"lanted-{place}:" in line]
    assert any(expected in line for line in said), said


def test_the_finding_that_the_defects_are_planted_in_is_sound(planted: str) -> None:
    assert "findings.toml planted:" not in planted and "lanted-0:" in planted


def edited(folder: Path, file: str, old: str, new: str) -> str:
    """What is said when one place of one file is changed."""
    path = folder / file
    text = path.read_text()
    assert old in text, old
    path.write_text(text.replace(old, new, 1))
    return refusal(folder)


def test_a_statement_that_names_no_finding_is_refused(tmp_path: Path) -> None:
    said = edited(copied(tmp_path), "statements/vasopressors.toml", '"soap-ii-death-28d"', '"soap-3-death-28d"')
    assert "names the finding `soap-3-death-28d`, which does not exist" in said


def test_effects_in_a_statement_are_refused(tmp_path: Path) -> None:
    said = edited(copied(tmp_path), "statements/weaning.toml", 'id = "wean-gradual"\n',
                  'id = "wean-gradual"\neffects = [{ measure = "RR", value = 0.9, unit = "1", '
                  'cite = { source = "wu-2020", at = "abstract" } }]\n')  # fmt: skip
    assert "numbers of studies stand in findings.toml" in said


def test_an_error_that_is_none_is_refused(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    path = folder / "findings.toml"
    text = path.read_text().replace("value = -11\n", "value = -6.8\n")
    path.write_text(text.replace('printed_intervention = "dopamine"', 'printed_intervention = "norepinephrine"'))
    said = refusal(folder)
    assert "follows from the arms: no error" in said and "nothing is turned round" in said


def test_a_changed_number_takes_back_an_approval(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    page = folder / "statements" / "vasopressors.toml"
    digest = facts.load(str(folder)).statements["vaso-trials"]["digest"]
    line = f'review = [{{ by = "A. Clinician", on = "2026-01-31", decision = "approved", digest = "{digest}" }}]\n'
    page.write_text(page.read_text().replace('id = "vaso-trials"\n', f'id = "vaso-trials"\n{line}'))
    assert facts.load(str(folder)).statements["vaso-trials"]["review_state"] == "approved"
    path = folder / "findings.toml"
    path.write_text(path.read_text().replace("arms = [35.4, 39.3]", "arms = [35.5, 39.3]"))
    assert facts.load(str(folder)).statements["vaso-trials"]["review_state"] == "under review"
