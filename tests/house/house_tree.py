"""The package as the house tests see it: files, modules, imports, and the plan of docs/house.md."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "vasotone"

# What `python -c pass` or `typing` and `fractions` load anyway costs nothing to name.
FREE_IMPORTS = {"__future__", "collections", "collections.abc", "decimal", "functools", "numbers", "operator"}
LIGHT_IMPORTS = {"json", "fractions", "datetime", "re", "math", "os", "sys", "typing"}
LIGHT_IMPORTS |= FREE_IMPORTS | set(sys.builtin_module_names)
ADVISE_PATH = (
    "__init__ __main__ cli errors units lang facts records review state readings table dose advice guideline "
    "readers readers.plain views views.text"
).split()
OFF_THE_PATH = ("lang.emit_polars", "lang.emit_sql")


class Import(NamedTuple):
    """One import statement's target."""

    source: str
    target: str
    line: int
    at_top: bool


class Room(NamedTuple):
    """A module or folder of the plan and its floor."""

    name: str
    floor: int


def module_name(path: Path) -> str:
    """The dotted name below `vasotone`; the package itself is `__init__`, a folder its own name."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    if parts[-1] == "__init__" and len(parts) > 1:
        parts = parts[:-1]
    return ".".join(parts)


def modules() -> dict[str, Path]:
    """Every Python file of the package by its dotted name."""
    return {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def _absolute(source: str, node: ast.ImportFrom, known: set[str]) -> str:
    """The full name of the module that a `from` statement names, relative or not."""
    if not node.level:
        return node.module or ""
    parts = ["vasotone", *source.split(".")] if source != "__init__" else ["vasotone"]
    is_folder = source == "__init__" or any(name.startswith(source + ".") for name in known)
    up = node.level - (1 if is_folder else 0)
    return ".".join([*parts[: len(parts) - up], *([node.module] if node.module else [])])


def _targets(source: str, node: ast.Import | ast.ImportFrom, known: set[str]) -> list[str]:
    """What a statement imports: `vasotone.x.y` as `x.y`, everything else with a leading `!`."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    else:
        base = _absolute(source, node, known)
        names = []
        for alias in node.names:
            inner = f"{base}.{alias.name}".removeprefix("vasotone.")
            names.append(f"vasotone.{inner}" if base.startswith("vasotone") and inner in known else base)
    own = {"vasotone": "__init__"}
    return [
        own.get(name, name.removeprefix("vasotone.")) if name.split(".")[0] == "vasotone" else f"!{name}"
        for name in names
    ]


def _is_typing_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def imports_of(name: str, tree: ast.Module, known: set[str]) -> list[Import]:
    """Every import of a module; those in functions and for types alone count as not at the top."""
    found: list[Import] = []

    def walk(node: ast.AST, at_top: bool) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import | ast.ImportFrom):
                found.extend(Import(name, target, child.lineno, at_top) for target in _targets(name, child, known))
            inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) or _is_typing_only(child)
            walk(child, at_top and not inside)

    walk(tree, True)
    return found


def all_imports() -> list[Import]:
    """Every import of every module of the package."""
    known = set(modules())
    return [found for name, path in modules().items() for found in imports_of(name, parsed(path), known)]


def _plan_rows() -> list[tuple[int, str, str]]:
    text = (ROOT / "docs" / "house.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d) [^|]*\|([^|]*)\|([^|]*)\|$", text, flags=re.MULTILINE)
    return [(int(floor), rooms, libraries) for floor, rooms, libraries in rows]


def plan() -> dict[str, Room]:
    """The rooms of docs/house.md by name, folders without their slash."""
    return {
        name.rstrip("/"): Room(name.rstrip("/"), floor)
        for floor, rooms, _ in _plan_rows()
        for name in re.findall(r"`([^`]+)`", rooms)
    }


def libraries() -> dict[str, set[str]]:
    """Which room may use which package from outside, from docs/house.md."""
    allowed: dict[str, set[str]] = {}
    for _, _, text in _plan_rows():
        for part in text.split(";"):
            names, _, room = part.partition(" in ")
            for found in re.findall(r"`([^`]+)`", room):
                allowed.setdefault(found.rstrip("/"), set()).update(re.findall(r"`([^`]+)`", names))
    return allowed


def room_of(name: str, rooms: dict[str, Room]) -> Room | None:
    """The room of a module: itself, its folder, or the module that it is a part of (`name_part`)."""
    first = name.split(".")[0]
    if first in rooms:
        return rooms[first]
    parts = first.split("_")
    for count in range(len(parts) - 1, 0, -1):
        if "_".join(parts[:count]) in rooms:
            return rooms["_".join(parts[:count])]
    return None


def on_advise_path(name: str) -> bool:
    """Whether a module is loaded by `vasotone advise` on a plain patient."""
    if name in OFF_THE_PATH:
        return False
    if name.split(".")[0] in ("readers", "views"):
        return any(name == path or name.startswith(path + "_") for path in ADVISE_PATH)
    room = room_of(name, plan())
    return room is not None and room.name in ADVISE_PATH


def kept_files() -> list[Path]:
    """Files that are tracked, or new and not ignored; empty outside a checkout."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        return []
    paths = {ROOT / name for name in listed.stdout.decode().split("\0") if name}
    return sorted(path for path in paths if path.is_file())
