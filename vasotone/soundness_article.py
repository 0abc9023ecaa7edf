"""The founding article: its reference list, and its claims with what became of them."""

from __future__ import annotations

from vasotone.records import Record, Variable
from vasotone.soundness_tables import Notes


def check(
    tree: Record,
    trees: dict[str, Record],
    statements: dict[str, Record],
    variables: dict[str, Variable],
    problems: Notes,
) -> None:
    """Note what is not sound in `article.toml` or in a statement that points to it."""
