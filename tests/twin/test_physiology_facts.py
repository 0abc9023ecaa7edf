"""The numbers of the twin: sound as they ship, and each kind of slip is found."""

from __future__ import annotations

import copy
import math
import tomllib
from pathlib import Path
from typing import Any

import pytest

from vasotone import facts, facts_physiology
from vasotone.errors import FactError
from vasotone.facts_physiology import Seen, check, physiology

FILE = Path(facts.DATA) / "physiology.toml"
TREE = tomllib.loads(FILE.read_text("utf-8"))
SOURCES = facts.load().sources
NUMBERS = facts_physiology.rows(TREE)


def problems_of(tree: dict[str, Any]) -> list[str]:
    """What is found not sound in a changed file."""
    seen = Seen()
    check(tree, {"sources.toml": SOURCES}, {}, {}, seen)
    return seen


def changed(path: tuple[str, ...], **values: Any) -> dict[str, Any]:
    """The shipped file with other values in one table; None removes a key."""
    tree = copy.deepcopy(TREE)
    table = tree
    for key in path:
        table = table[key]
    for key, value in values.items():
        if value is None:
            del table[key]
        else:
            table[key] = value
    return tree


def test_the_shipped_numbers_are_sound() -> None:
    assert problems_of(TREE) == []
    assert len(physiology().ids()) == len(set(physiology().ids())) > 100


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"unit": None}, "a number of the twin is a table"),
        ({"cite": None}, "a number of the twin is a table"),
        ({"multiplies": None}, "a number of the twin is a table"),
        ({"unit": "mmHgg"}, "not a known unit"),
        ({"value": math.nan}, "are numbers"),
        ({"value": True}, "are numbers"),
        ({"value": 1e6}, "lies outside"),
        ({"value": math.inf, "high": math.inf}, "lies outside"),
        ({"shape": "uniform"}, "`shape` is one of"),
        ({"spread": -1}, "`shape` is one of"),
        ({"spread": 0}, "`shape` is one of"),
        ({"colour": "red"}, "colour"),
        ({"cite": {"source": "nobody", "at": "page 1"}}, "does not resolve"),
        ({"cite": {"source": "hamzaoui-2010", "at": " "}}, "no place"),
        ({"cite": {"source": "ursino-1998", "at": "form"}}, "`verified = false`"),
        ({"verified": False}, "`verified = false`"),
        ({"fitted": "fit 1 of another-model"}, "the model is"),
        ({"fitted": "fit 1 of twin-1", "fit": False}, "may not be moved"),
    ],
)
def test_a_slip_is_found(values: dict[str, Any], word: str) -> None:
    found = problems_of(changed(("parameter", "e_r", "septic"), **values))
    assert any(word in problem and "parameter.e_r.septic" in problem for problem in found), found


@pytest.mark.parametrize("path", [(), ("model",), ("context", "septic")])
def test_an_unknown_key_is_found_at_every_level(path: tuple[str, ...]) -> None:
    assert any("wishful" in problem for problem in problems_of(changed(path, wishful={"a": 1})))


def test_a_context_that_does_not_exist_is_found() -> None:
    tree = changed(("parameter", "e_r"), martian=copy.deepcopy(TREE["parameter"]["e_r"]["septic"]))
    assert any("`martian` is no context" in problem for problem in problems_of(tree))
    assert any(
        "is no other context" in problem for problem in problems_of(changed(("context", "awake"), like="sleep"))
    )
    with pytest.raises(FactError, match="there is no such context"):
        physiology().number("e_r", "martian")


def test_what_rests_on_memory_ships_unverified() -> None:
    tables = physiology().tables.values()
    every = [one for table in tables for one in table.values()]
    assert all(one.verified == (one.read != "memory") for one in every)
    assert any(not one.verified for one in every) and len(every) == len(NUMBERS)


def test_a_context_falls_back_on_what_it_is_like_and_then_on_all() -> None:
    numbers = physiology()
    assert numbers.number("e_r", "mixed-shock") == numbers.number("e_r", "septic") != numbers.number("e_r", "awake")
    assert numbers.number("c_ra", "septic") == numbers.number("c_ra")
    assert numbers.observable("vasodilatory")["hr"] == numbers.observable("septic")["hr"]
    assert numbers.observable("vasodilatory")["map"].context == "vasodilatory"
    with pytest.raises(FactError, match="no such parameter"):
        numbers.number("wishful")
    assert numbers.number("wishful", default=7.0) == 7.0


def test_replaced_changes_one_number_and_leaves_the_rest() -> None:
    numbers = physiology()
    other = numbers.replaced({"e_r.septic": 1.5, "dopamine.beta": 0.5})
    assert other.number("e_r", "septic") == 1.5 and other.number("dopamine.beta") == 0.5
    assert other.number("e_r", "awake") == numbers.number("e_r", "awake") != 1.5
    assert physiology().number("e_r", "septic") == numbers.number("e_r", "septic") != 1.5
    with pytest.raises(FactError, match="no such parameter"):
        numbers.replaced({"e_r.martian": 1.0})


def test_an_optional_variant_that_is_switched_on_names_its_fit() -> None:
    for name in ("rv_afterload", "weak_heart"):
        one = physiology().get(name)
        assert one.fit and (one.value == 0 or one.fitted)


def test_kinetics_agree_with_the_published_clearances() -> None:
    """Norepinephrine 3.0 L/min at SAPS II 20 and 0.9 at 60, within 15 %; half-lives 2.0 and 6.8 min, within 20 %."""
    import numpy

    from vasotone.twin import drugs

    numbers, weight = physiology(), numpy.array([70.0, 70.0])
    clearance = drugs.clearance_of("norepinephrine", weight, numpy.array([20.0, 60.0]), numbers)
    half_life = math.log(2) * numbers.number("norepinephrine.volume") / clearance
    assert numpy.allclose(clearance, [3.0, 0.9], rtol=0.15) and numpy.allclose(half_life, [2.0, 6.8], rtol=0.2)
    epinephrine = drugs.clearance_of("epinephrine", numpy.array([70.0, 140.0]), numpy.array([50.0, 50.0]), numbers)
    assert numpy.allclose(epinephrine * 60, [127.0, 127.0 * 2**0.6], rtol=0.02)
    assert 2.5 <= math.log(2) * numbers.number("epinephrine.volume") / epinephrine[0] <= 5.0
