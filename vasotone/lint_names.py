"""Names in prose: the drugs of the facts, by any of their names, and the chemical forms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

_WORD = re.compile(r"[A-Za-z]+|[0-9]+")
_JOINED = re.compile(r"[ \u00a0_\n-]{1,2}")
_FORM = re.compile(
    r"\b(?:(?P<bitartrate>bitartrate(?: monohydrate)?|tartrate monohydrate|acid tartrate|hydrogen tartrate)"
    r"|(?P<tartrate>tartrate)|(?P<hydrochloride>hydrochloride|HCl)|(?P<salt>salts?)|(?P<base>base))\b",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"[ \n]?(?:\(?(?:as|of|in|the|free|pure|its|acid|anhydrous|form|expressed|calculated|counted|labelled|terms"
    r"|norepinephrine|noradrenaline|levophed|NE|which|when|if|dosed|written|reported|given|charted|measured"
    r"|counting|on|a"
    r"|basis|by)\)?[ \n]){0,6}\(?",
    re.IGNORECASE,
)
_LAST_PIECE = re.compile(r"[^,;.:=]*\Z")
_FORM_REACH = 60
_FORM_LEAST = 4  # "base"
_NUMBER_NEXT = re.compile(r"[ \n](?:of[ \n]|about[ \n])?[0-9.]")

OTHER = "another drug"
FILE = "prose.toml"
DILUENT_REACH = 40


class Named(NamedTuple):
    """A drug named in a text."""

    start: int
    end: int
    drug: str


# Letters of other languages as plain ones, one for one, so that places in a text stay what they are.
_PLAIN = str.maketrans(
    "\u00e0\u00e1\u00e2\u00e4\u00e8\u00e9\u00ea\u00ed\u00ef\u00f3\u00f4\u00f6\u00fa\u00fc\u00e7\u00f1",
    "aaaaeeeiiooouucn",
)


def plain_letters(text: str) -> str:
    """A text with the same length whose names can be found without their accents."""
    return text if text.isascii() else text.translate(_PLAIN)


class Vocabulary(NamedTuple):
    """The names to look for.

    spelled  every name of every drug by its first word, longest first
    short    drugs by a short form in just this spelling
    others   first words of drugs that stand beside vasopressors
    """

    spelled: Mapping[str, list[tuple[tuple[str, ...], str]]]
    short: Mapping[str, str]
    others: frozenset[str]


@cache
def prose() -> Mapping[str, Any]:
    """The words of `prose.toml`: short names, other drugs, diluents; read once."""
    import os
    import tomllib

    from vasotone.facts import DATA

    with open(os.path.join(DATA, FILE), "rb") as handle:
        return tomllib.load(handle)


@cache
def diluted_in() -> re.Pattern[str]:
    """The words that name a diluent, ahead of its own strength; at most `DILUENT_REACH` characters."""
    words = "|".join(re.escape(word) for word in prose()["diluents"]["words"])
    return re.compile(
        rf"\b(?:{words})(?:[ \n](?:solution|injection|at|of))*[ \n](?:[0-9.]{{1,4}} ?%[ \n]\(?)?\Z", re.IGNORECASE
    )


def vocabulary(drugs: Mapping[str, Any]) -> Vocabulary:
    """Every name that is looked for in a text: those of the drugs, short forms, and other drugs."""
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for name, record in drugs.items():
        for spelling in {name, record.get("label", name), *record.get("aliases", ())}:
            words = tuple(_WORD.findall(spelling.lower()))
            if words:
                found.setdefault(words[0], []).append((words, name))
    for names in found.values():
        names.sort(key=lambda one: (-len(one[0]), one[0]))
    short = {word: name for name, words in prose()["short"].items() if name in drugs for word in words}
    return Vocabulary(found, short, frozenset(word for group in prose()["others"].values() for word in group))


def drugs_named(text: str, names: Vocabulary) -> list[Named]:
    """The drugs that a text names, from left to right; offsets are of the text."""
    spelled, short, others = names
    found: list[Named] = []
    skip_to = 0
    for hit in _WORD.finditer(text):
        word = hit.group()
        lower = word.lower()
        if lower not in spelled and lower not in others and word not in short:
            continue
        start, end = hit.span()
        if start < skip_to:
            continue
        if lower in others:
            found.append(Named(start, end, OTHER))
        elif word in short:
            found.append(Named(start, end, short[word]))
        else:
            named = _spelled(text, start, end, spelled[lower])
            if named is not None:
                found.append(named)
                skip_to = named.end
    return found


def _spelled(text: str, start: int, end: int, names: list[tuple[tuple[str, ...], str]]) -> Named | None:
    """The longest name that begins with the word at a place."""
    for spelling, name in names:
        stop = end
        for word in spelling[1:]:
            gap = _JOINED.match(text, stop)
            following = _WORD.match(text, gap.end()) if gap else None
            if following is None or following.group().lower() != word:
                break
            stop = following.end()
        else:
            return Named(start, stop, name)
    return None


def _form(found: re.Match[str]) -> str:
    return str(found.lastgroup)


def form_after(text: str, at: int) -> str:
    """The form that is named directly after a quantity which ends at `at`; "salt" where it is not said which."""
    lead = _AFTER.match(text, at, at + _FORM_REACH)
    found = _FORM.match(text, lead.end()) if lead else None
    if found and _NUMBER_NEXT.match(text, found.end()):
        return ""  # it leads to the next quantity
    return _form(found) if found else ""


def form_before(text: str, start: int, end: int) -> str:
    """The last form named in the words that lead to a quantity, within its own clause."""
    if end - start < _FORM_LEAST:
        return ""
    piece = _LAST_PIECE.search(text, max(start, end - _FORM_REACH), end)
    found = list(_FORM.finditer(piece.group())) if piece else []
    return _form(found[-1]) if found else ""
