"""Where one claim can end: sentences, list items, headings, cells of a table."""

from __future__ import annotations

import re
from typing import NamedTuple

_EDGE = re.compile(
    r"(?P<block>\n[ \t]*\n)"
    r"|(?P<item>\n(?=[ \t]*(?:[-*\u2022\u00b7#>|+\u25cf\u25e6]|[0-9]{1,2}[.)] |```)))"
    r"|(?P<line>\n)"
    r"|(?P<stop>(?<=[.!?])[)\"'\]\u201d]?[ \t]{1,4}(?=[A-Z(\"'\u201c\[0-9]))"
    r"|(?P<cell>\|)"
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|approx|ca|c|vs|cf|viz|fig|no|dr|resp|incl|eq|conc|equiv|max|(?<!/)min)"
    r"|(?-i:(?<![0-9] )(?<!/)\b[A-Z]))\.\Z",
    re.IGNORECASE,
)
# A sentence that begins so speaks of the one before.
GOES_ON = re.compile(
    r"(?:that|this|it|which|so|thus|hence)\b[^.;]{0,25}?\b(?:is|equals?|means|gives|delivers|corresponds|makes"
    r"|amounts|works"
    r"|provides|comes|would)\b",
    re.IGNORECASE,
)
_CONTINUES = re.compile(r" ?[=\u2248\u2192\u2259]")  # a cell that begins so says the one before in other words
_WRAPPED = 60  # a line at least this long goes on in the next one
LONGEST = 3000


class Segment(NamedTuple):
    """One sentence, list item or cell; `block` counts paragraphs, `code` says whether it stands in a fence."""

    start: int
    end: int
    block: int
    code: bool = False


def _is_edge(text: str, found: re.Match[str], line_start: int, fenced: bool) -> bool:
    kind = found.lastgroup
    if kind == "cell" and _CONTINUES.match(text, found.end()):
        return False
    if fenced and kind != "stop":
        return True
    if kind == "stop":
        before = text[max(0, found.start() - 8) : found.start()]
        if GOES_ON.match(text, found.end(), found.end() + 50):
            return False
        return _ABBREVIATION.search(before) is None or text[found.end() : found.end() + 1] in "\"'\u201c"
    if kind == "line":
        after = text[found.end() : found.end() + 4]
        if not after.strip(" ") or after.startswith("\t") or text.startswith("`", line_start):
            return True  # a line that is indented this far stands alone, as code does
        short = found.start() - line_start < _WRAPPED
        return short and bool(re.match(r"[A-Z0-9(\u2022]", after))
    return True


def segments(text: str) -> list[Segment]:
    """The text cut where no claim goes on, from left to right."""
    found: list[Segment] = []
    start = line_start = block = 0
    fenced = False
    for edge in _EDGE.finditer(text):
        if _is_edge(text, edge, line_start, fenced):
            fenced ^= text.startswith("```", start)
            _cut(found, start, edge.start(), block, fenced)
            start = edge.end()
        if edge.lastgroup == "block":
            block += 1
        if edge.lastgroup in ("block", "item", "line"):
            line_start = edge.end()
    _cut(found, start, len(text), block, fenced)
    return found


def _cut(found: list[Segment], start: int, end: int, block: int, fenced: bool) -> None:
    """Very long runs without an end are cut, so that work stays in proportion to the text."""
    for at in range(start, end, LONGEST):
        found.append(Segment(at, min(at + LONGEST, end), block, fenced))
