"""Work grows with the length of the text and no faster, also for texts made to slow a search down."""

from __future__ import annotations

import time

import pytest

import vasotone
from vasotone.lint import MOST_BYTES, examine

SHORT, LONG = 20_000, 80_000
LEAST_SECONDS = 0.1  # below this the clock is too coarse to compare
# Four times the text may take four times as long, and as much again for a busy machine.
MOST_GROWTH = 8

HOSTILE = {
    "one long number": "9",
    "letters without an end": "a",
    "spaces": " ",
    "line ends": "\n \t",
    "open brackets": "(",
    "commas": "1,",
    "dashes": "1-",
    "slashes": "1/1/",
    "thousands": "1,000,",
    "stops": ". A",
    "words that lead to an interval": "4 mg given given given given ",
    "words that lead to a form": "1 mg of the of the of the ",
    "per and per": "1 mg per per per kg",
}
DENSE = {
    "numbers": "1 ",
    "quantities": "1 mg ",
    "cells": "|1 mg",
    "equals": "= 1 mcg/min ",
    "drugs": "NE 1 g ",
    "weights": "1 kg 1 mcg/kg/min 1 mcg/min is ",
    "strengths": "double strength 1 mg/mL ",
    "flows": "1 mL/h 1 mg/mL 1 mcg/min, ",
    "clocks": "norepinephrine shock titrate 1 mg/h every 4 h ",
    "ranges": "norepinephrine range 1-2 mg/h. ",
    "how long": "48 mL at 6 mL/h lasts 6 hours. ",
    "what is set": "7.65 mL/h, pump set 8.1, ",
    "counts": "two vials of 4 mg, ",
    "choices": "A) 6 mL/h B) 13 mL/h ",
    "strengths of one bag": "8 mg in 250 mL = 32 mcg/mL, ",
}


def seconds(piece: str, size: int) -> float:
    text = (piece * (size // len(piece) + 1))[:size]
    began = time.process_time()
    examine(text, vasotone.load())
    return time.process_time() - began


@pytest.mark.parametrize("piece", [*HOSTILE.values(), *DENSE.values()], ids=[*HOSTILE, *DENSE])
def test_time_grows_with_the_text(piece: str) -> None:
    vasotone.load()
    short = max(seconds(piece, SHORT), LEAST_SECONDS)
    assert seconds(piece, LONG) < MOST_GROWTH * short


@pytest.mark.parametrize(
    "piece",
    [
        "9",
        "a",
        " ",
        "(",
        "\n \t",
        "The mean age was 61 years (SD 14) in 105 patients. ",
        "Norepinephrine 0.1 mcg/kg/min. ",
    ],
)
def test_the_longest_text_is_quick(piece: str) -> None:
    vasotone.load()
    assert seconds(piece, MOST_BYTES) < 10
