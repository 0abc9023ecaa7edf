"""The columns of an invented record, one of each kind."""

from __future__ import annotations

from vasotone.lang import Column

COLUMNS = {
    one.name: one
    for one in (
        Column("pa", "number", 20.0, 200.0, unit="mm[Hg]", label="pressure"),
        Column("pb", "number", 20.0, 200.0, unit="mm[Hg]"),
        Column("dose", "number", 0.0, None, unit="1", label="dose"),
        Column("deep", "number", None, 5.0),
        Column("free", "number"),
        Column("ill", "flag", label="illness recorded"),
        Column("old", "flag"),
        Column("kind", "choice", values=("red", "green", "blue")),
        Column("word", "choice"),
        Column("only", "choice", values=("one",)),
        Column("two", "choice", values=("a", "b")),
    )
}
