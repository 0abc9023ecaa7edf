"""The record of one dose question: what was asked, and the answer as every face prints it."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from vasotone.errors import EXIT_DONE, EXIT_REFUSED
from vasotone.units import Unit, decimal_text, plain_number

SCHEMA = "vasotone.dose/1"
RATE_UNIT = "mL/h"
OF_DOSES = ("limit", "pump", "bag", "basis")  # changes of a site that bear on a dose question
INSTEAD = "no pump rate is given; check dose, unit, weight, bag and basis"
Record = dict[str, Any]


class Bag(NamedTuple):
    """An infusion bag or syringe: amount of drug in its unit, and volume in mL."""

    amount: Fraction
    unit: Unit
    volume_ml: Fraction


class Case(NamedTuple):
    """What was asked, read: exactly one of `dose` and `rate` is known."""

    unit: Unit  # of the dose
    dose: Fraction | None
    rate: Fraction | None
    weight: Fraction | None
    bag: Bag  # as labelled
    amount: Fraction  # of the bag, counted in the form of the dose
    form: str | None
    bag_form: str | None
    step: Fraction  # of the pump


class DoseResult(NamedTuple):
    """The answer to one dose question; quantities are exact, None where they cannot or may not be given.

    `base` has one entry, or one for each possible form where the form is not known.
    """

    drug: str
    case: Case
    basis: str | None = None
    base: Mapping[str, Fraction] = {}
    base_unit: str = ""
    exact: Fraction | None = None
    dose: Fraction | None = None
    rate: Fraction | None = None
    rounded: Fraction | None = None
    delivered: Fraction | None = None
    also: tuple[tuple[Fraction, str], ...] = ()
    limits: tuple[Record, ...] = ()
    warnings: tuple[Record, ...] = ()
    site: Record | None = None

    @property
    def exceeded(self) -> tuple[Record, ...]:
        """The hard limits that stop the answer."""
        return tuple(entry for entry in self.limits if entry["exceeded"])

    @property
    def exit_code(self) -> int:
        """0, or 3 where a hard limit is exceeded."""
        return EXIT_REFUSED if self.exceeded else EXIT_DONE

    def to_dict(self) -> Record:
        """The record that every face prints: numbers for display, `exact` as a fraction in text."""
        case, unit = self.case, self.case.unit.text
        base = {form: _shown(value, self.base_unit) for form, value in self.base.items()}
        record: Record = {
            "schema": SCHEMA,
            "drug": self.drug,
            "asked": "dose" if case.rate is None else "rate",
            "exact": None if self.exact is None else str(self.exact),
            "exact_unit": RATE_UNIT if case.rate is None else unit,
            "rounded": None if self.rounded is None else plain_number(self.rounded),
            "rounded_unit": RATE_UNIT,
            "delivered": _shown(self.delivered, unit, basis=self.basis),
            "dose": _shown(self.dose, unit, basis=self.basis),
            "rate": _shown(self.rate, RATE_UNIT),
            "base_dose": next(iter(base.values())) if len(base) == 1 else None,
            "also": [_shown(value, other) for value, other in self.also],
            "weight": _shown(case.weight, "kg"),
            "bag": {
                "amount": _shown(case.bag.amount, case.bag.unit.text),
                "volume": _shown(case.bag.volume_ml, "mL"),
                "basis": case.bag_form if self.basis else None,
            },
            "limits": list(self.limits),
            "warnings": list(self.warnings),
            "refused": None,
        }
        if self.site is not None:
            record["site"] = self.site
        if len(base) > 1:
            record["base_dose_if"] = base
        if self.exceeded:
            record["refused"] = {
                "code": "hard-limit",
                "text": "; ".join(e["text"] for e in self.exceeded),
                "instead": INSTEAD,
            }
        return record

    def text(self) -> str:
        """A few plain lines for a person."""
        case, unit = self.case, self.case.unit.text
        head = self.drug if self.dose is None else f"{self.drug} {decimal_text(self.dose)} {unit}"
        head += f" ({self.basis})" if self.basis else ""
        head += f" at {decimal_text(case.weight)} kg" if case.weight is not None else ""
        bag = f"{decimal_text(case.bag.amount)} {case.bag.unit.text}/{decimal_text(case.bag.volume_ml)} mL"
        lines = [f"{head} from {bag}"]
        if self.rate is not None:
            lines.append(f"  exact {decimal_text(self.rate)} mL/h")
        if self.rounded is not None and self.delivered is not None:
            lines.append(f"  pump  {decimal_text(self.rounded)} mL/h delivers {decimal_text(self.delivered)} {unit}")
        lines += [f"  same as {decimal_text(value)} {other}" for value, other in self.also]
        lines += [f"  stopped: {entry['text']}" for entry in self.exceeded]
        if self.exceeded:
            lines.append(f"  {INSTEAD}")
        lines += [f"  note: {warning['text']}" for warning in self.warnings]
        if self.site is not None:
            lines.append(f"  {self.site['notice']}")
            changed = [one["text"] for one in self.site["changes"] if one["kind"] in OF_DOSES]
            lines += [f"  at this site: {'; '.join(changed)}"] if changed else []
        return "\n".join(lines)


def _shown(value: Fraction | None, unit: str, **more: object) -> Record | None:
    if value is None:
        return None
    return {"value": plain_number(value), "unit": unit, **more, "exact": str(value)}
