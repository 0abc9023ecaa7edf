"""Nodes to the source of one plain Python function, three-valued, for one patient.

Every condition becomes two tests, "is true" and "is false"; where neither holds the answer is None.
An unknown number is held as not-a-number, for which every comparison fails, so that neither test
passes and no test for None is needed; a not-a-number in the row is unknown for the same reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vasotone.lang.node import ARITHMETIC, COMPARISONS, OPPOSITE, TESTS, Node, names, parts, used_definitions

_PYTHON = {"=": "==", "<>": "!="}


def python_source(name: str, outputs: Sequence[tuple[str, Node]], definitions: Mapping[str, Node]) -> str:
    """Source of `name(row)`: a mapping of columns in, a tuple of True, False or None out, in order.

    The row holds a number, a bool, text or None (or nothing) per column; flags are bool, not 0 or 1.
    """
    nodes = [node for _, node in outputs]
    writer = _Writer(nodes, definitions)
    body = [f"    d_{used} = {writer.outcome(definitions[used])}" for used in used_definitions(nodes, definitions)]
    results = [f"        {writer.outcome(node)},  # {_remark(key)}" for key, node in outputs]
    columns = writer.columns()
    read = f", read=itemgetter({', '.join(map(repr, columns))})" if len(columns) > 1 else ""
    lines = ["from operator import itemgetter", "", f'def {name}(row, nan=float("nan"){read}):']
    lines += writer.reads()
    lines += body
    lines += ["    return (", *results, "    )"]
    return "\n".join(lines) + "\n"


def _remark(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)


class _Writer:
    """Writes tests; remembers which columns hold numbers and which assumed values are needed."""

    def __init__(self, nodes: list[Node], definitions: Mapping[str, Node]) -> None:
        self.definitions = definitions
        used = used_definitions(nodes, definitions)
        self.nodes = [*(definitions[name] for name in used), *nodes]
        self.numbers = numeric_names(self.nodes)
        self.assumed: dict[Node, str] = {}

    def columns(self) -> list[str]:
        """Every column that is read, each once."""
        return list(dict.fromkeys(column for node in self.nodes for column in names(node, self.definitions)))

    def reads(self) -> list[str]:
        """Lines that read each column once into a local: all at one stroke from a whole row, else one by one."""
        columns = self.columns()
        one_by_one = [f'c_{column} = row.get("{column}")' for column in columns]
        if len(columns) > 1:
            lines = ["    try:", f"        {', '.join(f'c_{column}' for column in columns)} = read(row)"]
            lines += ["    except KeyError:", *(f"        {line}" for line in one_by_one)]
        else:
            lines = [f"    {line}" for line in one_by_one]
        for column in columns:
            if column in self.numbers:
                lines.append(f"    if c_{column} is None: c_{column} = nan")
        for node, local in self.assumed.items():
            inner, value = node[1][1], node[2][1]
            known = f"c_{inner} == c_{inner}" if inner in self.numbers else f"c_{inner} is not None"
            lines.append(f"    {local} = c_{inner} if {known} else {value!r}")
        return lines

    def outcome(self, node: Node) -> str:
        if node[0] == "name":
            return self.local(node)
        # false first: for one patient most conditions are
        return f"False if {self.test(node, False)} else True if {self.test(node, True)} else None"

    def local(self, node: Node) -> str:
        return f"d_{node[1]}" if node[1] in self.definitions else f"c_{node[1]}"

    def test(self, node: Node, want: bool) -> str:
        """An expression, true or false only, for "the node is `want`"."""
        tag = node[0]
        if tag == "not":
            return self.test(node[1], not want)
        if tag == "and" or tag == "or":
            joiner = " and " if (tag == "and") == want else " or "
            return "(" + joiner.join(self.test(part, want) for part in node[1:]) + ")"
        if tag == "at_least":
            members, count = node[2:], int(node[1])
            needed = count if want else len(members) - count + 1
            return "(" + " + ".join(self.test(part, want) for part in members) + f" >= {needed})"
        if tag == "name":
            return f"({self.local(node)} is {want})"
        if tag == "assume":
            value = self.local(node[1])
            if node[2][1] is want:
                return f"({value} is not {not want})"
            return f"({value} is {want})"
        if tag in TESTS:
            return self.about(node, want)
        return self.compare(node, want)

    def about(self, node: Node, want: bool) -> str:
        tag, name = node
        value = self.local(name)
        if tag == "known" or tag == "null":
            known = want == (tag == "known")
            if name[1] in self.numbers:
                return f"({value} == {value})" if known else f"({value} != {value})"
            return f"({value} is not None)" if known else f"({value} is None)"
        said = tag == "true"
        return f"({value} is {said})" if want else f"({value} is not {said})"

    def compare(self, node: Node, want: bool) -> str:
        tag = node[0]
        left = self.value(node[1])
        if tag == "between":
            low, high = self.value(node[2]), self.value(node[3])
            return f"({low} <= {left} <= {high})" if want else f"({left} < {low} or {left} > {high})"
        if tag == "in":
            return self.member(node, left, want)
        right = self.value(node[2])
        if not want:
            tag = OPPOSITE[tag]
        if tag == "<>":
            word = node[1] if node[2][0] == "text" else node[2] if node[1][0] == "text" else None
            if word is not None:
                return f"({self.value(word)} is not None and {left} != {right})"
            return f"({left} < {right} or {left} > {right})"
        return f"({left} {_PYTHON.get(tag, tag)} {right})"

    def member(self, node: Node, left: str, want: bool) -> str:
        listed = "(" + "".join(f"{part[1]!r}, " for part in node[2:]) + ")"
        if want:
            return f"({left} in {listed})"
        known = f"{left} is not None" if node[2][0] == "text" else f"{left} == {left}"
        return f"({known} and {left} not in {listed})"

    def value(self, node: Node) -> str:
        tag = node[0]
        if tag == "name":
            return f"c_{node[1]}"
        if tag == "assume":
            return self.assumed.setdefault(node, f"a{len(self.assumed)}_{node[1][1]}")
        if tag in ARITHMETIC:
            return f"({self.value(node[1])} {tag} {self.value(node[2])})"
        return repr(node[1]) if tag != "num" or node[1] >= 0 else f"({node[1]!r})"


def numeric_names(nodes: list[Node]) -> set[str]:
    """The columns that stand where a number stands."""
    found: set[str] = set()
    for top in nodes:
        stack = [(top, False)]
        while stack:
            node, number = stack.pop()
            tag = node[0]
            if tag == "name":
                if number:
                    found.add(node[1])
            elif tag == "assume":
                if node[2][0] == "num":
                    found.add(node[1][1])
            elif tag in COMPARISONS or tag == "in":
                words = any(part[0] == "text" for part in node[1:])
                stack.extend((part, not words) for part in node[1:])
            elif tag not in TESTS:
                stack.extend((part, tag == "between" or tag in ARITHMETIC) for part in parts(node))
    return found


def python_formulas(name: str, outputs: Sequence[tuple[str, Node]], *, exact: bool = False) -> str:
    """Source of `name(row)`: a mapping of columns in, a tuple of numbers or None out, in order.

    A formula may use an earlier one by its name. A zero divisor gives None, and so does a result that
    is not finite. With `exact` the constants are Fractions, and `Fraction` must be in the namespace.
    """
    lines = [f"def {name}(row):", "    get = row.get"]
    made: dict[str, str] = {}
    for number, (key, node) in enumerate(outputs):
        steps = _Steps(made, f"t{number}", exact)
        result = steps.value(node)
        lines += steps.lines
        if not exact:
            lines.append(f"    if {result} is not None and not -1.7e308 < {result} < 1.7e308: {result} = None")
        made[key] = result
    lines.append("    return (" + "".join(f"{made[key]}, " for key, _ in outputs) + ")")
    return "\n".join(lines) + "\n"


class _Steps:
    """One small assignment for each operation, so that unknown and zero are caught where they arise."""

    def __init__(self, made: Mapping[str, str], prefix: str, exact: bool) -> None:
        self.made, self.prefix, self.exact = made, prefix, exact
        self.lines: list[str] = []

    def value(self, node: Node) -> str:
        tag = node[0]
        if tag in ARITHMETIC:
            left, right = self.value(node[1]), self.value(node[2])
            zero = f" or {right} == 0" if tag == "/" else ""
            return self.step(f"None if {left} is None or {right} is None{zero} else {left} {tag} {right}")
        if tag == "num":
            return self.step(f"Fraction({str(node[1])!r})" if self.exact else repr(node[1]))
        name = node[1]
        return self.step(self.made[name] if name in self.made else f'get("{name}")')

    def step(self, text: str) -> str:
        local = f"{self.prefix}_{len(self.lines)}"
        self.lines.append(f"    {local} = {text}")
        return local
