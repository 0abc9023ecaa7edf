"""Turns the TOML of a data folder into checked records, or says everything that is not sound."""

from __future__ import annotations

import marshal
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

from vasotone import lang, review
from vasotone.errors import ConditionError, FactError
from vasotone.records import Record, Variable
from vasotone.rulebook import compile_profile, edition_of
from vasotone.soundness_columns import columns_of, definitions_of, dose_variables, formulas_of
from vasotone.soundness_shelves import SHELVES, check_shelves
from vasotone.soundness_tables import check_tables

KINDS = ("recommendation", "practice", "remark", "safety", "scope", "fact", "data")
STATUSES = ("current", "superseded", "contradicted", "legacy-only")
BADGES = ("guideline", "expert", "label", "trial-protocol", "legacy", "physiology", "article", "project", "site")
ACTIONS = (
    "start add raise lower hold stop switch give prepare target measure assess avoid ask convert refer inform"
).split()
URGENCIES = ("now", "soon", "routine")
SETTINGS = ("septic", "any")
READ = ("primary", "near-primary", "two-secondary", "one-secondary", "memory", "project")
OTHER_TARGETS = (
    "fluid arterial-line central-line peripheral-line echo source-control goals-of-care shock-type device unit "
    "perfusion beta-blocker bicarbonate norepinephrine.basis"
).split()

# What only readers of a statement want, not advice: kept apart so that a start need not read it.
DETAILS = tuple(
    "case asks patient nurse pharmacist student findings quoted claim topic gates band review names".split()
)
STATEMENT_KEYS = set(
    "id kind topic status superseded_by badge setting gate do dose urgency rank when unless band gates clinician "
    "patient asks links claim cites findings recheck editions variant case left_out review "
    "contrast aim assessment notes instead verified nurse pharmacist student names order".split()
)
VARIABLE_KEYS = set(
    "label kind unit plausible fresh values word drugs from words derive derive_in cite guard ask aliases "
    "spellings also placeholder drug formulary entry note pause seen within points clif".split()
)
SOURCE_KEYS = set("title body authors journal year doi pmid kind read note in_full edition set version".split())
# Integers that order or count things of ours; every other number is a fact and needs a unit and a cite.
STRUCTURAL = {"rank", "year", "order", "n", "factor_of"}
UNQUANTIFIED = {"case", "given", "aliases", "asks"}


class Problems(list[str]):
    """What is not sound, collected so that one run shows all of it."""

    def note(self, where: str, what: str) -> None:
        """Add one line."""
        self.append(f"{where}: {what}")


def build(files: dict[str, bytes], amend: Callable[[dict[str, Record]], None] | None = None) -> dict[str, Any]:
    """The fields of `facts.Facts` but its digest. FactError that lists every problem found.

    amend  changes the parsed files before they are checked: a site's own profile
    """
    problems = Problems()
    trees = {name: parse_file(name, content, problems) for name, content in files.items()}
    if amend is not None and not problems:
        amend(trees)
    for name, tree in trees.items():
        check_numbers(tree, name, problems)
    sources = trees.get("sources.toml", {})
    profiles = trees.get("profiles.toml", {})
    check_sources(sources, problems)
    for name, tree in trees.items():
        check_cites(tree, name, sources, problems)
    named = {**trees.get("variables.toml", {}), **dose_variables(trees)}
    variables = build_variables(named, problems)
    columns = columns_of(variables)
    statements = collect_statements(trees, problems)
    for identifier, statement in statements.items():
        check_statement(identifier, statement, statements, profiles, trees.get("drugs.toml", {}), variables, problems)
    check_tables(trees, statements, problems)
    check_shelves(trees, statements, variables, problems)
    if problems:
        raise_all(problems)
    annotate(statements, sources, trees.get("findings.toml", {}), problems)
    codes = {}
    for profile in profiles:
        try:
            definitions = definitions_of(variables, columns, edition_of(profile, profiles))
            compiled = compile_profile(statements, columns, definitions, profile, profiles, problems)
            codes[profile] = marshal.dumps(compiled)
        except ConditionError as error:
            problems.note(profile, str(error))
    check_plans(trees.get("plans.toml", {}), trees.get("drugs.toml", {}), problems)
    formulas = formulas_of(variables, columns, problems)
    rules = check_consistency(trees.get("consistency.toml", {}), columns, variables, problems)
    if problems:
        raise_all(problems)
    return {
        "variables": variables,
        "sources": sources,
        "drugs": trees.get("drugs.toml", {}),
        "limits": trees.get("limits.toml", {}),
        "plans": trees.get("plans.toml", {}),
        "consistency": rules,
        "statements": {
            name: {key: value for key, value in one.items() if key not in DETAILS} for name, one in statements.items()
        },
        "details": details_of(statements, trees),
        "formulas": formulas,
        "profiles": profiles,
        "codes": codes,
        "columns": columns,
    }


def details_of(statements: dict[str, Record], trees: dict[str, Record]) -> bytes:
    """What advice does not read, kept apart from what it reads."""
    kept = {name: {key: one[key] for key in DETAILS if key in one} for name, one in statements.items()}
    return marshal.dumps({"statements": kept, **{shelf: trees.get(f"{shelf}.toml", {}) for shelf in SHELVES}})


def annotate(statements: dict[str, Record], sources: Record, findings: Record, problems: Problems) -> None:
    """Give every statement its digest, its review state, and whether it rests on memory alone."""
    read_of = {key: source["read"] for key, source in sources.items()}
    for statement in statements.values():
        if "findings" in statement:  # who approves a statement has read its numbers too
            statement["quoted"] = review.digest({name: findings[name] for name in statement["findings"]})
        statement["digest"] = review.digest(statement)
        statement["review_state"] = review.state(statement)
        statement["on_memory"] = review.rests_on_memory(statement, read_of)
        if statement["on_memory"] and any(one.get("decision") == "approved" for one in statement.get("review", [])):
            problems.note(statement["id"], "rests on memory and cannot be approved: read a source first")


def raise_all(problems: Problems) -> None:
    """One error that carries all problems, each on its own line."""
    unique = list(dict.fromkeys(problems))
    error = FactError(
        f"{len(unique)} problem{'s' if len(unique) != 1 else ''} in the facts",
        where="facts",
        why="advice may rest only on facts that are sound",
        fix="correct these:\n  " + "\n  ".join(unique),
    )
    raise error


def parse_file(name: str, content: bytes, problems: Problems) -> Record:
    """One TOML file as a record; an empty one when it does not parse."""
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.note(name, f"not readable as TOML: {error}")
        return {}


def walk(tree: Any, where: str) -> Iterator[tuple[str, Record]]:
    """Every table of a tree with its place, outermost first; tables of cases are left out."""
    if isinstance(tree, dict):
        yield where, tree
        for key, value in tree.items():
            if key not in UNQUANTIFIED:
                name = value.get("id", key) if isinstance(value, dict) else key
                yield from walk(value, f"{where} {name}")
    elif isinstance(tree, list):
        for place, value in enumerate(tree):
            name = value.get("id", str(place + 1)) if isinstance(value, dict) else str(place + 1)
            yield from walk(value, f"{where} {name}")


def check_numbers(tree: Record, where: str, problems: Problems) -> None:
    """Refuse a number whose table has no unit or no cite."""
    for place, table in walk(tree, where):
        for key, value in table.items():
            numbers = value if isinstance(value, list) else [value]
            if key in STRUCTURAL or not any(is_number(number) for number in numbers):
                continue
            if "unit" not in table and f"{key}_unit" not in table:
                problems.note(place, f"the number `{key}` has no `unit`")
            if "cite" not in table:
                problems.note(place, f"the number `{key}` has no `cite`")


def is_number(value: Any) -> bool:
    """Whether a TOML value is a number (truth values are not)."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def check_cites(tree: Record, where: str, sources: Record, problems: Problems) -> None:
    """Refuse a cite that does not resolve or has no place in its source."""
    for place, table in walk(tree, where):
        cites = list(table.get("cites", [])) + ([table["cite"]] if "cite" in table else [])
        for cite in cites:
            if not isinstance(cite, dict) or "source" not in cite:
                problems.note(place, "a cite is a table with `source` and `at`")
            elif cite["source"] not in sources:
                problems.note(place, f"the cite `{cite['source']}` is not in sources.toml")
            elif not str(cite.get("at", "")).strip():
                problems.note(place, f"the cite `{cite['source']}` has no place (`at`)")
            elif cite.get("read", "primary") not in READ:
                problems.note(place, f"`read = {cite['read']}` is not one of {', '.join(READ)}")


def check_sources(sources: Record, problems: Problems) -> None:
    """Every source says what it is and how its text was read."""
    if not sources:
        problems.note("sources.toml", "missing or empty")
    for key, source in sources.items():
        if not isinstance(source, dict):
            problems.note(f"sources.toml {key}", "a source is a table")
            continue
        unknown_keys(f"sources.toml {key}", source, SOURCE_KEYS, problems)
        for needed in ("title", "kind", "read"):
            if needed not in source:
                problems.note(f"sources.toml {key}", f"`{needed}` is missing")
        if source.get("read") not in READ:
            problems.note(f"sources.toml {key}", f"`read` is not one of {', '.join(READ)}")


def unknown_keys(where: str, record: Record, known: set[str], problems: Problems) -> None:
    """Note keys that nothing reads: usually a slip of spelling that would silently drop a fact."""
    for key in record:
        if key not in known:
            problems.note(where, f"unknown key `{key}`")


def build_variables(tree: Record, problems: Problems) -> dict[str, Variable]:
    """The variables, checked for kind, unit and range."""
    from vasotone import units
    from vasotone.errors import UnitError

    variables = {}
    for name, record in tree.items():
        where = f"variables.toml {name}"
        unknown_keys(where, record, VARIABLE_KEYS, problems)
        kind = record.get("kind", "")
        if kind not in ("number", "flag", "choice", "text") or "label" not in record:
            problems.note(where, "needs a `label`, and a `kind` of number, flag, choice or text")
            continue
        if kind == "number":
            try:
                units.unit(record.get("unit", ""), where=where)
            except UnitError as error:
                problems.note(where, str(error))
            if "plausible" not in record:
                problems.note(where, "a number needs a plausible range")
        span = record.get("plausible", {})
        fresh = record.get("fresh", {})
        variables[name] = Variable(
            name=name,
            label=record["label"],
            kind=kind,
            unit=record.get("unit", ""),
            low=number_or_none(span.get("low")),
            high=number_or_none(span.get("high")),
            fresh_minutes=number_or_none(fresh.get("value")),
            values=tuple(record.get("values", ())),
            record=record,
        )
    return variables


def number_or_none(value: Any) -> float | None:
    """A TOML number as a float, or None."""
    return float(value) if is_number(value) else None


def collect_statements(trees: dict[str, Record], problems: Problems) -> dict[str, Record]:
    """All statements by id, each with the file it stands in."""
    found: dict[str, Record] = {}
    for name, tree in trees.items():
        if not name.startswith("statements/"):
            continue
        for statement in tree.get("statement", []):
            identifier = statement.get("id", "")
            if not identifier or identifier in found:
                problems.note(name, f"statement id `{identifier}` is missing or written twice")
                continue
            found[identifier] = {**statement, "file": name}
        unknown_keys(name, tree, {"statement"}, problems)
    return found


def check_statement(
    identifier: str,
    statement: Record,
    statements: dict[str, Record],
    profiles: Record,
    drugs: Record,
    variables: dict[str, Variable],
    problems: Problems,
) -> None:
    """One statement: its words are known, its links resolve, its grades have a place."""
    where = f"{statement['file']} {identifier}"
    unknown_keys(where, {key: 0 for key in statement if key != "file"}, STATEMENT_KEYS, problems)
    for key, allowed in (("kind", KINDS), ("status", STATUSES), ("badge", BADGES), ("setting", SETTINGS)):
        if statement.get(key, allowed[0]) not in allowed:
            problems.note(where, f"`{key} = {statement[key]}` is not one of {', '.join(allowed)}")
    if not statement.get("clinician") or not statement.get("patient"):
        problems.note(where, "needs wording for `clinician` and for `patient`")
    if not statement.get("editions") and not statement.get("cites"):
        problems.note(where, "rests on nothing: give `editions` or `cites`")
    for edition, grade in statement.get("editions", {}).items():
        if edition not in profiles and edition not in ("ssc-2016", "ssc-2012", "ssc-2008"):
            problems.note(where, f"edition `{edition}` is unknown")
        elif not grade.get("at"):
            problems.note(where, f"edition `{edition}` has no place (`at`)")
        elif grade.get("read", "primary") not in READ:
            problems.note(where, f"edition `{edition}`: `read` is not one of {', '.join(READ)}")
    targets = set(OTHER_TARGETS) | set(drugs) | set(variables)
    for part in [statement, *statement.get("variant", [])]:
        do = part.get("do")
        if "when" in part and not do:
            problems.note(where, "has a condition and nothing to do")
        if do and (do.get("action") not in ACTIONS or do.get("target") not in targets):
            problems.note(where, f"`do = {do}` names an unknown action or target")
    if statement.get("urgency", "routine") not in URGENCIES:
        problems.note(where, f"urgency `{statement['urgency']}` is unknown")
    named = [statement["superseded_by"]] if "superseded_by" in statement else []
    named += [one for many in statement.get("links", {}).values() for one in many] + statement.get("gates", [])
    for other in named:
        if other not in statements:
            problems.note(where, f"names the statement `{other}`, which does not exist")


def check_plans(plans: Record, drugs: Record, problems: Problems) -> None:
    """Every plan names a drug and regimes that this drug has."""
    for drug, plan in plans.items():
        known = {regime.get("id") for regime in drugs.get(drug, {}).get("regimes", [])}
        for use, regime in plan.items():
            if regime not in known:
                problems.note(f"plans.toml {drug} {use}", f"`{regime}` is not a regime of {drug}")


def check_consistency(
    tree: Record, columns: dict[str, lang.Column], variables: dict[str, Variable], problems: Problems
) -> tuple[Record, ...]:
    """The consistency rules with their conditions parsed."""
    rules = []
    for rule in tree.get("rule", []):
        where = f"consistency.toml {rule.get('id', '?')}"
        for name in [*rule.get("names", []), *rule.get("doubt", [])]:
            if name not in variables:
                problems.note(where, f"unknown variable `{name}`")
        try:
            rules.append({**rule, "node": lang.check(rule["when"], columns, {}, where=where)})
        except (ConditionError, KeyError) as error:
            problems.note(where, str(error))
    return tuple(rules)
