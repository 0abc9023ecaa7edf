"""The condition language: one line of text that means the same for one patient and for a warehouse.

`check` turns text into a node; from a node come a Python function, Polars expressions, one SELECT,
a sentence, the reasons for an answer and the list of what is missing for one. Nothing here knows
what a column means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vasotone.lang.explain import Reason, evaluate, evaluate_formula, reasons
from vasotone.lang.node import Column, Node, names, to_text

if TYPE_CHECKING:
    from vasotone.lang.checking import check, check_definitions, check_formula
    from vasotone.lang.emit import python_formulas, python_source
    from vasotone.lang.emit_polars import apply_polars, polars_expressions, polars_formula
    from vasotone.lang.emit_sql import sql_formula, sql_select
    from vasotone.lang.gaps import Decides, Need, missing, relevant
    from vasotone.lang.lint import never
    from vasotone.lang.parsing import parse, parse_formula
    from vasotone.lang.wording import words

__all__ = [
    "Column",
    "Decides",
    "Need",
    "Node",
    "Reason",
    "apply_polars",
    "check",
    "check_definitions",
    "check_formula",
    "evaluate",
    "evaluate_formula",
    "missing",
    "names",
    "never",
    "parse",
    "parse_formula",
    "polars_expressions",
    "polars_formula",
    "python_formulas",
    "python_source",
    "reasons",
    "relevant",
    "sql_formula",
    "sql_select",
    "to_text",
    "words",
]

# what only a build or an audit needs is read at first use, to keep the start short
_LATER = {
    "check": "checking",
    "check_definitions": "checking",
    "check_formula": "checking",
    "parse": "parsing",
    "parse_formula": "parsing",
    "missing": "gaps",
    "relevant": "gaps",
    "Need": "gaps",
    "Decides": "gaps",
    "words": "wording",
    "python_source": "emit",
    "python_formulas": "emit",
    "apply_polars": "emit_polars",
    "polars_expressions": "emit_polars",
    "polars_formula": "emit_polars",
    "sql_select": "emit_sql",
    "sql_formula": "emit_sql",
    "never": "lint",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    globals()[name] = value
    return value
