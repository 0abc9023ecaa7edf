"""What the modules of the advise path keep in memory between two advices; a slip must not hide behind it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vasotone import facts

TESTS = str(Path(__file__).resolve().parents[1])
ROOMS = ("vasotone.guideline", "vasotone.state", "vasotone.advice")


def kept() -> Iterator[dict[Any, Any]]:
    """Every memory: a dictionary of a module with a small name of its own; and the conditions that were compiled."""
    yield facts._compiled
    for name, module in list(sys.modules.items()):
        if name.startswith(ROOMS):
            for word, value in list(vars(module).items()):
                if type(value) is dict and word.startswith("_") and word == word.lower() and not word.endswith("__"):
                    yield value


def answers() -> Iterator[Any]:
    """What tests keep from one another to spare time: every function of theirs that remembers what it gave."""
    for module in list(sys.modules.values()):
        if (getattr(module, "__file__", None) or "").startswith(TESTS):
            yield from (one for one in vars(module).values() if hasattr(one, "cache_clear"))
