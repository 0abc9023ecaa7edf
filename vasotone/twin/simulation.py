"""The record of a simulation."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from vasotone.twin.trend import Caution

SCHEMA = "vasotone.simulation/1"
NOTICE = "Simulated, not a recommendation: expected responses of virtual patients, each with its uncertainty."
RELATIVE_FLOW = "CI_relative"


class Simulation(NamedTuple):
    """What may be expected under each plan, or why nothing is shown.

    plans    each with `plan`, `steps`, `minutes`, `variables` {name: unit, median, low, high}, `doses`
    fitted   what the fit rests on, None where the newest readings alone were taken
    target   the dose that would hold a pressure, with its interval, or None
    refused  None or {code, text, instead}; `missing` [{name, unit, ask, why}]
    """

    at: datetime | None
    seed: int
    members: int
    model: str
    facts: str
    hours: float
    context: str
    weight: float | None
    fitted: dict[str, Any] | None
    absolute_flow_known: bool
    not_informed: tuple[str, ...]
    plans: tuple[dict[str, Any], ...]
    target: dict[str, Any] | None
    warnings: tuple[Caution, ...]
    refused: dict[str, Any] | None
    missing: tuple[dict[str, Any], ...]
    notice: str = NOTICE

    def to_dict(self) -> dict[str, Any]:
        """The record that `--json` prints; `variables` and `minutes` of the first plan stand at the top too."""
        first = self.plans[0] if self.plans else {}
        return {
            "schema": SCHEMA, "notice": self.notice, "model": self.model, "facts": self.facts,
            "at": None if self.at is None else self.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "seed": self.seed, "members": self.members, "hours": self.hours, "context": self.context,
            "fitted": self.fitted, "absolute_flow_known": self.absolute_flow_known,
            "not_informed": list(self.not_informed), "interval": {"low": "5 %", "high": "95 %"},
            "minutes": first.get("minutes", []), "variables": first.get("variables", {}), "plans": list(self.plans),
            "target": self.target,
            "warnings": [dict(zip(("code", "name", "text", "values"), one, strict=True)) for one in self.warnings],
            "refused": self.refused, "missing": list(self.missing),
        }  # fmt: skip


def nothing(
    start: dict[str, Any], refused: dict[str, Any] | None, missing: tuple[dict[str, Any], ...],
    warnings: tuple[Caution, ...],
) -> Simulation:  # fmt: skip
    """A simulation without numbers: refused, or with what has to be known first."""
    plain: dict[str, Any] = {
        "fitted": None,
        "absolute_flow_known": False,
        "not_informed": (),
        "plans": (),
        "target": None,
    }
    return Simulation(**{**plain, **start}, warnings=warnings, refused=refused, missing=missing)
