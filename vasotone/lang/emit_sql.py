"""Nodes to one plain SELECT that DuckDB, SQLite, Spark and others run as it stands.

Definitions become steps of a WITH clause. Numbers are written with an exponent, which makes them
double everywhere: no integer division, no decimal arithmetic, no comparison in 32 bits. A column that
holds numbers is read as a double, and as unknown where it is not finite: engines take not-a-number for
more than everything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vasotone.lang.emit import numeric_names
from vasotone.lang.emit_polars import stages
from vasotone.lang.node import ARITHMETIC, COMPARISONS, TESTS, Node, names

COUNTED = "_counted_"
LARGEST = "1.7976931348623157e308"  # that a double holds


def sql_select(
    outputs: Sequence[tuple[str, Node]],
    definitions: Mapping[str, Node],
    table: str,
    keys: Sequence[str],
    quote: str = '"',
) -> str:
    """One SELECT of the keys and a truth value (true, false or null) for each output.

    Every column that is read must exist in the table; `table` may be written `schema.table`.
    """
    writer = _Writer(quote)
    extra: dict[str, Node] = {}
    results = [(key, writer.lift(node, extra)) for key, node in outputs]
    staged = {name: writer.lift(node, extra) for name, node in definitions.items()}
    staged.update(extra)
    nodes = [node for _, node in results]
    read = dict.fromkeys(name for _, node in outputs for name in names(node, definitions))
    carried = [writer.name(name) for name in dict.fromkeys([*keys, *read])]
    numbers = numeric_names([*nodes, *staged.values()]) - set(keys)
    columns = [
        f"{writer.finite(name)} AS {writer.name(name)}" if name in numbers else writer.name(name)
        for name in dict.fromkeys([*keys, *read])
    ]
    steps = [f"step_0 AS (SELECT {', '.join(columns)} FROM {writer.table(table)})"]
    for number, stage in enumerate(stages(nodes, staged), 1):
        made = [f"{writer.condition(staged[name])} AS {writer.name(name)}" for name in stage]
        steps.append(f"step_{number} AS (SELECT {', '.join([*carried, *made])} FROM step_{number - 1})")
        carried += [writer.name(name) for name in stage]
    shown = [writer.name(key) for key in keys]
    shown += [f"{writer.condition(node)} AS {writer.name(key)}" for key, node in results]
    return "WITH " + ",\n     ".join(steps) + "\nSELECT " + ",\n       ".join(shown) + f"\nFROM step_{len(steps) - 1}"


def sql_formula(node: Node, quote: str = '"') -> str:
    """The SQL of a numeric formula; null where an input is null or not finite, or a divisor is zero."""
    return _Writer(quote, guarded=True).value(node)


class _Writer:
    """Writes SQL with one kind of identifier quote."""

    def __init__(self, quote: str, *, guarded: bool = False) -> None:
        self.quote, self.guarded = quote, guarded

    def name(self, text: str) -> str:
        return self.quote + text.replace(self.quote, self.quote * 2) + self.quote

    def finite(self, text: str) -> str:
        """A column as a double, null where it is not finite."""
        name = self.name(text)
        return f"CASE WHEN {name} BETWEEN -{LARGEST} AND {LARGEST} THEN {name} * 1e0 END"

    def table(self, text: str) -> str:
        return ".".join(self.name(part) for part in text.split("."))

    def lift(self, node: Node, extra: dict[str, Node]) -> Node:
        """The node with each condition inside at_least put in a step of its own: it is written twice."""
        tag = node[0]
        if tag in ("and", "or", "not"):
            return (tag, *(self.lift(part, extra) for part in node[1:]))
        if tag != "at_least":
            return node
        members: list[Node] = []
        for part in node[2:]:
            inner = self.lift(part, extra)
            if inner[0] in ("and", "or", "not", "at_least", "between", "in"):
                key = next((name for name, known in extra.items() if known == inner), f"{COUNTED}{len(extra)}")
                extra[key] = inner
                inner = ("name", key)
            members.append(inner)
        return (tag, node[1], *members)

    def condition(self, node: Node) -> str:
        tag = node[0]
        if tag in ("and", "or"):
            return "(" + f" {tag.upper()} ".join(self.condition(part) for part in node[1:]) + ")"
        if tag == "not":
            return f"(NOT {self.condition(node[1])})"
        if tag == "at_least":
            return self.count(int(node[1]), [self.condition(part) for part in node[2:]])
        if tag == "name":
            return self.name(node[1])
        if tag == "assume":
            return self.value(node)
        if tag in TESTS:
            return f"({self.name(node[1][1])} IS {'NOT NULL' if tag == 'known' else tag.upper()})"
        left = self.value(node[1])
        if tag == "between":
            return f"({left} BETWEEN {self.value(node[2])} AND {self.value(node[3])})"
        if tag == "in":
            return f"({left} IN ({', '.join(self.value(part) for part in node[2:])}))"
        assert tag in COMPARISONS
        return f"({left} {tag} {self.value(node[2])})"

    def count(self, needed: int, members: list[str]) -> str:
        sure = " + ".join(f"CASE WHEN {part} THEN 1 ELSE 0 END" for part in members)
        possible = " + ".join(f"CASE WHEN NOT {part} THEN 0 ELSE 1 END" for part in members)
        return f"(CASE WHEN {sure} >= {needed} THEN TRUE WHEN {possible} < {needed} THEN FALSE END)"

    def value(self, node: Node) -> str:
        tag = node[0]
        if tag == "name":
            return f"({self.finite(node[1])})" if self.guarded else self.name(node[1])
        if tag == "num":
            text = repr(node[1])
            text = text if "e" in text else text + "e0"
            return f"({text})" if node[1] < 0 else text
        if tag == "text":
            return "'" + str(node[1]).replace("'", "''") + "'"
        if tag == "bool":
            return "TRUE" if node[1] else "FALSE"
        if tag == "assume":
            return f"COALESCE({self.name(node[1][1])}, {self.value(node[2])})"
        assert tag in ARITHMETIC
        right = self.value(node[2])
        if tag == "/" and node[2][0] != "num":
            right = f"NULLIF({right}, 0e0)"
        return f"({self.value(node[1])} {tag} {right})"
