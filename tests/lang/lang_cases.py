"""Random conditions, each made together with its meaning as a plain function: the independent oracle.

The text and the function are built side by side and never from each other, so the parser, the checks
and every emitter are tested against something that shares no code with them.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from typing import Any, NamedTuple

from vasotone.lang import Column

Truth = bool | None
Row = dict[str, Any]

COLUMNS = {
    "pa": Column("pa", "number", 20.0, 200.0, unit="mm[Hg]", label="pressure a"),
    "pb": Column("pb", "number", 20.0, 200.0, unit="mm[Hg]", label="pressure b"),
    "dose": Column("dose", "number", 0.0, 5.0, unit="ug/kg/min", label="dose"),
    "acid": Column("acid", "number", 0.0, 30.0, unit="mmol/L", label="acid"),
    "ill": Column("ill", "flag", label="illness"),
    "old": Column("old", "flag", label="old age"),
    "kind": Column("kind", "choice", values=("red", "green", "blue"), label="kind"),
}
THRESHOLDS = {"pa": (60.0, 70.0), "pb": (65.0, 75.0), "dose": (0.1, 0.25), "acid": (2.0, 4.0)}
VALUES: dict[str, tuple[Any, ...]] = {
    "pa": (50.0, 60.0, 65.0, 70.0, 80.0, None),
    "pb": (55.0, 65.0, 70.0, 75.0, 85.0, None),
    "dose": (0.05, 0.1, 0.2, 0.25, 0.3, None),
    "acid": (1.0, 2.0, 3.0, 4.0, 6.0, None),
    "ill": (True, False, None),
    "old": (True, False, None),
    "kind": ("red", "green", "blue", None),
}
NUMBERS = tuple(THRESHOLDS)


class Case(NamedTuple):
    """A condition: its text, its meaning, whether clauses tie columns, and columns under known or assume."""

    text: str
    means: Callable[[Row], Truth]
    tied: bool
    facts: frozenset[str]


def rows(count: int, seed: int, gaps: float = 0.0) -> list[Row]:
    """Rows on the boundary values, with gaps, and with more of them where `gaps` is above 0."""
    rng = random.Random(seed)
    return [
        {name: None if rng.random() < gaps else rng.choice(values) for name, values in VALUES.items()}
        for _ in range(count)
    ]


def every_row(names: list[str]) -> list[Row]:
    """All combinations of boundary values of a few columns."""
    return [dict(zip(names, values, strict=True)) for values in itertools.product(*(VALUES[n] for n in names))]


def both(first: Truth, second: Truth) -> Truth:
    return False if first is False or second is False else None if None in (first, second) else True


def either(first: Truth, second: Truth) -> Truth:
    return True if first is True or second is True else None if None in (first, second) else False


def negated(truth: Truth) -> Truth:
    return None if truth is None else not truth


COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "!=": lambda a, b: a != b,
}


def compared(op: str, first: Any, second: Any) -> Truth:
    return None if first is None or second is None else COMPARE[op](first, second)


class Maker:
    """Makes conditions; `definitions` are cases that may be called by name."""

    def __init__(self, seed: int, *, tie: bool = True, facts: bool = True) -> None:
        self.rng = random.Random(seed)
        self.tie = tie
        self.facts = facts
        self.definitions: dict[str, Case] = {}

    def define(self, count: int) -> None:
        """Add named conditions; later ones may use earlier ones."""
        for number in range(count):
            self.definitions[f"sign_{number}"] = self.case(2)

    def case(self, depth: int = 3) -> Case:
        rng = self.rng
        if depth == 0 or rng.random() < 0.2:
            return self.clause()
        choice = rng.choice(("and", "or", "and", "or", "not", "at_least"))
        if choice == "not":
            inner = self.case(depth - 1)
            return inner._replace(text=f"not ({inner.text})", means=lambda row: negated(inner.means(row)))
        members = [self.case(depth - 1) for _ in range(rng.choice((2, 2, 3, 4)))]
        tied = any(case.tied for case in members)
        facts = frozenset().union(*(case.facts for case in members))
        if choice == "at_least":
            needed = rng.randint(1, len(members))
            text = f"at_least({needed}, {', '.join(case.text for case in members)})"
            return Case(text, lambda row: self.counted(needed, members, row), tied, facts)
        text = f" {self.spelled(choice)} ".join(f"({case.text})" for case in members)
        fold = both if choice == "and" else either

        def means(row: Row) -> Truth:
            truth: Truth = choice == "and"
            for case in members:
                truth = fold(truth, case.means(row))
            return truth

        return Case(text, means, tied, facts)

    def spelled(self, word: str) -> str:
        return self.rng.choice((word, word.upper(), word.capitalize()))

    @staticmethod
    def counted(needed: int, members: list[Case], row: Row) -> Truth:
        said = [case.means(row) for case in members]
        outcomes = {
            sum(filled) >= needed
            for filled in itertools.product(*([truth] if truth is not None else [True, False] for truth in said))
        }
        return outcomes.pop() if len(outcomes) == 1 else None

    def clause(self) -> Case:
        kinds = ["number", "number", "number", "between", "member", "flag", "choice", "is_test"]
        kinds += ["fact", "fact"] if self.facts else []
        kinds += ["sum", "pair"] if self.tie else []
        kinds += ["definition", "definition"] if self.definitions else []
        made: Case = getattr(self, self.rng.choice(kinds))()
        return made

    def plain(self, text: str, means: Callable[[Row], Truth], *facts: str, tied: bool = False) -> Case:
        return Case(text, means, tied, frozenset(facts))

    def number(self) -> Case:
        rng = self.rng
        name = rng.choice(NUMBERS)
        op, value = rng.choice(list(COMPARE)), rng.choice(THRESHOLDS[name])
        if rng.random() < 0.2:
            return self.plain(f"{value} {op} {name}", lambda row: compared(op, value, row[name]))
        return self.plain(f"{name} {op} {value:g}", lambda row: compared(op, row[name], value))

    def between(self) -> Case:
        name = self.rng.choice(NUMBERS)
        low, high = THRESHOLDS[name]

        def means(row: Row) -> Truth:
            return both(compared(">=", row[name], low), compared("<=", row[name], high))

        return self.plain(f"{name} between {low} and {high}", means)

    def member(self) -> Case:
        rng = self.rng
        if rng.random() < 0.5:
            name, chosen = "kind", rng.sample(list(VALUES["kind"][:3]), rng.choice((1, 2)))
            text = ", ".join(f"'{word}'" for word in chosen)
        else:
            name = rng.choice(NUMBERS)
            chosen = list(THRESHOLDS[name])
            text = ", ".join(str(value) for value in chosen)
        negate = rng.random() < 0.4

        def means(row: Row) -> Truth:
            inside = None if row[name] is None else row[name] in chosen
            return negated(inside) if negate else inside

        return self.plain(f"{name} {'not ' if negate else ''}in ({text})", means)

    def flag(self) -> Case:
        name = self.rng.choice(("ill", "old"))
        return self.plain(name, lambda row: row[name])

    def choice(self) -> Case:
        op, word = self.rng.choice(("=", "<>")), self.rng.choice(VALUES["kind"][:3])
        return self.plain(f"kind {op} '{word}'", lambda row: compared(op, row["kind"], word))

    def is_test(self) -> Case:
        name, said = self.rng.choice(("ill", "old")), self.rng.choice((True, False))
        negate = self.rng.random() < 0.4
        text = f"{name} is {'not ' if negate else ''}{str(said).lower()}"
        return self.plain(text, lambda row: (row[name] is said) is not negate)

    def fact(self) -> Case:
        rng = self.rng
        name = rng.choice(list(VALUES))
        form = rng.randrange(6)
        if form == 0:
            return self.plain(f"known({name})", lambda row: row[name] is not None, name)
        if form == 1:
            return self.plain(f"{name} is null", lambda row: row[name] is None, name)
        if form == 2:
            return self.plain(f"{name} is not null", lambda row: row[name] is not None, name)
        if form == 3:
            name, said = rng.choice(("ill", "old")), rng.choice((True, False))
            text = f"assume({name}, {str(said).lower()})"
            return self.plain(text, lambda row: said if row[name] is None else row[name], name)
        if form == 4 and self.definitions:
            return self.about_definition()
        name = rng.choice(NUMBERS)
        low, high = THRESHOLDS[name]
        op = rng.choice(list(COMPARE))
        text = f"assume({name}, {low:g}) {op} {high:g}"
        return self.plain(text, lambda row: compared(op, low if row[name] is None else row[name], high), name)

    def about_definition(self) -> Case:
        name = self.rng.choice(list(self.definitions))
        inner = self.definitions[name]
        reads = frozenset(VALUES)
        if self.rng.random() < 0.5:
            return Case(f"known({name})", lambda row: inner.means(row) is not None, inner.tied, reads)

        def means(row: Row) -> Truth:
            truth = inner.means(row)
            return False if truth is None else truth

        return Case(f"assume({name}, false)", means, inner.tied, reads)

    def definition(self) -> Case:
        name = self.rng.choice(list(self.definitions))
        return self.definitions[name]._replace(text=name)

    def sum(self) -> Case:
        op = self.rng.choice(("<", "<=", ">", ">="))
        text, value = self.rng.choice((("pa * 2 - 10", 120.0), ("pa / 2 + 5", 37.5), ("3 * pa", 195.0)))

        def means(row: Row) -> Truth:
            if row["pa"] is None:
                return None
            reckoned = {
                "pa * 2 - 10": row["pa"] * 2 - 10,
                "pa / 2 + 5": row["pa"] / 2 + 5,
                "3 * pa": 3 * row["pa"],
            }
            return COMPARE[op](reckoned[text], value)

        return self.plain(f"{text} {op} {value}", means)

    def pair(self) -> Case:
        op = self.rng.choice(list(COMPARE))
        form = self.rng.randrange(3)
        if form == 0:
            return self.plain(f"pa {op} pb - 5", lambda row: compared(op, row["pa"], less(row["pb"], 5)), tied=True)
        if form == 1:
            text = f"(pa - pb) * 2 {op} 10"
            return self.plain(text, lambda row: compared(op, twice(row["pa"], row["pb"]), 10.0), tied=True)

        def means(row: Row) -> Truth:
            return both(compared(">=", row["pa"], 60.0), compared("<=", row["pa"], row["pb"]))

        return self.plain("pa between 60 and pb", means, tied=True)


def less(value: float | None, by: float) -> float | None:
    return None if value is None else value - by


def twice(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else (first - second) * 2
