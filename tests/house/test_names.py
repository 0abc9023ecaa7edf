"""Every public name says what it is, and every public function says its types."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import house_tree

Function = ast.FunctionDef | ast.AsyncFunctionDef
OWN_ARGUMENT = ("self", "cls")


def public(tree: ast.Module) -> Iterator[tuple[str, ast.ClassDef | Function]]:
    """Public classes and functions of a module, and the public methods of its public classes."""
    for node in tree.body:
        if not isinstance(node, ast.ClassDef | Function) or node.name.startswith("_"):
            continue
        yield node.name, node
        if isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, Function) and not inner.name.startswith("_"):
                    yield f"{node.name}.{inner.name}", inner


def untyped(node: Function) -> list[str]:
    """Arguments of a function without a type, and `return`."""
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    extra = [one for one in (node.args.vararg, node.args.kwarg) if one]
    names = [one.arg for one in [*arguments, *extra] if one.annotation is None and one.arg not in OWN_ARGUMENT]
    return names + ([] if node.returns else ["return"])


def all_public() -> list[tuple[str, ast.ClassDef | Function]]:
    """Every public name of the package with its module."""
    return [
        (f"vasotone.{module}.{name}", node)
        for module, path in house_tree.modules().items()
        for name, node in public(house_tree.parsed(path))
    ]


def test_modules_say_what_they_are() -> None:
    missing = [name for name, path in house_tree.modules().items() if not ast.get_docstring(house_tree.parsed(path))]
    assert missing == []


def test_public_names_say_what_they_are() -> None:
    found = all_public()
    assert found
    assert [name for name, node in found if not ast.get_docstring(node)] == []


def test_public_functions_say_their_types() -> None:
    wrong = {name: untyped(node) for name, node in all_public() if isinstance(node, Function) and untyped(node)}
    assert wrong == {}


def test_a_missing_type_or_docstring_is_seen() -> None:
    tree = ast.parse("class A:\n    def run(self, x, *, y: int):\n        return x\n\ndef _hidden(z): ...")
    names = dict(public(tree))
    assert list(names) == ["A", "A.run"]
    run = names["A.run"]
    assert isinstance(run, Function)
    assert untyped(run) == ["x", "return"]
    assert ast.get_docstring(run) is None
