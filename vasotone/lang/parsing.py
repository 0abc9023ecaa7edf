"""Text to nodes: a closed subset of SQL boolean expressions, read by recursive descent.

What is not in the grammar is refused with a caret and a hint; nothing is passed through.
"""

from __future__ import annotations

from collections.abc import Callable

from vasotone.lang.node import ARITHMETIC, COMPARISONS, Node, is_condition
from vasotone.lang.tokens import KEYWORDS, Source, Token, source, tokens

DEEPEST = 64
MOST_OPERATIONS = 64

CONNECTORS = frozenset(("and", "or"))
FUNCTIONS = frozenset(("at_least", "assume", "known"))


def parse(text: str, *, where: str = "") -> Node:
    """The node of a condition; ConditionError with a caret for anything outside the grammar."""
    return parse_with_spans(text, where=where)[0]


def parse_with_spans(text: str, *, where: str = "") -> tuple[Node, dict[int, int]]:
    """The node of a condition and, by `id` of each node inside it, the position where it begins."""
    parser = _Parser(source(text, where))
    node = parser.condition()
    parser.finish(node)
    return node, parser.spans


def parse_formula(text: str, *, where: str = "") -> Node:
    """The node of a numeric formula; division by a column is allowed here, and by zero is unknown."""
    return parse_formula_with_spans(text, where=where)[0]


def parse_formula_with_spans(text: str, *, where: str = "") -> tuple[Node, dict[int, int]]:
    """Like `parse_formula`, with the position where each node begins, by its `id`."""
    parser = _Parser(source(text, where), formula=True)
    node = parser.sum()
    parser.trailing()
    return node, parser.spans


class _Parser:
    """Reads one text; keeps the position of every node that it makes."""

    def __init__(self, src: Source, *, formula: bool = False) -> None:
        self.src = src
        self.formula = formula
        self.tokens = tokens(src)
        self.at = 0
        self.depth = 0
        self.operations = 0
        self.spans: dict[int, int] = {}

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def take(self, kind: str, what: str, hint: str = "") -> Token:
        token = self.next
        if token.kind != kind:
            raise self.src.error(f"expected {what}{self.seen(token)}", token.start, hint)
        self.at += 1
        return token

    @staticmethod
    def seen(token: Token) -> str:
        return ", but the text ends here" if token.kind == "end" else f", seen '{token.value}'"

    def make(self, start: int, *node: object) -> Node:
        self.spans[id(node)] = start
        return node

    def deeper(self, start: int) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.src.error(f"nested deeper than {DEEPEST}", start, "give inner parts names in definitions")

    # conditions

    def condition(self) -> Node:
        start = self.next.start
        first = self.negation()
        joiner = self.next.kind
        if joiner not in CONNECTORS:
            return first
        members = [self.required(first, start)]
        while self.next.kind in CONNECTORS:
            if self.next.kind != joiner:
                raise self.src.error(
                    "and and or stand side by side", self.next.start, "add parentheses: (a and b) or c"
                )
            self.at += 1
            begin = self.next.start
            members.append(self.required(self.negation(), begin))
        flat: list[Node] = []
        for member in members:
            flat.extend(member[1:] if member[0] == joiner else (member,))
        return self.make(start, joiner, *flat)

    def required(self, node: Node, start: int) -> Node:
        """The node, if it can be a condition; a bare number or sum cannot."""
        if not is_condition(node) and node[0] not in ("name", "assume"):
            if node[0] == "bool":
                raise self.src.error(
                    "true and false stand only after is and in assume", start, "leave out what always holds"
                )
            raise self.src.error("this is a value, not a condition", start, "compare it: value < number")
        return node

    def negation(self) -> Node:
        token = self.next
        if token.kind != "not":
            return self.predicate()
        self.at += 1
        self.deeper(token.start)
        begin = self.next.start
        node = self.make(token.start, "not", self.required(self.negation(), begin))
        self.depth -= 1
        return node

    def predicate(self) -> Node:
        start = self.next.start
        left = self.sum()
        token = self.next
        if token.kind in COMPARISONS:
            return self.comparison(left, start, token)
        if token.kind == "between":
            self.at += 1
            self.value(left, start)
            low = self.operand()
            self.take("and", "'and' after the lower bound", "write x between a and b")
            return self.make(start, "between", left, low, self.operand())
        if token.kind == "in":
            self.at += 1
            return self.membership(left, start)
        if token.kind == "not":
            self.at += 1
            if self.next.kind == "between":
                raise self.src.error(
                    "between cannot be negated in place", token.start, "write not (x between a and b)"
                )
            self.take("in", "'in' after 'not'")
            return self.make(start, "not", self.membership(left, start))
        if token.kind == "is":
            self.at += 1
            return self.is_test(left, start)
        return left

    def comparison(self, left: Node, start: int, token: Token) -> Node:
        self.at += 1
        self.value(left, start)
        if self.next.kind in COMPARISONS:
            raise self.src.error(
                f"'{token.value}{self.next.value}' is not a comparison", token.start, "use = <> < <= > >="
            )
        node = self.make(start, token.kind, left, self.operand())
        if self.next.kind in COMPARISONS:
            raise self.src.error(
                "comparisons cannot be chained",
                self.next.start,
                "write x between a and b, or join two with and",
            )
        return node

    def operand(self) -> Node:
        start = self.next.start
        return self.value(self.sum(), start)

    def value(self, node: Node, start: int) -> Node:
        """The node, if it can be compared; a condition cannot."""
        if is_condition(node):
            raise self.src.error(
                "a condition cannot be compared or reckoned with", start, "join conditions with and or or"
            )
        if node[0] == "bool":
            raise self.src.error("true and false cannot be compared", start, "write the name alone, or not name")
        return node

    def membership(self, left: Node, start: int) -> Node:
        self.value(left, start)
        self.take("(", "'(' after 'in'")
        members = [self.constant("a constant in the list")]
        while self.next.kind == ",":
            self.at += 1
            members.append(self.constant("a constant in the list"))
            if members[-1] in members[:-1]:
                raise self.src.error("the list holds this twice", self.spans[id(members[-1])], "name each value once")
        self.take(")", "',' or ')' in the list")
        return self.make(start, "in", left, *members)

    def is_test(self, left: Node, start: int) -> Node:
        negated = self.next.kind == "not"
        if negated:
            self.at += 1
        token = self.next
        if token.kind not in ("null", "true", "false"):
            raise self.src.error(
                f"expected null, true or false after 'is'{self.seen(token)}",
                token.start,
                "compare values with =",
            )
        if left[0] != "name":
            raise self.src.error(
                "only a name can stand before 'is'", start, "give the condition a name in definitions"
            )
        self.at += 1
        node = self.make(start, token.kind, left)
        return self.make(start, "not", node) if negated else node

    def call(self, token: Token) -> Node:
        self.at += 1
        self.deeper(token.start)
        self.take("(", f"'(' after '{token.value}'")
        if token.kind == "at_least":
            node = self.at_least(token)
        else:
            name = self.take("name", f"a name in {token.kind}(...)")
            inner = self.make(name.start, "name", name.value)
            if token.kind == "known":
                node = self.make(token.start, "known", inner)
            else:
                self.take(",", "',' and the value to assume", "write assume(x, constant)")
                node = self.make(token.start, "assume", inner, self.constant("the value to assume", truth=True))
        self.take(")", f"')' to end {token.kind}(...)")
        self.depth -= 1
        return node

    def at_least(self, token: Token) -> Node:
        count = self.take("number", "a whole number first in at_least(...)", "write at_least(2, a, b, c)")
        if not count.value.isdigit():
            raise self.src.error("at_least counts in whole numbers", count.start, "write at_least(2, a, b, c)")
        members: list[Node] = []
        while self.next.kind == ",":
            self.at += 1
            begin = self.next.start
            members.append(self.required(self.condition(), begin))
        if not members:
            raise self.src.error("at_least has no conditions", self.next.start, "write at_least(2, a, b, c)")
        if not 1 <= int(count.value) <= len(members):
            raise self.src.error(
                f"at_least({count.value}, ...) has {len(members)} conditions",
                count.start,
                f"the count lies between 1 and {len(members)}",
            )
        return self.make(token.start, "at_least", float(count.value), *members)

    # values

    def sum(self) -> Node:
        return self.chain(("+", "-"), self.product)

    def product(self) -> Node:
        return self.chain(("*", "/"), self.atom)

    def chain(self, operators: tuple[str, str], inner: Callable[[], Node]) -> Node:
        start = self.next.start
        node = inner()
        while self.next.kind in operators:
            token = self.next
            self.at += 1
            self.operations += 1
            if self.operations > MOST_OPERATIONS:
                raise self.src.error(f"more than {MOST_OPERATIONS} operations", token.start, "use a derived variable")
            self.value(node, start)
            begin = self.next.start
            right = self.value(inner(), begin)
            if token.kind == "/":
                self.divisor(right, begin)
            node = self.make(start, token.kind, node, right)
        return node

    def divisor(self, node: Node, start: int) -> None:
        if node[0] == "num":
            if node[1] == 0:
                raise self.src.error("this divides by zero", start)
        elif not self.formula:
            raise self.src.error(
                "a condition divides by a constant only",
                start,
                "multiply both sides, or use a derived variable",
            )

    def atom(self) -> Node:
        token = self.next
        if token.kind == "name":
            self.at += 1
            if self.next.kind == "(":
                raise self.src.error(
                    f"'{token.value}' is not a function here",
                    token.start,
                    "only at_least(...), assume(...) and known(...) take parentheses",
                )
            return self.make(token.start, "name", token.value)
        if token.kind in ("number", "text", "-", "true", "false"):
            if self.formula and token.kind in ("text", "true", "false"):
                raise self.src.error(f"a formula holds numbers and names only{self.seen(token)}", token.start)
            return self.constant("a value", truth=True)
        if token.kind in FUNCTIONS and not self.formula:
            return self.call(token)
        if token.kind == "(":
            self.at += 1
            self.deeper(token.start)
            node = self.sum() if self.formula else self.condition()
            self.take(")", "')'", "close the parenthesis")
            self.depth -= 1
            return node
        raise self.src.error(f"expected a name or a value{self.seen(token)}", token.start)

    def constant(self, what: str, *, truth: bool = False) -> Node:
        token = self.next
        if token.kind == "-":
            self.at += 1
            number = self.take("number", "a number after '-'", "subtract from a value: 0 - x")
            return self.number(number, token.start, -1.0)
        self.at += 1
        if token.kind == "number":
            return self.number(token, token.start, 1.0)
        if token.kind == "text":
            if token.value == "''":
                raise self.src.error(
                    "this text constant is empty", token.start, "use known(x) to ask whether it is there"
                )
            return self.make(token.start, "text", token.value[1:-1])
        if truth and token.kind in ("true", "false"):
            return self.make(token.start, "bool", token.kind == "true")
        hint = "use is null or known(x)" if token.kind == "null" else "a number or 'text'"
        raise self.src.error(f"expected {what}{self.seen(token)}", token.start, hint)

    def number(self, token: Token, start: int, sign: float) -> Node:
        value = float(token.value)
        if value > 1e15:
            raise self.src.error("this number is too large", token.start)
        return self.make(start, "num", sign * value if value else 0.0)

    # the end

    def finish(self, node: Node) -> None:
        self.trailing()
        self.required(node, self.spans.get(id(node), 0))

    def trailing(self) -> None:
        token = self.next
        if token.kind == "end":
            return
        before = self.tokens[self.at - 1]
        hint = "join conditions with and or or"
        if token.kind == ")":
            hint = "this parenthesis was never opened"
        elif token.kind == ",":
            hint = (
                "a decimal is written with a point" if before.kind == "number" else "join conditions with and or or"
            )
        elif token.kind == "name" and before.kind == "number":
            hint = "numbers carry no unit; they are in the unit of their column"
        elif self.formula and (token.kind in COMPARISONS or token.kind in KEYWORDS):
            hint = "a formula is a number; comparisons belong in conditions"
        elif token.kind in ARITHMETIC:
            hint = "reckon inside the comparison"
        raise self.src.error(f"'{token.value}' is not expected here", token.start, hint)
