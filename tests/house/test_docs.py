"""What the docs show is true: commands and Python blocks run, in a temporary folder, nothing else."""

from __future__ import annotations

import contextlib
import doctest
import io
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import house_tree
import pytest

FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
SHELL = re.compile(r"[|<>;&`]|\$\(")
EXIT = re.compile(r"^\[exit (\d+)\]$")
NEVER_RUN = {"serve"}  # stays in the foreground
LOOSE = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


class Command(NamedTuple):
    """One `$ vasotone` line of a page, what the page says it prints, and how it ends."""

    line: str
    expected: str
    code: int


def pages() -> list[Path]:
    """The README and every page of docs/."""
    return [house_tree.ROOT / "README.md", *sorted((house_tree.ROOT / "docs").rglob("*.md"))]


def blocks(text: str, *languages: str) -> list[str]:
    """The fenced blocks of a page in one of the languages."""
    return [body for language, body in FENCE.findall(text) if language in languages]


def commands(block: str) -> Iterator[Command]:
    """The `$ vasotone` commands of a console block; lines that end with a backslash go on."""
    text = re.sub(r"\\\n\s*", " ", block)
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        line, *rest = part.splitlines()
        if line.split()[0] != "vasotone":
            continue
        code = next((int(found.group(1)) for one in rest if (found := EXIT.match(one))), 0)
        yield Command(line, "\n".join(one for one in rest if not EXIT.match(one)).strip(), code)


def run(line: str) -> tuple[int, str]:
    """Exit code and standard output of a `vasotone` line, run in this process and never in a shell."""
    from vasotone.cli import main

    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
        try:
            code = main(shlex.split(line)[1:])
        except SystemExit as stopped:
            code = stopped.code if isinstance(stopped.code, int) else 1
    return code or 0, printed.getvalue()


def fits(expected: str, printed: str) -> bool:
    """Whether what was printed is what the page shows; `...` stands for anything, nothing shown for all."""
    return not expected or doctest.OutputChecker().check_output(expected + "\n", printed.strip() + "\n", LOOSE)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder with the examples, and the demo tables where they are unpacked."""
    for name in ("examples", "studies"):
        if (house_tree.ROOT / name).is_dir():
            shutil.copytree(house_tree.ROOT / name, tmp_path / name)
    if (house_tree.ROOT / ".demo").is_dir():
        (tmp_path / ".demo").symlink_to(house_tree.ROOT / ".demo")
    monkeypatch.chdir(tmp_path)
    return tmp_path


CONSOLE = [
    pytest.param(command, id=f"{page.stem}-{number}")
    for page in pages()
    for number, command in enumerate(
        command for block in blocks(page.read_text("utf-8"), "console") for command in commands(block)
    )
]
PYTHON = [
    pytest.param(body, id=f"{page.stem}-{number}")
    for page in pages()
    for number, body in enumerate(blocks(page.read_text("utf-8"), "python"))
]


@pytest.mark.parametrize("command", CONSOLE)
def test_a_command_of_the_docs_runs(command: Command, folder: Path) -> None:
    words = shlex.split(command.line)
    assert not SHELL.search(command.line), "a command of the docs needs no shell"
    if words[1] in NEVER_RUN:
        pytest.skip(f"vasotone {words[1]} stays in the foreground")
    if any(word.startswith(".demo/") for word in words) and not (folder / ".demo").exists():
        pytest.skip("the demo tables are not unpacked; `make demo` or `make test` does it")
    code, printed = run(command.line)
    assert code == command.code, f"{command.line} ended with {code}:\n{printed}"
    assert fits(command.expected, printed), f"{command.line} printed:\n{printed}"


@pytest.mark.parametrize("body", PYTHON)
def test_a_python_block_of_the_docs_runs(body: str, folder: Path) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(body, "docs", "exec"), {"__name__": "docs"})


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_commands_stand_where_they_are_run(page: Path) -> None:
    text = page.read_text("utf-8")
    hidden = [body for body in blocks(text, "", "sh", "bash", "shell", "text") if "$ vasotone" in body]
    assert hidden == [], "write commands in a block marked console"


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    text = re.sub(FENCE, "", page.read_text("utf-8"))
    targets = [target.split("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]
    assert [target for target in targets if target and not (page.parent / target).exists()] == []


def test_every_verb_is_described() -> None:
    if not (house_tree.PACKAGE / "cli.py").exists():
        pytest.skip("the command line is not written yet")
    from vasotone.cli import VERBS

    text = "\n".join(page.read_text("utf-8") for page in pages())
    assert list(VERBS)
    assert [verb for verb in VERBS if f"vasotone {verb}" not in text] == []


def test_every_example_is_described() -> None:
    text = "\n".join(page.read_text("utf-8") for page in pages())
    examples = [path for path in house_tree.kept_files() if path.parent.name == "examples"]
    assert [path.name for path in examples if f"examples/{path.name}" not in text] == []


def test_the_readme_says_what_the_closing_run_does() -> None:
    readme = (house_tree.ROOT / "README.md").read_text("utf-8")
    closing = (house_tree.ROOT / ".ci" / "run").read_text("utf-8")
    for command in ("make demo", "make test"):
        assert command in readme
        assert command in closing


def test_the_reader_of_blocks_reads() -> None:
    page = "```console\n$ make demo\n$ vasotone dose x \\\n    --json\nrate ... mL/h\n[exit 3]\n```\n"
    (block,) = blocks(page, "console")
    assert list(commands(block)) == [Command("vasotone dose x  --json", "rate ... mL/h", 3)]
    assert fits("rate ... mL/h", "rate 30 mL/h\n")
    assert not fits("rate 31 mL/h", "rate 30 mL/h\n")
    assert SHELL.search("vasotone advise x | less")
