"""The shipped drugs and limits, and one way to ask a dose question."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from vasotone.dose import DoseResult, dose

DATA = Path(__file__).resolve().parents[2] / "vasotone" / "data"


def _table(name: str) -> dict[str, Any]:
    with (DATA / name).open("rb") as file:
        return tomllib.load(file)


drugs = _table("drugs.toml")
limits = _table("limits.toml")


def ask(drug: str = "norepinephrine", **texts: str) -> DoseResult:
    """One dose question, in the words that a person would type."""
    return dose(drugs[drug], limits, **texts)
