"""What is refused and how it is said; definitions; lints; text and words."""

from __future__ import annotations

import marshal
import pathlib
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasotone import lang
from vasotone.errors import ConditionError
from vasotone.lang import Column

COLUMNS = {
    "map": Column("map", "number", 20.0, 200.0, (), "mm[Hg]", "mean arterial pressure"),
    "dbp": Column("dbp", "number", 10.0, 150.0, (), "mm[Hg]", "diastolic pressure"),
    "map_target": Column("map_target", "number", 50.0, 100.0, (), "mm[Hg]", "pressure target"),
    "lactate": Column("lactate", "number", 0.0, 30.0, (), "mmol/L", "lactate"),
    "norepinephrine": Column("norepinephrine", "number", 0.0, 5.0, (), "ug/kg/min", "norepinephrine"),
    "septic_shock": Column("septic_shock", "flag", label="septic shock"),
    "recovering": Column("recovering", "flag", label="recovery"),
    "shock_type": Column(
        "shock_type", "choice", values=("septic", "cardiogenic", "haemorrhagic"), label="shock type"
    ),
}
DEFINITIONS = lang.check_definitions(
    {"hypoperfusion": "lactate > 2 or low_pressure", "low_pressure": "map < 65"}, COLUMNS
)
BAD = tomllib.loads((pathlib.Path(__file__).parent / "bad_conditions.toml").read_text("utf-8"))["bad"]


def refusal(text: str) -> ConditionError:
    with pytest.raises(ConditionError) as caught:
        lang.check(text, COLUMNS, DEFINITIONS, where="here.toml")
    return caught.value


def test_there_are_enough_bad_conditions() -> None:
    assert len({bad["text"] for bad in BAD}) == len(BAD) >= 60


@pytest.mark.parametrize("bad", BAD, ids=[bad["text"] for bad in BAD])
def test_a_bad_condition_is_refused_with_a_caret(bad: dict[str, object]) -> None:
    error = refusal(str(bad["text"]))
    assert str(bad["says"]) in error.what
    assert error.position == bad["at"], str(error)
    assert str(bad.get("hint", "")) in error.hint
    assert error.where == "here.toml"
    lines = str(error).split("\n")
    assert lines[2] == "  " + " " * error.position + "^"


def test_depth_and_length_are_limited() -> None:
    deep = "(" * 65 + "septic_shock" + ")" * 65
    assert refusal(deep).position == 64
    assert lang.check(deep[1:-1], COLUMNS, {}) == ("name", "septic_shock")
    assert "nested deeper" in refusal("not " * 65 + "septic_shock").what
    assert "2001 characters" in refusal("a" * 2001).what
    assert "operations" in refusal("map" + " + 1" * 65 + " > 70").what
    with pytest.raises(ConditionError):
        lang.parse(None)  # type: ignore[arg-type]


def test_a_caret_points_into_one_line() -> None:
    error = refusal("map < 65\nand\tmapp < 70")
    assert str(error).split("\n")[1] == "  map < 65 and mapp < 70"
    assert error.position == 13


@given(st.text(alphabet="maplctse_ ()<>=0159.,'+-*/;\n", max_size=60))
def test_any_text_is_a_condition_or_an_error_with_its_place(text: str) -> None:
    try:
        node = lang.check(text, COLUMNS, DEFINITIONS)
    except ConditionError as error:
        assert 0 <= error.position <= len(text)
    else:
        assert lang.parse(lang.to_text(node)) == node


ROUND = [
    ("map<65 AND septic_shock", "map < 65 and septic_shock"),
    ("(((map < 65)))", "map < 65"),
    ("(septic_shock or recovering) or map != 65", "septic_shock or recovering or map <> 65"),
    ("septic_shock and (recovering and map < 65.0)", "septic_shock and recovering and map < 65"),
    ("NOT (shock_type IN ('septic'))", "shock_type not in ('septic')"),
    ("not septic_shock is null", "septic_shock is not null"),
    ("not (map between 60 and 65)", "not (map between 60 and 65)"),
    ("map - (dbp - 5) * 2 > 1e-7", "map - (dbp - 5) * 2 > 1e-07"),
    ("map - dbp - 5 < 60", "map - dbp - 5 < 60"),
    ("map - (dbp - 5) < 60", "map - (dbp - 5) < 60"),
    ("map * (dbp / 3) > -0", "map * (dbp / 3) > 0"),
    ("assume(norepinephrine , 0.10)>0.25", "assume(norepinephrine, 0.1) > 0.25"),
    ("at_least(2, known(map), not septic_shock, (recovering or hypoperfusion))",
     "at_least(2, known(map), not septic_shock, recovering or hypoperfusion)"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "canonical"), ROUND)
def test_text_has_one_canonical_form(text: str, canonical: str) -> None:
    node = lang.parse(text)
    assert lang.to_text(node) == canonical
    assert lang.parse(canonical) == node
    assert marshal.loads(marshal.dumps(node)) == node
    assert hash(node) == hash(lang.parse(canonical))


def test_thresholds_at_the_end_of_a_range_are_allowed() -> None:
    for text in ("map >= 20", "map <= 200", "lactate > 0", "map / 2 <= 100", "map < map_target + 500"):
        lang.check(text, COLUMNS, {})


def test_definitions_come_in_the_order_of_need() -> None:
    assert list(DEFINITIONS) == ["low_pressure", "hypoperfusion"]
    assert lang.names(lang.parse("septic_shock and hypoperfusion"), DEFINITIONS) == (
        "septic_shock", "lactate", "map",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        ({"a": "b and septic_shock", "b": "c or recovering", "c": "not a"}, "a -> b -> c -> a"),
        ({"a": "not a"}, "a -> a"),
        ({"ok": "septic_shock", "b": "c", "c": "b or ok"}, "b -> c -> b"),
        ({"map": "septic_shock"}, "is a column already"),
        ({"Big": "septic_shock"}, "lower-case"),
        ({"two words": "septic_shock"}, "cannot be a name"),
        ({"between": "septic_shock"}, "cannot be a name"),
        ({"a": "bb", "b": "septic_shock"}, "'bb' is not a known variable"),
    ],
)
def test_bad_definitions_are_refused(texts: dict[str, str], says: str) -> None:
    with pytest.raises(ConditionError) as caught:
        lang.check_definitions(texts, COLUMNS)
    assert says in str(caught.value)


def test_definitions_that_grow_without_end_are_refused() -> None:
    texts = {"d0": "septic_shock"} | {f"d{n}": f"d{n - 1} and (recovering or d{n - 1})" for n in range(1, 40)}
    with pytest.raises(ConditionError, match="too large"):
        lang.check_definitions(texts, COLUMNS)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("map < 60 and map > 70", "true"),
        ("norepinephrine >= 0.25 and norepinephrine < 0.1", "true"),
        ("septic_shock and (not septic_shock)", "true"),
        ("shock_type = 'septic' and shock_type = 'cardiogenic'", "true"),
        ("low_pressure and map >= 65", "true"),
        ("at_least(2, map < 60, map > 70, shock_type in ('septic') and shock_type <> 'septic')", "true"),
        ("map * 2 < 120 and map > 60", "true"),
        ("known(map) and map is null", "true"),
        ("lactate > 2 or lactate <= 2", "false"),
        ("lactate >= 0", "false"),
        ("septic_shock is true or septic_shock is not true", "false"),
        ("map < 60 or map > 70", None),
        ("map < 65 and hypoperfusion", None),
        ("map < map_target and map > map_target + 10", None),
        ("assume(lactate, 0) > 2 and lactate > 4", None),
        ("map between 60 and 65 and (septic_shock or map > 62)", None),
    ],
)
def test_conditions_that_cannot_turn_out_are_found(text: str, found: str | None) -> None:
    assert lang.never(lang.check(text, COLUMNS, DEFINITIONS), COLUMNS, DEFINITIONS) == found


def test_the_search_for_them_is_bounded() -> None:
    node = lang.check("map < 60 and map > 70", COLUMNS, {})
    assert lang.never(node, COLUMNS, {}, cap=2) is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("map < 65 and septic_shock", "mean arterial pressure below 65 mmHg and septic shock recorded"),
        ("not (map < 65)", "mean arterial pressure at least 65 mmHg"),
        ("65 >= map", "mean arterial pressure at most 65 mmHg"),
        ("not septic_shock", "septic shock recorded as absent"),
        ("map between 60 and 65", "mean arterial pressure from 60 to 65 mmHg"),
        ("not (map between 60 and 65)", "mean arterial pressure outside 60 to 65 mmHg"),
        ("shock_type in ('septic', 'cardiogenic')", "shock type septic or cardiogenic"),
        ("shock_type <> 'septic'", "shock type other than septic"),
        ("not (septic_shock and known(map))", "septic shock recorded as absent or mean arterial pressure not known"),
        ("map < map_target + 10", "mean arterial pressure below pressure target plus 10"),
        ("assume(norepinephrine, 0) > 0.25",
         "norepinephrine (0 ug/kg/min where not known) above 0.25 ug/kg/min"),
        ("septic_shock and (map < 65 or recovering)",
         "septic shock recorded and (mean arterial pressure below 65 mmHg or recovery recorded)"),
        ("at_least(2, septic_shock, recovering, low_pressure)",
         "at least 2 of: septic shock recorded; recovery recorded; "
         "low pressure (mean arterial pressure below 65 mmHg)"),
        ("hypoperfusion", "hypoperfusion (lactate above 2 mmol/L or low pressure)"),
    ],
)  # fmt: skip
def test_a_condition_can_be_said(text: str, sentence: str) -> None:
    assert lang.words(lang.check(text, COLUMNS, DEFINITIONS), COLUMNS, DEFINITIONS) == sentence


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("map < 65", "'<' is not expected here"),
        ("map / 0", "divides by zero"),
        ("map + 'a'", "numbers and names only"),
        ("map and dbp", "'and' is not expected here"),
        ("known(map)", "expected a name or a value"),
        ("map + septic_shock", "yes-or-no"),
        ("map + mapp", "not a known variable"),
        ("", "the text ends here"),
    ],
)
def test_bad_formulas_are_refused(text: str, says: str) -> None:
    with pytest.raises(ConditionError) as caught:
        lang.check_formula(text, COLUMNS)
    assert says in caught.value.what


def test_no_refused_text_reaches_an_engine() -> None:
    """Emitters take nodes only, and a node's text and names come from the grammar alone."""
    attacks = [
        "map < 65; drop table patients", "map < 65 union select 1", "1=1 or map < (select 1)", "map < 65 --",
        "shock_type = 'x' or 'a'='a'", "shock_type = 'x''; drop table t; --'", "map in (select 1)", "pg_sleep(9) < 1",
        "map < 65 or read_csv('a')", "\"map\"\"; drop\" < 65", "shock_type = E'\\x27'", "map < 0x41", "map < $1",
    ]  # fmt: skip
    for text in attacks:
        refusal(text)
    for node in ({"text": "map"}, "map < 65", ("raw", "1=1")):
        with pytest.raises((AssertionError, KeyError, IndexError, TypeError)):
            lang.sql_select([("x", node)], {}, "t", ["id"])  # type: ignore[list-item]
