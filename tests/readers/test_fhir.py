"""The FHIR door: what is malformed, how a record may arrive, whose it is, and which instant is asked about."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

import vasotone
from vasotone.errors import InputError
from vasotone.readers import fhir, plain
from vasotone.state import state_at
from vasotone.table import Table

FACTS = vasotone.load()
AT = plain.instant("2026-01-12T08:00:00Z", "at")
Record = dict[str, Any]


def observation(key: str = "1", value: Any = 57, code: str = "8478-0", unit: str = "mm[Hg]", **more: Any) -> Record:
    """A coded number at 07:50 of the patient `p`, with changes."""
    return {
        "resourceType": "Observation",
        "id": key,
        "status": "final",
        "subject": {"reference": "Patient/p"},
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "effectiveDateTime": "2026-01-12T07:50:00Z",
        "valueQuantity": {"value": value, "unit": unit},
    } | more


def bundle(*resources: Record, **more: Any) -> Record:
    """Some resources as a Bundle."""
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": one} for one in resources]} | more


def read(record: Any, at: Any = AT, zone: str | None = None) -> Table:
    """A record as a table."""
    return fhir.read(record if isinstance(record, (str, bytes)) else json.dumps(record), FACTS, at=at, zone=zone)


def said(table: Table) -> list[tuple[str, Any]]:
    """Names and values of the rows."""
    return [(row.name, row.value) for row in table.rows]


def noted(table: Table) -> set[str]:
    """The codes of the notes."""
    return {code for code, *_ in table.notes}


PATIENT = {"resourceType": "Patient", "id": "p", "birthDate": "1961-03-05"}

MALFORMED: dict[str, Any] = {
    "not JSON": '{"resourceType": "Bundle", "entry": [',
    "two documents": '{"resourceType": "Patient"} {"resourceType": "Patient"}',
    "empty": "",
    "NaN": '{"resourceType": "Observation", "valueQuantity": {"value": NaN}}',
    "a key twice": '{"resourceType": "Observation", "status": "final", "status": "final"}',
    "too deep": '{"resourceType": "Bundle", "entry": ' + "[" * 40 + "]" * 40 + "}",
    "far too deep": '{"resourceType": "Bundle", "entry": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "half a character": '{"resourceType": "Patient", "id": "\\ud800x"}',
    "not UTF-8": b'{"resourceType": "Patient", "id": "\xff"}',
    "too large": json.dumps({"resourceType": "Patient", "id": "x" * plain.MOST_BYTES}),
    "a number": "58",
    "a word": '"Bundle"',
    "nothing": "null",
    "an empty object": "{}",
    "an empty list": "[]",
    "a plain patient": '{"map": 58}',
    "two patients": [PATIENT, PATIENT | {"id": "q"}],
    "two patients without an id": [{"resourceType": "Patient", "gender": "male"}, {"resourceType": "Patient"}],
    "two subjects": [observation(), observation("2", subject={"reference": "Patient/q"})],
    "a subject beside another patient": [PATIENT, observation(subject={"reference": "Patient/q"})],
    "the same number on two servers": [
        observation("1", subject={"reference": "https://a.example/Patient/1"}),
        observation("2", subject={"reference": "https://b.example/Patient/1"}),
    ],
    "two identifiers of one system": [
        observation("1", subject={"identifier": {"system": "urn:x", "value": "1"}}),
        observation("2", subject={"identifier": {"system": "urn:x", "value": "2"}}),
    ],
    "a condition of somebody else": [
        PATIENT,
        {"resourceType": "AllergyIntolerance", "patient": {"reference": "Patient/2"}},
    ],
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_is_an_error_that_can_be_acted_on(name: str) -> None:
    with pytest.raises(InputError) as caught:
        read(MALFORMED[name])
    record = caught.value.to_dict()
    assert record["what"] and record["where"] and record["fix"] and len(str(record)) < 1000
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "record",
    [
        float("nan"),
        {"resourceType": "Patient", "x": float("inf")},
        {"resourceType": "Patient", "id": "\ud800"},
        {"resourceType": "Patient", "x": object()},
        {"resourceType": "Patient", "id": "x" * plain.MOST_BYTES},
    ],
)
def test_an_object_is_judged_as_strictly_as_text(record: Any) -> None:
    with pytest.raises(InputError):
        fhir.read(record, FACTS, at=AT)


def test_an_object_that_holds_itself_is_an_error() -> None:
    record: Record = {"resourceType": "Bundle"}
    record["entry"] = [record]
    with pytest.raises(InputError):
        fhir.read(record, FACTS, at=AT)


@pytest.mark.parametrize("at", ["yesterday", datetime(2026, 1, 12), 5])
def test_an_instant_needs_an_offset(at: Any) -> None:
    with pytest.raises(InputError, match="instant"):
        fhir.read(bundle(observation()), FACTS, at=at)


ARRIVALS: dict[str, Any] = {
    "a Bundle": bundle(PATIENT, observation()),
    "a list": [PATIENT, observation()],
    "a prefetch": {"patient": PATIENT, "bp": bundle(observation())},
    "a CDS Hooks request": {
        "hook": "patient-view",
        "context": {},
        "prefetch": {"patient": PATIENT, "bp": bundle(observation())},
    },
    "a Bundle in a Bundle": bundle(PATIENT, bundle(observation())),
    "absolute references": bundle(PATIENT, observation(subject={"reference": "https://ehr.example/fhir/Patient/p"})),
    "a version in the reference": bundle(PATIENT, observation(subject={"reference": "Patient/p/_history/3"})),
    "a contained result": bundle(PATIENT, {"resourceType": "DiagnosticReport", "contained": [observation("x")]}),
    "a result about a patient with a number": bundle(
        PATIENT, observation(subject={"reference": "Patient/p", "identifier": {"system": "urn:x", "value": "1"}})
    ),
    "urn references": {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {"fullUrl": "urn:uuid:0b1f9a44-1111-4111-8111-0123456789ab", "resource": PATIENT},
            {
                "fullUrl": "urn:uuid:0b1f9a44-2222-4222-8222-0123456789ab",
                "resource": observation(subject={"reference": "urn:uuid:0b1f9a44-1111-4111-8111-0123456789ab"}),
            },
        ],
    },
}


@pytest.mark.parametrize("name", ARRIVALS)
def test_a_record_arrives_in_many_ways(name: str) -> None:
    table = read(ARRIVALS[name])
    assert ("map", Fraction(57)) in said(table)
    assert ("age", Fraction(64)) in said(table)


def test_a_single_resource_is_a_record() -> None:
    assert said(read(observation())) == [("map", Fraction(57))]
    assert said(read(PATIENT)) == [("age", Fraction(64))]


OUTCOME = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "error", "code": "forbidden", "diagnostics": "no scope"}],
}


@pytest.mark.parametrize(
    ("bp", "note"),
    [
        (None, "no-data"),
        (bundle(), "no-data"),
        ({"resourceType": "Bundle", "type": "searchset", "total": 0}, "no-data"),
        (OUTCOME, "resource-error"),
        (bundle(OUTCOME), "resource-error"),
        (
            {"resourceType": "Bundle", "entry": [{"response": {"status": "403", "outcome": OUTCOME}}]},
            "resource-error",
        ),
        ({"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "x"}]}, "server-remark"),
        (bundle({"resourceType": "OperationOutcome"}), "resource-error"),
        (5, "entry-skipped"),
    ],
)
def test_what_a_prefetch_lacks_is_unknown_and_said(bp: Any, note: str) -> None:
    absent = read({"patient": PATIENT})
    table = read({"patient": PATIENT, "bp": bp})
    assert table.rows == absent.rows and absent.notes == ()
    assert noted(table) == {note}


def test_each_prefetch_key_counts_for_itself() -> None:
    parts = {
        "bp": bundle(observation()),
        "vitals": bundle(observation("2", 90, "8867-4", "/min")),
        "perfusion": bundle(observation("3", 4, "32693-4", "mmol/L")),
    }
    whole = set(said(read({"patient": PATIENT} | parts)))
    for key in parts:
        rest = set(said(read({"patient": PATIENT} | {other: part for other, part in parts.items() if other != key})))
        assert rest < whole and len(whole - rest) == 1


def test_a_further_page_is_said() -> None:
    link = [{"relation": "self", "url": "https://x.example"}, {"relation": "next", "url": "https://x.example?page=2"}]
    assert noted(read(bundle(observation(), link=link))) == {"record-cut"}
    assert noted(read(bundle(observation(), link=link[:1]))) == set()


def test_one_number_on_two_servers_is_two_resources() -> None:
    entry = [
        {"fullUrl": f"https://{host}.example/fhir/Observation/1", "resource": observation(value=value)}
        for host, value in (("a", 57), ("b", 58))
    ]
    assert [value for _, value in said(read({"resourceType": "Bundle", "entry": entry}))] == [57, 58]


@pytest.mark.parametrize(
    ("metas", "kept", "note"),
    [
        (({"versionId": "2"}, {"versionId": "10"}), [61], "newer-version"),
        (({"versionId": "10"}, {"versionId": "2"}), [60], "newer-version"),
        (({"lastUpdated": "2026-01-12T07:00:00Z"}, {"lastUpdated": "2026-01-12T07:00:00.1Z"}), [61], "newer-version"),
        (({}, {}), [60, 61], "version-unknown"),
        (({"versionId": "W/1"}, {"versionId": "2"}), [60, 61], "version-unknown"),
    ],
)
def test_the_newer_version_is_read(metas: tuple[Record, Record], kept: list[int], note: str) -> None:
    versions = [observation(value=60 + place, meta=meta) for place, meta in enumerate(metas)]
    table = read(bundle(*versions))
    assert [value for _, value in said(table)] == kept and noted(table) == {note}
    if len(kept) > 1:  # neither is newer: the state finds the contradiction, as through any door
        assert state_at(table, FACTS).readings["map"].quality == "contradictory"


def test_a_deleted_resource_is_gone() -> None:
    record = bundle(observation())
    record["entry"].append({"request": {"method": "DELETE", "url": "Observation/1"}})
    table = read(record)
    assert table.rows == () and noted(table) == {"entry-deleted"}


@pytest.mark.parametrize(
    ("born", "age"),
    [
        ("1961-01-12", 65),
        ("1961-01-13", 64),
        ("1961-01-11", 65),
        ("1961-02", 64),
        ("1961-01", None),
        ("1961", None),
        ("1960-02-29", 65),
        ("soon", None),
        (1961, None),
        ("2030-01-01", -4),
    ],
)
def test_age_is_in_whole_years_or_not_known(born: Any, age: int | None) -> None:
    table = read([PATIENT | {"birthDate": born}])
    assert [value for name, value in said(table) if name == "age"] == ([] if age is None else [age])
    assert noted(table) == ({"age-not-exact"} if age is None else set())


def test_an_age_that_was_observed_goes_before_the_date_of_birth() -> None:
    told = observation("2", 70, unit="a", code="30525-0")
    assert [value for name, value in said(read([PATIENT, told])) if name == "age"] == [70]


def test_the_day_of_birth_is_counted_where_the_patient_is() -> None:
    at = plain.instant("2026-03-04T23:30:00Z", "at")
    assert said(read([PATIENT], at=at)) == [("age", Fraction(64))]
    assert said(read([PATIENT], at=at, zone="+01:00")) == [("age", Fraction(65))]


def test_last_is_the_newest_reading_and_is_said() -> None:
    table = read(
        [observation(), observation("2", 90, "8867-4", "/min", effectiveDateTime="2026-01-12T09:10:00+01:00")],
        at="last",
    )
    assert table.at == plain.instant("2026-01-12T08:10:00Z", "at") and noted(table) == {"newest-reading"}
    given = {
        "resourceType": "MedicationAdministration",
        "status": "completed",
        "medicationCodeableConcept": {"text": "norad"},
        "effectivePeriod": {"start": "2026-01-12T07:00:00Z", "end": "2026-01-12T08:30:00Z"},
        "dosage": {"rateQuantity": {"value": 0.1, "unit": "ug/kg/min"}},
    }
    assert read([observation(), given], at="last").at == plain.instant("2026-01-12T08:30:00Z", "at")


def test_without_an_instant_there_is_none() -> None:
    table = read([PATIENT, observation()], at=None)
    assert table.at is None and said(table) == [("map", Fraction(57))]
    assert read([PATIENT], at="last").at is None


@pytest.mark.parametrize(
    ("zone", "at"),
    [(None, "07:50"), ("+01:00", "06:50"), ("Europe/Berlin", "06:50"), ("America/New_York", "12:50")],
)
def test_a_time_without_a_zone_is_the_sites(zone: str | None, at: str) -> None:
    if zone and "/" in zone:
        tables = pytest.importorskip("zoneinfo").available_timezones()
        if zone not in tables:
            pytest.skip("this machine has no table of time zones")
    table = read(observation(effectiveDateTime="2026-01-12T07:50:00"), zone=zone)
    (row,) = table.rows
    assert row.at is not None and f"{row.at:%H:%M}" == at
    (note,) = table.notes
    assert note[0] == "time-zone-assumed" and (zone or "UTC") in note[2]


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "+99:00", "", "+"])
def test_a_zone_that_is_not_known_is_an_error(zone: str) -> None:
    with pytest.raises(InputError, match="zone"):
        read(observation(), zone=zone)


def test_what_lies_ahead_goes_over_and_the_state_judges_it() -> None:
    table = read([observation(effectiveDateTime="2026-01-12T09:00:00Z")])
    assert len(table.rows) == 1
    assert state_at(table, FACTS).readings["map"].quality == "future"


def test_a_site_keeps_its_own_fields() -> None:
    table = read([observation(extension=[{"url": "urn:site:x", "valueString": "y"}], foo={"bar": [1, 2]})])
    assert said(table) == [("map", Fraction(57))] and table.notes == ()


def test_a_number_stays_a_tenth() -> None:
    for value in ("0.1", "1e-1", "0.10"):
        text = json.dumps([observation(value="V", code="32693-4", unit="mmol/L")]).replace('"V"', value)
        assert said(read(text)) == [("lactate", Fraction(1, 10))]
    assert said(fhir.read([observation(value=0.1)], FACTS, at=AT)) == [("map", Fraction(1, 10))]


@pytest.mark.parametrize("value", ["1e400", "9" * 5000, "1e-999"])
def test_a_number_beyond_anything_is_implausible_and_no_error(value: str) -> None:
    table = read(json.dumps([observation(value="V")]).replace('"V"', value))
    assert state_at(table, FACTS).readings["map"].quality == "implausible"


def test_ids_from_outside_cannot_break_a_line() -> None:
    table = read([observation("evil\n\u202eid"), observation("x" * 500)])
    assert {row.source for row in table.rows} == {"Observation, LOINC 8478-0"}


def test_it_recognises_fhir_and_nothing_else() -> None:
    for record in (PATIENT, [PATIENT], {"patient": PATIENT}, {"prefetch": {}}):
        assert fhir.recognises(record)
    for other in ({}, [], {"map": 58}, [{"map": 58}], "x", 5, None, {"map": {"value": 5}}):
        assert not fhir.recognises(other)


def test_a_thousand_observations_are_quick() -> None:
    from time import perf_counter

    many = [
        observation(str(n), 50 + n % 40, effectiveDateTime=(AT - timedelta(minutes=n)).astimezone(UTC).isoformat())
        for n in range(1000)
    ]
    record = plain.loaded(json.dumps(bundle(PATIENT, *many)))
    fhir.from_record(record, FACTS, at=AT)
    best = min(_timed(lambda: fhir.from_record(record, FACTS, at=AT), perf_counter) for _ in range(5))
    # Some 7 ms on two busy cores; the bound only catches a change of kind.
    assert best < 0.1, best


def _timed(work: Any, clock: Any) -> float:
    begun = clock()
    work()
    return float(clock() - begun)


def test_an_empty_bundle_says_so() -> None:
    table = read(bundle())
    assert table.rows == () and noted(table) == {"no-data"}
