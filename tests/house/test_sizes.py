"""Files and functions stay small enough to read, names say something, and nothing goes round in circles."""

from __future__ import annotations

import ast
from pathlib import Path

import house_tree

MOST_LINES_FILE = 400
MOST_LINES_FUNCTION = 60
EMPTY_NAMES = {
    "utils", "util", "utilities", "helpers", "helper", "manager", "managers", "base", "common", "core",
    "misc", "handler", "handlers", "stuff", "tools",
}  # fmt: skip
Function = ast.FunctionDef | ast.AsyncFunctionDef


def python_files() -> list[Path]:
    """Every Python file that is or would be committed."""
    return [path for path in house_tree.kept_files() if path.suffix == ".py"] or [*house_tree.modules().values()]


def long_functions(tree: ast.Module) -> list[str]:
    """Functions of a file with more lines than the house allows."""
    sizes = [
        (node, (node.end_lineno or 0) - node.lineno + 1) for node in ast.walk(tree) if isinstance(node, Function)
    ]
    return [f"{node.name} ({size} lines)" for node, size in sizes if size > MOST_LINES_FUNCTION]


def circles(edges: dict[str, set[str]]) -> list[list[str]]:
    """Every way round that a depth-first walk meets."""
    found: list[list[str]] = []
    done: set[str] = set()

    def walk(node: str, path: list[str]) -> None:
        if node in path:
            found.append([*path[path.index(node) :], node])
            return
        if node in done:
            return
        for target in sorted(edges.get(node, set())):
            walk(target, [*path, node])
        done.add(node)

    for node in sorted(edges):
        walk(node, [])
    return found


def test_no_file_is_long() -> None:
    sizes = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in python_files()}
    assert sizes
    assert [f"{path.name}: {size}" for path, size in sizes.items() if size > MOST_LINES_FILE] == []


def test_no_function_is_long() -> None:
    wrong = [f"{path.name}: {name}" for path in python_files() for name in long_functions(house_tree.parsed(path))]
    assert wrong == []


def test_a_long_function_is_seen() -> None:
    lines = ["def long():", *["    x = 1"] * MOST_LINES_FUNCTION]
    assert long_functions(ast.parse("\n".join(lines))) == [f"long ({MOST_LINES_FUNCTION + 1} lines)"]
    assert long_functions(ast.parse("\n".join(lines[:-1]))) == []


def test_names_say_something() -> None:
    parts = {part for name in house_tree.modules() for part in name.split(".")}
    assert parts & EMPTY_NAMES == set()


def test_imports_make_no_circle() -> None:
    edges: dict[str, set[str]] = {}
    for found in house_tree.all_imports():
        if not found.target.startswith("!"):
            edges.setdefault(found.source, set()).add(found.target)
    assert circles(edges) == []


def test_a_circle_is_seen() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}}) == [["a", "b", "c", "a"]]
    assert circles({"a": {"b", "c"}, "b": {"c"}}) == []


def test_test_files_have_names_of_their_own() -> None:
    names = [path.name for path in python_files() if "tests" in path.relative_to(house_tree.ROOT).parts[:1]]
    names = [name for name in names if name != "run.py"]  # run as tests.<folder>.run, never imported by its bare name
    assert sorted(names) == sorted(set(names))
    assert "__init__.py" not in names
