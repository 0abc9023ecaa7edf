"""Invented patients: what a plain patient can carry, a Bundle can; and the order of a record means nothing."""

from __future__ import annotations

import json
import random

import as_clif
import as_fhir
import as_plain
import pytest
from demo_record import Record, Rows, at_instant
from door_bytes import PROFILES, advised, first_difference
from hypothesis import given, settings
from hypothesis import strategies as st
from invented_charts import charts
from invented_records import AT, FACTS, records

import vasotone
from vasotone.readers import clif, fhir

UNITS = {name: variable.unit for name, variable in FACTS.variables.items()}


def through_plain(record: Record) -> vasotone.table.Table:
    """A record through the plain door."""
    return vasotone.read(json.dumps(as_plain.patient(record)), facts=FACTS)


def differences(one: vasotone.table.Table, other: vasotone.table.Table) -> list[str]:
    """Where two tables are answered differently, by profile."""
    found = [first_difference(advised(one, name, FACTS), advised(other, name, FACTS)) for name in PROFILES]
    return [text for text in found if text]


@settings(max_examples=60)
@given(records(), st.booleans(), st.booleans())
def test_a_bundle_says_what_a_plain_patient_says(record: Record, panel: bool, generic: bool) -> None:
    bundle = as_fhir.bundle(record, UNITS, as_fhir.Shape(panel=panel, generic=generic))
    assert differences(through_plain(record), fhir.read(json.dumps(bundle), FACTS, at=record.at)) == []


@settings(max_examples=30)
@given(records(), st.randoms(use_true_random=False))
def test_the_order_of_keys_means_nothing(record: Record, chance: random.Random) -> None:
    names = list(record.series)
    chance.shuffle(names)
    shuffled = record._replace(series={name: record.series[name] for name in names})
    assert differences(through_plain(record), through_plain(shuffled)) == []


@settings(max_examples=20)
@given(charts(), st.booleans())
def test_a_folder_of_tables_says_what_the_others_say(
    tmp_path_factory: pytest.TempPathFactory, chart: dict[str, Rows], orders: bool
) -> None:
    folder = tmp_path_factory.mktemp("clif")
    as_clif.write(folder, chart)
    table = clif.read(str(folder), hospitalization=as_clif.STAY, at=AT, facts=FACTS)
    record = at_instant(as_clif.stay(chart), AT)
    assert differences(table, through_plain(record)) == []
    bundle = json.dumps(as_fhir.bundle(record, UNITS, as_fhir.Shape(orders=orders)))
    assert differences(table, fhir.read(bundle, FACTS, at=AT)) == []
