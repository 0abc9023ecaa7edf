"""A published study as a protocol: what a study file may hold, read and checked, and nothing silently ignored."""

from __future__ import annotations

import os
import sys
import tomllib

from vasotone.errors import InputError
from vasotone.twin import study_parts as parts
from vasotone.twin import study_scores as results
from vasotone.twin.study_record import Measure, Study

SCHEMA = 1
MOST_BYTES = 1_000_000


def read(path: str) -> Study:
    """The study of one file, or of standard input for "-". InputError names the file and the place in it."""
    name = "standard input" if path == "-" else os.path.basename(path)
    return parse(contents(path), name)


def contents(path: str) -> bytes:
    """What stands in a file or on standard input. InputError where it cannot be read."""
    try:
        if path == "-":
            data = b"" if sys.stdin is None else sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with open(path, "rb") as handle:
                data = handle.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise InputError("this study cannot be read", where=path, seen=getattr(error, "strerror", error),
                         fix="name a study file in TOML, or - for standard input") from None  # fmt: skip
    if len(data) > MOST_BYTES:
        raise InputError("this study is too long", where=path, fix=f"give at most {MOST_BYTES} bytes")
    return data


def parse(data: bytes, name: str) -> Study:
    """The study that a TOML text holds; `name` is what errors call it. InputError for whatever is not the format."""
    try:
        tree = tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # what is not UTF-8 is a ValueError too
        raise InputError("this is not TOML", where=name, seen=str(error),
                         fix="see the study format for an example") from None  # fmt: skip
    top = parts.Top(tree, name)
    if top.number("schema") != SCHEMA:
        raise top.wrong("schema", f"only schema {SCHEMA} is known")
    identifier = top.text("id")
    texts = {key: top.text(key, default="") for key in ("citation", "title_or_topic", "population", "notes")}
    cohort_part = top.part("cohort")
    steps = parts.steps(top.parts("step"))
    names = [step.name for step in steps if isinstance(step, Measure)]
    found = Study(
        id=identifier,
        study=top.text("study", default=identifier),
        slot=top.text("slot", default=""),
        citation=texts["citation"],
        title=texts["title_or_topic"],
        population=texts["population"],
        notes=texts["notes"],
        n_published=top.whole("n_published", default=None),
        read=top.word("read", ("full table", "abstract"), default="abstract"),
        cohort=parts.cohort(cohort_part, names),
        steps=steps,
        drives=tuple(results.drive(one, names) for one in top.parts("drive")),
        scores=tuple(results.score(one, names) for one in top.parts("score")),
    )
    top.done()
    seen: set[str] = set()
    for one in found.scores:
        if one.id in seen:
            raise InputError("two scores have the same id", where=f"{name}: score", seen=one.id,
                             fix="give each score an id of its own")  # fmt: skip
        seen.add(one.id)
    return found
