"""The linter on sentences that were written without a look at it: what it finds, and what it flags for nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from hashlib import sha256

import blind_check
import pytest

import vasotone
from vasotone.lint import lint

SENTENCES = blind_check.sentences()
FRESH = blind_check.sentences(blind_check.FRESH)
# The linter was mended on one half of the second set; of the other half its authors saw counts alone.
UNSEEN = [one for one in FRESH if sha256(str(one["id"]).encode()).digest()[0] % 2]
RECALL = Fraction(95, 100)
FALSE_POSITIVES = Fraction(2, 100)


@cache
def flagged() -> dict[str, bool]:
    """Whether the linter reports an error, by the id of the sentence."""
    facts = vasotone.load()
    return {
        str(one["id"]): any(finding.severity == "error" for finding in lint(str(one["text"]), facts))
        for one in SENTENCES + FRESH
    }


def _told(of: str, coherent: bool, among: list[dict[str, object]] = SENTENCES) -> str:
    """Flagged sentences by kind, and the ids that went wrong."""
    chosen = [one for one in among if one["coherent"] is coherent]
    all_of = Counter(str(one[of]) for one in chosen)
    hit = Counter(str(one[of]) for one in chosen if flagged()[str(one["id"])])
    wrong = [f"  {one['id']}: {one['text']}" for one in chosen if flagged()[str(one["id"])] is coherent]
    share = f"{sum(hit.values())} of {len(chosen)} {'coherent' if coherent else 'incoherent'} sentences flagged"
    return "\n".join([share, *(f"  {kind}: {hit[kind]} of {all_of[kind]}" for kind in all_of), "wrong:", *wrong])


@pytest.mark.parametrize(("stored", "at_least"), [(SENTENCES, 560), (FRESH, 520)], ids=["first", "fresh"])
def test_set_is_large_and_balanced(stored: list[dict[str, object]], at_least: int) -> None:
    coherent = sum(one["coherent"] is True for one in stored)
    assert len(stored) >= at_least
    assert abs(2 * coherent - len(stored)) < len(stored) / 10
    assert len({one["id"] for one in stored}) == len({one["text"] for one in stored}) == len(stored)


def test_sets_share_no_sentence() -> None:
    both = SENTENCES + FRESH
    assert len({one["id"] for one in both}) == len({one["text"] for one in both}) == len(both)


@pytest.mark.parametrize("stored", [SENTENCES, FRESH], ids=["first", "fresh"])
def test_labels_hold_when_recomputed(stored: list[dict[str, object]]) -> None:
    assert [f"{one['id']}: {fault}" for one in stored for fault in blind_check.faults(one)] == []


@pytest.mark.parametrize(
    ("claim", "holds"),
    [
        ("0.1 ug/kg/min * 70 kg / (4 mg / 250 mL) ~ 26.25 mL/h", True),
        ("0.1 ug/kg/min * 70 kg / (4 mg / 250 mL) ~ 26 mL/h", True),
        ("0.1 ug/kg/min * 70 kg / (4 mg / 250 mL) ~ 42 mL/h", False),
        ("16 ug/mL ~ 1 g / 250000 mL", False),
        ("0.03 U/min ~ 1.8 U/h", True),
        ("0.03 U/min ~ 1.8 U/min", False),
        ("8 mg / bitartrate ~ 4 mg", True),
        ("8 mg / bitartrate ~ 8 mg", False),
    ],
)
def test_reckoning_tells_right_from_wrong(claim: str, holds: bool) -> None:
    assert blind_check.reckon(claim).holds is holds


@pytest.mark.parametrize("stored", [SENTENCES, FRESH], ids=["first", "fresh"])
def test_a_turned_label_is_noticed(stored: list[dict[str, object]]) -> None:
    with_claims = [one for one in stored if one["claims"]]
    turned = [
        {key: value for key, value in one.items() if key != "kind"} | {"coherent": True}
        if one["coherent"] is False
        else one | {"coherent": False, "kind": "per-kg"}
        for one in with_claims
    ]
    assert len(turned) > 350
    assert [one["id"] for one in turned if not blind_check.faults(one)] == []


def test_incoherent_sentences_are_found(figure: Callable[[str, int, int], None]) -> None:
    told = _told("kind", coherent=False)
    planted = [str(one["id"]) for one in SENTENCES if one["coherent"] is False]
    assert Fraction(sum(flagged()[key] for key in planted), len(planted)) >= RECALL, told
    figure("lint-recall", sum(flagged()[key] for key in planted), len(planted))


def test_coherent_sentences_are_left_alone(figure: Callable[[str, int, int], None]) -> None:
    told = _told("group", coherent=True)
    sound = [str(one["id"]) for one in SENTENCES if one["coherent"] is True]
    assert Fraction(sum(flagged()[key] for key in sound), len(sound)) <= FALSE_POSITIVES, told
    figure("lint-false", sum(flagged()[key] for key in sound), len(sound))


def test_unseen_incoherent_sentences_are_found(figure: Callable[[str, int, int], None]) -> None:
    planted = [str(one["id"]) for one in UNSEEN if one["coherent"] is False]
    found = sum(flagged()[key] for key in planted)
    figure("lint-recall-unseen", found, len(planted))
    assert Fraction(found, len(planted)) >= RECALL, _told("kind", coherent=False, among=UNSEEN)


def test_unseen_coherent_sentences_are_left_alone(figure: Callable[[str, int, int], None]) -> None:
    sound = [str(one["id"]) for one in UNSEEN if one["coherent"] is True]
    found = sum(flagged()[key] for key in sound)
    figure("lint-false-unseen", found, len(sound))
    assert Fraction(found, len(sound)) <= FALSE_POSITIVES, _told("group", coherent=True, among=UNSEEN)
