"""Every condition of the facts, each once: statements and what speaks against them, bands, definitions, scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import vasotone
from vasotone import lang
from vasotone.facts import Facts
from vasotone.lang.node import LEAVES, Column, Node, parts
from vasotone.records import Compiled

EXAMPLE_SITE = "examples/site.toml"


class Rail(NamedTuple):
    """One function that the product itself compiled, and which output each of its results must equal."""

    name: str
    function: Any
    outputs: tuple[str, ...]


class Asked(NamedTuple):
    """What is compared: outputs over shared definitions, where each comes from, and the product's own functions."""

    columns: dict[str, Column]
    definitions: dict[str, Node]
    outputs: list[tuple[str, Node]]
    origin: dict[str, str]
    rails: tuple[Rail, ...]
    formulas: list[tuple[str, Node]]

    @property
    def whole(self) -> list[str]:
        """The outputs that are whole conditions, not one clause of them."""
        return [key for key, _ in self.outputs if not self.origin[key].startswith("clause")]


def leaves(node: Node) -> list[Node]:
    """The clauses of a condition, in text order."""
    if node[0] in LEAVES:
        return [node]
    return [leaf for part in parts(node) for leaf in leaves(part)]


def renamed(node: Node, names: Mapping[str, str]) -> Node:
    """The node with some names replaced."""
    if node[0] == "name":
        return ("name", names.get(node[1], node[1]))
    if node[0] in ("num", "text", "bool"):
        return node
    return tuple(renamed(part, names) if isinstance(part, tuple) else part for part in node)


class _Gathered:
    """Collects conditions; the definitions of a later profile that differ get a name of their own."""

    def __init__(self) -> None:
        self.columns: dict[str, Column] = {}
        self.definitions: dict[str, Node] = {}
        self.keys: dict[Node, str] = {}
        self.origin: dict[str, str] = {}
        self.rails: list[Rail] = []

    def names_of(self, profile: str, definitions: Mapping[str, Node]) -> dict[str, str]:
        """What each definition of a profile is called here; adds those that are not known yet."""
        names: dict[str, str] = {}
        for name, node in definitions.items():  # each after those that it needs
            here = renamed(node, names)
            if self.definitions.setdefault(name, here) == here:
                continue
            names[name] = f"{name}_{profile.replace('-', '_')}"
            self.definitions[names[name]] = here
        return names

    def add(self, node: Node, origin: str) -> str:
        """The output of a condition, the same for the same condition."""
        if node not in self.keys:
            self.keys[node] = f"o{len(self.keys)}"
            self.origin[self.keys[node]] = origin
        return self.keys[node]

    def profile(self, name: str, compiled: Compiled) -> None:
        """Every situation of one profile, and the two functions that the product made of them."""
        names = self.names_of(name, compiled.definitions)
        when, unless = [], []
        for entry in compiled.entries:
            where = f"{name} {entry.statement}#{entry.variant}"
            when.append(self.add(renamed(entry.when, names), f"{where} when"))
            against = [renamed(node, names) for node in entry.unless]
            for node in against:
                self.add(node, f"{where} unless")
            if against:
                unless.append(self.add(against[0] if len(against) == 1 else ("or", *against), f"{where} unless"))
        for rail, function, keys in (("when", compiled.when, when), ("unless", compiled.unless, unless)):
            self.rails.append(Rail(f"{name} {rail}", function, tuple(keys)))

    def rules(self, facts: Facts) -> None:
        """What is not a statement: points of scores, rules of consistency, and what is never said."""
        for name, formula in facts.formulas.items():
            if formula[0] == "points":
                for points, node in formula[1]:
                    self.add(node, f"{name} {points} points")
        for rule in facts.consistency:
            self.add(rule["node"], f"consistency {rule['id']}")
        named = facts.compiled(facts.default_profile).definitions
        for name, one in facts.shelf("prohibitions").items():
            if "when" in one:
                self.add(lang.check(one["when"], facts.columns, named), f"prohibition {name}")


def gather(root: str = ".") -> Asked:
    """All conditions of the packaged facts under every profile, and of the example of a site's own."""
    gathered = _Gathered()
    packaged = vasotone.load()
    site = vasotone.load(site=f"{root}/{EXAMPLE_SITE}")
    for facts, profiles in ((packaged, list(packaged.profiles)), (site, [site.default_profile])):
        gathered.columns.update(facts.columns)
        for profile in profiles:
            gathered.profile(profile, facts.compiled(profile))
    gathered.rules(packaged)
    for name in list(gathered.definitions):
        gathered.add(("name", name), f"definition {name}")
    for node in [*gathered.keys, *gathered.definitions.values()]:
        for leaf in leaves(node):
            gathered.add(leaf, f"clause of {gathered.origin.get(gathered.keys.get(node, ''), 'a definition')}")
    formulas = [(name, node) for name, node in packaged.formulas.items() if node[0] != "points"]
    outputs = [(key, node) for node, key in gathered.keys.items()]
    return Asked(
        gathered.columns, gathered.definitions, outputs, gathered.origin, tuple(gathered.rails), formulas
    )  # fmt: skip
