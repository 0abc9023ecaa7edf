"""Checks of the data that explain and compare, which advice itself does not read: one module for each shelf."""

from __future__ import annotations

from collections.abc import Callable

from vasotone import (
    soundness_article,
    soundness_conflicts,
    soundness_findings,
    soundness_hazards,
    soundness_physiology,
    soundness_prohibitions,
)
from vasotone.records import Record, Variable
from vasotone.soundness_tables import Notes

Check = Callable[[Record, dict[str, Record], dict[str, Record], dict[str, Variable], Notes], None]

SHELVES: dict[str, Check] = {
    "findings": soundness_findings.check,
    "conflicts": soundness_conflicts.check,
    "prohibitions": soundness_prohibitions.check,
    "article": soundness_article.check,
    "hazards": soundness_hazards.check,
    "physiology": soundness_physiology.check,
}


def check_shelves(
    trees: dict[str, Record], statements: dict[str, Record], variables: dict[str, Variable], problems: Notes
) -> None:
    """Check `<shelf>.toml` of every shelf, and the statements that point to it."""
    for shelf, check in SHELVES.items():
        check(trees.get(f"{shelf}.toml", {}), trees, statements, variables, problems)
