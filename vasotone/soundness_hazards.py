"""The hazard log: what can go wrong, what the software does against it, and which tests hold it to that."""

from __future__ import annotations

import re

from vasotone.records import Record, Variable
from vasotone.soundness_tables import Notes, one_of, only

KEYS = set("hazard cause severity mitigation requirement part tests waits_for later open cite".split())
NEEDED = ("hazard", "cause", "severity", "mitigation", "requirement", "part", "cite")
SEVERITIES = ("S5", "S4", "S3", "S2", "S1")
WORST = SEVERITIES[0]
FEWEST_KINDS = 2  # of tests for the worst hazards, so that one blind spot does not hide another
PARTS = tuple("core fhir clif site lint audit ask twin serve store fuzz".split())
TEST_KEYS = {"kind", "test"}
KINDS = tuple("property metamorphic differential fuzz load fault golden review".split())
IDENTIFIER = re.compile(r"H\d\d")
TEST = re.compile(r"tests/(\w+/)*test_\w+\.py::test_\w+(\[.+\])?")


def check(
    tree: Record,
    trees: dict[str, Record],
    statements: dict[str, Record],
    variables: dict[str, Variable],
    problems: Notes,
) -> None:
    """Note what is not sound in `hazards.toml`: words, tests, and a part that has none."""
    for identifier, one in tree.items():
        where = f"hazards.toml {identifier}"
        if not IDENTIFIER.fullmatch(identifier):
            problems.note(where, "an id is H and two digits")
        if not isinstance(one, dict):
            problems.note(where, "a hazard is a table")
            continue
        only(where, one, KEYS, problems)
        for needed in NEEDED:
            if not one.get(needed):
                problems.note(where, f"`{needed}` is missing")
        one_of(where, "severity", one.get("severity"), SEVERITIES, problems)
        one_of(where, "part", one.get("part"), PARTS, problems)
        for part in one.get("later", []):
            one_of(where, "later", part, PARTS, problems)
        check_tests(where, one, problems)


def check_tests(where: str, hazard: Record, problems: Notes) -> None:
    """A part that exists has tests, of two kinds for the worst hazards; one that does not has none yet."""
    tests = hazard.get("tests", [])
    for test in tests:
        only(f"{where} tests", test, TEST_KEYS, problems)
        one_of(f"{where} tests", "kind", test.get("kind"), KINDS, problems)
        if not TEST.fullmatch(str(test.get("test", ""))):
            problems.note(f"{where} tests", f"`{test.get('test')}` is no test such as tests/test_facts.py::test_name")
    named = [test.get("test") for test in tests]
    if len(set(named)) != len(named):
        problems.note(where, "names a test twice")
    if "waits_for" in hazard:
        if hazard["waits_for"] != hazard.get("part"):
            problems.note(where, "waits for its own `part`; other parts stand under `later`")
        if tests:
            problems.note(where, "waits for its part, so it has no tests yet")
        return
    if not tests:
        problems.note(where, "has no test, and waits for no part")
    elif hazard.get("severity") == WORST and len({test.get("kind") for test in tests}) < FEWEST_KINDS:
        problems.note(where, f"is of severity {WORST} and needs tests of two kinds")
