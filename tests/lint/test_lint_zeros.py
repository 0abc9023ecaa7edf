"""A figure of zero, or an enormous one, in any place of any known sentence is answered, not tripped over."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import vasotone
from vasotone.lint import lint

HERE = Path(__file__).parent
NUMERAL = re.compile(r"\d+(?:[.,]\d+)*")
TEXTS = [
    str(one["text"])
    for name in ("blind_sentences.toml", "blind_sentences_2.toml", "dev_sentences.toml")
    for rows in tomllib.loads((HERE / name).read_text("utf-8")).values()
    for one in rows
    if isinstance(one, dict) and "text" in one
]


def test_there_are_sentences() -> None:
    assert len(TEXTS) > 1100 and sum(len(NUMERAL.findall(text)) for text in TEXTS) > 3000


@pytest.mark.parametrize("part", range(4))
@pytest.mark.parametrize("figure", ["0", "0.0", "999999999999"])
def test_any_figure_may_be_odd(figure: str, part: int) -> None:
    facts = vasotone.load()
    chosen = TEXTS[part::4]
    for text in [*chosen, *(f"{one} {other}" for one, other in zip(chosen, chosen[1:], strict=False))]:
        hits = list(NUMERAL.finditer(text))
        odd = [text[: hit.start()] + figure + text[hit.end() :] for hit in hits] + [NUMERAL.sub(figure, text)]
        for one in odd:
            try:
                lint(one, facts)
            except ArithmeticError as error:
                raise AssertionError(f"{error!r} on: {one}") from error
