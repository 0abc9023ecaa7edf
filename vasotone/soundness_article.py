"""The founding article: its reference list, and its claims with what became of them."""

from __future__ import annotations

from vasotone.records import Record, Variable
from vasotone.review import ARTICLE
from vasotone.soundness_tables import Notes, one_of, only

# What a person may find; that a citation does not resolve is computed from the numbers that a claim gives.
VERDICTS = (
    "holds",
    "superseded",
    "wrong-direction",
    "stated-stronger-than-its-evidence",
    "contradicted",
    "mixed",
)
UNRESOLVED = "citation-does-not-resolve"
NEVER_WITH_HOLDS = ("wrong-direction", "contradicted")
REFERENCE_KEYS = set("marker listed printed title body year is resolves content note".split())
CLAIM_KEYS = set("id place says refs statements instead verdicts by note origin prints inverts".split())
PRINT_KEYS = set(
    "measure outcome subject comparator says same_as value low high before after sd_before sd_after unit cite".split()
)
KINDS_OF_ENTRY = ("summary", "review", "paper", "guideline")
RATIOS = ("RR", "OR", "HR")
PAIRED = "before-after"
SAYS = ("more", "less")


def check(
    tree: Record,
    trees: dict[str, Record],
    statements: dict[str, Record],
    variables: dict[str, Variable],
    problems: Notes,
) -> None:
    """Note what is not sound in `article.toml` or in a statement that points to it."""
    if not tree:
        return
    sources = trees.get("sources.toml", {})
    only("article.toml", tree, {"article", "reference", "claim"}, problems)
    only("article.toml article", tree.get("article", {}), {"source", "printed_on", "self_review"}, problems)
    if tree.get("article", {}).get("source") not in sources:
        problems.note("article.toml article", "needs the `source` that it is about")
    references = check_references(tree.get("reference", []), sources, problems)
    seen: set[str] = set()
    for claim in tree.get("claim", []):
        where = f"article.toml {claim.get('id', '?')}"
        if not claim.get("id") or claim["id"] in seen:
            problems.note(where, "the id is missing or written twice")
        seen.add(claim.get("id", ""))
        check_claim(where, claim, references, sources, problems)
        check_statements(where, claim, statements, problems)
        check_direction(where, claim, trees.get("findings.toml", {}), problems)
    check_coverage(tree.get("claim", []), statements, problems)


def check_references(entries: list[Record], sources: Record, problems: Notes) -> dict[str, Record]:
    """The references by their number; what is listed says what it is, what is not has no title."""
    found: dict[str, Record] = {}
    for entry in entries:
        marker = entry.get("marker", "")
        where = f"article.toml reference {marker or '?'}"
        only(where, entry, REFERENCE_KEYS, problems)
        if not marker or marker in found:
            problems.note(where, "the marker is missing or written twice")
        found[marker] = entry
        if entry.get("listed"):
            one_of(where, "is", entry.get("is"), KINDS_OF_ENTRY, problems)
            if not entry.get("title"):
                problems.note(where, "is listed and has no `title`")
        elif {"title", "is", "resolves"} & set(entry):
            problems.note(where, "is not listed, so it has no title, is nothing and resolves to nothing")
        for key in ("resolves", "content"):
            if key in entry and entry[key] not in sources:
                problems.note(where, f"`{key} = {entry[key]}` is not in sources.toml")
        leads = sources.get(entry.get("resolves", ""), {})
        if leads.get("year") and leads["year"] != entry.get("year"):
            problems.note(where, f"is of {entry.get('year')}, the source that it resolves to of {leads['year']}")
    return found


def check_claim(where: str, claim: Record, references: Record, sources: Record, problems: Notes) -> None:
    """One claim: its words are known, its references are printed, whoever judges it is a source with a place."""
    only(where, claim, CLAIM_KEYS, problems)
    for needed in ("place", "says", "refs", "statements", "note"):
        if not claim.get(needed):
            problems.note(where, f"`{needed}` is missing")
    for marker in claim.get("refs", []):
        if marker not in references:
            problems.note(where, f"gives the reference [{marker}], which the article does not print")
    verdicts = claim.get("verdicts", [])
    for verdict in verdicts:
        one_of(where, "verdicts", verdict, VERDICTS, problems)
    if "holds" in verdicts and set(verdicts) & set(NEVER_WITH_HOLDS):
        problems.note(where, f"cannot both hold and be {' or '.join(NEVER_WITH_HOLDS)}")
    if not verdicts and all(references.get(marker, {}).get("listed") for marker in claim.get("refs", [])):
        problems.note(where, "has no verdict, and its citation resolves")
    if not claim.get("by"):
        problems.note(where, "needs `by`: who says so")
    for one in claim.get("by", []):
        only(f"{where} by", one, {"source", "at", "read"}, problems)
        if one.get("source") not in sources:
            problems.note(where, f"`{one.get('source')}` is not in sources.toml")
        elif one["source"] == ARTICLE:
            problems.note(where, "the article cannot be its own judge")
        if not str(one.get("at", "")).strip():
            problems.note(where, f"`{one.get('source')}` has no place (`at`)")
    check_age(where, claim, references, sources, problems)


def check_age(where: str, claim: Record, references: Record, sources: Record, problems: Notes) -> None:
    """A claim's origin has a year; a claim that cites an older reference for it cannot simply hold."""
    if "origin" not in claim:
        return
    born = sources.get(claim["origin"], {}).get("year")
    if born is None:
        problems.note(where, f"`origin = {claim['origin']}` is not a source with a year")
    elif "holds" in claim.get("verdicts", []) and too_old(claim, references, sources):
        problems.note(where, f"holds, and cites a reference that is older than what it is cited for ({born})")


def too_old(claim: Record, references: Record, sources: Record, *, cited: bool = True) -> list[str]:
    """The markers (those cited, or else all listed) that are older than what a claim takes from them."""
    born = sources.get(claim.get("origin", ""), {}).get("year")
    if born is None:
        return []
    markers = claim.get("refs", []) if cited else list(references)
    years = {marker: references.get(marker, {}).get("year") for marker in markers}
    return [marker for marker, year in years.items() if year is not None and year < born]


def check_statements(where: str, claim: Record, statements: dict[str, Record], problems: Notes) -> None:
    """The statements of a claim exist; those that carry it say that the article does."""
    for key in ("statements", "instead"):
        for name in claim.get(key, []):
            if name not in statements:
                problems.note(where, f"names the statement `{name}`, which does not exist")
            elif key == "statements" and not is_of_article(statements[name]):
                problems.note(where, f"`{name}` names the article neither as edition nor as cite")
    judged = set(claim.get("verdicts", []))
    if judged & {"superseded", "contradicted"} and not claim.get("instead"):
        carried = [statements.get(name, {}) for name in claim.get("statements", [])]
        if any(one.get("status", "current") != "current" and "superseded_by" not in one for one in carried):
            problems.note(where, "needs `instead`: what holds now")


def is_of_article(statement: Record) -> bool:
    """Whether a statement carries a claim of the article."""
    cited = {cite.get("source") for cite in statement.get("cites", [])}
    return ARTICLE in statement.get("editions", {}) or ARTICLE in cited


def check_coverage(claims: list[Record], statements: dict[str, Record], problems: Notes) -> None:
    """Every statement that says the article carries it is named by a claim."""
    named = {name for claim in claims for name in claim.get("statements", [])}
    for identifier, statement in statements.items():
        if is_of_article(statement) and identifier not in named:
            problems.note(f"{statement['file']} {identifier}", "is of the article, and no claim names it")


def check_direction(where: str, claim: Record, findings: Record, problems: Notes) -> None:
    """A printed figure lies in its interval and agrees with its sentence, or the claim says that it does not."""
    turned = False
    for one in claim.get("prints", []):
        only(f"{where} prints", one, PRINT_KEYS, problems)
        one_of(f"{where} prints", "says", one.get("says"), SAYS, problems)
        one_of(f"{where} prints", "measure", one.get("measure"), (*RATIOS, PAIRED), problems)
        needed = ("before", "after") if one.get("measure") == PAIRED else ("value", "low", "high")
        if any(key not in one for key in needed):
            problems.note(where, f"a printed {one.get('measure')} needs {', '.join(needed)}")
            continue
        if "low" in one and not one["low"] <= one["value"] <= one["high"]:
            problems.note(where, f"prints {one['value']} outside of its interval {one['low']} to {one['high']}")
        turned = turned or not agrees(one)
        if "same_as" in one and not is_same(one, findings.get(one["same_as"], {})):
            problems.note(where, f"prints other figures than the finding `{one['same_as']}`")
    typed = "wrong-direction" in claim.get("verdicts", [])
    if turned != typed:
        problems.note(where, "prints a figure against its sentence: the verdict is `wrong-direction`" if turned
                      else "is `wrong-direction`, and no printed figure goes against its sentence")  # fmt: skip
    if typed and not claim.get("inverts"):
        problems.note(where, "needs `inverts`: the findings whose direction it turns round")
    for name in claim.get("inverts", []):
        check_inverted(where, claim, name, findings.get(name, {}), problems)


def agrees(printed: Record) -> bool:
    """Whether a printed figure goes the way its sentence says; an interval across no effect goes neither way."""
    if printed["measure"] == PAIRED:
        return bool(printed["after"] > printed["before"]) is (printed["says"] == "more")
    return bool(printed["low"] > 1 if printed["says"] == "more" else printed["high"] < 1)


def is_same(printed: Record, found: Record) -> bool:
    """Whether a printed figure is that of a finding: the pair with its spread, or the ratio with its interval."""
    if printed["measure"] == PAIRED:
        pair = [printed["after"], printed["before"]], [printed.get("sd_after"), printed.get("sd_before")]
        return pair == (found.get("arms"), found.get("spread", [None, None]))
    same = [printed[key] == found.get(key) for key in ("measure", "value", "low", "high")]
    return all(same) and (printed["subject"], printed["comparator"]) == sides(found)


def sides(found: Record) -> tuple[object, object]:
    """What a finding compares with what."""
    return found.get("intervention"), found.get("comparator")


def check_inverted(where: str, claim: Record, name: str, found: Record, problems: Notes) -> None:
    """The finding that a claim turns round compares the same two, and goes the other way."""
    if found.get("measure") not in RATIOS:
        problems.note(where, f"`inverts` names `{name}`, which is no ratio in findings.toml")
        return
    for one in claim.get("prints", []):
        pair = (one.get("subject"), one.get("comparator"))
        if pair not in (sides(found), sides(found)[::-1]):
            problems.note(where, f"`{name}` does not compare {one['subject']} and {one['comparator']}")
        elif ((one["value"] < 1) is (found["value"] < 1)) is (pair == sides(found)):
            problems.note(where, f"`{name}` goes the same way: it is not turned round")
