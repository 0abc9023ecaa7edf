"""What the row leaves undecided of a condition, and what its clauses wait for.

Each clause with a single missing column follows that column; a clause that ties several, or reckons in
a way that cannot be cut into ranges, is taken as free to turn out either way, which can only list too
much. What stands under known(), is null or assume() is a fact about the row and is never missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from vasotone.lang.explain import leaf_truth
from vasotone.lang.node import NO_DEFINITIONS, Column, Node, parts
from vasotone.lang.regions import Cell, cells, plain_part, turns, turns_inside

OF_NAMES = frozenset(("known", "null", "true", "false", "assume"))


class Gap(NamedTuple):
    """A clause that waits for columns; `turns` where the values of its only column are cut."""

    leaf: Node
    names: tuple[str, ...]
    turns: list[float] | None
    settled: bool | None


def remainder(
    node: Node, row: Mapping[str, Any], definitions: Mapping[str, Node], open_facts: bool = False
) -> bool | Node:
    """What is left of a condition once all that the row decides is taken out; definitions written out.

    With `open_facts` what stands under known, is null and assume stays open too.
    """
    tag = node[0]
    if tag == "and" or tag == "or":
        stop = tag == "or"
        kept: list[Node] = []
        for part in node[1:]:
            rest = remainder(part, row, definitions, open_facts)
            if rest is stop:
                return stop
            if not isinstance(rest, bool):
                kept.append(rest)
        return not stop if not kept else kept[0] if len(kept) == 1 else (tag, *kept)
    if tag == "not":
        rest = remainder(node[1], row, definitions, open_facts)
        return not rest if isinstance(rest, bool) else ("not", rest)
    if tag == "at_least":
        rests = [remainder(part, row, definitions, open_facts) for part in node[2:]]
        return _count_left(int(node[1]), rests)
    if tag == "name" and node[1] in definitions:
        return remainder(definitions[node[1]], row, definitions, open_facts)
    return _leaf_left(node, row, definitions, open_facts)


def _count_left(needed: int, rests: list[bool | Node]) -> bool | Node:
    kept: list[Node] = [rest for rest in rests if not isinstance(rest, bool)]
    needed -= sum(rest is True for rest in rests)
    if needed <= 0 or needed > len(kept):
        return needed <= 0
    if len(kept) == 1:
        return kept[0]
    if needed == 1 or needed == len(kept):
        return ("or" if needed == 1 else "and", *kept)
    return ("at_least", float(needed), *kept)


def _leaf_left(leaf: Node, row: Mapping[str, Any], definitions: Mapping[str, Node], open_facts: bool) -> bool | Node:
    open_names = gap_names(leaf, row, open_facts)
    if not open_names or (not open_facts and leaf[0] not in ("true", "false")):
        truth = leaf_truth(leaf, row, definitions)
        if truth is not None:
            return truth
    if leaf[0] in ("true", "false") and leaf[1][1] in definitions:
        return leaf if open_facts else leaf_truth(leaf, row, definitions) is True
    if leaf[0] == "between" and len(open_names) > 1:
        both = ("and", (">=", leaf[1], leaf[2]), ("<=", leaf[1], leaf[3]))
        return remainder(both, row, definitions, open_facts)
    return leaf


def gap_names(leaf: Node, row: Mapping[str, Any], open_facts: bool = False) -> tuple[str, ...]:
    """The names without a value that a clause waits for, in text order."""
    found: dict[str, None] = {}
    stack = [leaf]
    while stack:
        node = stack.pop()
        tag = node[0]
        if tag == "name":
            if row.get(node[1]) is None:
                found[node[1]] = None
        elif open_facts or tag not in ("known", "null", "assume"):
            stack.extend(reversed(parts(node)))
    return tuple(found)


class Residue:
    """The undecided rest of one condition for one row, and what its clauses wait for."""

    def __init__(
        self, rest: Node, row: Mapping[str, Any], columns: Mapping[str, Column], open_facts: bool = False
    ) -> None:
        self.rest = rest
        self.row = row
        self.columns = columns
        self.gaps: dict[Node, Gap] = {}
        self.uses: dict[Any, int] = {}
        for leaf in leaves(rest):
            gap = self.gaps.get(leaf)
            if gap is None:
                gap = self.gaps[leaf] = self.gap(leaf, open_facts)
            driver = self.driver(gap)
            self.uses[driver] = self.uses.get(driver, 0) + 1

    def gap(self, leaf: Node, open_facts: bool) -> Gap:
        """What one clause waits for."""
        waiting = gap_names(leaf, self.row, open_facts)
        cut = turns(leaf, waiting[0], self.row, not open_facts) if len(waiting) == 1 else None
        tests_definition = leaf[0] in OF_NAMES and leaf[1][1] not in self.columns
        if tests_definition:
            cut = None
        return Gap(leaf, waiting, cut, None if tests_definition else leaf_truth(leaf, self.row, NO_DEFINITIONS))

    @staticmethod
    def driver(gap: Gap) -> str | Node:
        """What makes a clause turn: its one column, or the clause itself where it is taken as free."""
        return gap.leaf if gap.turns is None else gap.names[0]

    def names(self) -> tuple[str, ...]:
        """All columns that are waited for, in text order."""
        return tuple({name: None for gap in self.gaps.values() for name in gap.names})

    def is_free(self, leaf: Node) -> bool:
        """Whether a clause can turn out either way, whatever the other clauses do."""
        gap = self.gaps[leaf]
        if gap.settled is not None or self.uses[self.driver(gap)] > 1:
            return False
        if gap.turns is None:
            return True
        column = self.columns.get(gap.names[0])
        plain = plain_part(leaf, True)
        if plain is not None and turns_inside(plain, column):
            return True
        return len(set(self.truths(leaf, self.cells(gap.names[0])))) == 2

    def cells(self, name: str) -> list[Cell]:
        """Values that stand for all of one column, in this rest."""
        driven = [gap for gap in self.gaps.values() if gap.turns is not None and gap.names[0] == name]
        turning = [turn for gap in driven for turn in gap.turns or ()]
        return cells(name, [gap.leaf for gap in driven], turning, self.columns.get(name))

    def truths(self, leaf: Node, found: list[Cell]) -> list[bool | None]:
        """The truth of a clause with one missing column, for each of its cells."""
        name = self.gaps[leaf].names[0]
        row = dict(self.row)
        said: list[bool | None] = []
        for cell in found:
            row[name] = cell.value
            said.append(leaf_truth(leaf, row, NO_DEFINITIONS))
        return said


def leaves(node: Node) -> list[Node]:
    """The clauses of a condition without definitions, or of its skeleton, in text order, as often as they occur."""
    found: list[Node] = []
    stack = [node]
    while stack:
        here = stack.pop()
        if here[0] in ("and", "or", "not", "at_least"):
            stack.extend(reversed(parts(here)))
        else:
            found.append(here)
    return found
