"""Every slip that somebody could make in the data: one mutant at a time, on the parsed trees."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.datamut import conditions
from vasotone.errors import VasotoneError

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "vasotone"
GONE = "<gone>"
Path_ = tuple[str | int, ...]

# Wording, sources and tests are no facts of their own: left alone.
UNTOUCHED = set(
    """cite cites source sources at read case asks clinician patient nurse pharmacist student note title body authors
    journal year doi pmid n links findings review id name names label why text ask file quoted topic claim_note
    version in_full set checked display digest spoken systems extensions schema fix question positions rule says
    instead reported""".split()
)
CONDITIONS = ("when", "band")
ACTION_SWAPS = {
    "start": "add", "add": "start", "raise": "lower", "lower": "raise", "hold": "stop", "stop": "hold",
    "switch": "add", "give": "avoid", "prepare": "avoid", "target": "avoid", "measure": "assess", "assess": "inform",
    "avoid": "give", "ask": "inform", "convert": "inform", "refer": "inform", "inform": "avoid",
}  # fmt: skip
DRUGS = "norepinephrine vasopressin epinephrine phenylephrine dopamine angiotensin_ii dobutamine milrinone".split()
DRUGS += "hydrocortisone methylene_blue phentolamine".split()
WORD_SWAPS = {
    "urgency": ("now", "soon", "routine"),
    "setting": ("septic", "any"),
    "gate": ("outside", "modified"),
    "dose": ("start", "add", "raise", "lower", "give"),
    "strength": ("strong", "conditional", "weak"),
    "certainty": ("high", "moderate", "low", "very low"),
    "polarity": ("for", "against"),
    "status": ("current", "superseded", "contradicted", "legacy-only"),
    "side": ("high", "low", "from", "equal"),
    "of": ("dose", "rate", "concentration", "weight"),
    "absence": ("unknown", "zero_if_no_row"),
    "better_if": ("below 1", "above 1", "below 0", "above 0"),
}
UNIT_KEYS = ("unit", "amount_unit", "volume_unit", "arms_unit", "per", "means")
UNIT_PARTS = [
    ("ug/", ("mg/", "ng/")), ("ng/", ("ug/",)), ("mg/", ("ug/", "g/")), ("/kg", ("",)), ("/min", ("/h",)),
    ("/h", ("/min",)), ("/d", ("/h",)),
]  # fmt: skip
WHOLE_UNITS = {
    "mg": ("ug", "g"), "ug": ("mg",), "ng": ("ug",), "g": ("mg",), "U": ("mg",), "mL": ("L",), "min": ("h", "s"),
    "h": ("min", "d"), "d": ("h",), "s": ("min",), "mm[Hg]": ("kPa",), "kg": ("[lb_av]",), "cm": ("m",), "%": ("1",),
    "1": ("%",), "mmol/L": ("mg/dL",), "mg/dL": ("mmol/L",), "umol/L": ("mg/dL",), "a": ("mo",), "wk": ("d",),
    "g/dL": ("g/L",), "L": ("mL",), "ug/mL": ("mg/mL",), "U/mL": ("mU/mL",),
}  # fmt: skip
BASES = ("base", "bitartrate", "unstated")


class Mutant(NamedTuple):
    """One slip: where it stands, what kind it is, how it reads, and the value that replaces what stood there."""

    file: str
    path: Path_
    place: str
    kind: str
    what: str
    after: Any

    @property
    def key(self) -> str:
        """What names this mutant in the list of equivalents."""
        return f"{self.file} | {self.place} | {self.kind} | {self.what}"


def trees() -> dict[str, dict[str, Any]]:
    """The data files and the tables of the readers, by their name below the package."""
    found = sorted([*(PACKAGE / "data").rglob("*.toml"), *(PACKAGE / "readers").glob("*.toml")])
    return {
        str(path.relative_to(PACKAGE)).removeprefix("data/"): tomllib.loads(path.read_text(encoding="utf-8"))
        for path in found
    }


# What only the twin reads is held by the published results that it has to repeat.
OF_THE_TWIN = ("physiology.toml", "studies/")


def all_mutants(files: dict[str, dict[str, Any]]) -> Iterator[Mutant]:
    """Every mutant of every file, in a fixed order."""
    for file, tree in files.items():
        if file != "sources.toml" and not file.startswith(OF_THE_TWIN):
            yield from of_table(file, (), "", tree)


def of_table(file: str, path: Path_, place: str, table: dict[str, Any]) -> Iterator[Mutant]:
    """The mutants of a table and of what stands in it."""
    for key, value in table.items():
        if key in UNTOUCHED and not (key == "name" and file.startswith("readers/")):
            continue
        here = (*path, key)
        named = f"{place} {key}".strip()
        for kind, what, after in of_value(file, table, key, value):
            yield Mutant(file, here, named, kind, what, after)
        if isinstance(value, dict):
            yield from of_table(file, here, named, value)
        elif isinstance(value, list):
            yield from of_list(file, here, named, key, value)


def of_list(file: str, path: Path_, place: str, key: str, values: list[Any]) -> Iterator[Mutant]:
    """The mutants of a list: each entry changed, and for short lists of words each entry lost."""
    for number, value in enumerate(values):
        here = (*path, number)
        if isinstance(value, dict):
            named = str(value.get("id") or value.get("code") or value.get("name") or value.get("condition") or number)
            where = f"{place.removesuffix('statement').removesuffix(key)} {named}".strip()
            yield from of_table(file, here, where, value)
        elif key == "unless":
            yield Mutant(file, here, f"{place} {number + 1}", "unless", f"removed: {value}", GONE)
            if not file.startswith("readers/"):
                yield from condition_mutants(file, here, f"{place} {number + 1}", value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            for what, after in conditions.numbers(value):
                yield Mutant(file, here, f"{place} {number + 1}", "number", f"{value} {what}", after)
        elif isinstance(value, str) and key in ("left_out", "gates", "doubt", "categories", "icd10", "icd9"):
            yield Mutant(file, here, f"{place} {number + 1}", "list", f"removed: {value}", GONE)


def of_value(file: str, table: dict[str, Any], key: str, value: Any) -> Iterator[tuple[str, str, Any]]:
    """(kind, what, new value) of every slip of one entry itself."""
    if isinstance(value, bool):
        yield "flag", f"{value} turned", not value
    elif isinstance(value, int | float):
        yield from (("number", f"{value} {what}", after) for what, after in conditions.numbers(value))
        yield "number", f"{value} deleted", GONE
    elif not isinstance(value, str):
        return
    elif key in CONDITIONS or (key == "derive" and table.get("kind") == "flag") or is_edition(file, key):
        yield from of_condition(value)
    elif key == "derive":
        yield from with_text(conditions.mutated(value, formula=True))
    elif key in UNIT_KEYS or (file == "readers/clif.toml" and key not in ("kind", "table", "name", "absence")):
        yield from (("unit", f"{value} to {other}", other) for other in units_beside(value))
    elif key == "basis":
        yield from (("basis", f"{value} to {other}", other) for other in BASES if other != value)
    elif key in ("action", "target") or (key in ("name", "drug") and value in DRUGS):
        yield from of_word(key, value)
    elif key in WORD_SWAPS:
        yield from ((kind_of(key), f"{key} {value} to {other}", other) for other in WORD_SWAPS[key] if other != value)
        if key == "gate":
            yield "gate", "gate removed", GONE
    elif file == "plans.toml":
        yield "plan", f"{key} deleted", GONE


def is_edition(file: str, key: str) -> bool:
    """Whether a key is an edition under `derive_in`."""
    return file == "variables.toml" and key.startswith("ssc-")


def kind_of(key: str) -> str:
    """The kind under which a swap of words is counted."""
    return {"strength": "grade", "certainty": "grade", "gate": "gate", "setting": "gate"}.get(key, "word")


def of_word(key: str, value: str) -> Iterator[tuple[str, str, Any]]:
    """An action or a target (a drug above all) mistaken for another."""
    if key == "action":
        other = ACTION_SWAPS.get(value, "avoid" if value != "avoid" else "give")
        yield "action", f"{value} to {other}", other
        return
    kind = "drug" if value in DRUGS else "target"
    for other in ([one for one in DRUGS[:6] if one != value][:3]) if kind == "drug" else ["fluid", "map"]:
        if other != value:
            yield kind, f"{value} to {other}", other


def of_condition(text: str) -> Iterator[tuple[str, str, str]]:
    """The slips of a condition; one that is a single clause may also be turned around."""
    yield from with_text(conditions.mutated(text))
    if conditions.is_bare(text):
        yield "not", f"not added: {text}", f"not ({text})"


def with_text(slips: Iterator[tuple[str, str, str]]) -> Iterator[tuple[str, str, str]]:
    """Slips named with the text that they give, so that each has a name of its own."""
    yield from ((kind, f"{what} -> {text}", text) for kind, what, text in slips)


def condition_mutants(file: str, path: Path_, place: str, text: str) -> Iterator[Mutant]:
    """The mutants of one condition in a list."""
    for kind, what, after in of_condition(text):
        yield Mutant(file, path, place, kind, what, after)


def units_beside(unit: str) -> Iterator[str]:
    """Units that one could write in place of another: thousandfold, per hour, without the weight."""
    found = list(WHOLE_UNITS.get(unit, ()))
    if not found:
        for part, others in UNIT_PARTS:
            if part in unit:
                found += [unit.replace(part, other, 1) for other in others]
    yield from dict.fromkeys(one for one in found if one != unit)


def plan_swaps(files: dict[str, dict[str, Any]]) -> Iterator[Mutant]:
    """A plan that names another regime of the same drug."""
    for drug, plan in files["plans.toml"].items():
        for use, regime in plan.items():
            for other in files["drugs.toml"][drug].get("regimes", []):
                if other["id"] != regime:
                    yield Mutant("plans.toml", (drug, use), f"{drug} {use}", "plan", f"to {other['id']}", other["id"])


def value_at(tree: Any, path: Path_) -> Any:
    """What stands at a place."""
    for step in path:
        tree = tree[step]
    return tree


class Changed:
    """A mutant in place for the length of a `with`, and undone after it."""

    def __init__(self, files: dict[str, dict[str, Any]], mutant: Mutant) -> None:
        self.table = value_at(files[mutant.file], mutant.path[:-1])
        self.last = mutant.path[-1]
        self.after = mutant.after
        self.before: Any = None

    def __enter__(self) -> None:
        """Write the slip."""
        table: Any = self.table
        self.before = dict(table) if isinstance(table, dict) else list(table)
        if self.after == GONE:
            del table[self.last]
        else:
            table[self.last] = self.after

    def __exit__(self, *_: object) -> None:
        """Put everything back, in its order."""
        table: Any = self.table
        table.clear()
        (table.update if isinstance(table, dict) else table.extend)(self.before)


def listed(files: dict[str, dict[str, Any]]) -> list[Mutant]:
    """All mutants, and those of plans; a condition that cannot be parsed stops here."""
    try:
        return [*all_mutants(files), *plan_swaps(files)]
    except VasotoneError as error:
        raise SystemExit(f"the data are not sound before any slip: {error}") from None
