"""Which version of a resource is read, whose id it is, and whose resource."""

from __future__ import annotations

import json
from typing import Any

import pytest

import vasotone
from vasotone.errors import InputError
from vasotone.readers import fhir, plain
from vasotone.table import Table

FACTS = vasotone.load()
AT = plain.instant("2026-01-12T08:00:00Z", "at")
Record = dict[str, Any]


def pressure(value: int, **more: Any) -> Record:
    """A mean pressure, with changes."""
    return {
        "resourceType": "Observation", "id": "1", "status": "final", "effectiveDateTime": "2026-01-12T07:50:00Z",
        "code": {"coding": [{"system": "http://loinc.org", "code": "8478-0"}]},
        "valueQuantity": {"value": value, "unit": "mm[Hg]"}, **more,
    }  # fmt: skip


def read(*resources: Record) -> Table:
    """Some resources as a table."""
    return fhir.read(json.dumps(list(resources)), FACTS, at=AT)


def values(table: Table) -> list[Any]:
    """The values of the rows."""
    return [row.value for row in table.rows]


def noted(table: Table) -> set[str]:
    """The codes of the notes."""
    return {code for code, *_ in table.notes}


LATER = {"versionId": "2", "lastUpdated": "2026-01-12T07:59:00Z"}


@pytest.mark.parametrize("metas", [({}, {}), ({}, LATER)], ids=["no meta", "meta of the error only"])
@pytest.mark.parametrize("order", [1, -1])
def test_an_error_ends_its_id_whichever_version_stands_first(metas: tuple[Record, Record], order: int) -> None:
    versions = [pressure(90, meta=metas[0]), pressure(90, meta=metas[1], status="entered-in-error")]
    table = read(*versions[::order])
    assert values(table) == [] and noted(table) == {"version-in-error", "status-skipped"}
    assert values(read(pressure(61), *versions[::order])) == []


def test_an_error_ends_the_id_of_a_diagnosis() -> None:
    shock = {"resourceType": "Condition", "id": "c", "code": {"text": "cardiogenic shock"}}
    wrong = {"coding": [{"code": "entered-in-error"}]}
    assert read(shock).conditions and not read(shock, {**shock, "verificationStatus": wrong}).conditions


@pytest.mark.parametrize("order", [1, -1])
def test_a_version_that_says_that_it_came_after_the_error_is_read(order: int) -> None:
    wrong = pressure(90, meta={"versionId": "1"}, status="entered-in-error")
    table = read(*[wrong, pressure(60, meta={"versionId": "2"})][::order])
    assert values(table) == [60] and noted(table) == {"newer-version"}


def test_a_contained_id_holds_in_its_container_only() -> None:
    def report(key: str, value: int) -> Record:
        return {
            "resourceType": "DiagnosticReport",
            "id": key,
            "contained": [pressure(value, meta={"versionId": key})],
        }

    assert values(read(report("1", 60), report("2", 61))) == [60, 61]
    assert values(read(report("1", 60), report("1", 60))) == [60]


@pytest.mark.parametrize("order", [1, -1])
def test_a_reference_leads_to_the_version_that_is_read(order: int) -> None:
    line = {"resourceType": "Device", "id": "d", "meta": {"versionId": "2"}, "type": {"text": "arterial line"}}
    older = line | {"meta": {"versionId": "1"}, "type": {"text": "cuff"}}
    table = read(pressure(60, device={"reference": "Device/d"}), *[older, line][::order])
    assert [row.method for row in table.rows] == ["arterial"]


def about(key: str, *numbers: str, born: str = "", system: str = "urn:invented:numbers") -> Record:
    """A pressure of a contained patient with some numbers."""
    listed = [{"system": system, "value": number} for number in numbers]
    person = {"resourceType": "Patient", "id": "p", "identifier": listed} | ({"birthDate": born} if born else {})
    return pressure(60, id=key, subject={"reference": "#p"}, contained=[person])


MAIN = {"resourceType": "Patient", "id": "p", "identifier": [{"system": "urn:invented:numbers", "value": "1"}]}


@pytest.mark.parametrize(
    "given",
    [
        [about("a", "1"), about("b", "2")],
        [about("a", "1", "2"), about("b", "2"), about("c", "3")],
        [about("a", born="1960-05-01"), about("b", born="1960-05-02")],
        [MAIN, about("a", "2")],
    ],
    ids=["numbers", "a third", "born", "the patient of the record"],
)
def test_contained_patients_who_are_two_people_are_refused(given: list[Record]) -> None:
    with pytest.raises(InputError) as refused:
        read(*given)
    assert "contained patients" in str(refused.value.to_dict()["seen"])


@pytest.mark.parametrize(
    "given",
    [
        [about("a", "1"), about("b", "1")],
        [about("a", "1", "2"), about("b", "2"), about("c", "1")],
        [about("a", "1"), about("b", "2", system="urn:invented:others")],
        [about("a", born="1960"), about("b", born="1960-05-02"), about("c")],
        [MAIN, about("a", "1")],
    ],
    ids=["one number", "two numbers", "two systems", "a year", "the patient of the record"],
)
def test_contained_patients_who_may_be_one_person_are_read(given: list[Record]) -> None:
    assert values(read(*given))
