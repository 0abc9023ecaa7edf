"""The founding article judged claim by claim: what it says, what it cites, what became of it, and who says so."""

from __future__ import annotations

from collections.abc import Iterable

from vasotone.facts import Facts
from vasotone.records import Record
from vasotone.soundness_article import UNRESOLVED, VERDICTS, too_old

NOT_LISTED = "not-listed"
SUMMARY = "summary"


def conformance(facts: Facts) -> Record:
    """The record `vasotone.conformance/1`: claims, references, totals; what can be computed is computed here.

    A reference is in one of the states `not-listed`, `summary`, `review`, `paper`, `guideline`.
    """
    tree = facts.shelf("article")
    whole = facts.whole()
    references = {one["marker"]: one for one in tree.get("reference", [])}
    claims = [claim_of(one, references, whole, facts) for one in tree.get("claim", [])]
    head = dict(tree.get("article", {}))
    source = facts.sources.get(head.get("source", ""), {})
    return {
        "schema": "vasotone.conformance/1",
        "facts": facts.digest,
        "article": {**head, **{key: source[key] for key in ("title", "body", "year", "note") if key in source}},
        "references": [reference_of(one, claims, facts) for one in references.values()],
        "claims": claims,
        "sources": sources_of(claims, facts),
        "totals": totals(claims, references),
    }


def state_of(reference: Record) -> str:
    """What a reference number leads to: an entry of some kind, or none."""
    return str(reference.get("is", "paper")) if reference.get("listed") else NOT_LISTED


def reference_of(reference: Record, claims: list[Record], facts: Facts) -> Record:
    """A reference with its state and the claims that cite it."""
    marker = reference["marker"]
    content = facts.sources.get(reference.get("content", ""), {})
    kept = ("marker", "listed", "printed", "title", "body", "year", "resolves", "content", "note")
    return {
        **{key: reference[key] for key in kept if key in reference},
        "state": state_of(reference),
        **({"content_title": content["title"], "content_year": content.get("year")} if content else {}),
        "cited_by": [one["id"] for one in claims if marker in [ref["marker"] for ref in one["refs"]]],
    }


def claim_of(claim: Record, references: dict[str, Record], whole: dict[str, Record], facts: Facts) -> Record:
    """A claim with the state of its citations, its computed verdict, its statements and its judges."""
    refs = [{"marker": marker, "state": state_of(references.get(marker, {}))} for marker in claim["refs"]]
    verdicts = list(claim.get("verdicts", []))
    if any(ref["state"] == NOT_LISTED for ref in refs):
        verdicts.append(UNRESOLVED)
    origin = facts.sources.get(claim.get("origin", ""), {})
    record: Record = {
        "id": claim["id"],
        "place": claim["place"],
        "says": claim["says"],
        "refs": refs,
        "verdicts": verdicts,
        "note": claim["note"],
        "statements": [statement_of(name, whole[name]) for name in claim["statements"]],
        "instead": [statement_of(name, whole[name]) for name in claim.get("instead", [])],
        "by": [cited(one, facts) for one in claim["by"]],
        "prints": [{key: value for key, value in one.items() if key != "cite"} for one in claim.get("prints", [])],
    }
    if origin:
        record["origin"] = {
            "source": claim["origin"],
            "title": origin["title"],
            "year": origin["year"],
            "too_old_cited": too_old(claim, references, facts.sources),
            "too_old_listed": too_old(claim, references, facts.sources, cited=False),
        }
    if "inverts" in claim:
        record["inverts"] = [inverted(name, facts) for name in claim["inverts"]]
    return record


def statement_of(name: str, statement: Record) -> Record:
    """What a claim shows of a statement."""
    return {
        "id": name,
        "kind": statement["kind"],
        "status": statement.get("status", "current"),
        "clinician": statement["clinician"],
        "review": statement["review_state"],
        "verified": not statement["on_memory"],
    }


def cited(one: Record, facts: Facts) -> Record:
    """A judge with its place and how closely that was read."""
    source = facts.sources[one["source"]]
    return {"source": one["source"], "at": one["at"], "read": str(one.get("read", source["read"]))}


def inverted(name: str, facts: Facts) -> Record:
    """The finding whose direction a claim turns round, in one sentence."""
    from vasotone.facts_findings import findings, says

    return {"finding": name, "says": says(findings(facts)[name])}


def sources_of(claims: Iterable[Record], facts: Facts) -> Record:
    """Every source that judges a claim, in the order of its first use."""
    names = dict.fromkeys(one["source"] for claim in claims for one in claim["by"])
    kept = ("title", "year", "journal", "doi", "kind", "read")
    return {name: {key: facts.sources[name][key] for key in kept if key in facts.sources[name]} for name in names}


def totals(claims: list[Record], references: dict[str, Record]) -> Record:
    """Claims by verdict and by what they cite; references by what they are. A claim counts once per verdict."""
    states = [{ref["state"] for ref in claim["refs"]} for claim in claims]
    kinds = [state_of(reference) for reference in references.values()]
    return {
        "claims": len(claims),
        "verdicts": {word: sum(word in claim["verdicts"] for claim in claims) for word in (*VERDICTS, UNRESOLVED)},
        "hold_and_nothing_else": sum(claim["verdicts"] == ["holds"] for claim in claims),
        "not_judged": sum(claim["verdicts"] == [UNRESOLVED] for claim in claims),
        "citing_nothing_listed": sum(found == {NOT_LISTED} for found in states),
        "citing_summaries_at_most": sum(found <= {NOT_LISTED, SUMMARY} for found in states),
        "references": {
            "printed": len(kinds),
            "listed": len(kinds) - kinds.count(NOT_LISTED),
            "summaries": kinds.count(SUMMARY),
            "resolving_to_a_source": sum("resolves" in reference for reference in references.values()),
        },
    }
