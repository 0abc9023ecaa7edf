"""Advice for one patient is one short process: what it loads. What it costs is measured in benchmarks/."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import house_tree
import pytest

# Each of these costs a noticeable part of the start, or opens a door that advice has no use for.
HEAVY = set(
    """
    ast asyncio concurrent csv dataclasses difflib dis email html http
    importlib.metadata importlib.resources inspect logging multiprocessing pathlib pickle pprint
    random selectors shutil socket sqlite3 ssl statistics subprocess tempfile textwrap threading
    tokenize tomllib typing_extensions unittest urllib uuid xml zipfile duckdb polars numpy scipy
    pandas jax fastapi pydantic rapidfuzz
    """.split()
)


def environment() -> dict[str, str]:
    """This process's environment, with the checkout importable."""
    return {**os.environ, "PYTHONPATH": str(house_tree.ROOT)}


def run(code: str, *arguments: str) -> str:
    """Standard output of a fresh Python without site packages."""
    done = subprocess.run(
        [sys.executable, "-S", "-c", code, *arguments],
        capture_output=True, text=True, check=False, env=environment(), timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def heavy_among(printed: str) -> list[str]:
    """Which loaded modules are heavy; the last line of what was printed lists all that were loaded."""
    loaded = printed.strip().splitlines()[-1].split()
    return sorted({name for name in loaded if name in HEAVY or name.split(".")[0] in HEAVY})


LIST = "print(' '.join(sorted(set(sys.modules) - before)))"
IMPORT = f"""
import sys, importlib
before = set(sys.modules)
importlib.import_module(sys.argv[1])
{LIST}
"""
ADVISE = f"""
import sys
before = set(sys.modules)
from vasotone.cli import main
code = main(["advise", sys.argv[1], "--json"])
assert code in (0, 3), code
print()
{LIST}
"""
PATH_MODULES = [name for name in house_tree.modules() if house_tree.on_advise_path(name) and name != "__main__"]


@pytest.fixture(scope="module")
def patient() -> Path:
    """The first plain patient of the examples."""
    found = sorted((house_tree.ROOT / "examples").glob("*.json"))
    if not found or not (house_tree.PACKAGE / "cli.py").exists():
        pytest.skip("the command line or the examples are not written yet")
    return found[0]


def test_a_heavy_module_is_seen() -> None:
    assert heavy_among(run(IMPORT, "dataclasses")) != []
    assert heavy_among(run(IMPORT, "fractions")) == []


@pytest.mark.parametrize("name", PATH_MODULES)
def test_importing_loads_nothing_heavy(name: str) -> None:
    dotted = "vasotone" if name == "__init__" else f"vasotone.{name}"
    assert heavy_among(run(IMPORT, dotted)) == []


def test_advice_loads_nothing_heavy_once_the_facts_are_compiled(patient: Path) -> None:
    run(ADVISE, str(patient))
    assert heavy_among(run(ADVISE, str(patient))) == []
