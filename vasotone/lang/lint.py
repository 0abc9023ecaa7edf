"""A condition that can never be true, or never false, says something else than was meant."""

from __future__ import annotations

from collections.abc import Mapping

from vasotone.lang.grid import Grid, collapse
from vasotone.lang.node import Column, Node
from vasotone.lang.residue import Residue, remainder

CAP = 1 << 20


def never(node: Node, columns: Mapping[str, Column], definitions: Mapping[str, Node], cap: int = CAP) -> str | None:
    """Either "true" (never true) or "false" (never false) for a condition that cannot turn out, else None.

    All combinations of plausible values are tried, up to `cap`; a clause that ties several columns
    counts as free, so that only sure findings are reported.
    """
    rest = remainder(node, {}, definitions, True)
    if isinstance(rest, bool):
        return "false" if rest else "true"
    residue = Residue(rest, {}, columns, True)
    skeleton = collapse(rest, residue.is_free)
    if skeleton[0] == "group":
        return None
    grid = Grid(skeleton, residue, cap)
    if not grid.fits:
        return None
    true, false = grid.marks
    return "true" if not true else "false" if not false else None
