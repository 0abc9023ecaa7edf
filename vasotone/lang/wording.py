"""A condition as a short sentence, in the words of its columns."""

from __future__ import annotations

from collections.abc import Mapping

from vasotone.lang.node import COMPARISONS, MIRROR, OPPOSITE, Column, Node, number_text

_WORDS = {"<": "below", "<=": "at most", ">": "above", ">=": "at least", "=": "equal to", "<>": "other than"}
_SPELLED = {"mm[Hg]": "mmHg", "a": "years", "wk": "weeks", "d": "days"}  # unit codes that do not read as words
_SIGNS = {"+": "plus", "-": "minus", "*": "times", "/": "divided by"}


def words(node: Node, columns: Mapping[str, Column], definitions: Mapping[str, Node]) -> str:
    """The condition as a sentence without a full stop, numbers with the unit of their column."""
    return _Speaker(columns, definitions).say(node)


class _Speaker:
    """Says one condition; a definition is named, and written out in brackets the first time."""

    def __init__(self, columns: Mapping[str, Column], definitions: Mapping[str, Node]) -> None:
        self.columns = columns
        self.definitions = definitions
        self.said: set[str] = set()
        self.inside = 0

    def label(self, name: str) -> str:
        column = self.columns.get(name)
        return column.label if column is not None and column.label else name.replace("_", " ")

    def say(self, node: Node, want: bool = True) -> str:
        tag = node[0]
        if tag == "not":
            return self.say(node[1], not want)
        if tag in ("and", "or"):
            joiner = " and " if (tag == "and") is want else " or "
            return joiner.join(self.bracketed(part, want) for part in node[1:])
        if tag == "at_least":
            few = "at least" if want else "fewer than"
            return f"{few} {int(node[1])} of: " + "; ".join(self.bracketed(part) for part in node[2:])
        if tag in COMPARISONS:
            return self.comparison(node, want)
        if tag == "between":
            unit = self.unit(node[1])
            span = f"{self.value(node[2])} to {self.value(node[3])}{unit}"
            return f"{self.value(node[1])} {'from' if want else 'outside'} {span}"
        if tag == "in":
            listed = " or ".join(self.value(part) for part in node[2:])
            return f"{self.value(node[1])} {'' if want else 'other than '}{listed}{self.unit(node[1])}"
        if tag in ("known", "null"):
            known = "known" if (tag == "known") is want else "not known"
            return f"{self.label(node[1][1])} {known}"
        if tag in ("true", "false"):
            return self.flag(node[1][1], tag == "true") if want else self.unless(node[1][1], tag == "true")
        if tag == "assume":
            taken = "yes" if node[2][1] is True else "no"
            return f"{self.named(node[1], want)} ({taken} where not known)"
        return self.named(node, want)

    def bracketed(self, node: Node, want: bool = True) -> str:
        text = self.say(node, want)
        inner = node
        while inner[0] == "not":
            inner = inner[1]
        return f"({text})" if inner[0] in ("and", "or", "at_least") else text

    def named(self, node: Node, want: bool) -> str:
        name = node[1]
        if name not in self.definitions:
            return self.flag(name, want)
        text = self.label(name) if want else f"not {self.label(name)}"
        if name in self.said or self.inside:
            return text
        self.said.add(name)
        self.inside += 1
        meaning = self.say(self.definitions[name])
        self.inside -= 1
        return f"{text} ({meaning})"

    def flag(self, name: str, want: bool) -> str:
        label = self.label(name).removesuffix(" recorded")
        return f"{label} recorded" if want else f"{label} recorded as absent"

    def unless(self, name: str, said: bool) -> str:
        return f"{self.label(name).removesuffix(' recorded')} not recorded{'' if said else ' as absent'}"

    def comparison(self, node: Node, want: bool) -> str:
        tag, left, right = node
        if left[0] in ("num", "text") and right[0] not in ("num", "text"):
            tag, left, right = MIRROR[tag], right, left
        if not want:
            tag = OPPOSITE[tag]
        if right[0] == "text":
            return f"{self.value(left)} {'' if tag == '=' else 'other than '}{self.value(right)}"
        unit = self.unit(left) if right[0] == "num" else ""
        return f"{self.value(left)} {_WORDS[tag]} {self.value(right)}{unit}"

    def unit(self, node: Node) -> str:
        """The unit of a bare column, with a space before it; a reckoned value has none to show."""
        name = node[1][1] if node[0] == "assume" else node[1] if node[0] == "name" else ""
        column = self.columns.get(name)
        return "" if column is None or column.unit in ("", "1") else f" {_SPELLED.get(column.unit, column.unit)}"

    def value(self, node: Node) -> str:
        tag = node[0]
        if tag == "name":
            return self.label(node[1])
        if tag == "num":
            return number_text(node[1])
        if tag == "text":
            return str(node[1]).replace("-", " ").replace("_", " ")
        if tag == "assume":
            return f"{self.label(node[1][1])} ({self.value(node[2])}{self.unit(node)} where not known)"
        left, right = (f"({self.value(part)})" if part[0] in _SIGNS else self.value(part) for part in node[1:])
        return f"{left} {_SIGNS[tag]} {right}"
