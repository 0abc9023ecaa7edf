"""For every condition some values that make it true and some that make it false, found by walking the condition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from tests.differential.every_condition import Asked
from vasotone import lang
from vasotone.lang.node import GROUPS, TESTS, Node, names, parts

TRIES = 40
Given = dict[str, Any]


class Seeker:
    """Finds values for the columns of a condition; `choices` are the values that a column may have."""

    def __init__(self, asked: Asked, choices: Mapping[str, Sequence[Any]], random_: Random) -> None:
        self.asked, self.choices, self.random_ = asked, choices, random_

    def found(self, node: Node, want: bool) -> Given | None:
        """Values under which the condition is `want`, or None where a few dozen tries give none."""
        for _ in range(TRIES):
            given: Given = {}
            self.settle(node, want, given)
            if lang.evaluate(node, given, self.asked.definitions) is want:
                return given
        return None

    def settle(self, node: Node, want: bool, given: Given) -> None:
        """Add values that make one part `want`; an earlier choice for a column stands."""
        tag = node[0]
        if tag == "not":
            self.settle(node[1], not want, given)
        elif tag in GROUPS:
            inner = list(parts(node))
            everything = (tag == "and") == want and tag != "at_least"
            for part in inner if everything else self.random_.sample(inner, len(inner)):
                self.settle(part, want, given)
                if not everything and tag != "at_least":
                    return
        elif tag == "name" and node[1] in self.asked.definitions:
            self.settle(self.asked.definitions[node[1]], want, given)
        elif tag in TESTS and node[1][1] in self.asked.definitions:
            if tag != "null" and want:  # else what is not given stays unknown
                self.settle(self.asked.definitions[node[1][1]], tag == "true", given)
        else:
            self.clause(node, want, given)

    def clause(self, node: Node, want: bool, given: Given) -> None:
        """Values for one clause, drawn until it is `want`."""
        free = [name for name in names(node) if name not in given]
        for _ in range(TRIES):
            tried = {name: self.random_.choice(self.choices[name]) for name in free}
            if lang.evaluate(node, {**given, **tried}, self.asked.definitions) is want:
                given.update(tried)
                return


def witnesses(asked: Asked, choices: Mapping[str, Sequence[Any]], random_: Random, each: int) -> list[Given]:
    """So many sets of values for each whole condition and each of true and false, where there are any."""
    seeker = Seeker(asked, choices, random_)
    whole = set(asked.whole)
    found = []
    for key, node in asked.outputs:
        if key in whole:
            for want in (True, False):
                found += [given for _ in range(each) if (given := seeker.found(node, want))]
    return found
