"""Does a condition fit its columns? Names, types, allowed words, plausible thresholds, definitions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

from vasotone.errors import ConditionError
from vasotone.lang.linear import linear, turning_point
from vasotone.lang.node import (
    ARITHMETIC,
    COMPARISONS,
    TESTS,
    Column,
    Node,
    number_text,
    parts,
    to_text,
    used_definitions,
)
from vasotone.lang.parsing import parse_formula_with_spans, parse_with_spans
from vasotone.lang.tokens import source, tokens

DEEPEST_EXPANDED = 150
LARGEST_EXPANDED = 4000


def check(text: str, columns: Mapping[str, Column], definitions: Mapping[str, Node], *, where: str = "") -> Node:
    """The node of a condition whose names, types, words and thresholds fit; ConditionError otherwise."""
    node, spans = parse_with_spans(text, where=where)
    _Checker(text, where, spans, columns, definitions).condition(node)
    depth, size = _expanded(node, definitions, {})
    if depth > DEEPEST_EXPANDED or size > LARGEST_EXPANDED:
        raise source(text, where).error(
            "with its definitions written out this condition is too large",
            0,
            f"at most {DEEPEST_EXPANDED} levels and {LARGEST_EXPANDED} parts",
        )
    return node


def check_formula(text: str, columns: Mapping[str, Column], *, where: str = "") -> Node:
    """The node of a numeric formula whose names are all number columns; ConditionError otherwise."""
    node, spans = parse_formula_with_spans(text, where=where)
    _Checker(text, where, spans, columns, {}).number(node)
    return node


def check_definitions(texts: Mapping[str, str], columns: Mapping[str, Column]) -> dict[str, Node]:
    """All named conditions, each after those that it uses; ConditionError for cycles and taken names."""
    parsed: dict[str, tuple[Node, dict[int, int]]] = {}
    for name, text in texts.items():
        _check_name(name, columns)
        parsed[name] = parse_with_spans(text, where=name)
    nodes = {name: node for name, (node, _) in parsed.items()}
    for name in nodes:
        _refuse_cycle(name, nodes, parsed, texts)
    ready: dict[str, Node] = {}
    for name in used_definitions([("name", name) for name in nodes], nodes):
        # definitions that stand later are named too, so that a misspelt one is suggested
        ready[name] = check(texts[name], columns, ready, where=name)
    return ready


def _check_name(name: str, columns: Mapping[str, Column]) -> None:
    found = tokens(source(name, "name of a definition"))
    if len(found) != 2 or found[0].kind != "name":
        raise source(name, "name of a definition").error(
            "this cannot be a name", 0, "use lower-case letters, digits and underscores; no keyword"
        )
    if name in columns:
        raise source(name, "name of a definition").error(
            f"'{name}' is a column already", 0, "choose another name for the definition"
        )


def _refuse_cycle(
    name: str,
    nodes: dict[str, Node],
    parsed: dict[str, tuple[Node, dict[int, int]]],
    texts: Mapping[str, str],
) -> None:
    """Follow what a definition needs; when it needs itself, point at where it sets out to."""
    came_from: dict[str, str] = {}
    queue = [name]
    while queue:
        here = queue.pop(0)
        for used, position in _names_at(*parsed[here]):
            if used == name:
                chain = [here]
                while chain[-1] != name:
                    chain.append(came_from[chain[-1]])
                path = " -> ".join([*reversed(chain), name])
                if here == name:
                    first = position
                else:
                    first = next(at for word, at in _names_at(*parsed[name]) if word == chain[-2])
                raise source(texts[name], name).error(
                    "this definition needs itself", first, f"break the circle {path}"
                )
            if used in nodes and used not in came_from:
                came_from[used] = here
                queue.append(used)


def _names_at(node: Node, spans: dict[int, int]) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    stack = [node]
    while stack:
        here = stack.pop()
        if here[0] == "name":
            found.append((here[1], spans[id(here)]))
        stack.extend(reversed(parts(here)))
    return found


def _expanded(node: Node, definitions: Mapping[str, Node], known: dict[str, tuple[int, int]]) -> tuple[int, int]:
    """Depth and number of parts of a condition with its definitions written out."""
    if node[0] == "name":
        name = node[1]
        if name not in definitions:
            return 1, 1
        if name not in known:
            known[name] = _expanded(definitions[name], definitions, known)
        return known[name][0] + 1, known[name][1]
    depth, size = 0, 1
    for part in parts(node):
        below = _expanded(part, definitions, known)
        depth, size = max(depth, below[0]), size + below[1]
    return depth + 1, size


class _Checker:
    """Walks one condition with its positions at hand."""

    def __init__(
        self,
        text: str,
        where: str,
        spans: dict[int, int],
        columns: Mapping[str, Column],
        definitions: Mapping[str, Node],
    ) -> None:
        self.source = source(text, where)
        self.spans = spans
        self.columns = columns
        self.definitions = definitions

    def error(self, what: str, node: Node, hint: str = "") -> ConditionError:
        return self.source.error(what, self.spans.get(id(node), 0), hint)

    def kind(self, node: Node) -> str:
        """number, flag or choice, of a name that must be known; a definition is a flag."""
        name = node[1]
        if name in self.definitions:
            return "flag"
        column = self.columns.get(name)
        if column is None:
            self.unknown(node)
        return column.kind

    def unknown(self, node: Node) -> NoReturn:
        from difflib import get_close_matches  # only a mistake needs it

        near = get_close_matches(node[1], [*self.columns, *self.definitions], n=3, cutoff=0.6)
        hint = "did you mean " + " or ".join(f"'{name}'" for name in near) + "?" if near else ""
        raise self.error(
            f"'{node[1]}' is not a known variable or definition",
            node,
            hint or "the variables are listed in the data",
        )

    # conditions

    def condition(self, node: Node) -> None:
        tag = node[0]
        if tag in COMPARISONS:
            self.comparison(node)
        elif tag in ("and", "or", "not", "at_least"):
            for part in parts(node):
                self.condition(part)
        elif tag == "name":
            self.flag(node)
        elif tag == "assume":
            self.assume(node)
            self.flag(node[1])
        elif tag == "between":
            self.between(node)
        elif tag == "in":
            self.membership(node)
        elif tag in TESTS:
            self.test(node)

    def flag(self, node: Node) -> None:
        kind = self.kind(node)
        if kind == "number":
            raise self.error(
                f"'{node[1]}' is a number, not a condition", node, f"compare it, or write known({node[1]})"
            )
        if kind == "choice":
            raise self.error(
                f"'{node[1]}' is one of several words, not a condition",
                node,
                f"write {node[1]} = '{next(iter(self.columns[node[1]].values), 'word')}'",
            )

    def test(self, node: Node) -> None:
        name = node[1]
        kind = self.kind(name)
        if node[0] in ("known", "null"):
            return
        if kind != "flag":
            raise self.error(f"'{name[1]}' is not a yes-or-no value", name, f"write known({name[1]}) or compare it")
        if name[1] in self.definitions:
            raise self.error(
                f"'{name[1]}' is a definition",
                name,
                f"write assume({name[1]}, false), which shows the assumption",
            )

    def comparison(self, node: Node) -> None:
        tag, left, right = node
        if left[0] == "text" and right[0] != "text":
            left, right = right, left
        if right[0] == "text" or self.is_choice(left) or self.is_choice(right):
            self.words(node, left, right)
            return
        self.number(left)
        self.number(right)
        self.range(left, right, node)

    def is_choice(self, node: Node) -> bool:
        name = node[1] if node[0] == "assume" else node
        return name[0] == "name" and self.kind(name) == "choice"

    def words(self, node: Node, left: Node, right: Node) -> None:
        if not self.is_choice(left):
            self.not_words(left, right)
        if right[0] != "text":
            raise self.error("a word column is compared with text only", right, "write name = 'word'")
        if node[0] not in ("=", "<>"):
            raise self.error(f"words have no order, seen '{node[0]}'", node, "use =, <> or in ('a', 'b')")
        self.word(self.choice(left), right)

    def not_words(self, left: Node, right: Node) -> None:
        """Text stands beside something that holds no words: say which."""
        if left[0] == "text":
            raise self.error("two constants are compared", left, "one side needs a variable")
        if left[0] == "name" and self.kind(left) == "flag":
            raise self.error(f"'{left[1]}' is a yes-or-no value", left, f"write {left[1]} alone, or not {left[1]}")
        self.number(left)
        hint = "write the number without quotes" if right[0] == "text" else "compare a word column with text"
        raise self.error("a number is compared with words", right, hint)

    def choice(self, node: Node) -> Column:
        if node[0] == "assume":
            self.assume(node)
            node = node[1]
        return self.columns[node[1]]

    def word(self, column: Column, node: Node) -> None:
        if node[0] != "text":
            raise self.error(f"'{column.name}' holds words, not numbers", node, _listed(column))
        if column.values and node[1] not in column.values:
            from difflib import get_close_matches

            near = get_close_matches(node[1], column.values, n=1, cutoff=0.5)
            hint = f"did you mean '{near[0]}'? {_listed(column)}" if near else _listed(column)
            raise self.error(f"'{node[1]}' is not a value of {column.name}", node, hint)

    def between(self, node: Node) -> None:
        _, value, low, high = node
        for part in (value, low, high):
            if part[0] == "text" or self.is_choice(part):
                raise self.error("between compares numbers", part, "use in ('a', 'b') for words")
            self.number(part)
        if low[0] == "num" and high[0] == "num" and low[1] > high[1]:
            raise self.error("the bounds stand the wrong way round", low, "write the lower bound first")
        self.range(value, low, node)
        self.range(value, high, node)

    def membership(self, node: Node) -> None:
        value = node[1]
        if self.is_choice(value):
            column = self.choice(value)
            for constant in node[2:]:
                self.word(column, constant)
            return
        for constant in node[2:]:
            if constant[0] == "text":
                self.not_words(value, constant)
        self.number(value)
        for constant in node[2:]:
            self.range(value, constant, node)

    def assume(self, node: Node) -> None:
        _, name, constant = node
        kind = self.kind(name)
        wanted = {"number": "num", "flag": "bool", "choice": "text"}[kind]
        if constant[0] != wanted:
            hint = {
                "number": "assume a number",
                "flag": "assume true or false",
                "choice": "assume one of its words",
            }
            raise self.error(f"'{name[1]}' cannot be {to_text(constant)}", constant, hint[kind])
        if kind == "choice":
            self.word(self.columns[name[1]], constant)
        if kind == "number":
            self.plausible(self.columns[name[1]], constant[1], constant)

    # numbers

    def number(self, node: Node) -> None:
        tag = node[0]
        if tag in ARITHMETIC:
            self.number(node[1])
            self.number(node[2])
        elif tag == "assume":
            self.assume(node)
            self.number(node[1])
        elif tag == "text":
            raise self.error("text stands where a number is needed", node, "write the number without quotes")
        elif tag == "name" and (kind := self.kind(node)) != "number":
            if kind == "flag":
                what, hint = "a yes-or-no value", f"write {node[1]} alone, or not {node[1]}"
            else:
                what, hint = "one of several words", f"write {node[1]} = 'word'"
            raise self.error(f"'{node[1]}' is {what}, not a number", node, hint)

    def range(self, left: Node, right: Node, node: Node) -> None:
        """Where one column meets a constant, the value where it turns must be a plausible one."""
        found = turning_point(left, right, {})
        if found is not None:
            name, value = found
            place = right if right[0] == "num" else left if left[0] == "num" else node
            self.plausible(self.columns[name], value, place)
            return
        one, other = linear(left, {}), linear(right, {})
        if one is not None and other is not None and one.factors == other.factors:
            raise self.error("no variable decides this comparison", node, "one side needs a variable")

    def plausible(self, column: Column, value: float, node: Node) -> None:
        slack = 1e-9 * max(1.0, abs(value))
        low, high = column.low, column.high
        if (low is not None and value < low - slack) or (high is not None and value > high + slack):
            unit = f" {column.unit}" if column.unit not in ("", "1") else ""
            raise self.error(
                f"{number_text(float(f'{value:.12g}'))} lies outside the plausible range of {column.name}",
                node,
                f"{column.name} lies between {_bound(low)} and {_bound(high)}{unit}; is the unit right?",
            )


def _bound(value: float | None) -> str:
    return "any value" if value is None else number_text(float(value))


def _listed(column: Column) -> str:
    return "its words: " + ", ".join(column.values[:12]) + (", …" if len(column.values) > 12 else "")
