"""A pause is a rate of zero, and a row of an infusion may be split anywhere."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import Any

from answers import answer, bundled, examples, of_bundle, plain, said
from answers import part as part
from hypothesis import assume, given
from hypothesis import strategies as st
from law_patients import AT, MINUTE, Entry, Record, as_fhir, changed, sound_patients

DRUGS = ("norepinephrine", "vasopressin", "epinephrine")
DOSES = {
    "norepinephrine": ("0.05", "0.1", "0.26", "0.5"),
    "vasopressin": ("0.01", "0.03"),
    "epinephrine": ("0.02", "0.1"),
}
TAKEN_DAILY = 1440


@st.composite
def course(draw: st.DrawFn, drug: str) -> list[Entry]:
    """Rows of one infusion, minutes apart, begun from zero."""
    minutes = sorted(
        draw(st.lists(st.integers(1, TAKEN_DAILY - 10), min_size=1, max_size=4, unique=True)), reverse=True
    )
    rows = [Entry(Fraction(0), at=AT - (minutes[0] + 5) * MINUTE)]
    for minute in minutes:
        value = Fraction(draw(st.sampled_from(("0", *DOSES[drug]))))
        rows.append(Entry(value, at=AT - minute * MINUTE))
    return [row._replace(basis="base") for row in rows] if drug == "norepinephrine" else rows


def without_ages(record: Record, found: dict[str, Any]) -> str:
    """The advice without how old the dose's own row is."""
    values = {
        name: {key: one for key, one in value.items() if key not in ("age_minutes", "source")}
        for name, value in found["values"].items()
    }
    return said({**found, "values": values})


@examples(30)
@given(record=sound_patients(), drug=st.sampled_from(DRUGS), data=st.data())
def test_m17_a_row_may_be_split_anywhere(record: Record, drug: str, data: st.DataObject) -> None:
    rows = data.draw(course(drug))
    place = data.draw(st.integers(0, len(rows) - 1))
    first = rows[place].at
    last = rows[place + 1].at if place + 1 < len(rows) else AT
    assert first is not None and last is not None
    gap = int((last - first) / timedelta(minutes=1))
    assume(gap >= 2)
    between = rows[place]._replace(at=first + data.draw(st.integers(1, gap - 1)) * MINUTE)
    clean = changed(record, **{f"{drug}_hours": None}) if drug != "epinephrine" else record
    whole, split = (clean._replace(series={**clean.series, drug: some}) for some in (rows, [*rows, between]))
    assert without_ages(whole, answer(plain(whole))) == without_ages(split, answer(plain(split)))
    one, two = (answer(of_bundle(bundled(some), some)) for some in (whole, split))
    assert without_ages(whole, one) == without_ages(split, two)


def paused(drug: str, dose: Fraction, since: int, pause: int, until: int, how: str) -> list[dict[str, Any]]:
    """An infusion that ran, paused, and perhaps went on, with the pause told in one of several ways."""
    rate = {"rateQuantity": as_fhir.quantity(dose, None, as_fhir.DRUGS[drug][1])}
    rate["rateQuantity"] |= {"unit": as_fhir.DRUGS[drug][1], "system": as_fhir.UCUM, "code": as_fhir.DRUGS[drug][1]}
    rate["extension"] = [{"url": as_fhir.OWN + "dose-basis", "valueCode": "base"}]
    zero = {"rateQuantity": {**rate["rateQuantity"], "value": 0}, "extension": rate["extension"]}
    begun, stopped, again = (AT - minutes * MINUTE for minutes in (since, pause, until))
    found = [as_fhir.administered(drug, begun - MINUTE, dosage=zero), as_fhir.administered(drug, begun, dosage=rate)]
    if how == "zero":
        found.append(as_fhir.administered(drug, stopped, dosage=zero))
    else:
        found.append(as_fhir.administered(drug, stopped, how))
    if until < pause:
        found.append(as_fhir.administered(drug, again, dosage=rate))
    for place, one in enumerate(found):
        one["id"] = f"m{place}"
    return found


@examples(30)
@given(
    record=sound_patients(),
    drug=st.sampled_from(DRUGS),
    how=st.sampled_from(("on-hold", "stopped")),
    times=st.lists(st.integers(2, 1400), min_size=3, max_size=3, unique=True),
    goes_on=st.booleans(),
    dose=st.integers(0, 1),
)
def test_m17_a_pause_is_a_rate_of_zero(
    record: Record, drug: str, how: str, times: list[int], goes_on: bool, dose: int
) -> None:
    since, pause, until = sorted(times, reverse=True)
    until = until if goes_on else pause
    bare = (
        changed(record, **{drug: None, f"{drug}_hours": None})
        if drug != "epinephrine"
        else changed(record, epinephrine=None)
    )
    bundle = bundled(bare)
    answers = []
    for told in (how, "zero"):
        given_ = paused(drug, Fraction(DOSES[drug][dose]), since, pause, until, told)
        whole = {**bundle, "entry": bundle["entry"] + [{"resource": one} for one in given_]}
        answers.append(answer(of_bundle(whole, bare)))
    zero = answers[1]["values"][drug]
    assert zero["value"] == (float(DOSES[drug][dose]) if until < pause else 0)
    for found in answers:
        found["values"][drug].pop("written", None)
        found["values"][drug].pop("basis", None)
    assert said(answers[0], "items", "asks", "warnings", "refused", "values") == said(
        answers[1], "items", "asks", "warnings", "refused", "values"
    )
