"""Which administrations belong to one infusion: by what they are part of, and by what ordered them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from vasotone.readers.fhir_bundle import Resource, name_of
from vasotone.readers.fhir_values import objects

KIND = "MedicationAdministration"
CONTAINED = "#"
PART = "part"


class Order(NamedTuple):
    """The infusion that an administration belongs to.

    name   one name for all that belongs to it, or empty where the record names none
    kinds  how it is referred to; two that share no kind cannot be told apart
    parts  the administrations that it is part of
    key    tells single doses apart: the name, or the contained order
    """

    name: str = ""
    kinds: frozenset[str] = frozenset()
    parts: tuple[str, ...] = ()
    key: str = ""


class Orders:
    """The orders of a record: administrations that name one order, or one another, belong together.

    A reference is the same with a server before it, with a version behind it, and as type and id alone. A contained
    order has no identity beyond the resource that holds it, so it names none.
    """

    def __init__(self, administrations: Iterable[Resource]) -> None:
        self._above: dict[str, str] = {}
        self._found: dict[int, tuple[str, Order]] = {}
        kept = list(administrations)
        self._servers: dict[str, set[str]] = {}
        for one in kept:
            for text in (*parents_of(one), request_of(one)):
                if "://" in text:
                    server, tail = _split(text)
                    self._servers.setdefault(tail, set()).add(server)
        kinds: dict[str, set[str]] = {}
        for one in kept:
            parts = tuple(self._address(text) for text in parents_of(one) if not text.startswith(CONTAINED))
            request = request_of(one)
            ordered = [] if not request or request.startswith(CONTAINED) else [self._address(request)]
            own = name_of(one, KIND)
            names = [*([own] if "/" in own else []), *parts, *ordered]
            for name in names[1:]:
                self._join(names[0], name)
            named = {_kind(name) for name in ordered} | {f"{PART} {_kind(name)}" for name in parts}
            key = next((text for text in (*parents_of(one), request) if text), "")
            self._found[id(one)] = (names[0] if names else "", Order("", frozenset(named), parts, key))
        for first, order in self._found.values():
            if first:
                kinds.setdefault(self._root(first), set()).update(order.kinds)
        self._kinds = {name: frozenset(found) for name, found in kinds.items()}

    def of(self, one: Resource) -> Order:
        """The order of one of the administrations."""
        first, order = self._found.get(id(one), ("", Order()))
        root = self._root(first) if first else ""
        kinds = self._kinds.get(root, frozenset())
        if not kinds:
            return order  # nothing names it but itself
        return Order(root, kinds, order.parts, root)

    def _address(self, text: str) -> str:
        if "://" not in text:
            return text
        tail = _split(text)[1]
        return tail if len(self._servers.get(tail, ())) <= 1 else text

    def _root(self, name: str) -> str:
        while name in self._above:
            above = self._above[name]
            self._above[name] = above = self._above.get(above, above)  # halves the way of the next look
            name = above
        return name

    def _join(self, one: str, other: str) -> None:
        # The least name stands for all, so that the order of the record means nothing.
        least, most = sorted((self._root(one), self._root(other)))
        if least != most:
            self._above[most] = least


def parents_of(one: Resource) -> list[str]:
    """What an administration is part of, where that can be another administration, without versions."""
    texts = [_text(parent) for parent in objects(one.get("partOf"))]
    return [text for text in texts if text.startswith((CONTAINED, "urn:")) or KIND in text.split("/")]


def request_of(one: Resource) -> str:
    """What ordered an administration, without a version, or empty."""
    return _text(one.get("request"))


def _text(reference: Any) -> str:
    text = reference.get("reference") if type(reference) is dict else None
    return text.split("/_history/")[0] if type(text) is str else ""


def _split(text: str) -> tuple[str, str]:
    """The server of an absolute address, and the type and id."""
    tail = "/".join(text.split("/")[-2:])
    return text[: -len(tail)].lower(), tail


def _kind(name: str) -> str:
    return name.split(":")[0] if ":" in name else name.split("/")[0]
