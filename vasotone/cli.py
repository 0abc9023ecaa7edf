"""The command line: each verb reads, calls and shows; heavy parts are imported by the verb that needs them."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from vasotone import __version__, errors
from vasotone.errors import InputError, VasotoneError

HELP_WIDTH = 100


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code; results go to standard output, messages to standard error."""
    arguments = sys.argv[1:] if argv is None else argv
    as_json = "--json" in arguments
    try:
        args = parser(arguments[0] if arguments else "").parse_args(arguments)
        code = int(args.run(args))
        sys.stdout.flush()
        return code
    except VasotoneError as error:
        return report(error, as_json)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # the reader of a pipe has gone; nothing is left to say
        return errors.EXIT_DONE
    except OSError as error:
        sys.stdout = open(os.devnull, "w")
        return report(InputError("the result cannot be written", where="standard output", seen=error.strerror,
                                 fix="free some space or name another place"), False)  # fmt: skip
    except SystemExit as stop:
        if as_json and stop.code not in (0, None):
            print_json(InputError("the command is not understood", where="command line",
                                  seen=" ".join(arguments), fix="see vasotone --help").to_dict())  # fmt: skip
        return int(stop.code or 0)


def run() -> None:
    """The command as a process of its own: it is too short for the collector of cycles to earn its time."""
    import gc

    gc.disable()
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by the caller
            setattr(sys, name, open(os.devnull, "w"))
        else:
            stream.reconfigure(errors="replace")  # a narrow terminal is no error
    code = main()
    if "duckdb" not in sys.modules:  # which frees what it holds by itself, and complains if it cannot
        gc.freeze()  # nothing left is worth freeing one by one
    sys.exit(code)


def report(error: VasotoneError, as_json: bool) -> int:
    """Show an error where its reader looks for it."""
    if as_json:
        print_json(error.to_dict())
    print(str(error), file=sys.stderr)
    return error.exit_code


def print_json(record: Any) -> None:
    """One record on standard output; as ASCII where the output cannot hold its characters."""
    text = json.dumps(record, ensure_ascii=False)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(record)
    sys.stdout.write(text + "\n")


def parser(verb: str = "") -> Any:
    """The arguments of every verb; with `verb` only that verb's own are filled in, which starts faster."""
    from argparse import ArgumentParser, HelpFormatter

    def narrow(prog: str) -> HelpFormatter:
        return HelpFormatter(prog, width=HELP_WIDTH)  # a fixed width, so that the start need not ask the terminal

    top = ArgumentParser(
        allow_abbrev=False,
        prog="vasotone",
        description="Guideline-backed, inspectable help with vasopressors. For clinicians; it never orders.",
        formatter_class=narrow,
    )
    top.add_argument("--version", action="version", version=f"vasotone {__version__}")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB", prog="vasotone")
    for name, (text, fill) in VERB_ARGUMENTS.items():
        one = verbs.add_parser(name, help=text, formatter_class=narrow, allow_abbrev=False)
        if verb in ("", name) or verb not in VERB_ARGUMENTS:
            fill(one)
    return top


def advise_arguments(advise: Any) -> None:
    """The arguments of `vasotone advise`."""
    advise.add_argument("patient", help="a JSON file (plain or FHIR), - for standard input, or a CLIF folder")
    advise.add_argument("--profile", help="ssc-2026 (default), ssc-2021, founding-article, or a site's own TOML file")
    advise.add_argument("--at", help="the instant of the question, ISO 8601 with offset; FHIR and folders: or 'last'")
    advise.add_argument("--hospitalization", help="which stay of a folder")
    advise.add_argument("--list", action="store_true", help="list a folder's stays with norepinephrine")
    advise.add_argument("--all", action="store_true", help="also what is blocked, withheld, or does not apply")
    advise.add_argument("--as", dest="view", default="text", choices=("text", "page", "json"))
    advise.add_argument("--json", action="store_true", help="the record as JSON")
    advise.set_defaults(run=run_advise)


def dose_arguments(dose: Any) -> None:
    """The arguments of `vasotone dose`."""
    dose.add_argument("drug")
    for name, text in (
        ("dose", 'such as "0.1 ug/kg/min"'), ("rate", 'such as "30 mL/h", for the way back'),
        ("weight", 'such as "80 kg"'), ("bag", 'such as "4 mg/250 mL"'),
        ("basis", "form in which dose and bag are written: base, bitartrate, tartrate, hydrochloride"),
        ("bag-basis", "form on the bag's label, when it differs"),
        ("current", "the dose or rate that runs now, for the alarm on large steps"),
        ("profile", "a site's own TOML file, for its bags, labelling, limits and pump"),
    ):  # fmt: skip
        dose.add_argument(f"--{name}", help=text)
    dose.add_argument("--json", action="store_true", help="the record as JSON")
    dose.set_defaults(run=run_dose)


def facts_arguments(facts: Any) -> None:
    """The arguments of `vasotone facts`."""
    facts.add_argument("what", choices=("check", "list", "show", "diff", "conformance", "changes"))
    facts.add_argument(
        "names", nargs="*",
        help="show: an id; diff: two profiles; changes: older and newer, each a folder, a wheel or an edition",
    )  # fmt: skip
    facts.add_argument("--data", help="another folder of facts")
    facts.add_argument("--profile", help="a site's own TOML file, laid over the facts; diff takes it as a name too")
    facts.add_argument("--as", dest="view", default="text", choices=("text", "page", "json"), help="of conformance")
    facts.add_argument("--json", action="store_true", help="the record as JSON")
    facts.set_defaults(run=run_facts)


def lint_arguments(lint: Any) -> None:
    """The arguments of `vasotone lint`."""
    lint.add_argument("text", help="a text, a file, or - for standard input")
    lint.add_argument("--json", action="store_true", help="the record as JSON")
    lint.set_defaults(run=run_lint)


def trial_arguments(trial: Any) -> None:
    """The arguments of `vasotone trial`."""
    from vasotone import cli_trial

    cli_trial.main_arguments(trial, run_trial)


def simulate_arguments(simulate: Any) -> None:
    """The arguments of `vasotone simulate`."""
    from vasotone import cli_simulate

    cli_simulate.arguments(simulate)
    simulate.set_defaults(run=run_simulate)


VERB_ARGUMENTS = {
    "advise": ("what the chosen guideline edition says for one patient", advise_arguments),
    "dose": ("a dose as a pump rate, and the way back", dose_arguments),
    "facts": ("the statements, drugs, sources and variables that everything rests on", facts_arguments),
    "lint": ("doses in prose that do not agree with each other", lint_arguments),
    "simulate": ("what may be expected of one patient under a plan, on virtual patients", simulate_arguments),
    "trial": ("published studies run again on virtual patients", trial_arguments),
}
VERBS = tuple(VERB_ARGUMENTS)


def run_advise(args: Any) -> int:
    """`vasotone advise`."""
    import vasotone

    if args.list:
        return list_stays(args)
    facts, profile = vasotone.standing(args.profile)
    source = patient_source(args.patient)
    table = vasotone.read(source, at=args.at, hospitalization=args.hospitalization, facts=facts)
    advice = vasotone.advise(table, profile=profile, everything=args.all, facts=facts)
    if args.json or args.view == "json":
        print_json(advice.to_dict(everything=args.all))
    elif args.view == "page":
        print(vasotone.show(advice, "page", table=table, everything=args.all))
    else:
        print(vasotone.show(advice, "text", everything=args.all))
    return vasotone.exit_code(advice)


def patient_source(path: str) -> Any:
    """What stands at a path: a folder stays a path, a file or standard input becomes bytes."""
    from vasotone.readers.plain import MOST_BYTES

    if path != "-" and os.path.isdir(path):
        return path
    try:
        if path == "-":
            return b"" if sys.stdin is None else sys.stdin.buffer.read(MOST_BYTES + 1)
        with open(path, "rb") as handle:
            return handle.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:  # a path with a zero byte is a ValueError
        raise InputError("this file cannot be read", where=errors.shorten(path),
                         seen=getattr(error, "strerror", error), why="advice needs a record to read",
                         fix="name a JSON file, - or a folder of CLIF tables") from None  # fmt: skip


def list_stays(args: Any) -> int:
    """The stays of a CLIF folder in which norepinephrine ran."""
    from vasotone.readers import clif

    stays = clif.hospitalizations(args.patient, drug="norepinephrine")
    if args.json:
        print_json([
            {"hospitalization": stay[0], "first": stay[1].isoformat(), "last": stay[2].isoformat(),
             "hours": round(float(stay[3]), 1)} for stay in stays
        ])  # fmt: skip
    else:
        for stay in stays:
            print(
                f"{stay[0]}  {stay[1]:%Y-%m-%dT%H:%MZ} to {stay[2]:%Y-%m-%dT%H:%MZ}  {float(stay[3]):.1f} h on drug"
            )
    return errors.EXIT_DONE if stays else errors.EXIT_NOTHING


def run_dose(args: Any) -> int:
    """`vasotone dose`."""
    import vasotone
    from vasotone.dose import dose

    facts, _ = vasotone.standing(args.profile)
    name = drug_named(args.drug, facts.drugs)
    asked = {key: getattr(args, key) for key in ("dose", "rate", "weight", "bag", "basis", "bag_basis", "current")}
    if facts.site:
        from vasotone.dose_site import dose_at_site

        result = dose_at_site(facts, name, asked)
    else:
        result = dose(facts.drugs[name], facts.limits, **asked)
    if args.json:
        print_json(result.to_dict())
    else:
        print(result.text())
    return result.exit_code


def drug_named(text: str, drugs: dict[str, Any]) -> str:
    """A drug by any of its names. InputError for one that is not known."""
    asked = text.strip().lower().replace("-", "_").replace(" ", "_")
    for name, record in drugs.items():
        names = [name, record.get("label", ""), *record.get("aliases", ())]
        if asked in {one.lower().replace("-", "_").replace(" ", "_") for one in names}:
            return name
    raise InputError("this drug is not known", where="drug", seen=text, fix=f"known: {', '.join(sorted(drugs))}")


def run_facts(args: Any) -> int:
    """`vasotone facts`."""
    from vasotone import cli_facts

    as_json = args.json or args.view == "json"
    return cli_facts.run(
        args.what, args.names, args.data, as_json=as_json, print_json=print_json, view=args.view,
        profile=args.profile,
    )  # fmt: skip


def run_lint(args: Any) -> int:
    """`vasotone lint`."""
    from vasotone import cli_lint

    return cli_lint.run(args.text, as_json=args.json, print_json=print_json)


def run_trial(args: Any) -> int:
    """`vasotone trial`."""
    from vasotone import cli_trial

    return cli_trial.run(args, print_json=print_json)


def run_simulate(args: Any) -> int:
    """`vasotone simulate`."""
    from vasotone import cli_simulate

    return cli_simulate.run(args, patient_source=patient_source, print_json=print_json)
