"""Run as a program: advise on every patient of a file, of the kinds that are named, and print the records.

A process of its own, so that its zone and its locale are set before anything is imported.
"""

from __future__ import annotations

import json
import locale
import sys
from pathlib import Path

import vasotone
from vasotone.readers import plain


def main(folder: Path, kinds: list[str]) -> None:
    """Print one JSON record a line, in the order of the patients."""
    try:
        locale.setlocale(locale.LC_ALL, "")
    except locale.Error:
        pass  # a locale that is not installed is set in the environment all the same
    facts = vasotone.load()
    for case in json.loads((folder / "cases.json").read_text("utf-8")):
        if case["kind"] not in kinds:
            continue
        patient = json.dumps(case["patient"]) if case["kind"] != "clif" else str(folder / case["patient"])
        at = plain.instant(case["at"], "at") if case["kind"] != "plain" else None
        stay = case["stay"] if case["kind"] == "clif" else None
        advice = vasotone.advise(vasotone.read(patient, at=at, hospitalization=stay, facts=facts), everything=True)
        sys.stdout.write(json.dumps(advice.to_dict(everything=True)) + "\n")
        sys.stdout.write(vasotone.show(advice, "text", width=90))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
