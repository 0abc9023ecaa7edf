"""The cells of a tiny folder of CSV tables: a line in brackets names a table, its rows follow."""

from __future__ import annotations

import os
import re
import tempfile

import held

SHARED = "/dev/shm"  # written and read thousands of times: memory where there is some
FOLDER = tempfile.mkdtemp(dir=SHARED if os.path.isdir(SHARED) else None)
HEAD = re.compile(rb"^\[([a-z_]{1,40})\]$")
MOST_TABLES = 8


def tables(data: bytes) -> dict[str, bytes]:
    """The text of each table that the input names."""
    found: dict[str, list[bytes]] = {}
    rows: list[bytes] = []
    for line in data.split(b"\n"):
        name = HEAD.match(line)
        if name and len(found) < MOST_TABLES:
            rows = found.setdefault(name.group(1).decode(), [])
        else:
            rows.append(line)
    return {name: b"\n".join(lines) for name, lines in found.items()}


def one_input(data: bytes) -> None:
    """One folder."""
    for left in os.listdir(FOLDER):
        os.remove(os.path.join(FOLDER, left))
    for name, text in tables(data).items():
        with open(os.path.join(FOLDER, f"clif_{name}.csv"), "wb") as file:
            file.write(text)
    held.advised(FOLDER, at="last", show=len(data) % 8 == 0)


if __name__ == "__main__":
    held.started(one_input)
