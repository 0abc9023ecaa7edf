"""What is missing for an answer: the inputs that could still change it, and the values that would settle it.

First everything that the row decides is taken out. If in what is left no column occurs in two clauses,
every clause matters. Otherwise `grid` tries all combinations at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from vasotone.lang.explain import evaluate
from vasotone.lang.grid import Grid, collapse
from vasotone.lang.node import Column, Node, parts, to_text
from vasotone.lang.regions import part_node, plain_part, turns_inside
from vasotone.lang.residue import Residue, remainder

CAP = 512


class Decides(NamedTuple):
    """A part of the values of one column that alone would settle the outcome as `truth`."""

    name: str
    node: Node
    truth: bool

    @property
    def text(self) -> str:
        """The part as a condition on the column, such as `x <= 40`."""
        return to_text(self.node)


class Need(NamedTuple):
    """A missing column that could change the outcome, and what of it alone would settle it."""

    name: str
    decides: tuple[Decides, ...]


def missing(
    node: Node,
    row: Mapping[str, Any],
    columns: Mapping[str, Column],
    definitions: Mapping[str, Node],
    cap: int = CAP,
) -> tuple[Need, ...]:
    """The inputs that could still change an unknown outcome, in text order; none if it is decided.

    The list is complete: with every other missing column filled in, the outcome stays unknown.
    `cap` bounds the combinations tried; beyond it all columns left in the condition are listed.
    """
    rest = remainder(node, row, definitions)
    if isinstance(rest, bool):
        return ()
    if evaluate(rest, row) is not None:
        return ()
    return _needs(Residue(rest, row, columns), cap)


def relevant(
    node: Node,
    row: Mapping[str, Any],
    columns: Mapping[str, Column],
    definitions: Mapping[str, Node],
    name: str,
) -> bool:
    """Whether some value of this missing column could change the outcome."""
    if row.get(name) is not None:
        return False
    rest = remainder(node, row, definitions)
    if isinstance(rest, bool):
        return False
    return any(need.name == name for need in _needs(Residue(rest, row, columns), CAP))


def _needs(residue: Residue, cap: int) -> tuple[Need, ...]:
    """The columns that matter and what of each would settle the outcome."""
    settles: dict[str, list[Decides]] = {}
    skeleton = collapse(residue.rest, residue.is_free)
    if skeleton[0] == "group":
        _walk(residue, residue.rest, True, False, settles)
        matter = set(residue.names())
    else:
        grid = Grid(skeleton, residue, cap)
        matter = grid.relevant_names()
        for group, if_true, if_false in grid.group_outcomes():
            _walk(residue, group, if_true, if_false, settles)
        for name in grid.columns():
            settles[name] = _by_cells(residue, name)
    loose = {gap.names[0] for gap in residue.gaps.values() if gap.turns is None and len(gap.names) == 1}
    return tuple(
        Need(name, () if name in loose else tuple(settles.get(name, ())))
        for name in residue.names()
        if name in matter
    )


def _walk(
    residue: Residue, node: Node, if_true: bool | None, if_false: bool | None, settles: dict[str, list[Decides]]
) -> None:
    """Carry down what the whole becomes if this node alone turns out true or false."""
    if if_true is None and if_false is None:
        return
    tag = node[0]
    if tag == "and":
        if_true = None
    elif tag == "or":
        if_false = None
    elif tag == "at_least":
        return  # the count that is left needs more than one, and may spare more than one
    elif tag == "not":
        _walk(residue, node[1], if_false, if_true, settles)
        return
    else:
        _by_leaf(residue, node, if_true, if_false, settles)
        return
    for part in parts(node):
        _walk(residue, part, if_true, if_false, settles)


def _by_leaf(
    residue: Residue, leaf: Node, if_true: bool | None, if_false: bool | None, settles: dict[str, list[Decides]]
) -> None:
    gap = residue.gaps[leaf]
    if gap.turns is None:
        return
    name = gap.names[0]
    for want, outcome in ((True, if_true), (False, if_false)):
        if outcome is None:
            continue
        part = plain_part(leaf, want)
        if part is None or not turns_inside(part, residue.columns.get(name)):
            found = residue.cells(name)
            part = part_node(name, found, [said is want for said in residue.truths(leaf, found)])
        if part is not None:
            settles.setdefault(name, []).append(Decides(name, part, outcome))


def _by_cells(residue: Residue, name: str) -> list[Decides]:
    """What of one column settles the outcome while all others stay unknown, by trying its cells."""
    found = residue.cells(name)
    row = dict(residue.row)
    said: list[bool | None] = []
    for cell in found:
        row[name] = cell.value
        said.append(evaluate(residue.rest, row))
    settled = [(truth, part_node(name, found, [one is truth for one in said])) for truth in (True, False)]
    return [Decides(name, part, truth) for truth, part in settled if part is not None]
