"""The text of a condition cut into its smallest pieces; whatever is not one of them is refused here."""

from __future__ import annotations

import re
from typing import NamedTuple

from vasotone.errors import ConditionError

LONGEST = 2000
KEYWORDS = frozenset("and or not between in is null true false at_least assume known".split())

_SQL_WORDS = {
    "select": "a condition reads columns only; there are no subqueries",
    "exists": "a condition reads columns only; there are no subqueries",
    "from": "a condition reads columns only; there are no subqueries",
    "case": "use and, or, at_least(k, ...) or a definition instead of case",
    "when": "use and, or, at_least(k, ...) or a definition instead of case",
    "coalesce": "use assume(x, constant), which shows the assumption",
    "nullif": "use known(x), or a derived variable for a ratio",
    "cast": "columns have their type already; write numbers plainly",
    "like": "compare with = or in ('a', 'b')",
    "ilike": "compare with = or in ('a', 'b')",
    "similar": "compare with = or in ('a', 'b')",
    "regexp": "compare with = or in ('a', 'b')",
    "glob": "compare with = or in ('a', 'b')",
    "distinct": "use = or <>; an unknown value makes a comparison unknown",
    "over": "there are no windows; use a derived variable",
    "interval": "times are numbers in the unit of their column",
    "xor": "write (a and not b) or (b and not a)",
}
_CHARACTER_HINTS = {
    ";": "one condition only; nothing may follow it",
    '"': "names stand without quotes, text in single quotes",
    "`": "names stand without quotes, text in single quotes",
    "‘": "write text in plain single quotes",
    "’": "write text in plain single quotes",
    "“": "write text in plain single quotes",
    "”": "write text in plain single quotes",
    "≤": "write <=",
    "≥": "write >=",
    "≠": "write <>",
    "＜": "write <",
    "＞": "write >",
    "−": "write the plain minus -",
    "–": "write the plain minus -",
    "×": "write *",
    "÷": "write / and a constant",
    "&": "write and",
    "|": "write or",
    "!": "write not",
    "%": "a per cent value is a plain number in the unit of its column",
    "#": "comments are not part of a condition; put them outside the text",
    ".": "names have no dots, and a decimal has a digit before the point: 0.5",
    "^": "multiply with *",
    ":": "there are no casts or parameters",
    "?": "there are no parameters",
    "$": "there are no parameters",
    "@": "there are no parameters",
    "\\": "text constants hold letters, digits, spaces and . : / + - _ only",
}
_PATTERN: re.Pattern[str] | None = None


class Token(NamedTuple):
    """One piece of the text: its kind, what it says, and where it begins."""

    kind: str
    value: str
    start: int


class Source(NamedTuple):
    """The text of a condition with its place, so that any error can point into it."""

    text: str
    where: str

    def error(self, what: str, position: int, hint: str = "") -> ConditionError:
        """The error that shows the text with a caret at `position`."""
        raise ConditionError(what, text=self.text, position=position, hint=hint, where=self.where)


def source(text: object, where: str = "") -> Source:
    """The text on one line, of bearable length."""
    if not isinstance(text, str):
        raise ConditionError(
            f"a condition is text, not {type(text).__name__}", text=str(text)[:80], position=0, where=where
        )
    if len(text) > LONGEST:
        raise ConditionError(
            f"the condition has {len(text)} characters, at most {LONGEST} are read",
            text=text[:60],
            position=0,
            hint="give parts of it names in definitions",
            where=where,
        )
    return Source("".join(" " if c in "\t\r\n" else c for c in text), where)


def _pattern() -> re.Pattern[str]:
    global _PATTERN  # compiled at first use: most starts read compiled facts and parse nothing
    if _PATTERN is None:
        _PATTERN = re.compile(
            r" +|(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![A-Za-z0-9_.]))"
            r"|(?P<text>'[A-Za-z0-9 _.:/+-]*')"
            r"|(?P<word>[A-Za-z_][A-Za-z0-9_]*)"
            r"|(?P<op><>|<=|>=|!=|[<>=(),+*/-])"
        )
    return _PATTERN


def tokens(src: Source) -> list[Token]:
    """The pieces of the text, ended by one of kind `end`."""
    found: list[Token] = []
    text, position, match = src.text, 0, _pattern().match
    while position < len(text):
        if text.startswith(("--", "/*"), position):
            raise src.error("comments are not part of a condition", position, "put remarks outside the text")
        hit = match(text, position)
        if hit is None:
            raise _bad_character(src, position, found)
        kind, start, position = hit.lastgroup, position, hit.end()
        if kind == "word":
            found.append(_word(src, hit.group(), start))
        elif kind == "op":
            value = "<>" if hit.group() == "!=" else hit.group()
            found.append(Token(value, hit.group(), start))
        elif kind is not None:
            found.append(Token(kind, hit.group(), start))
    found.append(Token("end", "", len(text)))
    return found


def _word(src: Source, word: str, start: int) -> Token:
    lower = word.lower()
    if lower in KEYWORDS:
        return Token(lower, word, start)
    if lower in _SQL_WORDS:
        raise src.error(f"'{word}' is not part of the condition language", start, _SQL_WORDS[lower])
    if word != lower:
        raise src.error(f"names are lower-case, seen '{word}'", start, f"did you mean '{lower}'?")
    if word.startswith("_"):
        raise src.error(f"a name begins with a letter, seen '{word}'", start)
    return Token("name", word, start)


def _bad_character(src: Source, position: int, found: list[Token]) -> ConditionError:
    text = src.text
    char = text[position]
    if char == "'":
        if "'" not in text[position + 1 :]:
            return src.error("this text constant has no end", position, "close it with a single quote")
        return src.error("this text constant holds a character that is not allowed", position, _CHARACTER_HINTS["\\"])
    if char.isdigit():
        return src.error("this number cannot be read", position, "write it like 65, 0.25 or 1e-3, without a unit")
    if char == "." and found and found[-1].kind == "name" and text[position - 1] != " ":
        return src.error("dotted names are not part of a condition", position, "columns have plain names")
    shown = char if char.isprintable() else "a control character"
    return src.error(
        f"'{shown}' is not part of the condition language", position, _CHARACTER_HINTS.get(char, "remove it")
    )
