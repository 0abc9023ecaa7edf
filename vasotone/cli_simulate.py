"""`vasotone simulate`: what may be expected of one patient under one or more plans."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MOST_SEED = 2**63


def arguments(simulate: Any) -> None:
    """The arguments of `vasotone simulate`."""
    simulate.add_argument("patient", help="a JSON file (plain or FHIR), - for standard input, or a CLIF folder")
    simulate.add_argument("--plan", action="append", metavar="PLAN",
        help='such as "norepinephrine 0.1 -> 0.2 ug/kg/min at 5 min; saline 500 mL over 15 min at 30 min"; '
             "several are compared")  # fmt: skip
    simulate.add_argument("--hours", default="2", help="how far ahead, at most 24 (default 2)")
    simulate.add_argument("--target", help='such as "MAP 65": the dose that would hold it in the simulation')
    simulate.add_argument("--seed", default="1", help="of all draws; the same seed gives the same numbers")
    simulate.add_argument(
        "--at", help="the instant of the question, ISO 8601 with offset; FHIR and folders: or 'last'"
    )
    simulate.add_argument("--hospitalization", help="which stay of a folder")
    simulate.add_argument("--profile", help="a site's own TOML file, for its labelling of norepinephrine")
    simulate.add_argument("--json", action="store_true", help="the record as JSON")


def run(args: Any, *, patient_source: Callable[[str], Any], print_json: Callable[[Any], None]) -> int:
    """Simulate, print, and give the exit code: 0 done, 3 refused, 5 something has to be known first."""
    import vasotone

    facts, _ = vasotone.standing(args.profile)
    hours, seed = number(args.hours, "--hours"), whole(args.seed, "--seed")
    table = vasotone.read(patient_source(args.patient), at=args.at, hospitalization=args.hospitalization, facts=facts)
    result = vasotone.simulate(table, args.plan or [""], hours=hours, target=args.target, seed=seed, facts=facts)
    from vasotone.twin.simulate import exit_code

    if args.json:
        print_json(result.to_dict())
    else:
        from vasotone.views import simulation

        print(simulation.show(result.to_dict()), end="")
    return exit_code(result)


def number(text: str, where: str) -> float:
    """A plain decimal number of an argument. UnitError for anything else."""
    from vasotone import units

    return float(units.number(text, where=where))


def whole(text: str, where: str) -> int:
    """A seed: a whole number from 0 up. InputError for anything else."""
    from vasotone.errors import InputError

    if not (text.isascii() and text.isdigit()) or len(text) > 19 or int(text) >= MOST_SEED:
        raise InputError("a seed is a whole number", where=where, seen=text, fix="give one from 0 up")
    return int(text)
