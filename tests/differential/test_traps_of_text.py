"""The traps of words, flags, names, texts and times: the raw engine, and beside it what our language does."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from tests.differential.trapped import FACTS, all_say, checked, duck, refused
from vasotone import lang
from vasotone.errors import VasotoneError
from vasotone.readers import plain

# --- words and flags


def test_words_are_compared_as_they_stand_and_have_no_order() -> None:
    assert duck("select 'a' = 'A', 'a ' = 'a', 5 > '10', '5' > '10'") == (False, False, False, True)
    all_say(False, "mood = 'calm'", mood="CALM")
    all_say(False, "mood = 'calm'", mood="calm ")
    all_say(True, "mood <> 'calm'", mood="Calm")
    all_say(False, "mood in ('calm')", mood="")
    for text in ("mood < 'calm'", "mood = 'CALM'", "mood like 'c%'", "mood || 'x' = 'calm'"):
        refused(text)


def test_a_number_is_never_compared_with_words() -> None:
    assert duck("select 0.3::double > '0.25'") == (True,)
    for text in ("dose > '0.25'", "mood = 5", "dose in (1, 'x')", "dose > mood"):
        refused(text)


def test_a_flag_is_no_number_and_a_number_no_flag() -> None:
    assert duck("select 1 = true, not 5") == (True, False)
    assert int(True) + 1 == 2
    assert pl.DataFrame({"ill": [True]}).select(pl.col("ill") < 3)["ill"].to_list() == [True]
    for text in ("ill < 3", "ill = 1", "pa", "not pa", "pa is true", "ill + pa > 1", "pa = true", "assume(ill, 0)"):
        refused(text)


def test_a_flag_written_as_a_number_is_not_taken_for_one() -> None:
    node = checked("ill")
    space: dict[str, Any] = {}
    exec(lang.python_source("verdict", [("x", checked("ill and pa > 1"))], {}), space)
    assert space["verdict"]({"ill": 1, "pa": 5.0})[0] is None  # rows hold bool; 1 is not a recorded yes
    assert lang.evaluate(node, {"ill": True}, {}) is True
    with pytest.raises(VasotoneError):
        plain.read('{"ventilated": 1}', FACTS)


# --- what the text means


def test_what_an_engine_would_read_otherwise_is_refused() -> None:
    frame = pl.DataFrame({"pa": [60.0], "ill": [False]})
    assert frame.select(pl.sql_expr("pa < 65 -- and ill"))["pa"].to_list() == [True]
    assert (60 < 90 < 65) is False
    for text in ("pa < 65 -- and ill", "pa < 65 /* and ill */", "60 < pa < 65", "ill or odd and pa < 3", "pa < 65;",
                 "pa::int < 65", "pa = (select 1)", "patients.pa < 65", "PA < 65", "pa < 65 # x"):  # fmt: skip
        refused(text)


def test_a_condition_of_constants_would_give_one_row() -> None:
    frame = pl.DataFrame({"pa": [1.0, 2.0]})
    assert len(frame.select(pl.lit(1.0) < 2)) == 1
    for text in ("1 < 2", "true", "'a' = 'a'", "assume(pa, 1) < 2 or 1 < 2"):
        refused(text)
    made = lang.polars_expressions([("x", checked("assume(pa, 1) < 2")), ("y", checked("known(pa)"))], {}, pl)
    assert frame.select(made).shape == (2, 2)


def test_names_do_not_differ_by_case_alone() -> None:
    assert duck('select "a" from (select 1 as "A")') == (1,)  # DuckDB's names have no case, Python's and Polars' have
    named = FACTS.compiled(FACTS.default_profile).definitions
    for names in ([*FACTS.columns, *named], list(FACTS.statements)):
        assert len({name.casefold() for name in names}) == len(set(names))
    assert refused("Pa < 65").what.startswith("names are lower-case")


def test_the_select_holds_nothing_but_the_closed_subset() -> None:
    kept = set(
        "WITH AS SELECT FROM AND OR NOT IS NULL TRUE FALSE BETWEEN IN COALESCE CASE WHEN THEN ELSE END".split()
    )
    for profile in FACTS.profiles:
        compiled = FACTS.compiled(profile)
        outputs = [(f"o{place}", entry.when) for place, entry in enumerate(compiled.entries)]
        text = lang.sql_select(outputs, compiled.definitions, "states", ["hospitalization_id"])
        for quote in ('"', "'"):
            text = " ".join(text.split(quote)[::2])
        words = set(re.findall(r"\b[A-Za-z]\w*", text))
        assert {word for word in words - kept if not word.startswith("step_")} == set()
        assert {"SELECT", "COALESCE"} <= words


# --- time


def test_an_instant_without_an_offset_is_refused() -> None:
    zone = ZoneInfo("America/New_York")
    fold, after = datetime(2025, 11, 2, 0, 50, tzinfo=zone), datetime(2025, 11, 2, 3, 0, tzinfo=zone)
    assert (after - fold).total_seconds() == 130 * 60  # Python counts the clock on the wall, not the hours passed
    with pytest.raises(pl.exceptions.ComputeError):
        pl.Series(["2025-11-02 01:30:00"]).str.to_datetime().dt.replace_time_zone("America/New_York")
    for text in ("2025-11-02T01:30:00", "2025-03-09T02:30:00", "2025-11-02 01:30", "01:30"):
        with pytest.raises(VasotoneError):
            plain.instant(text, "at")
    first, second = plain.instant("2025-11-02T00:50:00-04:00", "at"), plain.instant("2025-11-02T03:00:00-05:00", "at")
    assert (second - first).total_seconds() == 190 * 60


def test_a_condition_has_no_time_in_it() -> None:
    for text in ("pa > now()", "pa > current_date", "pa > date '2026-01-12'", "pa at time zone 'UTC' > 1"):
        refused(text)
