"""The project's own words hold together: statements for every reader, the pages, the fixed texts of the views."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import vasotone
from vasotone.lint import ERROR, examine

ROOT = Path(__file__).resolve().parents[2]
# An example of the command itself shows a text that is wrong on purpose.
SHOWN_AS_WRONG = re.compile(r"```console\n\$ vasotone lint .*?```", re.DOTALL)
READERS = ("clinician", "nurse", "pharmacist", "student", "patient")


def wrong(name: str, text: str) -> tuple[int, list[str]]:
    """How many quantities a text holds, and its errors."""
    report = examine(text, vasotone.load())
    errors = [one for one in report.findings if one.severity == ERROR]
    return len(report.doses), [
        f"{name}, line {one.line}: {one.says} ({one.text!r}) {one.arithmetic}" for one in errors
    ]


def total(texts: dict[str, str]) -> int:
    """The quantities of all texts, none of which holds an error."""
    results = [wrong(name, text) for name, text in texts.items()]
    assert [error for _, errors in results for error in errors] == []
    return sum(count for count, _ in results)


def wordings() -> dict[str, str]:
    found = {}
    for name, statement in vasotone.load().whole().items():
        for place, part in enumerate([statement, *statement.get("variant", [])]):
            found |= {f"{name} {place} {reader}": part[reader] for reader in READERS if part.get(reader)}
    return found


def strings(path: Path) -> str:
    tree = ast.parse(path.read_text("utf-8"))
    return "\n\n".join(
        node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def test_every_statement_for_every_reader() -> None:
    assert total(wordings()) > 100


def test_every_page() -> None:
    pages = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md", ROOT / "CHANGELOG.md"]
    texts = {page.name: page.read_text("utf-8") for page in pages if page.exists()}
    assert total({name: SHOWN_AS_WRONG.sub("", text) for name, text in texts.items()}) > 20


def test_the_fixed_texts_of_the_views() -> None:
    views = sorted((ROOT / "vasotone" / "views").glob("*.py"))
    assert views
    assert total({path.name: strings(path) for path in views}) >= 0
    assert any(len(strings(path)) > 100 for path in views)


def test_the_reasons_of_limits_and_the_notes_of_drugs() -> None:
    facts = vasotone.load()
    texts = {
        f"{table} {name}": entry["why"]
        for table, entries in facts.limits.items()
        for name, entry in entries.items()
        if isinstance(entry, dict) and entry.get("why")
    }
    texts |= {name: drug["note"] for name, drug in facts.drugs.items() if drug.get("note")}
    assert len(texts) > 20
    total(texts)


def test_an_error_among_them_would_be_seen() -> None:
    assert wrong("planted", "Dilute 4 mg in 250 mL, which is 64 ug/mL.")[1]
