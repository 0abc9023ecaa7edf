"""Some whole advices are put together as they were when somebody read them; their wording is free."""

from __future__ import annotations

import pytest

from tests.datamut import golden_advice

ASKED = golden_advice.asked()


@pytest.mark.parametrize("name", ASKED)
def test_an_advice_is_put_together_as_kept(name: str) -> None:
    """Whoever changes a fact on purpose runs `python -m tests.datamut.run --accept` and reads the difference."""
    assert golden_advice.told(*ASKED[name]) == golden_advice.read()[name]


def test_nothing_is_kept_that_is_not_asked() -> None:
    assert set(golden_advice.read()) == set(ASKED)
