"""Instants of the demo through CLIF, plain JSON and FHIR; two processes share the work, since there is much of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import as_fhir
import as_plain
from demo_instants import Instant
from demo_record import Demo, at_instant
from door_bytes import PROFILES, advised, first_difference

import vasotone
from vasotone.readers import clif, fhir

PROCESSES = 2
SHAPES = (
    as_fhir.Shape(panel=True, generic=False, orders=True),
    as_fhir.Shape(panel=False, generic=False, orders=True),
    as_fhir.Shape(panel=False, generic=True, orders=True),
    as_fhir.Shape(panel=True, generic=False, orders=False),
)


class Compared(NamedTuple):
    """One instant in one profile: where the plain patient and the Bundle differ from the CLIF tables."""

    instant: Instant
    profile: str
    plain: str
    fhir: str
    items: int


def compare(folder: Path, instants: list[Instant], shapes: list[as_fhir.Shape]) -> list[Compared]:
    """Every instant in every profile; `shapes` says how a hospital sends each one."""
    return list(_compared(folder, instants, shapes))


def _compared(folder: Path, instants: list[Instant], shapes: list[as_fhir.Shape]) -> Iterator[Compared]:
    facts, demo = vasotone.load(), Demo(folder)
    units = {name: variable.unit for name, variable in facts.variables.items()}
    stays = {name: demo.stay(name) for name in dict.fromkeys(instant.stay for instant in instants)}
    for instant, shape in zip(instants, shapes, strict=True):
        record = at_instant(stays[instant.stay], instant.at)
        bundle = json.dumps(as_fhir.bundle(record, units, shape))
        tables = {
            "clif": clif.read(str(folder), hospitalization=instant.stay, at=instant.at, facts=facts),
            "plain": vasotone.read(json.dumps(as_plain.patient(record)), facts=facts),
            "fhir": fhir.read(bundle, facts, at=instant.at),
        }
        for profile in PROFILES:
            said = {door: advised(table, profile, facts) for door, table in tables.items()}
            plain, fhir_door = (first_difference(said["clif"], said[door]) for door in ("plain", "fhir"))
            yield Compared(instant, profile, plain, fhir_door, said["clif"]["items"].count('"statement": '))


def compare_all(folder: Path, instants: list[Instant]) -> list[Compared]:
    """Every instant in every profile, in the order of the instants."""
    shapes = [SHAPES[place % len(SHAPES)] for place in range(len(instants))]
    shares = [(instants[n::PROCESSES], shapes[n::PROCESSES]) for n in range(PROCESSES)]
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        running = [pool.submit(compare, folder, *share) for share in shares]
        found = [one for future in running for one in future.result()]
    place = {(one.stay, one.at): n for n, one in enumerate(instants)}
    return sorted(found, key=lambda one: place[one.instant.stay, one.instant.at])
