"""All combinations of the missing values at once: one bit for each, in two whole numbers.

The first number marks the combinations where a clause is true, the second those where it is false;
"and" and "or" are then single operations on the numbers. Each driver (a column, a clause taken as
free, or a group of clauses that nothing else depends on) is a digit; digit 0 means still missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from vasotone.lang.node import Node, parts
from vasotone.lang.residue import Residue, leaves

Marks = tuple[int, int]


class Driver(NamedTuple):
    """One digit: how many values it takes, the step between them, and the columns behind it."""

    size: int
    step: int
    names: tuple[str, ...]


def collapse(node: Node, is_free: Callable[[Node], bool]) -> Node:
    """The condition with every part that stands for itself put in a ("group", part)."""
    tag = node[0]
    if tag not in ("and", "or", "not", "at_least"):
        return ("group", node) if is_free(node) else node
    inner = [collapse(part, is_free) for part in parts(node)]
    if all(part[0] == "group" for part in inner):
        return ("group", node)
    if tag == "not" or tag == "at_least":
        return (*node[: len(node) - len(inner)], *inner)
    grouped = [part[1] for part in inner if part[0] == "group"]
    kept = [part for part in inner if part[0] != "group"]
    if grouped:
        kept.append(("group", grouped[0] if len(grouped) == 1 else (tag, *grouped)))
    return (tag, *kept)


class Grid:
    """The combinations for one condition; nothing is computed where there are more than `cap`."""

    def __init__(self, skeleton: Node, residue: Residue, cap: int) -> None:
        self.residue = residue
        self.drivers: dict[Node | str, Driver] = {}
        self.truths: dict[Node, list[bool | None]] = {}
        self.total = 1
        for leaf in leaves(skeleton):
            self.add(leaf)
        self.fits = self.total <= cap
        self.marks: Marks = self.evaluate(skeleton) if self.fits else (0, 0)

    def add(self, leaf: Node) -> None:
        """Make the digit that drives a clause or group, and note the clause's truth for each value."""
        if leaf[0] == "group":
            waiting = {name: None for end in leaves(leaf[1]) for name in self.residue.gaps[end].names}
            self.digit(leaf, 3, tuple(waiting))
            return
        gap = self.residue.gaps[leaf]
        if gap.turns is None:
            self.digit(leaf, 3, gap.names)
            self.truths[leaf] = [gap.settled, True, False]
            return
        name = gap.names[0]
        if name not in self.drivers:
            self.add_column(name)

    def add_column(self, name: str) -> None:
        """Make the digit of a column: one value for each way in which its clauses behave together."""
        driven = [leaf for leaf, gap in self.residue.gaps.items() if gap.turns is not None and gap.names[0] == name]
        found = self.residue.cells(name)
        behaviour = list(dict.fromkeys(zip(*(self.residue.truths(leaf, found) for leaf in driven), strict=True)))
        for place, leaf in enumerate(driven):
            self.truths[leaf] = [self.residue.gaps[leaf].settled, *(said[place] for said in behaviour)]
        self.digit(name, len(behaviour) + 1, (name,))

    def digit(self, key: Node | str, size: int, waiting: tuple[str, ...]) -> None:
        """Make a digit, if it is not there yet."""
        if key not in self.drivers:
            self.drivers[key] = Driver(size, self.total, waiting)
            self.total *= size

    def where(self, driver: Driver, place: int) -> int:
        """The combinations in which a digit has this value."""
        marks = ((1 << driver.step) - 1) << (place * driver.step)
        width = driver.size * driver.step
        while width < self.total:
            marks |= marks << width
            width *= 2
        return marks & ((1 << self.total) - 1)

    def evaluate(self, node: Node) -> Marks:
        """Where a part is true and where it is false."""
        tag = node[0]
        if tag == "not":
            true, false = self.evaluate(node[1])
            return false, true
        if tag in ("and", "or"):
            marks = [self.evaluate(part) for part in node[1:]]
            every, some = (0, 1) if tag == "and" else (1, 0)
            meet, join = marks[0][every], marks[0][some]
            for mark in marks[1:]:
                meet &= mark[every]
                join |= mark[some]
            return (meet, join) if tag == "and" else (join, meet)
        if tag == "at_least":
            marks = [self.evaluate(part) for part in node[2:]]
            needed = int(node[1])
            true = _counted(needed, [mark[0] for mark in marks])
            return true, _counted(len(marks) - needed + 1, [mark[1] for mark in marks])
        if tag == "group":
            driver = self.drivers[node]
            return self.where(driver, 1), self.where(driver, 2)
        return self.clause(node)

    def clause(self, leaf: Node) -> Marks:
        """Where a clause is true and where it is false."""
        gap = self.residue.gaps[leaf]
        driver = self.drivers[leaf if gap.turns is None else gap.names[0]]
        true = false = 0
        for place, said in enumerate(self.truths[leaf]):
            if said is True:
                true |= self.where(driver, place)
            elif said is False:
                false |= self.where(driver, place)
        return true, false

    def relevant_names(self) -> set[str]:
        """The columns behind every digit that changes the outcome in some combination."""
        found: set[str] = set()
        for driver in self.drivers.values():
            if not self.fits or self.matters(driver):
                found.update(driver.names)
        return found

    def matters(self, driver: Driver) -> bool:
        """Whether some value of a digit changes the outcome in some combination."""
        blank = self.where(driver, 0)
        for marks in self.marks:
            still = marks & blank
            for place in range(1, driver.size):
                if (marks >> (place * driver.step)) & blank != still:
                    return True
        return False

    def columns(self) -> list[str]:
        """The columns that are digits by themselves."""
        return [key for key in self.drivers if isinstance(key, str)]

    def group_outcomes(self) -> Iterator[tuple[Node, bool | None, bool | None]]:
        """Each group with the outcome if it alone turns out true, or false."""
        for key, driver in self.drivers.items():
            if self.fits and isinstance(key, tuple) and key[0] == "group":
                yield key[1], self.outcome(driver.step), self.outcome(2 * driver.step)

    def outcome(self, place: int) -> bool | None:
        """What the whole becomes in one combination."""
        true, false = self.marks
        return True if true >> place & 1 else False if false >> place & 1 else None


def _counted(needed: int, marks: list[int]) -> int:
    """Where at least `needed` of the marks are set."""
    reached = [0] * needed
    for mark in marks:
        for place in range(needed - 1, 0, -1):
            reached[place] |= reached[place - 1] & mark
        reached[0] |= mark
    return reached[-1]
