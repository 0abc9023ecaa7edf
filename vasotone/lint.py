"""Dose coherence of prose: every dose, strength, flow and dilution that claims to equal another is reckoned again."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from vasotone import lint_across, lint_alone, lint_lasting, lint_rounded, units
from vasotone.errors import InputError
from vasotone.lint_claims import across, claims, is_told
from vasotone.lint_mentions import Mention, Scan, options, scan
from vasotone.lint_names import Named, drugs_named, plain_letters, vocabulary
from vasotone.lint_owners import owned
from vasotone.lint_pairs import Ground, ground, judged, settled
from vasotone.lint_record import ERROR as ERROR
from vasotone.lint_record import STYLE as STYLE
from vasotone.lint_record import WARNING as WARNING
from vasotone.lint_record import Finding as Finding
from vasotone.lint_record import Report as Report
from vasotone.lint_sentences import Segment, segments
from vasotone.lint_whole import whole

if TYPE_CHECKING:
    from vasotone.facts import Facts

MOST_BYTES = 1_000_000
MOST_TOGETHER = 6  # sentences, and quantities, of a paragraph that is read as one claim
_ORDER = {ERROR: 0, WARNING: 1, STYLE: 2}


class Piece(NamedTuple):
    """One segment with what was read in it; `stock` are strengths that something was drawn from."""

    segment: Segment
    mentions: list[Mention]
    stock: list[Mention]
    drugs: list[Named]
    words: str


def lint(text: str, facts: Facts) -> tuple[Finding, ...]:
    """What does not agree in a text, in the order of the text. InputError where the text is too long."""
    return examine(text, facts).findings


def examine(text: str, facts: Facts) -> Report:
    """The findings of a text, and every quantity that was read. InputError where the text is too long."""
    if len(text.encode(errors="replace")) > MOST_BYTES:
        raise InputError("this text is too long", where="text", why="a text is read whole",
                         fix=f"give at most {MOST_BYTES} bytes at a time")  # fmt: skip
    as_written, text = text, plain_letters(text)
    found = scan(text)
    offered = options(text)
    if offered:
        found = found._replace(mentions=[one for one in found.mentions if one.start not in offered])
    names = drugs_named(text, vocabulary(facts.drugs))
    pieces = list(_pieces(text, found, names, facts))
    base = ground(facts.drugs, facts.limits)
    results = [
        lint_alone.unclear(one) for one in found.unclear if not lint_alone.explained(one, found.mentions, text)
    ]
    results += lint_alone.bare_numbers(names, found.bare, text, facts)
    results += _pairs(pieces, base, text)
    results += _across(pieces, base, text)
    results += _over_time(pieces, text)
    for piece in pieces:
        results += _single(piece, facts, base, text)
    results += lint_across.findings([(p.segment.block, p.mentions, p.words, p.segment.start) for p in pieces], facts)
    return _report(as_written, results, pieces)


def _report(text: str, results: Iterable[Finding], pieces: list[Piece]) -> Report:
    """Findings placed on their lines, each thing said once."""
    lines = [place for place, sign in enumerate(text) if sign == "\n"]
    seen: dict[tuple[int, int, str], Finding] = {}
    for one in results:
        line = bisect_right(lines, one.start - 1) + 1
        seen.setdefault((one.start, one.end, one.code), one._replace(line=line, text=text[one.start : one.end]))
    placed = sorted(seen.values(), key=lambda one: (one.line, _ORDER[one.severity], one.start, one.end, one.code))
    doses = tuple((bisect_right(lines, one.start - 1) + 1, one) for piece in pieces for one in piece.mentions)
    return Report(tuple(placed), doses)


def _pieces(text: str, found: Scan, names: list[Named], facts: Facts) -> Iterable[Piece]:
    """The segments that hold a quantity, with joined and owned mentions; the paragraph's only drug carries on."""
    place = name_place = 0
    block, carried = -1, set[str]()
    for segment in segments(text):
        first = place
        while place < len(found.mentions) and found.mentions[place].start < segment.end:
            place += 1
        first_name = name_place
        while name_place < len(names) and names[name_place].start < segment.end:
            name_place += 1
        if segment.block != block:
            block, carried = segment.block, set()
        here = names[first_name:name_place]
        if place > first:
            before = next(iter(carried)) if len(carried) == 1 else ""
            mentions, stock = whole(found.mentions[first:place], text, segment.end)
            mentions = owned(mentions, here, text, segment.start, before, facts.drugs)
            yield Piece(segment, mentions, stock, here, text[segment.start : segment.end])
        carried |= {one.drug for one in here}


def _pairs(pieces: list[Piece], base: Ground, text: str) -> list[Finding]:
    """Every claim of equality reckoned, with weight and strength of the sentence, else of its paragraph so far."""
    results: list[Finding] = []
    block = -1
    heavy: list[Mention] = []
    strong: list[Mention] = []
    for piece in pieces:
        if piece.segment.block != block:
            block, heavy, strong = piece.segment.block, [], []
        weights = [one for one in piece.mentions if one.kind == "weight"]
        strengths = sorted(
            [one for one in piece.mentions if one.kind == "strength"] + piece.stock, key=lambda one: one.start
        )
        child, told = lint_alone.looks_told(piece.words), is_told(piece.words)
        for claim in claims(piece.mentions, text, piece.segment.start, piece.segment.end):
            near = strengths or (strong[-1:] if claim.firm else [])
            near = [piece.mentions[claim.mix]] if claim.mix is not None else near
            found = judged(claim, piece.mentions, weights or heavy[-1:], near, base, child)
            if found is not None and claim.mix is not None:
                results.append(found[2])
            elif found is not None and not settled(claim, piece.mentions, weights or heavy[-1:], near, base, told):
                results.append(found[2])
        heavy, strong = (weights or heavy)[-1:], (strengths or strong)[-1:]
    return results


def _across(pieces: list[Piece], base: Ground, text: str) -> Iterable[Finding]:
    """Claims between the sentences of one short paragraph."""
    for group in _blocks(pieces):
        mentions = [one for piece in group for one in piece.mentions]
        if not 1 < len(group) <= MOST_TOGETHER or len(mentions) > MOST_TOGETHER:
            continue
        home = [place for place, piece in enumerate(group) for _ in piece.mentions]
        words = text[group[0].segment.start : group[-1].segment.end]
        child = lint_alone.looks_told(words)
        weights = [one for one in mentions if one.kind == "weight"]
        strengths = [one for one in mentions if one.kind == "strength"] + [
            one for piece in group for one in piece.stock
        ]
        for claim in across(mentions, words, group[0].segment.start):
            alone = {mentions[claim.first].kind, mentions[claim.second].kind}
            here = home[claim.first]
            if here == home[claim.second] and not ("flow" in alone and not _strong(group[here])):
                continue
            found = judged(claim, mentions, weights, strengths, base, child)
            if found is not None and not settled(claim, mentions, weights, strengths, base, is_told(words)):
                yield found[2]


def _over_time(pieces: list[Piece], text: str) -> Iterable[Finding]:
    """What lasts, what it comes to, and what is said to be rounded; a row of a table is one paragraph."""
    for piece in pieces:
        weights = [one for one in piece.mentions if one.kind == "weight"]
        strengths = [one for one in piece.mentions if one.kind == "strength"]
        words = piece.words
        if lint_lasting.HOW_LONG.search(words):
            words += text[piece.segment.end : piece.segment.end + lint_lasting.REPLY].split("\n")[0]
        yield from lint_lasting.findings(piece.mentions, piece.stock, words, piece.segment.start, weights, strengths)
    for group in _blocks(pieces):
        for first in range(0, len(group), MOST_TOGETHER):
            row = group[max(0, first - 1) : first + MOST_TOGETHER]
            start, end = row[0].segment.start, row[-1].segment.end
            mentions = [one for piece in row for one in piece.mentions]
            yield from lint_rounded.findings(mentions, text[start:end], start)


def _blocks(pieces: list[Piece]) -> list[list[Piece]]:
    """The pieces of each paragraph."""
    blocks: dict[int, list[Piece]] = {}
    for piece in pieces:
        blocks.setdefault(piece.segment.block, []).append(piece)
    return list(blocks.values())


def _strong(piece: Piece) -> bool:
    """Whether a sentence has a strength of its own."""
    return bool(piece.stock) or any(one.kind == "strength" for one in piece.mentions)


def _single(piece: Piece, facts: Facts, base: Ground, text: str) -> Iterable[Finding]:
    """What one quantity alone shows, beside its drug."""
    told = lint_alone.looks_told(piece.words)
    weights = [
        units.convert(value.value, one.unit, "kg")
        for one in piece.mentions
        if one.kind == "weight"
        for value in one.values
    ]
    heaviest, lightest = base.usual[1], base.possible[0]
    for one in piece.mentions:
        yield from lint_alone.written(one)
        yield from lint_alone.reversed_range(one, text[max(piece.segment.start, one.start - 60) : one.start], text)
        drug: Any = facts.drugs.get(one.drug)
        if drug is None:
            continue
        lead = text[max(piece.segment.start, one.start - 60) : one.start]
        if not text.startswith(" for ", one.end):  # "0.25 ug/kg/min for vasopressin" is the dose of another drug
            yield from lint_alone.misfit(one, drug, lead)
        if told or piece.segment.code:
            continue
        known = [kilos for kilos in weights if kilos > Fraction(0)]
        yield from lint_alone.over(one, drug, facts, known, heaviest, lightest)
        yield from lint_alone.under(one, drug, facts, heaviest, base.usual[0], lead)
        yield from lint_alone.no_time(one, drug, piece.words)
