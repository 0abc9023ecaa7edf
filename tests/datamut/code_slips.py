"""Every slip that somebody could make in a function: one at a time, on its syntax tree."""

from __future__ import annotations
import __future__

import ast
import copy
import importlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple

Function = ast.FunctionDef | ast.AsyncFunctionDef
Swap = tuple[str, ast.AST]
SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Div,
    ast.Mod: ast.Div, ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
NOT_RUN = {"annotation", "returns", "decorator_list", "type_comment"}
WIDEST = 60
TELLS = "__called__"


class Slip(NamedTuple):
    """One slip in a function: how it reads, whether it is one of wording, and what makes it."""

    function: str
    what: str
    is_text: bool
    line: int
    make: Callable[[], None]

    @property
    def key(self) -> str:
        """What names this slip in the list of equivalents; it holds while the function has these words."""
        return f"{self.function} | {self.what}"


class Target(NamedTuple):
    """A function of the package: its name, its tree and the object that runs."""

    name: str
    module: str
    tree: Function
    runs: FunctionType


def functions(text: str) -> Iterator[tuple[str, Function]]:
    """(name, tree) of every function of a file; those inside a function belong to it."""
    for node in ast.parse(text).body:
        if isinstance(node, Function):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from ((f"{node.name}.{one.name}", one) for one in node.body if isinstance(one, Function))


def targets(root: Path, file: str) -> Iterator[Target]:
    """The functions of a file that can be exchanged while it is loaded."""
    module = file.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    loaded = importlib.import_module(module)
    for name, tree in functions((root / file).read_text(encoding="utf-8")):
        found: Any = loaded
        for part in name.split("."):
            found = vars(found).get(part)
        for inner in ("fget", "__func__", "__wrapped__"):
            found = getattr(found, inner, found)
        if isinstance(found, FunctionType) and not found.__code__.co_freevars:
            yield Target(f"{module}.{name}", module, tree, found)


def exchange(target: Target) -> None:
    """Let the function run as its tree now reads."""
    tree = target.tree
    tree.decorator_list = []
    code = compile(
        ast.fix_missing_locations(ast.Module([tree], [])), target.runs.__code__.co_filename, "exec",
        flags=__future__.annotations.compiler_flag, dont_inherit=True,
    )  # fmt: skip
    scope = dict(vars(importlib.import_module(target.module)))
    exec(code, scope)
    made = scope[tree.name]
    target.runs.__code__ = made.__code__
    target.runs.__defaults__ = made.__defaults__
    target.runs.__kwdefaults__ = made.__kwdefaults__


def watch(target: Target, told: Callable[[str], None]) -> Callable[[], None]:
    """Let the function tell its name whenever it is called; what is given back puts it as it was."""
    runs = target.runs
    before = runs.__code__, runs.__defaults__, runs.__kwdefaults__
    tree = copy.deepcopy(target.tree)
    told_here = ast.Expr(ast.Call(ast.Name(TELLS, ast.Load()), [ast.Constant(target.name)], []))
    tree.body.insert(0, ast.copy_location(told_here, tree.body[0]))
    runs.__globals__[TELLS] = told
    exchange(target._replace(tree=tree))

    def put_back() -> None:
        runs.__code__, runs.__defaults__, runs.__kwdefaults__ = before
        runs.__globals__.pop(TELLS, None)

    return put_back


def slips(target: Target) -> Iterator[Slip]:
    """Every slip of a function, in a fixed order; `make` changes the tree for good."""
    seen: Counter[str] = Counter()
    for holder, place, node in places(target.tree):
        for what, after in swapped(node):
            seen[what] += 1
            named = what if seen[what] == 1 else f"{what} #{seen[what]}"
            is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
            line = getattr(node, "lineno", target.tree.lineno)
            yield Slip(target.name, named, is_text, line, maker(holder, place, after))


def maker(holder: Any, place: Any, after: ast.AST) -> Callable[[], None]:
    """What puts a node in place of another."""

    def make() -> None:
        if isinstance(holder, list):
            holder[place] = after
        else:
            setattr(holder, place, after)

    return make


def places(node: ast.AST) -> Iterator[tuple[Any, Any, ast.AST]]:
    """(holder, place in it, node) of all that runs below a node; what documents is left out."""
    for field, value in ast.iter_fields(node):
        if field in NOT_RUN:
            continue
        for number, inner in enumerate(value if isinstance(value, list) else [value]):
            if not isinstance(inner, ast.AST) or is_text_alone(inner):
                continue
            yield (value, number, inner) if isinstance(value, list) else (node, field, inner)
            yield from places(inner)


def is_text_alone(node: ast.AST) -> bool:
    """Whether a statement is a text that documents."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def short(node: ast.AST) -> str:
    """A node as it is written, cut where it is long."""
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= WIDEST else text[: WIDEST - 3] + "..."


def swapped(node: ast.AST) -> Iterator[Swap]:
    """What somebody could have written in place of a node."""
    for after in others(node):
        for part in ast.walk(after):
            if isinstance(part, ast.expr | ast.stmt) and not hasattr(part, "lineno"):
                ast.copy_location(part, node)
        yield f"{short(node)} -> {short(after) or 'nothing'}", after


def others(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that may stand in place of one."""
    match node:
        case ast.Compare(left, ops, comparators):
            for number, op in enumerate(ops):
                other = [*ops[:number], SWAPS[type(op)](), *ops[number + 1 :]]
                yield ast.Compare(left, other, comparators)  # type: ignore[arg-type]
        case ast.BoolOp(op, values):
            yield ast.BoolOp(SWAPS[type(op)](), values)  # type: ignore[arg-type]
        case ast.BinOp(left, op, right) if type(op) in SWAPS:
            yield ast.BinOp(left, SWAPS[type(op)](), right)  # type: ignore[arg-type]
        case ast.AugAssign(aim, op, value) if type(op) in SWAPS:
            yield ast.AugAssign(aim, SWAPS[type(op)](), value)  # type: ignore[arg-type]
        case ast.UnaryOp(ast.Not() | ast.USub(), operand):
            yield operand
        case ast.Constant(value):
            yield from (ast.Constant(other) for other in other_values(value))
        case ast.IfExp(test, body, orelse):
            yield ast.IfExp(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.If(test, body, orelse):
            yield ast.If(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.While(test, body, orelse):
            yield ast.While(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.comprehension(aim, source, ifs, is_async) if ifs:
            yield ast.comprehension(aim, source, [*ifs[:-1], ast.UnaryOp(ast.Not(), ifs[-1])], is_async)
        case ast.Call():
            yield from other_calls(node)
        case _:
            yield from other_statements(node)


def other_values(value: Any) -> Iterator[Any]:
    """Constants beside a constant."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield value + 1
    elif isinstance(value, str):
        yield f"XX{value}XX"


def other_calls(node: ast.Call) -> Iterator[ast.AST]:
    """A call with nothing in place of one argument, or without one that has a name."""
    for number, argument in enumerate(node.args):
        if not isinstance(argument, ast.Starred | ast.GeneratorExp) and not is_none(argument):
            yield ast.Call(
                node.func, [*node.args[:number], ast.Constant(None), *node.args[number + 1 :]], node.keywords
            )
    for number, named in enumerate(node.keywords):
        if named.arg is not None:
            yield ast.Call(node.func, node.args, [*node.keywords[:number], *node.keywords[number + 1 :]])


def other_statements(node: ast.AST) -> Iterator[ast.AST]:
    """Statements that lose what they do."""
    match node:
        case ast.Assign(aims, value) if not is_none(value):
            if not any(isinstance(aim, ast.Tuple) for aim in aims):
                yield ast.Assign(aims, ast.Constant(None))
        case ast.AnnAssign(aim, annotation, value, simple) if value is not None and not is_none(value):
            yield ast.AnnAssign(aim, annotation, ast.Constant(None), simple)
        case ast.Return(value) if value is not None and not is_none(value):
            yield ast.Return(ast.Constant(None))
        case ast.Break():
            yield ast.Continue()
        case ast.Continue():
            yield ast.Break()
        case ast.Raise() | ast.Expr(ast.Call()):
            yield ast.Pass()
        case ast.Lambda(args, body) if not is_none(body):
            yield ast.Lambda(args, ast.Constant(None))


def is_none(node: ast.AST) -> bool:
    """Whether a node is the constant None."""
    return isinstance(node, ast.Constant) and node.value is None
