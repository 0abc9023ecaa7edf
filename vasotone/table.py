"""What was recorded, as rows: one patient over time. `at` cuts it to what was known at an instant."""

from datetime import datetime
from fractions import Fraction
from typing import Any, NamedTuple

Value = Fraction | str | bool | None

CANONICAL = ""  # the unit was not written, so the variable's own unit holds


class Bag(NamedTuple):
    """What hangs on the pump: amount and volume as written, and the form the label counts in."""

    amount: str
    volume: str
    basis: str = "unknown"


class Observation(NamedTuple):
    """One recorded value, as it was written.

    name    a variable's name
    value   exact number, word or truth; None when it was recorded without a value
    unit    as written; `CANONICAL` when no unit was written, None when it is not known
    at      aware UTC instant, or None when no time is known
    source  where it stands, for the trace
    method  `arterial`, `cuff`, ... or empty
    basis   the form a drug's dose is written in (`base`, `bitartrate`, ..., `unknown`)
    kind    which weight (`actual`, `ideal`, `adjusted`)
    """

    name: str
    value: Value
    unit: str | None = CANONICAL
    at: datetime | None = None
    source: str = ""
    method: str = ""
    basis: str = "unknown"
    kind: str = ""
    bag: Bag | None = None


class Table(NamedTuple):
    """The record of one patient.

    rows        observations in any order
    conditions  diagnoses and circumstances: word -> where it stands (source text)
    drugs       other drugs taken, as written; None when nobody recorded them
    formulary   drug -> True (stocked) or False (not stocked)
    at          the instant of the question, or None
    cautions    values that could not be used: (code, name, text, values); any door that is handed them says the same
    notes       what a reader says of the record as a whole, and of how it read it; in the same form
    title       how a face may name the patient; never an identity
    """

    rows: tuple[Observation, ...]
    conditions: dict[str, str] = {}
    drugs: tuple[str, ...] | None = None
    formulary: dict[str, bool] = {}
    at: datetime | None = None
    cautions: tuple[tuple[str, str, str, dict[str, Any]], ...] = ()
    notes: tuple[tuple[str, str, str, dict[str, Any]], ...] = ()
    title: str = ""

    def series(self, name: str) -> tuple[Observation, ...]:
        """The rows of one variable in time order; rows without a time come first."""
        rows = [row for row in self.rows if row.name == name]
        return tuple(sorted(rows, key=lambda row: (row.at is not None, row.at.timestamp() if row.at else 0.0)))

    def cut(self, at: datetime | None) -> "Table":
        """The table as it was known at an instant: later rows are left out."""
        if at is None:
            return self
        rows = tuple(row for row in self.rows if row.at is None or row.at <= at)
        return self._replace(rows=rows, at=at)
