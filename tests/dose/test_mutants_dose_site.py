"""What a site's profile lends to a dose question, and every word of how it is said."""

from __future__ import annotations

from typing import Any

import pytest

from tests.site_profile import load
from vasotone import dose_site
from vasotone.errors import InputError

BAG = '[bags.norepinephrine]\namount = "16 mg"\nvolume = "250 mL"\nbasis = "{bag}"\n'
LABELS = '[basis]\nnorepinephrine = "{labels}"\n'
ASKED = {"dose": "0.1 ug/kg/min", "weight": "80 kg"}


def answered(text: str, **asked: Any) -> dict[str, Any]:
    """The record of one dose question at a site."""
    return dose_site.dose_at_site(load(text), "norepinephrine", {**ASKED, **asked}).to_dict()


def assumed(record: dict[str, Any]) -> list[dict[str, Any]]:
    """What the site stood in for."""
    return [one for one in record["warnings"] if one["code"] == "site-assumption"]


def test_the_bag_and_the_labelling_of_a_site_are_said() -> None:
    record = answered(BAG.format(bag="base") + LABELS.format(labels="base"))
    assert (record["exact"], record["dose"]["basis"], record["bag"]["basis"]) == ("15/2", "base", "base")
    assert record["bag"]["amount"]["exact"] == "16" and record["bag"]["volume"]["exact"] == "250"
    bag, form = assumed(record)
    assert list(bag) == ["code", "name", "text", "values"]
    assert bag["name"] == "norepinephrine.bag"
    assert bag["text"] == "no bag is given; the site's standard bag is taken: 16 mg in 250 mL"
    assert bag["values"] == {"amount": "16 mg", "volume": "250 mL", "basis": "base"}
    assert form["name"] == "norepinephrine.basis" and form["values"] == {"basis": "base"}
    assert form["text"] == "the form is not given; it is taken as base, as the site labels it"


def test_a_bag_of_another_form_than_the_dose_keeps_its_own() -> None:
    record = answered(BAG.format(bag="bitartrate"), basis="base")
    assert (record["exact"], record["dose"]["basis"], record["bag"]["basis"]) == ("15", "base", "bitartrate")
    assert [one["name"] for one in assumed(record)] == ["norepinephrine.bag"]
    with pytest.raises(InputError, match="form"):
        answered(BAG.format(bag="bitartrate") + LABELS.format(labels="base"))


def test_a_form_that_is_given_is_never_overruled() -> None:
    both = BAG.format(bag="base") + LABELS.format(labels="base")
    record = answered(both, basis="bitartrate", bag="8 mg/250 mL")
    assert (record["dose"]["basis"], assumed(record)) == ("bitartrate", [])
    record = answered(both, basis="bitartrate", bag_basis="bitartrate")
    assert (record["bag"]["basis"], record["exact"]) == ("bitartrate", "15/2")
    record = answered(both, basis="bitartrate")
    assert (record["bag"]["basis"], record["exact"]) == ("base", "15/4")


@pytest.mark.parametrize("word", ["", "unknown", " Unknown ", None])
@pytest.mark.parametrize("bag_word", ["unknown", "bitartrate", None])
def test_a_form_that_is_not_known_is_the_one_of_the_labels(word: str | None, bag_word: str | None) -> None:
    record = answered(LABELS.format(labels="bitartrate"), basis=word, bag="8 mg/250 mL", bag_basis=bag_word)
    assert (record["dose"]["basis"], record["bag"]["basis"], record["exact"]) == ("bitartrate", "bitartrate", "15")
    assert [one["name"] for one in assumed(record)] == ["norepinephrine.basis"]


def test_a_site_without_labelling_lends_none() -> None:
    assert assumed(answered("", basis="base", bag="8 mg/250 mL")) == []
    record = answered("", bag="8 mg/250 mL")
    assert record["dose"]["basis"] is None and assumed(record) == []


def test_the_answer_names_the_site() -> None:
    site = load(LABELS.format(labels="base"))
    record = dose_site.dose_at_site(site, "norepinephrine", {**ASKED, "bag": "8 mg/250 mL"}).to_dict()["site"]
    assert list(record) == [*dose_site.KEYS, "changes"]
    assert all(record[key] == site.site[key] for key in dose_site.KEYS)
    assert record["changes"] == [dict(one) for one in site.site["changes"]] and record["changes"]
