"""`vasotone lint`: a text, a file or standard input, and what in it does not agree."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

from vasotone import errors
from vasotone.errors import InputError


def run(source: str, *, as_json: bool, print_json: Callable[[Any], None]) -> int:
    """Lint one text and print the report; the exit code is 3 where something is incoherent, else 0."""
    from vasotone import facts
    from vasotone.lint import examine

    report = examine(text_of(source), facts.load())
    if as_json:
        print_json(report.to_dict())
    else:
        print(report.plain())
    return report.exit_code


def text_of(source: str) -> str:
    """The text that an argument names: an existing path is a file, - is standard input, else the words themselves.

    InputError for what is not UTF-8, cannot be read, or is too long.
    """
    from vasotone.lint import MOST_BYTES

    if source == "-":
        content = b"" if sys.stdin is None else sys.stdin.buffer.read(MOST_BYTES + 1)
    elif _exists(source):
        try:
            with open(source, "rb") as handle:
                content = handle.read(MOST_BYTES + 1)
        except OSError as error:
            raise InputError("this file cannot be read", where=errors.shorten(source), seen=error.strerror,
                             fix="name a text file, or - for standard input") from None  # fmt: skip
    else:
        content = source.encode(errors="surrogateescape")
    if len(content) > MOST_BYTES:
        raise InputError("this text is too long", where="text", why="a text is read whole",
                         fix=f"give at most {MOST_BYTES} bytes at a time")  # fmt: skip
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("this text is not UTF-8", where="text", seen=f"byte {error.start}",
                         why="a misread sign can change a unit", fix="save it as UTF-8") from None  # fmt: skip


def _exists(source: str) -> bool:
    try:
        return os.path.exists(source)
    except ValueError:  # a zero byte is in no path
        return False
