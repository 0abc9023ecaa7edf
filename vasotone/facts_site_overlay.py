"""Lays a site's file over the trees of the facts before they are checked, so that what it adds is checked as well."""

from __future__ import annotations

from typing import Any

from vasotone.facts_site_limits import cite, tighten
from vasotone.facts_site_places import Faults, nearest, places_of
from vasotone.facts_site_settings import FLOORS, Reader, only, read_settings, words
from vasotone.records import Record

LOCAL = "local"
SOURCE = "site"
FILE = "statements/site.toml"
# What a site may not silence, and what its review floor never holds back.
PROTECTED = ("safety", "scope", "data")
SILENCE_KEYS = ("id", "reason", "by")
# What would change when another statement holds, or let a site speak for an edition.
NOT_A_SITES = {
    "editions": "a site does not speak for an edition",
    "status": "a site's statement is current or not there",
    "superseded_by": "a site's statement is current or not there",
    "left_out": "a site's statement is in its own profile only",
    "gate": "who the statements are for is not a site's to change",
    "order": "who the statements are for is not a site's to change",
    "instead": "who the statements are for is not a site's to change",
    "assessment": "who the statements are for is not a site's to change",
    "band": "it would change when another statement holds",
    "gates": "it would change when another statement holds",
    "article": "it speaks of the founding article",
    "verified": "whether a text was read is worked out",
}
TEXTS = tuple("id kind topic badge setting dose urgency when clinician patient nurse pharmacist student".split())
TABLES = ("do", "links", "claim", "recheck", "aim", "contrast")
LISTS = ("cites", "case", "effects", "measures", "variant", "review")
WORD_LISTS = ("unless", "asks", "names", "notes")
# Numbers that faces read without asking, by their table.
NUMBERS = {"aim": ("low", "high"), "recheck": ("value",)}
KINDS = ("recommendation", "practice", "remark", "safety", "fact")
FORM = "a statement that is not formed as statements are cannot be checked"
COUNTED = {"limit": ("limit tightened", "limits tightened"), "statement": ("statement added", "statements added"),
           "silence": ("statement silenced", "statements silenced")}  # fmt: skip


def overlay(trees: dict[str, Record], text: str, file: str) -> Record:
    """Change the trees as a site's file says and return its settings and changes as plain data.

    FactError that lists every fault with its line: what is not known, what has no unit, what would loosen a limit,
    drop a safety statement or rewrite one.
    """
    import tomllib

    faults = Faults(places_of(text, file))
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        faults.note("", "not readable as TOML", seen=str(error), why="nothing is guessed from it",
                    fix="correct the line that it names")  # fmt: skip
        faults.raise_all()
        return {}
    reader = Reader(tree, trees, faults, [])
    tighten(reader)
    site = read_settings(reader)
    site["silenced"] = silence(reader, site["edition"])
    add_statements(reader)
    faults.raise_all()
    stand_on(trees, site)
    return {**site, "changes": reader.changes, "notice": notice(site, reader.changes, trees)}


def stand_on(trees: dict[str, Record], site: Record) -> None:
    """Add the profile `local`, which is an edition with the site's changes, and the site's file as a source."""
    profiles = trees["profiles.toml"]
    edition = profiles[site["edition"]]
    for record in profiles.values():
        record.pop("default", None)
    profiles[LOCAL] = {
        **edition, "label": f"{site['name']}, on {edition['label']}", "default": True,
        "edition": site["edition"], "silenced": list(site["silenced"]),
    }  # fmt: skip
    trees["sources.toml"][SOURCE] = {
        "title": f"Site profile of {site['name']}, version {site['version']}",
        "body": site["approved_by"],
        "kind": "site",
        "read": "primary",
    }


def notice(site: Record, changes: list[Record], trees: dict[str, Record]) -> str:
    """One line that every face shows: whose profile, on which edition, and how much it changes."""
    label = trees["profiles.toml"][site["edition"]]["label"]
    counts = []
    for kind, (one, many) in COUNTED.items():
        count = sum(1 for change in changes if change["kind"] == kind)
        counts += [f"{count} {one if count == 1 else many}"] if count else []
    rest = sum(1 for change in changes if change["kind"] not in COUNTED)
    counts += [f"{rest} setting{'s' if rest > 1 else ''} of its own"] if rest else []
    told = ", ".join(counts) or "nothing changed"
    whose = f"Site profile of {site['name']}, version {site['version']}, on {label}"
    return f"{whose}: {told}. Approved by {site['approved_by']}."


def packaged(trees: dict[str, Record]) -> dict[str, Record]:
    """The project's own statements by id."""
    return {
        str(one.get("id")): one
        for name, tree in trees.items() if name.startswith("statements/") and name != FILE
        for one in tree.get("statement", ())
    }  # fmt: skip


def records(reader: Reader, table: str) -> list[tuple[int, Record]]:
    """The tables of a list, numbered; anything else there is a fault."""
    listed = reader.tree.get(table, [])
    if isinstance(listed, list) and all(isinstance(one, dict) for one in listed):
        return list(enumerate(listed))
    reader.faults.note(table, "a list of tables belongs here", seen=listed, why=FORM, fix=f"write [[{table}]]")
    return []


def silence(reader: Reader, edition: str) -> Record:
    """The statements that the site does not show: id -> reason and name; never one that protects."""
    found: Record = {}
    statements = packaged(reader.trees)
    for number, given in records(reader, "silence"):
        only(reader, "silence", given, SILENCE_KEYS, number)
        words(reader, "silence", given, "reason", number=number, why="a reader must be able to judge the change")
        words(reader, "silence", given, "by", number=number, why="somebody answers for it", needed=False)
        identifier = str(given.get("id"))
        statement = statements.get(identifier)
        if statement is None or identifier in found:
            near = nearest(identifier, statements)
            again = "silenced twice" if statement is not None else "there is no such statement"
            reader.faults.note("silence", again, key="id", number=number, seen=given.get("id"),
                               why="each statement is silenced by its id, once",
                               fix=f"did you mean {near}?" if near else "see vasotone facts list")  # fmt: skip
            continue
        why = unsilenced(statement, edition)
        if why:
            reader.faults.note("silence", "this statement cannot be silenced", key="id", number=number,
                               seen=identifier, why=why, fix="leave it out")  # fmt: skip
            continue
        found[identifier] = {key: str(given.get(key, "")) for key in ("reason", "by")}
        reader.change("silence", identifier, f"silenced: {identifier}", given)
    return found


def unsilenced(statement: Record, edition: str) -> str:
    """Why a statement may not be silenced, or empty."""
    if statement.get("kind") in PROTECTED or "gate" in statement:
        return f"it is a {statement.get('kind')} statement, and a site may not drop those"
    if statement.get("gates") and edition in statement.get("editions", {}):
        return f"it says when {', '.join(statement['gates'])} is carried out, which would then hold more often"
    return ""


def add_statements(reader: Reader) -> None:
    """The site's own statements, behind those of the edition that are as urgent, as one more file of statements."""
    own = packaged(reader.trees)
    last = max((one.get("rank", 0) for one in own.values()), default=0)
    made: list[Record] = []
    for number, given in records(reader, "statement"):
        identifier = given.get("id")
        known = {**own, **{one["id"]: one for one in made}}
        if not isinstance(identifier, str) or not identifier.strip() or identifier in known:
            reader.faults.note(
                "statement", "this id is taken" if identifier in known else "a statement needs an id", key="id",
                number=number, seen=identifier, why="a site adds statements; it never rewrites one",
                fix="choose an id of its own; one that is no safety statement can be silenced beside it",
            )  # fmt: skip
            continue
        before = len(reader.faults)
        check_form(reader, given, number)
        check_claims(reader, given, number)
        if len(reader.faults) == before:
            statement = {key: value for key, value in given.items() if key not in ("reason", "by")}
            statement["badge"] = SOURCE
            statement["rank"] = last + statement.get("rank", 1)
            statement.setdefault("cites", [cite(f"statement {identifier}")])
            cite_numbers(statement, f"statement {identifier}")
            made.append(statement)
            reader.change("statement", identifier, f"added: {identifier}", given)
    reader.trees[FILE] = {"statement": made}


def check_form(reader: Reader, given: Record, number: int) -> None:
    """Note what is not of the kind that a statement's key holds."""
    kinds: list[tuple[tuple[str, ...], type, str]] = [
        (TEXTS, str, "a text"),
        (TABLES, dict, "a table"),
        ((*LISTS, *WORD_LISTS), list, "a list"),
        (("rank",), int, "a number"),
    ]
    for keys, kind, said in kinds:
        for key in keys:
            if key in given and (not isinstance(given[key], kind) or isinstance(given[key], bool)):
                reader.faults.note("statement", f"{said} belongs here", key=key, number=number, seen=given[key],
                                   why=FORM, fix="see the schema of statements")  # fmt: skip
    for key in (*LISTS, *WORD_LISTS):
        inner = dict if key in LISTS else str
        if isinstance(given.get(key), list) and any(not isinstance(one, inner) for one in given[key]):
            reader.faults.note("statement", "the entries are not of one kind", key=key, number=number,
                               seen=given[key], why=FORM, fix="see the schema of statements")  # fmt: skip
    for key, inside in NUMBERS.items():
        table = given.get(key, dict.fromkeys(inside, 0))
        if isinstance(table, dict) and any(type(table.get(one)) not in (int, float) for one in inside):
            reader.faults.note("statement", f"needs {' and '.join(inside)}, numbers", key=key, number=number,
                               seen=table, why=FORM, fix="write each with its unit")  # fmt: skip
    for key in ("kind", "clinician", "patient"):
        if key not in given:
            reader.faults.note("statement", f"needs `{key}`", key=key, number=number, why=FORM,
                               fix="see the schema of statements")  # fmt: skip
    for key in ("reason", "by"):
        words(reader, "statement", given, key, number=number, why="somebody answers for it", needed=False)


def check_claims(reader: Reader, given: Record, number: int) -> None:
    """Note what only the project's own statements may say."""
    for key, why in NOT_A_SITES.items():
        if key in given:
            reader.faults.note("statement", "not for a site's statement", key=key, number=number, seen=given[key],
                               why=why, fix="leave it out")  # fmt: skip
    if given.get("kind", KINDS[0]) not in KINDS:
        reader.faults.note("statement", "not a kind of a site's statement", key="kind", number=number,
                           seen=given["kind"], why="how data are judged, and for whom, is not a site's to change",
                           fix=f"write one of {', '.join(KINDS)}")  # fmt: skip
    if given.get("badge", SOURCE) != SOURCE:
        reader.faults.note("statement", "a site's statement carries the site's badge", key="badge", number=number,
                           seen=given["badge"], why="a reader must see whose word it is",
                           fix='write badge = "site" or nothing')  # fmt: skip
    links = given.get("links", {})
    if isinstance(links, dict) and "twin" in links:
        reader.faults.note("statement", "a site's statement has no twin", key="links", number=number,
                           seen=links["twin"], why="a near-twin would move the edition's own statement out of sight",
                           fix="use links.next, links.why or links.risk")  # fmt: skip
    for variant in given.get("variant", []) if isinstance(given.get("variant"), list) else []:
        if isinstance(variant, dict) and not isinstance(variant.get("when", ""), str):
            reader.faults.note("statement", "a condition is a text", key="variant", number=number,
                               seen=variant["when"], why=FORM, fix="write it in quotes")  # fmt: skip


def cite_numbers(value: Any, at: str) -> None:
    """Let the site's file stand as the source of each number that names no other."""
    if isinstance(value, list):
        for one in value:
            cite_numbers(one, at)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key not in ("case", "cite", "cites", "review"):
                cite_numbers(inner, at)
        given = [one for key, one in value.items() if key != "rank"]
        number = any(isinstance(one, int | float) and not isinstance(one, bool) for one in given)
        if number and "cite" not in value and "cites" not in value:
            value["cite"] = cite(at)


def held_back(statements: dict[str, Record], floor: str) -> list[str]:
    """The statements whose review state lies below the site's floor; never safety, scope or data."""
    if not floor:
        return []
    order = {"withdrawn": -1, "expired": FLOORS.index("under review"), **{one: n for n, one in enumerate(FLOORS)}}
    least = order[floor]
    return sorted(
        name for name, one in statements.items()
        if one["kind"] not in PROTECTED and "gate" not in one and order.get(one["review_state"], -1) < least
    )  # fmt: skip
