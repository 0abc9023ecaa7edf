"""All clinical facts: read from TOML, checked, frozen, with one digest.

The compiled form (records and the code of the conditions) is cached by digest in the user's cache
folder, never in the repository; `VASOTONE_CACHE` names another folder, an empty value turns it off.
"""

from __future__ import annotations

import marshal
import os
import sys
from typing import Any, NamedTuple

from vasotone.errors import FactError
from vasotone.records import Compiled, Entry, Record, Variable

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")
FORMAT = f"2-{sys.implementation.cache_tag}"


class Facts(NamedTuple):
    """Every fact, by key. Statements, sources, drugs and limits are plain records; `whole` has all of a statement.

    site  what a site's own profile sets and changes; empty without one
    """

    digest: str
    variables: dict[str, Variable]
    sources: dict[str, Record]
    drugs: dict[str, Record]
    limits: Record
    plans: Record
    consistency: tuple[Record, ...]
    statements: dict[str, Record]
    profiles: dict[str, Record]
    codes: dict[str, bytes]
    columns: dict[str, Any]
    formulas: dict[str, Any]
    details: bytes
    site: Record = {}

    def whole(self) -> dict[str, Record]:
        """The statements with what advice does not read: cases, anticipated questions, other wordings, findings."""
        details = self.shelf("statements")
        return {name: {**statement, **details[name]} for name, statement in self.statements.items()}

    def shelf(self, name: str) -> dict[str, Any]:
        """What advice does not read: a shelf such as `findings` or `hazards`, or the details of `statements`."""
        return dict(marshal.loads(self.details)[name])

    def compiled(self, profile: str) -> Compiled:
        """The conditions of one profile. FactError for a profile that does not exist."""
        self.profile(profile)
        return compiled(self, profile)

    def profile(self, name: str) -> Record:
        """One profile's record. FactError when it does not exist."""
        if name not in self.profiles:
            raise FactError(
                "there is no such profile",
                where="profile",
                seen=name,
                fix=f"choose one of: {', '.join(sorted(self.profiles))}",
            )
        return self.profiles[name]

    @property
    def default_profile(self) -> str:
        """The edition used when none is named."""
        return next(name for name, record in self.profiles.items() if record.get("default"))


PACKAGED = ""
MOST_CACHED = 6
OTHERS_WRITE = 0o022
# What compiles facts, or is stored with them.
COMPILING = [
    f"{name}.py"
    for name in (
        "__init__ facts facts_site facts_site_overlay facts_site_settings facts_site_limits "
        "records records_findings soundness soundness_tables soundness_shelves soundness_columns soundness_article "
        "soundness_conflicts soundness_findings soundness_hazards soundness_physiology soundness_prohibitions "
        "rulebook review units "
        "lang/node lang/tokens lang/linear lang/parsing lang/checking lang/emit"
    ).split()
]
_loaded: dict[str, Facts] = {}
_compiled: dict[tuple[str, str], Compiled] = {}


def load(folder: str | None = None) -> Facts:
    """All facts of a data folder (the packaged one by default), checked.

    Raises FactError that lists what is not sound: a number without unit or cite, a cite that does not
    resolve or has no place in its source, an unknown name in a condition, an unknown key.
    """
    if folder is None and PACKAGED in _loaded:
        return _loaded[PACKAGED]  # the packaged facts do not change while a process runs
    files = read_files(folder or DATA)
    digest = digest_of(files)
    facts = cached(digest)
    if facts is None:
        from vasotone import soundness

        facts = Facts(digest=digest, **soundness.build(files))
        keep(facts)
    if folder is None:
        _loaded[PACKAGED] = facts
    return facts


def cached(digest: str) -> Facts | None:
    """The facts of a digest where this process or an earlier one has checked them, or None."""
    if digest not in _loaded:
        facts = from_cache(digest)
        if facts is None:
            return None
        _loaded[digest] = facts
    return _loaded[digest]


def keep(facts: Facts) -> None:
    """Keep checked facts for this process and for later ones."""
    to_cache(facts)
    _loaded[facts.digest] = facts


def read_files(folder: str) -> dict[str, bytes]:
    """The TOML files of a data folder, by their name relative to it. FactError when there are none.

    Protocols of published studies (`studies/`) are input to the twin, not facts that advice rests on.
    """
    found: dict[str, bytes] = {}
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "studies")
        for name in sorted(names):
            if name.endswith(".toml"):
                path = os.path.join(place, name)
                with open(path, "rb") as handle:
                    found[os.path.relpath(path, folder).replace(os.sep, "/")] = handle.read()
    if not found:
        raise FactError("no TOML files here", where=folder, fix="name a folder that holds the facts")
    return found


def digest_of(files: dict[str, bytes]) -> str:
    """One digest over names and contents, in hexadecimal."""
    try:
        from _blake2 import blake2b  # the same function; hashlib would load OpenSSL, which costs part of the start
    except ImportError:
        from hashlib import blake2b

    total = blake2b(digest_size=16)
    for name, content in files.items():
        total.update(f"{name}:{len(content)}:".encode())
        total.update(content)
    return total.hexdigest()


def cache_path(digest: str) -> str | None:
    """Where the compiled facts of a digest are kept, or None when the cache is off or has no home."""
    place = os.environ.get("VASOTONE_CACHE")
    if place is None:
        home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
        place = os.path.join(home, "vasotone")
    return os.path.join(place, f"facts-{digest}-{engine_stamp()}.bin") if os.path.isabs(place) else None


def engine_stamp() -> str:
    """Changes whenever code changes that compiles facts or gives them their shape; older caches are never read."""
    here = os.path.dirname(os.path.abspath(__file__))
    parts = [FORMAT]
    for name in COMPILING:
        try:
            status = os.stat(os.path.join(here, name))
        except OSError:
            continue
        parts.append(f"{status.st_size:x}.{status.st_mtime_ns:x}")
    return digest_of({"": "-".join(parts).encode()})[:16]


def is_ours(path: str) -> bool:
    """Whether a file can have been written by nobody but this user: the cache holds code."""
    if not hasattr(os, "getuid"):
        return True
    mine = os.getuid()
    for place in (os.path.dirname(path), path):
        status = os.lstat(place)
        if status.st_uid != mine or status.st_mode & OTHERS_WRITE or os.path.islink(place):
            return False
    return True


def from_cache(digest: str) -> Facts | None:
    """The compiled facts, or None when they are not cached, not ours, or the file is damaged."""
    path = cache_path(digest)
    if path is None:
        return None
    try:
        if not is_ours(path):
            return None
        with open(path, "rb") as handle:
            stored = marshal.loads(handle.read())
        if stored["digest"] != digest:
            return None
        from vasotone.lang.node import Column

        stored["variables"] = {name: Variable(*row) for name, row in stored["variables"].items()}
        stored["columns"] = {name: Column(*row) for name, row in stored["columns"].items()}
        return Facts(**stored)
    except (OSError, EOFError, ValueError, TypeError, KeyError, AttributeError):
        return None


def to_cache(facts: Facts) -> None:
    """Keep the compiled facts, in place of older ones; a folder that cannot be written is not an error."""
    path = cache_path(facts.digest)
    if path is None:
        return
    plain = facts._asdict()
    plain["variables"] = {name: tuple(row) for name, row in facts.variables.items()}
    plain["columns"] = {name: tuple(row) for name, row in facts.columns.items()}
    folder = os.path.dirname(path)
    temporary = f"{path}.{os.getpid()}"
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as handle:
            handle.write(marshal.dumps(plain))
        os.replace(temporary, path)
        drop_oldest(folder)
    except (OSError, ValueError):
        return


def drop_oldest(folder: str) -> None:
    """Keep the cache small: the newest few files stay."""
    files = [os.path.join(folder, name) for name in os.listdir(folder) if name.startswith("facts-")]
    files.sort(key=os.path.getmtime, reverse=True)
    for path in files[MOST_CACHED:]:
        os.remove(path)


def compiled(facts: Facts, profile: str) -> Compiled:
    """The conditions of one profile as functions, made once per process."""
    key = (facts.digest, profile)
    if key not in _compiled:
        stored = marshal.loads(facts.codes[profile])
        space: dict[str, Any] = {}
        exec(stored["code"], space)  # code made by lang from checked conditions, never from outside text
        _compiled[key] = Compiled(
            profile=profile,
            entries=tuple(Entry(*row) for row in stored["entries"]),
            definitions=stored["definitions"],
            when=space["when_rail"],
            unless=space["unless_rail"],
        )
    return _compiled[key]
