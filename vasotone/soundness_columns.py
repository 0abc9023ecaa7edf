"""Variables as conditions see them: columns, and the named conditions of one profile."""

from __future__ import annotations

from typing import Any

from vasotone import lang
from vasotone.errors import ConditionError
from vasotone.records import Record, Variable
from vasotone.soundness_tables import Notes

POINTS = "points"


def is_definition(variable: Variable) -> bool:
    """Whether a flag is a named condition over other variables."""
    return variable.kind == "flag" and "derive" in variable.record


def column_of(variable: Variable) -> lang.Column:
    """How conditions see a variable."""
    return lang.Column(
        name=variable.name,
        kind=variable.kind,
        low=variable.low,
        high=variable.high,
        values=variable.values,
        unit=variable.unit,
        label=variable.label,
    )


def columns_of(variables: dict[str, Variable]) -> dict[str, lang.Column]:
    """The columns that a row can have: every variable but free text and named conditions."""
    return {
        name: column_of(variable)
        for name, variable in variables.items()
        if variable.kind != "text" and not is_definition(variable)
    }


def definitions_of(variables: dict[str, Variable], columns: dict[str, lang.Column], profile: str) -> dict[str, Any]:
    """The named conditions of one profile, in the order they need each other."""
    texts = {
        name: variable.record.get("derive_in", {}).get(profile, variable.record["derive"])
        for name, variable in variables.items()
        if is_definition(variable)
    }
    return lang.check_definitions(texts, columns)


def formulas_of(variables: dict[str, Variable], columns: dict[str, lang.Column], problems: Notes) -> Record:
    """The parsed formula of every derived number: arithmetic, or points by conditions from the first that holds."""
    found: Record = {}
    for name, variable in variables.items():
        where = f"variables.toml {name}"
        try:
            if variable.kind == "number" and "derive" in variable.record:
                found[name] = lang.check_formula(variable.record["derive"], columns, where=where)
            elif "points" in variable.record:
                rows = variable.record["points"]
                found[name] = (
                    POINTS,
                    tuple((row["points"], lang.check(row["when"], columns, {}, where=where)) for row in rows),
                )
        except KeyError as error:
            problems.note(where, f"a row of points needs {error}")
        except ConditionError as error:
            problems.note("variables.toml", str(error))
    return found


def dose_variables(trees: dict[str, Record]) -> Record:
    """A dose variable for every drug whose own table says which doses are plausible, and that has none yet."""
    listed = trees.get("variables.toml", {})
    taken = {record.get("drug") for record in listed.values()}
    found: Record = {}
    for name, drug in trees.get("drugs.toml", {}).items():
        if "plausible" in drug and name not in taken and name not in listed:
            label = str(drug.get("label", name))
            found[name] = {
                "label": label[:1].lower() + label[1:],
                "kind": "number",
                "unit": drug.get("unit", ""),
                "drug": name,
                "ask": f"{label} dose now (0 if off)?",
                **{key: drug[key] for key in ("plausible", "fresh", "aliases") if key in drug},
            }
    return found
