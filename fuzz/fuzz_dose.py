"""A dose question, one argument a line: drug, dose, rate, weight, bag, basis, form of the bag, running dose."""

from __future__ import annotations

from fractions import Fraction

import held

from vasotone.dose import dose, dose_from_rate
from vasotone.errors import VasotoneError

KEYS = ("dose", "rate", "weight", "bag", "basis", "bag_basis", "current")
DRUGS = held.FACTS.drugs


def one_input(data: bytes) -> None:
    """One question, and the way back from its answer."""
    drug, *rest = data.decode("utf-8", "surrogateescape").split("\n")
    asked = {key: text for key, text in zip(KEYS, rest, strict=False) if text}
    try:
        entry = DRUGS[drug] if drug in DRUGS else DRUGS["norepinephrine"]
        result = dose(entry, held.FACTS.limits, **asked)
    except VasotoneError as error:
        held.refusal_holds(error)
        return
    record = result.to_dict()
    held.serialises(record)
    result.text().encode("utf-8", "surrogateescape")
    stopped = [one for one in record["limits"] if one["exceeded"]]
    assert (result.exit_code == 3) == bool(stopped) == (record["refused"] is not None)
    if stopped:
        assert record["rounded"] is None and record["delivered"] is None, "a rate in spite of a hard limit"
    if result.exact is None:
        return
    exact = Fraction(record["exact"])
    assert exact >= 0
    ceiling = held.FACTS.limits.get(entry["name"], {}).get("hard_high")
    if not stopped and ceiling and result.base and record["base_dose"] and result.base_unit == ceiling["unit"]:
        assert max(result.base.values()) <= Fraction(str(ceiling["value"])), "a dose above the hard limit"
    case = result.case
    if result.rate is not None and result.dose is not None:
        back = dose_from_rate(result.rate, case.unit, weight_kg=case.weight, bag_amount=case.amount,
                              bag_unit=case.bag.unit, bag_volume_ml=case.bag.volume_ml)  # fmt: skip
        assert back == result.dose, "the way back gives another dose"


if __name__ == "__main__":
    held.started(one_input)
