"""Where a table or a key stands in a TOML text, so that an error can name the line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from vasotone.errors import FactError, shorten

HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]#]+?)\s*\]\]?\s*(?:#.*)?$")
KEY = re.compile(r"""^\s*["']?([A-Za-z0-9_.-]+)["']?\s*=""")
FENCES = ('"""', "'''")


class Places(NamedTuple):
    """The lines of one file: (path of table, number among its like) -> line, and of each key in it."""

    file: str
    tables: dict[tuple[str, int], int]
    keys: dict[tuple[str, int, str], int]

    def where(self, table: str, key: str = "", number: int = 0) -> str:
        """A place as a reader looks for it: file, line, table and key; `number` counts tables of a list from 0."""
        line = self.keys.get((table, number, key)) or self.tables.get((table, number))
        if line is None and "." in table:  # written as a key of the table above it
            above, _, last = table.rpartition(".")
            line = self.keys.get((above, 0, last)) or self.tables.get((above, 0))
        name = f"[[{table}]]" if table in ("limit", "statement", "silence") else f"[{table}]"
        return f"{self.file}{f' line {line}' if line else ''}, {name}{f' {shorten(key)}' if key else ''}"


def places_of(text: str, file: str) -> Places:
    """The places of a TOML text; what stands inside a text of several lines is passed over."""
    tables: dict[tuple[str, int], int] = {("", 0): 1}
    keys: dict[tuple[str, int, str], int] = {}
    count: dict[str, int] = {}
    table, number, fence = "", 0, ""
    for line_number, line in enumerate(text.splitlines(), 1):
        if fence:
            fence = "" if fence in line else fence
            continue
        header, key = HEADER.match(line), KEY.match(line)
        if header:
            table = header[2].replace('"', "").replace("'", "").replace(" ", "")
            listed = header[1] == "[["
            number = count.get(table, 0) if listed else count.get(table.partition(".")[0], 1) - 1
            count[table] = count.get(table, 0) + listed
            tables.setdefault((table, number), line_number)
        elif key:
            keys.setdefault((table, number, key[1]), line_number)
            fence = next((mark for mark in FENCES if line.count(mark) == 1), "")
    return Places(file, tables, keys)


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that is nearest to one that is not known, or empty."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, list(known), n=1)), "")


class Faults(list[FactError]):
    """What is wrong with one site profile, collected so that one run shows all of it."""

    def __init__(self, places: Places) -> None:
        super().__init__()
        self.places = places

    def note(
        self, table: str, what: str, *, key: str = "", number: int = 0, seen: object = None, why: str, fix: str
    ) -> None:
        """Add one fault at its place."""
        self.append(FactError(what, where=self.places.where(table, key, number), seen=seen, why=why, fix=fix))

    def raise_all(self) -> None:
        """Raise the only fault, or one error that carries them all; nothing where there is none."""
        if len(self) == 1:
            raise self[0]
        if self:
            lines = list(dict.fromkeys(str(fault) for fault in self))
            raise FactError(
                f"{len(lines)} problems in the site profile",
                where=self.places.file,
                why="a profile that is not sound is not used at all",
                fix="correct these:\n  " + "\n  ".join(lines),
            )
