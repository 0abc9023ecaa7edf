"""`vasotone lint` as a command: texts, files and standard input, exit codes, and the record."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from vasotone.cli import main

WRONG = "Give 4 mg in 250 mL (32 mcg/mL)."
RIGHT = "Give 4 mg in 250 mL (16 mcg/mL)."


def record(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    code = main(["lint", *arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_exit_codes_and_the_record(capsys: pytest.CaptureFixture[str]) -> None:
    code, sound = record(capsys, RIGHT)
    assert (code, sound["schema"], sound["findings"]) == (0, "vasotone.lint/1", [])
    assert [dose["text"] for dose in sound["doses"]] == ["4 mg in 250 mL", "16 mcg/mL"]
    code, unsound = record(capsys, WRONG)
    assert code == 3
    (finding,) = unsound["findings"]
    assert set(finding) == {
        "code",
        "severity",
        "start",
        "end",
        "line",
        "text",
        "says",
        "arithmetic",
        "ratio",
        "cause",
    }
    assert (finding["severity"], finding["line"], finding["ratio"]) == ("error", 1, 2)
    assert finding["text"] == WRONG[finding["start"] : finding["end"]]


def test_warnings_and_style_are_no_refusal(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = record(capsys, "Norepinephrine 0.1 was started, then .5 mg.")
    assert code == 0
    assert {one["severity"] for one in found["findings"]} == {"warning", "style"}


def test_a_file_and_standard_input(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.txt"
    page.write_text(f"One line.\n\n{WRONG}\n", "utf-8")
    code, found = record(capsys, str(page))
    assert (code, found["findings"][0]["line"]) == (3, 3)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(WRONG.encode())))
    assert record(capsys, "-")[0] == 3


@pytest.mark.parametrize(("content", "said"), [(b"4 mg \xff", "not UTF-8"), (b"a" * 1_000_001, "too long")])
def test_what_cannot_be_read_is_an_error(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes, said: str
) -> None:
    page = tmp_path / "page.bin"
    page.write_bytes(content)
    code, found = record(capsys, str(page))
    assert (code, found["schema"]) == (2, "vasotone.error/1")
    assert said in found["what"]


def test_a_folder_is_an_error(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert record(capsys, str(tmp_path))[0] == 2


def test_the_text_for_a_reader(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", WRONG]) == 3
    out = capsys.readouterr().out
    assert "line 1: error: 4 mg in 250 mL and 32 mcg/mL differ by a factor of 2" in out
    assert "4 mg in 250 mL is 16 ug/mL, not 32 ug/mL: 2 times" in out
    assert out.endswith("2 quantities read, 1 error, no remarks\n")
    assert main(["lint", ""]) == 0
