"""One version of the facts as plain trees: a data folder, a checkout, a wheel or zip archive, or none at all."""

from __future__ import annotations

import os
from typing import NamedTuple

from vasotone.errors import InputError
from vasotone.facts import digest_of, read_files
from vasotone.records import Record

NONE = "none"
INSIDE = "vasotone/data/"
PROTOCOLS = f"{INSIDE}studies/"  # input to the twin, no facts; a folder is read without them too
SOURCES = "sources.toml"
LARGEST = 20_000_000  # bytes of one archive's facts, unpacked


class Version(NamedTuple):
    """The trees of one version by file name, and what it is called. They are not checked: an old version may fail."""

    name: str
    digest: str
    trees: dict[str, Record]

    def tree(self, name: str) -> Record:
        """One file's tree; empty when this version has no such file."""
        return self.trees.get(name, {})


def read_version(name: str) -> Version:
    """A version by the path of a folder, a checkout or an archive; `none` is the empty one. InputError otherwise."""
    if name == NONE:
        return Version(NONE, "", {})
    if os.path.isdir(name):
        files = from_folder(name)
    elif os.path.isfile(name):
        files = from_archive(name)
    else:
        raise InputError("there is no such version of the facts", where="facts changes", seen=name,
                         fix="name a folder of facts, a wheel, two editions, or `none`")  # fmt: skip
    return Version(name, digest_of(files), {file: parsed(name, file, content) for file, content in files.items()})


def from_folder(path: str) -> dict[str, bytes]:
    """The TOML files of a data folder, or of the one in a checkout."""
    for place in (path, os.path.join(path, "data"), os.path.join(path, *INSIDE.strip("/").split("/"))):
        if os.path.isfile(os.path.join(place, SOURCES)):
            return read_files(place)
    raise InputError("this folder holds no facts", where="facts changes", seen=path,
                     why=f"it has no {SOURCES}", fix="name the data folder or the checkout")  # fmt: skip


def from_archive(path: str) -> dict[str, bytes]:
    """The TOML files below `vasotone/data/` of a wheel or zip archive."""
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(path) as archive:
            places = {one.filename: one.file_size for one in archive.infolist() if INSIDE in one.filename}
            if sum(places.values()) > LARGEST:
                raise InputError("the facts of this archive are too large", where="facts changes", seen=path)
            files = {
                place.partition(INSIDE)[2]: archive.read(place)
                for place in sorted(places, key=walked)
                if place.endswith(".toml") and PROTOCOLS not in place
            }
    except (BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
        raise InputError("this is no archive that can be read", where="facts changes", seen=path,
                         why=str(error), fix="name a wheel or a zip archive") from None  # fmt: skip
    if SOURCES not in files:
        raise InputError("this archive holds no facts", where="facts changes", seen=path,
                         fix=f"name one with {INSIDE}{SOURCES}")  # fmt: skip
    return files


def walked(place: str) -> list[tuple[bool, str]]:
    """The order in which a folder is read, so that the same facts have the same digest: files before folders."""
    *folders, name = place.partition(INSIDE)[2].split("/")
    return [*((True, folder) for folder in folders), (False, name)]


def parsed(version: str, file: str, content: bytes) -> Record:
    """One TOML file of a version. InputError when it is not readable."""
    import tomllib

    try:
        return tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError("a file of this version is not readable", where=f"{version} {file}", seen=error,
                         fix="compare versions whose files are whole") from None  # fmt: skip
