"""Facts as short lines of text, to be compared with `expected.toml`, which was written from the sources alone."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from vasotone import lang
from vasotone.errors import VasotoneError

Record = dict[str, Any]
FILE = Path(__file__).with_name("expected.toml")
UNKNOWN = "unknown"
FHIR_KEYS = ("name", "condition", "means", "unit", "method", "kind")
SPANS = ("value", "low", "high", "above", "below")


def plain(value: Any) -> str:
    """A number in its shortest writing."""
    return format(Decimal(repr(value)).normalize(), "f")


def span(record: Record) -> str:
    """The number of a record, or both ends of its range."""
    words = {"value": "", "low": "from ", "high": "to ", "above": "above ", "below": "below "}
    return " ".join(f"{words[key]}{plain(record[key])}" for key in SPANS if key in record)


def figure(record: Record) -> str:
    """A number with its unit, its basis where one is stated, and a mark where nobody has read it in the source."""
    parts = [span(record), record.get("unit", ""), record.get("basis", "")]
    parts.append("unread" if record.get("verified") is False else "")
    return " ".join(part for part in parts if part)


def drug_lines(name: str, drug: Record) -> Iterator[tuple[str, str]]:
    """Unit, forms, regimes, times and bags of one drug."""
    yield f"drugs.{name}", drug["unit"] + (" infusion" if drug.get("infusion") else "")
    for form, record in drug.get("forms", {}).items():
        yield f"forms.{name}.{form}", figure(record)
    for record in [*drug.get("regimes", []), *drug.get("timing", [])]:
        yield f"doses.{record['id']}", figure(record)
    for record in drug.get("bags", []):
        volume = f"{plain(record['volume'])} {record['volume_unit']}"
        amount = f"{plain(record['amount'])} {record['amount_unit']} in {volume}"
        rest = {key: record[key] for key in ("basis", "verified") if key in record}
        yield f"bags.{record['id']}", f"{amount} {figure(rest)}".strip()


def limit_lines(table: str, limits: Record) -> Iterator[tuple[str, str]]:
    """The limits of one drug, or of weight, pump and step."""
    for name, limit in limits.items():
        head = f"{limit['kind']} {limit.get('side', '')}".strip()
        of = f" of {limit['of']}" if "of" in limit else ""
        yield f"limits.{table}.{name}", f"{head} {figure(limit)}{of}"


def variable_lines(name: str, variable: Record) -> Iterator[tuple[str, str]]:
    """Unit, plausible range, freshness and the like of one variable."""
    if "unit" in variable:
        yield f"units.{name}", variable["unit"]
    if "also" in variable:
        yield f"also.{name}", "1 {per} is {factor} {unit}".format(**variable["also"])
    if "drug" in variable:
        yield f"dose_of.{name}", variable["drug"]
    if "points" in variable:
        yield f"points.{name}", " ".join(f"{step['points']} {step['unit']}" for step in variable["points"])
    parts = ["recorded" if variable.get("entry") else ""]
    for key, word in (("plausible", ""), ("fresh", "fresh "), ("pause", "pause "), ("seen", "seen "),
                      ("placeholder", "placeholder ")):  # fmt: skip
        if key in variable:
            own = variable[key]["unit"] == variable.get("unit")
            parts.append(word + (span(variable[key]) if own else figure(variable[key])))
    if any(parts):
        yield f"variables.{name}", ", ".join(part for part in parts if part)


def rule_lines(rule: Record) -> Iterator[tuple[str, str]]:
    """What a rule of consistency doubts, and within which time."""
    within = f" within {figure(rule['within'])}" if "within" in rule else ""
    one = " of one method" if rule.get("one_method") else ""
    yield f"consistency.{rule['id']}", f"{rule['code']}{within}{one}: {' '.join(rule['doubt'])}".strip()


def statement_lines(statement: Record) -> Iterator[tuple[str, str]]:
    """The numbers of a statement outside its conditions: aim, time to look again, claims."""
    variants = [(one, f"variant{number}.") for number, one in enumerate(statement.get("variant", []))]
    for part, head in [(statement, ""), *variants]:
        for key in ("aim", "recheck"):
            if key in part:
                yield f"numbers.{statement['id']}.{head}{key}", figure(part[key])
    claims = statement.get("claim", [])
    for number, claim in enumerate(claims if isinstance(claims, list) else [claims]):
        if any(key in claim for key in SPANS):
            yield f"numbers.{statement['id']}.claim{number}", figure(claim)


def reader_lines(file: str, tree: Record) -> Iterator[tuple[str, str]]:
    """How the readers' tables join outside names, codes and units to variables."""
    part = file.removeprefix("readers/").removesuffix(".toml")
    for name, record in tree.get("limits", {}).items():
        yield f"{part}.limits.{name}", figure(record)
    for kind in ("measure", "infusion"):
        for record in tree.get(kind, []):
            head = record.get("table") or record.get("absence")
            flag = " unitless" if record.get("unitless") else ""
            words = " ".join(record["categories"])
            yield f"{part}.{kind}.{record['name']}", f"{head}{flag}: {words}; {figure(record['resolution'])}"
    for written, means in tree.get("lab_units", {}).items():
        yield f"{part}.lab_units.{written}", means
    for record in tree.get("code", []):
        unread = "" if record["verified"] else " unread"
        codes = f"{' '.join(record['icd10'])} / {' '.join(record['icd9'])}"
        yield f"{part}.code.{record['condition']}", codes + unread
    for kind in ("observation", "drug", "condition", "unit"):
        for record in tree.get(kind, []) if part == "fhir" else []:
            told = [str(record[key]) for key in FHIR_KEYS if key in record]
            told += [key for key in ("nasal", "fluid") if record.get(key)]
            told += [] if record["verified"] else ["unread"]
            key = record.get("code") or record["written"]
            yield f"{part}.{record.get('system', kind)}.{key}", " ".join(told)


def lines_of(file: str, tree: Record, top: str | int, second: Any = None) -> Iterator[tuple[str, str]]:
    """The lines of the one record that a place in a file lies in."""
    if file == "drugs.toml":
        yield from drug_lines(str(top), tree[top])
    elif file == "limits.toml":
        yield from limit_lines(str(top), tree[top])
    elif file == "variables.toml":
        yield from variable_lines(str(top), tree[top])
    elif file == "plans.toml":
        yield from ((f"plans.{top}.{use}", regime) for use, regime in tree[top].items())
    elif file == "consistency.toml":
        yield from rule_lines(tree["rule"][second])
    elif file.startswith("statements/"):
        yield from statement_lines(tree["statement"][second])
    elif file.startswith("readers/"):
        yield from reader_lines(file, tree)


def every_line(files: dict[str, Record]) -> dict[str, str]:
    """All lines of all files."""
    found: dict[str, str] = {}
    for file, tree in files.items():
        if file.startswith("readers/"):
            found.update(reader_lines(file, tree))
        elif file in ("drugs.toml", "limits.toml", "variables.toml", "plans.toml"):
            for name in tree:
                found.update(lines_of(file, tree, name))
        elif file == "consistency.toml" or file.startswith("statements/"):
            for number in range(len(tree.get("rule", tree.get("statement", [])))):
                found.update(lines_of(file, tree, "", number))
    return found


def flat(table: Any, head: str = "") -> Iterator[tuple[str, str]]:
    """The lines of `expected.toml` by their whole key."""
    for key, value in table.items():
        name = f"{head}.{key}" if head else key
        if isinstance(value, dict):
            yield from flat(value, name)
        elif isinstance(value, str):
            yield name, value


def read() -> tuple[dict[str, str], list[Record]]:
    """The expected lines, and the rows that formulas, conditions and rules must judge as told."""
    tree = tomllib.loads(FILE.read_text(encoding="utf-8"))
    truths = tree.pop("truth")
    return dict(flat(tree)), [{**one, "given": row, "is": told} for one in truths for row, told in rows_of(one)]


def rows_of(truth: Record) -> Iterator[tuple[Record, Any]]:
    """Rows with the answer that each must give."""
    for row in truth["rows"]:
        whole = {**truth.get("base", {}), **row}
        yield {name: value for name, value in whole.items() if name != "is"}, row["is"]


def judge(truth: Record, files: dict[str, Record], definitions: dict[str, Any]) -> bool:
    """Whether a formula, named condition, score or rule of the files gives what a row expects."""
    try:
        return answer(truth, files, definitions) == truth["is"]
    except VasotoneError:
        return False


def answer(truth: Record, files: dict[str, Record], definitions: dict[str, Any]) -> Any:
    """What a formula, named condition, score or rule says of a row; numbers to six digits."""
    row = truth["given"]
    if "rule" in truth:
        rule = next(one for one in files["consistency.toml"]["rule"] if one["id"] == truth["rule"])
        return said(lang.evaluate(lang.parse(rule["when"]), row, {}))
    record = files["variables.toml"][truth["of"]]
    if "points" in record:
        for step in record["points"]:
            truthful = lang.evaluate(lang.parse(step["when"]), row, definitions)
            if truthful is None:
                return UNKNOWN
            if truthful:
                return step["points"]
        return UNKNOWN
    if record["kind"] == "number":
        value = lang.evaluate_formula(lang.parse_formula(record["derive"]), row)
        return UNKNOWN if value is None else float(f"{float(value):.6g}")
    text = record.get("derive_in", {}).get(truth.get("edition", ""), record["derive"])
    return said(lang.evaluate(lang.parse(text), row, definitions))


def said(truth: bool | None) -> Any:
    """A truth as the file writes it."""
    return UNKNOWN if truth is None else truth
