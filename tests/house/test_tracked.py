"""What is committed speaks of the project alone: no address, no machine, no binary, no patient."""

from __future__ import annotations

import re
from pathlib import Path

import house_tree
import pytest

# Written in pieces, so that this file does not hold what it looks for.
ADDRESSES = [
    "pypi" + r"\." + "org",
    "python" + "hosted",
    "npm" + "js" + r"\.",
    "deb" + "ian" + r"\.org",
    "index" + "-url",
    "find" + "-links [^`]",
    "git" + r"\+https?:",
    r"\.whl" + r"(?:#|\?)",
]
MACHINE = [rf"(?<![\w.~*-])/{name}/" for name in ("wo" + "rk", "ro" + "ot", "ho" + "me", "t" + "mp", "op" + "t")]
ALLOWED = {"tools/lock.sh": {"index" + "-url", "find" + "-links [^`]"}}  # they switch these off

DATA_ENDINGS = {
    ".parquet", ".duckdb", ".db", ".sqlite", ".sqlite3", ".whl", ".gz", ".zip", ".pkl", ".npy", ".npz",
    ".ipynb", ".xlsx", ".so", ".pyc",
}  # fmt: skip
PICTURES = {".png", ".svg", ".ico", ".webp"}
MOST_BYTES = 400_000
LOCKS = {"uv.lock", "poetry.lock", "Pipfile.lock", "pdm.lock"}


@pytest.fixture(scope="module")
def files() -> list[Path]:
    """What git tracks or would add."""
    kept = house_tree.kept_files()
    if not kept:
        pytest.skip("not a git checkout, so there is no list of files")
    return kept


def matches(name: str, text: str) -> list[str]:
    """Each pattern that a file's text holds, with its line."""
    found = []
    for pattern in ADDRESSES + MACHINE:
        if pattern in ALLOWED.get(name, set()):
            continue
        for hit in re.finditer(pattern, text):
            found.append(f"{name} line {text.count(chr(10), 0, hit.start()) + 1}: {hit.group()}")
    return found


def name_of(path: Path) -> str:
    """The path as written in the repository."""
    return path.relative_to(house_tree.ROOT).as_posix()


def test_no_address_and_no_path_of_a_machine(files: list[Path]) -> None:
    texts = {path: path.read_bytes() for path in files if path.suffix not in PICTURES}
    found = [one for path, data in texts.items() for one in matches(name_of(path), data.decode("utf-8", "replace"))]
    assert found == []


def test_an_address_or_a_path_is_seen() -> None:
    assert matches("x", "see " + "files." + "python" + "hosted.example")
    assert matches("x", "open('/" + "tmp/x')")
    assert matches("x", "cd /" + "work/main")
    assert matches("x", "--extra-" + "index" + "-url elsewhere")
    assert not matches("x", "https://doi.example/10.1 and a frame" + "work/room and ~/" + "work/x")


def test_nothing_is_binary_or_large(files: list[Path]) -> None:
    assert [name_of(path) for path in files if path.suffix in DATA_ENDINGS] == []
    assert [name_of(path) for path in files if path.stat().st_size > MOST_BYTES] == []
    binary = [name_of(path) for path in files if path.suffix not in PICTURES and b"\0" in path.read_bytes()]
    assert binary == []


def test_only_the_requirements_pin(files: list[Path]) -> None:
    assert [name_of(path) for path in files if path.name in LOCKS] == []
    pins = [path for path in files if path.parent.name == "requirements" and path.suffix == ".txt"]
    assert pins
    for path in pins:
        entries = re.split(r"\n(?=[A-Za-z])", path.read_text("utf-8"))
        assert [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == [], path.name


def test_the_same_package_has_one_pin(files: list[Path]) -> None:
    seen: dict[str, set[str]] = {}
    for name in ("demo", "build", "test"):
        text = (house_tree.ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
        for package, version in re.findall(r"^([\w.-]+)==(\S+)", text, flags=re.MULTILINE):
            seen.setdefault(package, set()).add(version)
    assert {package: versions for package, versions in seen.items() if len(versions) > 1} == {}
