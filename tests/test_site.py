"""A site's own profile: each setting changes what it should and nothing else."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from site_profile import BAGS, HEAD, LOW, ON_DRUG, PACKAGED, STATEMENT, codes, items, limit, load, record, same_but

import vasotone
from vasotone import dose_site, facts, facts_site, guideline_doses, soundness
from vasotone.errors import InputError

# --- without a change


PATIENTS: list[dict[str, Any]] = [
    {},
    LOW,
    ON_DRUG,
    {**LOW, "norepinephrine": 0, "lactate": {"value": 4, "unit": None}},
    {**LOW, "age": 72, "map": 62, "norepinephrine": {"value": 0.3, "basis": "bitartrate"}},
    {**LOW, "age": 9, "conditions": ["septic-shock", "child"]},
    {**LOW, "norepinephrine": {"value": 0.3, "basis": "base", "bag": {"amount": "8 mg", "volume": "250 mL"}}},
]


@pytest.mark.parametrize("patient", PATIENTS)
@pytest.mark.parametrize("edition", ["ssc-2026", "ssc-2021"])
def test_an_empty_overlay_changes_no_byte_of_the_advice(patient: dict[str, Any], edition: str) -> None:
    site = load("", HEAD.replace("ssc-2026", edition))
    local, packaged = record(patient, site), record(patient, profile=edition)
    assert (local["profile"], local["site"]["name"]) == ("local", "Sample Hospital")
    assert local["site"]["edition"] == edition and local["site"]["changes"] == []
    assert packaged["site"] is None
    assert local["facts"] != packaged["facts"]
    assert local["notices"] == [*packaged["notices"], local["site"]["notice"]]
    for key in ("profile", "site", "facts", "notices"):
        del local[key], packaged[key]
    assert json.dumps(local) == json.dumps(packaged)
    same_but(site)


def test_the_digest_covers_the_site_and_the_cache_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = load(), load("[review]\nfloor = 'submitted'\n")
    assert len({one.digest, two.digest, PACKAGED.digest}) == 3
    assert one.site["digest"] != two.site["digest"]
    monkeypatch.setattr(facts_site, "_by_content", {})
    monkeypatch.setattr(facts, "_loaded", {})
    monkeypatch.setattr("vasotone.soundness.build", lambda *_: pytest.fail("the cache was not used"))
    again = load("[review]\nfloor = 'submitted'\n")
    assert again == two and again is not two


def test_the_packaged_facts_stay_as_they_are() -> None:
    load('[[limit]]\nname = "norepinephrine.hard_high"\nvalue = 1.5\nunit = "ug/kg/min"\nreason = "r"\n')
    fresh = facts.Facts(digest=PACKAGED.digest, **soundness.build(facts.read_files(facts.DATA)))
    assert fresh.limits == PACKAGED.limits and fresh.profiles == PACKAGED.profiles
    assert fresh.default_profile == "ssc-2026" and fresh.site == {}


# --- what may be set


def test_basis_is_taken_where_the_record_does_not_say_and_says_so() -> None:
    site = load('[basis]\nnorepinephrine = "base"\n')
    same_but(site)
    before, after = record(ON_DRUG), record(ON_DRUG, site)
    assert items(before)["ne-titrate-up"]["dose"] is None
    assert "norepinephrine.basis" in items(before)["ne-titrate-up"]["missing"]
    item = items(after)["ne-titrate-up"]
    assert item["dose"]["from"] == 0.1 and item["dose"]["to"] == 0.12
    assert any("labelling" in note for note in item["notes"])
    value = after["values"]["norepinephrine"]
    assert (value["basis"], value["basis_origin"], value["labelled"]) == ("base", "assumed", "base")
    assert codes(after) == [("site-assumption", "norepinephrine.basis")]
    advice = vasotone.advise(ON_DRUG, facts=site)
    for face in ("text", "page"):
        assert "basis assumed" in vasotone.show(advice, face) and "labelled as base" in vasotone.show(advice, face)


def test_a_salt_at_the_site_is_converted() -> None:
    value = record(ON_DRUG, load('[basis]\nnorepinephrine = "acid tartrate"\n'))["values"]["norepinephrine"]
    assert (value["value"], value["basis"], value["labelled"]) == (0.05, "base", "bitartrate")


BAG = {"amount": "8 mg", "volume": "250 mL"}
SAID = [
    {"value": 0.1, "basis": "bitartrate"},
    {"value": 0.1, "basis": "base"},
    {"value": 0.1, "basis": "an unheard of salt"},
    {"value": 0.1, "bag": {**BAG, "basis": "bitartrate"}},
    {"value": 10, "unit": "mL/h", "basis": "base", "bag": {**BAG, "basis": "bitartrate"}},
    0,
]


@pytest.mark.parametrize("written", SAID)
def test_what_the_record_says_of_the_form_is_never_overruled(written: Any) -> None:
    patient = {**ON_DRUG, "norepinephrine": written}
    site = load('[basis]\nnorepinephrine = "base"\n')
    before, after = record(patient), record(patient, site)
    assert before["values"]["norepinephrine"] == after["values"]["norepinephrine"]
    assert codes(after) == []
    assert before["items"] == after["items"]


def test_the_form_of_a_bag_without_one_follows_the_site() -> None:
    patient = {**ON_DRUG, "norepinephrine": {"value": 0.1, "bag": BAG}}
    after = items(record(patient, load('[basis]\nnorepinephrine = "base"\n')))["ne-titrate-up"]
    assert after["pump"]["bag"] == {**BAG, "basis": "base", "basis_origin": "assumed"}
    assert after["pump"]["rate"] == 18  # 0.12 ug/kg/min at 80 kg from 32 ug/mL


def test_a_standard_bag_gives_a_pump_rate_that_says_so() -> None:
    site = load(BAGS)
    same_but(site)
    patient = {**ON_DRUG, "norepinephrine": {"value": 0.3, "basis": "base"}}
    assert items(record(patient))["vaso-add-on"]["pump"] is None
    after = record(patient, site)
    pump = items(after)["vaso-add-on"]["pump"]
    assert pump["rate"] == 9 and pump["bag"]["origin"] == "assumed"
    assert items(after)["ne-titrate-up"]["pump"]["rate"] == 24  # 0.32 ug/kg/min at 80 kg from 64 ug/mL
    assert set(codes(after)) == {("site-assumption", "vasopressin.bag"), ("site-assumption", "norepinephrine.bag")}
    advice = vasotone.advise(patient, facts=site)
    for face in ("text", "page"):
        assert "standard bag" in vasotone.show(advice, face)


@pytest.mark.parametrize(
    "written",
    [
        {"value": 0.1, "basis": "base", "bag": {"amount": "4 mg", "volume": "250 mL"}},
        {"value": 0.1, "basis": "base", "bag": {"amount": "4", "volume": "250 mL"}},
        [
            {
                "value": 0.2,
                "basis": "base",
                "at": "2026-01-01T07:00:00Z",
                "bag": {"amount": "4 mg", "volume": "250 mL"},
            },
            {"value": 0.1, "basis": "base", "at": "2026-01-01T08:00:00Z"},
        ],
    ],
)
def test_a_bag_in_the_record_is_never_replaced(written: Any) -> None:
    patient = {**ON_DRUG, "at": "2026-01-01T08:00:00Z", "norepinephrine": written}
    before, after = record(patient), record(patient, load(BAGS))
    assert items(before)["ne-titrate-up"]["pump"] == items(after)["ne-titrate-up"]["pump"]
    assert ("site-assumption", "norepinephrine.bag") not in codes(after)


def test_pump_step_and_limits() -> None:
    site = load('[pump]\nincrement = "1 mL/h"\nhard_high = { value = 999, unit = "mL/h" }\n')
    same_but(site, "limits")
    patient = {
        **ON_DRUG,
        "norepinephrine": {"value": 0.1, "basis": "base", "bag": {"amount": "5 mg", "volume": "250 mL"}},
    }
    assert items(record(patient))["ne-titrate-up"]["pump"]["rate"] == 28.8
    assert items(record(patient, site))["ne-titrate-up"]["pump"]["rate"] == 29
    changed = {key for key in PACKAGED.limits["pump"] if site.limits["pump"][key] != PACKAGED.limits["pump"][key]}
    assert changed == {"increment", "hard_high"}
    assert {key: one for key, one in site.limits.items() if key != "pump"} == {
        key: one for key, one in PACKAGED.limits.items() if key != "pump"
    }


def test_a_coarse_pump_never_rounds_over_a_hard_limit() -> None:
    site = load('[pump]\nincrement = "10 mL/h"\n')
    patient = {
        **ON_DRUG, "weight": 100,
        "norepinephrine": {"value": 3.26, "basis": "base", "bag": {"amount": "16 mg", "volume": "250 mL"}},
    }  # fmt: skip
    item = items(record(patient, site))["ne-titrate-up"]
    assert item["dose"]["to"] == 3.28
    assert Fraction(item["pump"]["exact"]) == Fraction("307.5")
    assert item["pump"]["rate"] == 300  # 310 mL/h would give 3.307 ug/kg/min


def test_formulary_stands_behind_the_record() -> None:
    site = load('[formulary]\nnoradrenaline = false\n"angiotensin II" = false\n')
    same_but(site)
    patient = {**LOW, "norepinephrine": 0}
    assert items(record(patient))["ne-first-line"]["verdict"] in ("applies", "applies-unless")
    assert items(record(patient, site))["ne-first-line"]["verdict"] == "blocked"
    own = {**patient, "formulary": {"norepinephrine": True}}
    assert items(record(own, site))["ne-first-line"]["verdict"] == items(record(own))["ne-first-line"]["verdict"]
    assert items(record(own, site))["ne-first-line"]["verdict"] != "blocked"


def test_map_default_is_an_assumed_reading() -> None:
    site = load('[map]\ntarget = "65 mmHg"\n')
    same_but(site, "variables", "columns")
    assert {name for name, one in site.variables.items() if one != PACKAGED.variables[name]} == {"map_target"}
    older = {**LOW, "age": 72, "map": 62, "norepinephrine": 0}
    before, after = record(older), record(older, site)
    assert items(before)["ne-first-line"]["verdict"] == "does-not-apply"
    assert items(after)["ne-first-line"]["verdict"] == "applies"
    assert after["values"]["map_target"]["origin"] == "assumed" and after["values"]["map_target"]["value"] == 65
    assert codes(after) == [("site-assumption", "map_target")]
    ordered = {**older, "map_target": 60}
    assert record(ordered, site)["values"]["map_target"]["value"] == 60
    assert codes(record(ordered, site)) == []
    doubtful = {**older, "map_target": 650}
    assert record(doubtful, site)["values"]["map_target"]["value"] is None
    text = vasotone.show(vasotone.advise(older, facts=site))
    assert "MAP target 65 mmHg (assumed)" in text and "ordered MAP target" not in text


def test_lactate_unit_is_taken_only_where_none_is_given() -> None:
    site = load('[lactate]\nunit = "mg/dL"\n')
    same_but(site)
    unknown = {**LOW, "lactate": {"value": 36, "unit": None}}
    assert record(unknown)["values"]["lactate"]["value"] is None
    after = record(unknown, site)
    assert after["values"]["lactate"]["value"] == pytest.approx(3.996, abs=0.01)
    assert after["values"]["lactate"]["unit_origin"] == "assumed"
    assert codes(after) == [("site-assumption", "lactate")]
    for given_unit in ({"value": 4}, {"value": 4, "unit": "mmol/L"}, {"value": 4, "unit": "apples"}):
        patient = {**LOW, "lactate": given_unit}
        assert record(patient, site)["values"]["lactate"] == record(patient)["values"]["lactate"]
        assert codes(record(patient, site)) == []


def test_review_floor_holds_back_what_is_not_reviewed_but_safety_never() -> None:
    site = load('[review]\nfloor = "approved"\n')
    same_but(site)
    patient = {**ON_DRUG, "drugs": ["linezolid"], "norepinephrine": {"value": 0.1, "basis": "base"}}
    before, after = items(record(patient)), items(record(patient, site))
    for name, item in after.items():
        protected = PACKAGED.statements[name]["kind"] in ("safety", "scope", "data")
        shown = before[name]["verdict"] in ("applies", "applies-unless", "cannot-tell")
        expected = "withheld" if shown and not protected else before[name]["verdict"]
        assert item["verdict"] == expected, name
        assert item["dose"] is None or protected
    held = record(patient, site)["site"]["held_back"]
    assert "ne-titrate-up" in held and not {one for one in held if PACKAGED.statements[one]["kind"] == "safety"}
    assert any("Held back" in note for note in after["ne-titrate-up"]["notes"])
    assert any(item["kind"] == "safety" and item["verdict"] == "applies" for item in after.values())
    assert "Held back from this patient" in vasotone.show(vasotone.advise(patient, facts=site))


def test_time_zone_is_taken_for_an_instant_without_offset() -> None:
    site = load('[time]\nzone = "Europe/Lisbon"\n')
    same_but(site)
    table = vasotone.read({"map": 60}, at="2026-07-01T08:00:00", facts=site)
    assert table.at == datetime(2026, 7, 1, 7, tzinfo=UTC)
    assert [note[0] for note in table.notes] == ["time-zone-assumed"]
    assert vasotone.read({"map": 60}, at="2026-07-01T08:00:00+02:00", facts=site).at == datetime(
        2026, 7, 1, 6, tzinfo=UTC
    )
    with pytest.raises(InputError, match="no offset"):
        vasotone.read({"map": 60}, at="2026-07-01T08:00:00")
    with pytest.raises(InputError, match="twice"):
        vasotone.read({"map": 60}, at="2026-10-25T01:30:00", facts=site)
    offset = load('[time]\nzone = "+05:30"\n')
    assert vasotone.read({"map": 60}, at="2026-07-01T08:00:00", facts=offset).at == datetime(
        2026, 7, 1, 2, 30, tzinfo=UTC
    )


def test_a_tightened_hard_limit_stops_a_dose() -> None:
    site = load(
        '[[limit]]\nname = "norepinephrine.hard_high"\nvalue = 30\nunit = "ug/kg/h"\nreason = "r"\nby = "B"\n'
    )
    same_but(site, "limits")
    limit = site.limits["norepinephrine"]["hard_high"]
    assert limit["value"] == 0.5 and limit["kind"] == "hard" and limit["cite"]["source"] == "site"
    patient = {**ON_DRUG, "norepinephrine": {"value": 0.49, "basis": "base"}}
    assert items(record(patient))["ne-titrate-up"]["verdict"] == "applies"
    assert items(record(patient, site))["ne-titrate-up"]["verdict"] == "withheld"
    (change,) = record(patient, site)["site"]["changes"]
    assert change["kind"] == "limit" and change["reason"] == "r" and change["by"] == "B"
    running = {**ON_DRUG, "norepinephrine": {"value": 0.6, "basis": "base"}}
    assert "above-limit" in [one["code"] for one in record(running, site)["warnings"]]


@pytest.mark.parametrize("unit, value, high", [("ug/kg/h", 30, 0.5), ("ug/kg/min", 0.7, 0.7)])
def test_no_range_reaches_beyond_a_tightened_hard_limit(unit: str, value: float, high: float) -> None:
    named = '[[limit]]\nname = "norepinephrine.hard_high"\nreason = "r"\nby = "B"\n'
    patient = {**ON_DRUG, "norepinephrine": {"value": 0.2, "basis": "base"}}
    plain = items(record(patient))["ne-titrate-up"]["dose"]
    dose = items(record(patient, load(f'{named}value = {value}\nunit = "{unit}"\n')))["ne-titrate-up"]["dose"]
    assert dose["high"] == high < plain["high"] and dose["low"] == plain["low"]


def test_a_range_per_kilogram_is_held_at_an_absolute_limit_where_the_weight_is_known() -> None:
    norepinephrine = PACKAGED.drugs["norepinephrine"]
    limit = {**PACKAGED.limits["norepinephrine"]["hard_high"], "value": 35, "unit": "ug/min"}
    absolute = PACKAGED._replace(limits={**PACKAGED.limits, "norepinephrine": {"hard_high": limit}})

    def high(value: Fraction | None, weight: Any) -> Fraction | None:
        return guideline_doses.within_limits(value, norepinephrine, absolute, weight)

    assert high(Fraction(1), Fraction(70)) == Fraction(1, 2)
    assert high(Fraction(2, 5), Fraction(70)) == Fraction(2, 5)
    assert high(Fraction(1), None) is None and high(None, Fraction(70)) is None
    assert high(Fraction(1, 100), None) == Fraction(1, 100), "even the heaviest patient is below the limit"


def test_a_tightened_weight_limit_does_not_loosen_doses_without_a_weight() -> None:
    site = load('[[limit]]\nname = "weight.hard_low"\nvalue = 35\nunit = "kg"\nreason = "r"\n')
    assert site.limits["weight"]["hard_low"] == PACKAGED.limits["weight"]["hard_low"]
    assert site.limits["weight"]["site_hard_low"]["value"] == 35
    asked = {"dose": "0.1 ug/kg/min", "weight": "30 kg", "bag": "4 mg/250 mL", "basis": "base"}
    assert dose_site.dose_at_site(site, "norepinephrine", asked).exit_code == 3


def test_a_statement_of_the_site_is_shown_as_its_own() -> None:
    when = "septic and norepinephrine >= 0.5"
    site = load(STATEMENT.format(id="site-call", when=when, more='reason = "agreed"\nby = "B"'))
    same_but(site, "statements")
    assert set(site.statements) - set(PACKAGED.statements) == {"site-call"}
    assert {name: one for name, one in site.statements.items() if name != "site-call"} == PACKAGED.statements
    patient = {**ON_DRUG, "norepinephrine": {"value": 0.5, "basis": "base"}}
    item = items(record(patient, site))["site-call"]
    assert (item["verdict"], item["badge"], item["review"]) == ("applies", "site", "submitted")
    assert [cite["source"] for cite in item["cites"]] == ["site"] and item["edition"] == ""
    assert "this site's own" in vasotone.show(vasotone.advise(patient, facts=site, everything=True), everything=True)
    assert all(entry.statement != "site-call" for entry in site.compiled("ssc-2026").entries)
    highest = max(one.get("rank", 0) for one in PACKAGED.statements.values())
    assert site.statements["site-call"]["rank"] > highest


def test_a_silenced_statement_is_gone_from_the_sites_profile_only() -> None:
    site = load('[[silence]]\nid = "map-range-remark"\nreason = "one target here"\nby = "B"\n')
    same_but(site)
    patient = {**ON_DRUG, "norepinephrine": {"value": 0.1, "basis": "base"}}
    before, after = items(record(patient)), items(record(patient, site))
    assert set(before) - set(after) == {"map-range-remark"}
    assert {name: one["verdict"] for name, one in before.items() if name != "map-range-remark"} == {
        name: one["verdict"] for name, one in after.items()
    }
    assert any(entry.statement == "map-range-remark" for entry in site.compiled("ssc-2026").entries)
    told = vasotone.show(vasotone.advise(patient, facts=site), everything=True)
    assert "silenced: map-range-remark (one target here; by B)" in " ".join(told.split())


def test_text_of_a_profile_is_inert() -> None:
    hostile = "<script>alert(1)</script>"
    head = HEAD.replace("Sample Hospital", hostile).replace("A. Person", hostile)
    more = f'reason = "{hostile}"'
    text = limit("norepinephrine.soft_high", 0.5, more=more) + STATEMENT.format(id=hostile, when="septic", more=more)
    advice = vasotone.advise(ON_DRUG, facts=load(text, head), everything=True)
    page = vasotone.show(advice, "page", everything=True)
    assert "<script" not in page and "&lt;script&gt;" in page
