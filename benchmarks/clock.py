"""Times one call at a time, and says where the middle and the slow end lie. Standard library only."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter, perf_counter_ns
from typing import Any, NamedTuple


class Spread(NamedTuple):
    """Times of single calls, in microseconds."""

    p50: float
    p99: float
    least: float
    calls: int


def part(values: Iterable[float], share: float) -> float:
    """The value below which a share of the values lies (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def spread(samples: Sequence[float]) -> Spread:
    """The spread of samples in microseconds."""
    return Spread(part(samples, 0.5), part(samples, 0.99), min(samples), len(samples))


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this process and those that it starts on one core, where the system allows that."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def time_calls(
    call: Callable[[Any], Any], items: Sequence[Any], *, seconds: float, warm: bool = True, most: int = 200
) -> Spread:
    """Call once for every item, in rounds, until the time is used; at least one round is timed.

    warm  leave a first round out
    most  the most rounds
    """
    if warm:
        for item in items:
            call(item)
    samples: list[float] = []
    end = perf_counter() + seconds
    for _ in range(most):
        for item in items:
            start = perf_counter_ns()
            call(item)
            samples.append((perf_counter_ns() - start) / 1000)
        if perf_counter() > end:
            break
    return spread(samples)
