"""The founding article judged claim by claim, as lines for a terminal and as one self-contained page."""

from __future__ import annotations

import os
from typing import Any

from vasotone.views import outline
from vasotone.views import page as sheet
from vasotone.views.page import safe
from vasotone.views.text import Line, fill, paint, row, section, terminal_width
from vasotone.views.wording import digest, numeral, prose, unit_words

Record = dict[str, Any]
TITLE = "The founding article, claim by claim"
# What a verdict says, and the colour of its bar: the first that a claim has leads.
VERDICTS = {
    "wrong-direction": ("wrong direction", "now"),
    "contradicted": ("contradicted", "now"),
    "superseded": ("superseded", "soon"),
    "stated-stronger-than-its-evidence": ("stated more strongly than its evidence", "soon"),
    "mixed": ("true in part", "soon"),
    "holds": ("holds", "good"),
    "citation-does-not-resolve": ("citation does not resolve", "off"),
}
STATES = {
    "not-listed": "not in the list",
    "summary": "a summary",
    "review": "a review",
    "paper": "a paper",
    "guideline": "a guideline",
}
SAYS = {"more": "more with", "less": "less with"}
NARROWEST, WIDEST = 48, 100
INTENDED_USE = (
    "A comparison of one text with its sources, for teaching and for checking this project's own facts. "
    "It is no advice for a patient."
)


def leading(claim: Record) -> str:
    """The verdict that gives a claim its colour: the gravest of those it has."""
    return next(word for word in VERDICTS if word in claim["verdicts"])


def words_of(claim: Record) -> list[str]:
    """The verdicts of a claim in words, the gravest first."""
    return [told for word, (told, _) in VERDICTS.items() if word in claim["verdicts"]]


def places_of(record: Record) -> dict[str, list[Record]]:
    """The claims by the heading that they stand under, in the order of the text."""
    found: dict[str, list[Record]] = {}
    for claim in record["claims"]:
        found.setdefault(claim["place"], []).append(claim)
    return found


def in_short(record: Record) -> list[str]:
    """The totals as sentences."""
    totals = record["totals"]
    references = totals["references"]
    return [
        f"{totals['claims']} claims: {totals['hold_and_nothing_else']} hold with nothing to add, "
        f"{totals['not_judged']} could not be judged here.",
        f"{references['printed']} reference numbers, {references['listed']} of them listed; "
        f"{references['summaries']} of these are summaries printed as guidelines, "
        f"and {references['resolving_to_a_source']} is a journal article.",
        f"{totals['citing_nothing_listed']} claims cite only numbers that are not in the list; "
        f"{totals['citing_summaries_at_most']} cite at most summaries.",
    ]


def review_words(record: Record) -> str:
    """How many of the statements shown were approved."""
    shown = {one["id"]: one for claim in record["claims"] for one in (*claim["statements"], *claim["instead"])}
    approved = sum(one["review"] == "approved" for one in shown.values())
    if not approved:
        return f"No clinician has reviewed this comparison, nor any of the {len(shown)} statements named here."
    return f"{approved} of the {len(shown)} statements named here are approved by a clinician."


def age_words(claim: Record) -> str:
    """Which references cannot be the source of a claim, being older than what is claimed."""
    origin = claim.get("origin")
    if not origin or not origin["too_old_listed"]:
        return ""
    markers = ", ".join(f"[{marker}]" for marker in origin["too_old_listed"])
    return f"First published in {origin['year']}; the older {markers} of the list cannot be its source."


def why_words(claim: Record) -> str:
    """What was found about a claim."""
    return " ".join(part for part in (prose(claim["note"]), age_words(claim)) if part)


def printed_words(one: Record) -> str:
    """A figure as the article prints it, with the direction that its sentence gives it."""
    unit = unit_words(one["unit"])
    unit = f" {unit}" if unit else ""
    if one["measure"] == "before-after":
        before, after = (
            f"{numeral(one[key])} ± {numeral(one[f'sd_{key}'])}" if f"sd_{key}" in one else numeral(one[key])
            for key in ("before", "after")
        )
        return f"{one['outcome']} {before} to {after}{unit}"
    return (
        f"{one['outcome']}: {SAYS[one['says']]} {one['subject']} than with {one['comparator']}, "
        f"{one['measure']} {numeral(one['value'])} ({numeral(one['low'])} to {numeral(one['high'])}){unit}"
    )


def now_words(statement: Record) -> str:
    """What this project says in a claim's place, with its name; marked where unverified or where reviewed."""
    review = "" if statement["review"] == "submitted" else outline.REVIEW_WORDS[statement["review"]]
    marks = ["" if statement["verified"] else "unverified", review]
    return f"{prose(statement['clinician'])} ({', '.join([statement['id'], *[mark for mark in marks if mark]])})"


def text(record: Record, *, width: int | None = None, colour: bool = False) -> str:
    """The conformance as text, ending in a newline.

    width   columns; by default those of the terminal
    colour  ANSI colours
    """
    columns = min(max(width or terminal_width(), NARROWEST), max(WIDEST, width or 0))
    article = record["article"]
    lines = fill("", TITLE, columns, "strong") + [("", "")]
    lines += fill("", f"{article['title']} {article['body']}, {article['printed_on']}.", columns)
    lines += fill("", article["self_review"], columns)
    lines += fill("", review_words(record), columns)
    for sentence in in_short(record):
        lines += fill("  ", sentence, columns)
    lines += section("Verdicts", columns)
    for word, (told, _) in VERDICTS.items():
        lines += fill(f"{record['totals']['verdicts'][word]:>5}  ", told, columns)
    lines += fill("       ", "A claim counts once for each verdict that it has.", columns, "quiet")
    lines += section("References", columns)
    for one in record["references"]:
        lines += fill(f"{'[' + one['marker'] + ']':>5} ", reference_words(one), columns)
    for place, claims in places_of(record).items():
        lines += heading(f"{place} ({len(claims)})", columns)
        for claim in claims:
            lines += claim_lines(claim, columns)
    lines += [("", ""), *fill("", INTENDED_USE, columns)]
    return "".join(paint(style, line.rstrip(), colour) + "\n" for style, line in lines)


def heading(words: str, columns: int) -> list[Line]:
    """A heading with its rule, or on lines of its own where it is longer than one."""
    if len(words) + 2 <= columns:
        return section(words, columns)
    return [("", ""), *fill("", words.upper(), columns, "strong")]


def reference_words(one: Record) -> str:
    """A reference: its entry and what that is, or that there is none."""
    cited = f" Cited by {len(one['cited_by'])} claim{'s' if len(one['cited_by']) != 1 else ''}."
    if one["state"] == "not-listed":
        return f"Not in the list. {one['note']}{cited}"
    return f"{one['title']}, {one['year']}; printed as {one['printed']}: {STATES[one['state']]}. {one['note']}{cited}"


def claim_lines(claim: Record, columns: int) -> list[Line]:
    """A claim with its citations, verdicts, judges and what holds instead."""
    style = {"now": "now", "soon": "soon"}.get(VERDICTS[leading(claim)][1], "")
    marks = " ".join(f"[{ref['marker']}]" for ref in claim["refs"])
    lines = fill("  ", f"{prose(claim['says'])} {marks}", columns, "strong")
    lines += row("Verdict", "; ".join(words_of(claim)), columns, style)
    lines += row("Why", why_words(claim), columns)
    for one in claim["prints"]:
        lines += row("Printed", printed_words(one), columns)
    for one in claim.get("inverts", []):
        lines += row("Inverts", one["says"], columns)
    for statement in claim["instead"]:
        lines += row("Now", now_words(statement), columns)
    lines += row("By", "; ".join(f"{one['source']}, {one['at']}{read_words(one)}" for one in claim["by"]), columns)
    lines += row("Carried", ", ".join(one["id"] for one in claim["statements"]), columns, "quiet")
    return lines + [("", "")]


def read_words(one: Record) -> str:
    """How a judge was read, where that is not its primary text."""
    return "" if one["read"] == "primary" else f" ({outline.READ_WORDS[one['read']]})"


def page(record: Record) -> str:
    """The conformance as one HTML page: no script, no request, readable on paper and in the dark.

    Where it would grow beyond the size of a page, the statements that hold now are named without their wording.
    """
    whole = render(record)
    return whole if len(whole.encode()) <= sheet.LARGEST else render(record, worded=False)


def render(record: Record, *, worded: bool = True) -> str:
    """The page; with `worded` also the wording of the statements that hold in a claim's place."""
    numbers = {name: place for place, name in enumerate(record["sources"], 1)}
    body = [
        header(record),
        '<main id="main">',
        '<div class="patient">',
        totals_table(record),
        reference_list(record),
        "</div>",
        '<div class="advice claims">',
        *[place_section(place, claims, numbers, record, worded) for place, claims in places_of(record).items()],
        source_list(record, numbers),
        "</div></main>",
        f"<footer><p>{safe(INTENDED_USE)}</p></footer>",
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{sheet.POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="robots" content="noindex"><meta name="referrer" content="no-referrer">'
        f"<title>{TITLE}</title><style>{sheet.style()}{style()}</style></head>\n<body>"
        '<a class="skip" href="#main">Skip to the claims</a>\n' + "\n".join(body) + "\n</body></html>\n"
    )


def style() -> str:
    """What this page adds to the common style sheet."""
    with open(os.path.join(os.path.dirname(__file__), "conformance.css"), encoding="utf-8") as file:
        return file.read()


def header(record: Record) -> str:
    """Which text is judged, by which facts, and what came of it in three sentences."""
    article = record["article"]
    meta = (
        ("Text", article["title"]),
        ("By", article["body"]),
        ("Printed", article["printed_on"]),
        ("Facts", digest(record["facts"])),
    )
    cells = "".join(f"<div><dt>{name}</dt><dd>{safe(told)}</dd></div>" for name, told in meta)
    sentences = "".join(f"<p>{safe(one)}</p>" for one in in_short(record))
    return (
        f'<header><p class="product">Vasotone conformance</p><h1>{TITLE}</h1><dl class="meta">{cells}</dl>'
        f'<div class="box notice">{sentences}<p>{safe(article["self_review"])} '
        f"{safe(review_words(record))}</p></div></header>"
    )


def totals_table(record: Record) -> str:
    """How many claims have which verdict."""
    rows = "".join(
        f'<tr class="{bar}"><th scope="row"><span class="swatch"></span>{told}</th>'
        f"<td>{record['totals']['verdicts'][word]}</td></tr>"
        for word, (told, bar) in VERDICTS.items()
    )
    return (
        '<section class="card" aria-labelledby="verdicts"><h2 id="verdicts">Verdicts</h2>'
        f'<table class="count"><caption>{record["totals"]["claims"]} claims; one may have several verdicts</caption>'
        f"<tbody>{rows}</tbody></table></section>"
    )


def reference_list(record: Record) -> str:
    """The reference numbers that the text prints, and what each leads to."""
    lines = []
    for one in record["references"]:
        count = len(one["cited_by"])
        told = f"cited by {count} claim{'s' if count != 1 else ''}"
        if one["state"] == "not-listed":
            lead = '<span class="gone">not in the list</span>'
        else:
            lead = f"{safe(one['title'])}, {one['year']}; printed as {safe(one['printed'])}, {STATES[one['state']]}"
        lines.append(
            f'<li id="r{safe(one["marker"])}"><b>[{safe(one["marker"])}]</b> {lead}'
            f'<p class="small">{safe(one["note"])} {told.capitalize()}.</p></li>'
        )
    return (
        '<section class="card" aria-labelledby="references"><h2 id="references">References as printed</h2>'
        f'<ul class="refs">{"".join(lines)}</ul></section>'
    )


def place_section(place: str, claims: list[Record], numbers: dict[str, int], record: Record, worded: bool) -> str:
    """The claims under one heading."""
    slug = "p-" + "".join(c if c.isalnum() else "-" for c in place.lower())
    parts = "".join(claim_article(claim, numbers, record, worded) for claim in claims)
    return f'<section aria-labelledby="{slug}"><h2 id="{slug}">{safe(place)}</h2>{parts}</section>'


def claim_article(claim: Record, numbers: dict[str, int], record: Record, worded: bool) -> str:
    """One claim: what it says and cites, its verdicts, why, by whom, and what holds now."""
    marks = " ".join(
        f'<a href="#r{safe(ref["marker"])}"{GONE if ref["state"] == "not-listed" else ""}>[{safe(ref["marker"])}]</a>'
        for ref in claim["refs"]
    )
    chips = "".join(
        f'<li class="{bar}">{told}</li>' for word, (told, bar) in VERDICTS.items() if word in claim["verdicts"]
    )
    rows = {
        "Why": [why_words(claim)],
        "Printed": [printed_words(one) for one in claim["prints"]],
        "Inverts": [one["says"] for one in claim.get("inverts", [])],
    }
    shown = {name: [safe(one) for one in told] for name, told in rows.items()}
    shown["Now"] = [now_cell(one, claim, record, worded) for one in claim["instead"]]
    cells = "".join(
        f"<dt>{name}</dt>" + "".join(f"<dd>{one}</dd>" for one in told) for name, told in shown.items() if told
    )
    carried = ", ".join(one["id"] for one in claim["statements"])
    return (
        f'<article class="{VERDICTS[leading(claim)][1]}" id="c-{safe(claim["id"])}">'
        f'<h3>{safe(prose(claim["says"]))}</h3><div class="top">'
        f'<ul class="verdicts">{chips}</ul><span class="marks">cites {marks}</span></div>'
        f"<dl>{cells}<dt>By</dt><dd>{judges(claim, numbers, record['sources'])}</dd></dl>"
        f'<p class="small">{safe(claim["id"])} · carried by {safe(carried)}</p></article>'
    )


def now_cell(statement: Record, claim: Record, record: Record, worded: bool) -> str:
    """What holds in a claim's place: its wording where it is named first, later a link back."""
    name = statement["id"]
    first = next(one["id"] for one in record["claims"] if name in [other["id"] for other in one["instead"]])
    if first != claim["id"]:
        return f'<a href="#c-{safe(first)}">{safe(name)}</a>, as above'
    return safe(now_words(statement) if worded else name)


def judges(claim: Record, numbers: dict[str, int], sources: Record) -> str:
    """Who judges a claim, each with its place; how it was read where that differs from its source as a whole."""
    told = []
    for one in claim["by"]:
        number = numbers[one["source"]]
        read = "" if one["read"] == sources[one["source"]]["read"] else read_words(one)
        told.append(f'<a href="#s{number}">S{number}</a> {safe(one["at"] + read)}')
    return "; ".join(told)


GONE = ' class="gone"'


def source_list(record: Record, numbers: dict[str, int]) -> str:
    """The numbered sources that judge the claims."""
    entries = []
    for name, source in record["sources"].items():
        title, year = source["title"], str(source.get("year", ""))
        dated = title if year in title else f"{title}, {year}"
        doi = f", doi:{source['doi']}" if "doi" in source else ""
        read = "" if source["read"] == "primary" else f", {outline.READ_WORDS[source['read']]}"
        entries.append(f'<li id="s{numbers[name]}">S{numbers[name]} {safe(dated + doi + read)}</li>')
    return (
        '<section class="card" aria-labelledby="sources"><h2 id="sources">Judged by</h2>'
        f'<ol class="sources bare">{"".join(entries)}</ol>'
        '<p class="small">Read in the primary text unless marked.</p></section>'
    )
