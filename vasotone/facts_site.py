"""A site's own profile: a TOML file laid over the facts, checked with them, and cached like them.

A site may set what is its own (bags, pump, formulary, labelling, default target, lactate unit, review floor, time
zone), tighten limits, and add or silence statements. It never loosens a limit, never drops a safety, scope or data
statement, and never rewrites one.
"""

from __future__ import annotations

import os

from vasotone import facts
from vasotone.errors import FactError, shorten
from vasotone.facts import Facts
from vasotone.records import Record

ENDING = ".toml"
LOCAL = "local"
MOST_BYTES = 1_000_000
# The site's file among the digested files; no data folder can hold one of this name.
NAME = "site profile:"
OF_STATEMENTS = "statements/site.toml"
_by_content: dict[bytes, Facts] = {}


def is_file(text: str) -> bool:
    """Whether the word for a profile means a site's file; no edition is named so."""
    return text.lower().endswith(ENDING)


def load(path: str, folder: str | None = None) -> Facts:
    """The facts as a site's file changes them, with the profile `local` as the default one.

    path    a TOML file
    folder  the data folder that it stands on; the packaged facts by default

    FactError that names line and key of everything that is unknown, without a unit, looser than before, or not a
    site's to change.
    """
    content = read_file(path)
    if folder is None and content in _by_content:
        return _by_content[content]
    files = facts.read_files(folder or facts.DATA)
    digest = facts.digest_of({**files, NAME: content})
    found = facts.cached(digest)
    if found is None:
        found = build(files, content, digest, path)
        facts.keep(found)
    if folder is None:
        _by_content[content] = found
    return found


def read_file(path: str) -> bytes:
    """The bytes of a site's file. FactError where it cannot be read."""
    try:
        with open(path, "rb") as handle:
            content = handle.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:  # a path with a zero byte is a ValueError
        raise FactError("this site profile cannot be read", where=shorten(path),
                        seen=getattr(error, "strerror", error), why="advice would not be the site's",
                        fix="name a TOML file, or an edition") from None  # fmt: skip
    if len(content) > MOST_BYTES:
        raise FactError("this site profile is too large", where=shorten(path), seen=f"over {MOST_BYTES} bytes",
                        fix="keep what the site changes, and nothing else")  # fmt: skip
    return content


def build(files: dict[str, bytes], content: bytes, digest: str, path: str) -> Facts:
    """The facts with a site's file laid over them, everything checked."""
    from vasotone import soundness
    from vasotone.facts_site_overlay import held_back, overlay

    file = shorten(os.path.basename(path))
    site: Record = {}
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FactError("this site profile is not UTF-8 text", where=file, seen=f"byte {error.start}",
                        fix="save it as UTF-8") from None  # fmt: skip
    try:
        fields = soundness.build(files, lambda trees: site.update(overlay(trees, text, file)))
    except FactError as error:
        if OF_STATEMENTS not in str(error):
            raise
        raise FactError(f"{error.what} of the site", where=file, why=error.why,
                        fix=error.fix.replace(OF_STATEMENTS, f"{file} [[statement]]")) from None  # fmt: skip
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise FactError("a statement of this profile is not formed as statements are", where=file, seen=error,
                        why="it cannot be checked",
                        fix="compare it with one of the project's own") from None  # fmt: skip
    site["digest"] = facts.digest_of({NAME: content})
    site["held"] = held_back(fields["statements"], site["floor"])
    return Facts(digest=digest, **fields, site=site)
