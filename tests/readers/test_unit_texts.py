"""Units as hospitals write them: respelled where that is certain, left as they were where it is not."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vasotone
from vasotone import units
from vasotone.readers.unit_texts import is_unit, respelled
from vasotone.state import state_at

FACTS = vasotone.load()
SAME = {
    "ug.kg-1.min-1": "ug/kg/min",
    "ug/(kg.min)": "ug/kg/min",
    "mcg/(kg.min)": "ug/kg/min",
    "\u00b5g\u00b7kg\u207b\u00b9\u00b7min\u207b\u00b9": "ug/kg/min",
    "[iU].min-1": "U/min",
    "ng.kg-1.min-1": "ng/kg/min",
    "mmol.L-1": "mmol/L",
    "mL.kg-1.h-1": "mL/kg/h",
    "L.min-1.m-2": "L/min/m2",
    "L/(min.m2)": "L/min/m2",
    "min-1": "/min",
    "mm[Hg]{mean}": "mm[Hg]",
    "{score}": "1",
}
OTHER = (
    "ug/kg.min", "ug/kg-1.min", "mg.mg-1x", "ug//kg", "ug.kg-1.", ".min", "((((", "ug/(kg.min", "mg.(kg.h)-1",
    "furlong", "ug.kg-3.min-1", "g.m.s-2", "a.b.c", "", "ug.kg-1.min-1" + "{" + "x" * 60 + "}",
)  # fmt: skip


@pytest.mark.parametrize("written", SAME)
def test_a_unit_is_the_one_it_means(written: str) -> None:
    one, other = units.unit(respelled(written)), units.unit(SAME[written])
    assert (one.dimension, one.factor) == (other.dimension, other.factor)


@pytest.mark.parametrize("written", OTHER)
def test_what_is_not_certain_stays_as_written(written: str) -> None:
    assert respelled(written) == written and not is_unit(written)


@given(st.text(alphabet="ugkmincL[iU]H.-/(){}12 x\u00b5\u207b\u00b9", max_size=24))
def test_any_text_is_a_known_unit_or_itself(text: str) -> None:
    found = respelled(text)
    assert found == text or is_unit(found)
    assert respelled(found) == found


@pytest.mark.parametrize("unit", ["ug.kg-1.min-1", "ug/(kg.min)"])
def test_a_plain_patient_may_write_it_too(unit: str) -> None:
    table = vasotone.read(json.dumps({"norepinephrine": {"value": 0.2, "unit": unit}}), facts=FACTS)
    assert float(state_at(table, FACTS).value("norepinephrine")) == 0.2
    unknown = vasotone.read(json.dumps({"norepinephrine": {"value": 0.2, "unit": "ug/kg.min"}}), facts=FACTS)
    assert state_at(unknown, FACTS).readings["norepinephrine"].quality == "unit-unknown"
