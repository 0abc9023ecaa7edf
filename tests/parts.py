"""A share of a long run: `2/6` is the second of six parts."""

from __future__ import annotations

import argparse


def part_of(text: str) -> tuple[int, int]:
    """`2/6` as two numbers; argparse shows the message of what is no part."""
    which, _, of = text.partition("/")
    if not (which.isdecimal() and of.isdecimal() and 1 <= int(which) <= int(of)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a part such as 1/8")
    return int(which), int(of)
