"""Recomputes the label of every blind sentence from the figures stored beside it, in integer arithmetic.

It imports nothing of the product: a claim such as `0.1 ug/kg/min * 70 kg / (4 mg / 250 mL) ~ 26.25 mL/h` is what the
sentence prints, with its own small unit table. `python tests/lint/blind_check.py` prints what does not hold.
"""

import re
import sys
import tomllib
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

SENTENCES = Path(__file__).parent / "blind_sentences.toml"
# written later, in other voices
FRESH = SENTENCES.with_name("blind_sentences_2.toml")

# unit -> (factor, exponents of drug mass, drug units, volume, time, body weight)
Dimension = tuple[int, int, int, int, int]
PLAIN: Dimension = (0, 0, 0, 0, 0)
ATOMS: dict[str, tuple[Fraction, Dimension]] = {
    "ng": (Fraction(1, 1000), (1, 0, 0, 0, 0)),
    "ug": (Fraction(1), (1, 0, 0, 0, 0)),
    "mg": (Fraction(1000), (1, 0, 0, 0, 0)),
    "g": (Fraction(1000000), (1, 0, 0, 0, 0)),
    "mU": (Fraction(1, 1000), (0, 1, 0, 0, 0)),
    "U": (Fraction(1), (0, 1, 0, 0, 0)),
    "mL": (Fraction(1), (0, 0, 1, 0, 0)),
    "L": (Fraction(1000), (0, 0, 1, 0, 0)),
    "min": (Fraction(1), (0, 0, 0, 1, 0)),
    "h": (Fraction(60), (0, 0, 0, 1, 0)),
    "d": (Fraction(1440), (0, 0, 0, 1, 0)),
    "kg": (Fraction(1), (0, 0, 0, 0, 1)),
    "lb": (Fraction(45359237, 100000000), (0, 0, 0, 0, 1)),
    "%": (Fraction(10000), (1, 0, -1, 0, 0)),  # one gram in 100 mL
}
# how much salt carries one part of norepinephrine base
SALTS = {"bitartrate": Fraction(2), "tartrate-anhydrous": Fraction(189, 100), "hydrochloride": Fraction(122, 100)}
# kinds whose name states by which factor the printed figure is off
FACTORS = {
    "salt-2x": (2, 4), "factor-2": (2,), "factor-4": (4,), "factor-8": (8,), "factor-10": (10,),
    "factor-31": (Fraction(125, 4),), "hourly-minute": (60,), "mg-mcg": (1000,),
}  # fmt: skip
# a figure of one digit (0.1, 1 mg) is meant as it stands: its precision excuses no more than these shares
START_MAY_SLIP = Fraction(1, 20)
RESULT_MAY_SLIP = Fraction(1, 10)
# 20 may be 15 rounded to tens, 10 is not 5
ZEROS_MAY_SLIP = Fraction(1, 4)
# a flaw of content, not of arithmetic: nothing to recompute
BY_CONTENT = ("wrong-schedule", "contradicting-ranges")

NUMERAL = re.compile(r"\d+(?:\.\d+)?")
TOKEN = re.compile(r"\d+(?:\.\d+)?|[A-Za-z%][A-Za-z%/-]*|[*/()]")


class Amount(NamedTuple):
    """An exact value in base units and its dimension."""

    value: Fraction
    dimension: Dimension


class Reckoning(NamedTuple):
    """One claim: what the left side gives in the printed unit, what is printed, and whether they agree.

    `holds` allows the precision of the printed result or of the figure it starts from; `surely_wrong` is false where
    reading the zeros at the end of a whole number as mere places would let it pass.
    """

    exact: Fraction
    printed: Fraction
    unit: str
    holds: bool
    surely_wrong: bool


def unit(text: str) -> Amount:
    """The factor and dimension of a unit such as `ug/kg/min`."""
    value, dimension = Fraction(1), PLAIN
    for place, part in enumerate(text.split("/")):
        factor, exponents = ATOMS[part]
        sign = 1 if place == 0 else -1
        value *= factor**sign
        dimension = _add(dimension, exponents, sign)
    return Amount(value, dimension)


def _add(left: Dimension, right: Dimension, sign: int) -> Dimension:
    a, b, c, d, e = (x + sign * y for x, y in zip(left, right, strict=True))
    return (a, b, c, d, e)


def _factor(tokens: list[str]) -> Amount:
    token = tokens.pop(0)
    if token == "(":
        inside = _product(tokens)
        if tokens.pop(0) != ")":
            raise ValueError("a bracket is not closed")
        return inside
    if token in SALTS:
        return Amount(SALTS[token], PLAIN)
    value = Fraction(token)
    if tokens and tokens[0][0] not in "*/()" and tokens[0] not in SALTS:
        factor, dimension = unit(tokens.pop(0))
        return Amount(value * factor, dimension)
    return Amount(value, PLAIN)


def _product(tokens: list[str]) -> Amount:
    value, dimension = _factor(tokens)
    while tokens and tokens[0] in "*/":
        sign = 1 if tokens.pop(0) == "*" else -1
        right = _factor(tokens)
        value *= right.value**sign
        dimension = _add(dimension, right.dimension, sign)
    return Amount(value, dimension)


def amount(text: str) -> Amount:
    """The exact value of a product of quantities; ValueError for anything else."""
    if TOKEN.sub("", text).strip():
        raise ValueError(f"cannot read {text!r}")
    tokens = TOKEN.findall(text)
    result = _product(tokens)
    if tokens:
        raise ValueError(f"left over in {text!r}: {tokens}")
    return result


def _place(numeral: str, *, zeros_count: bool) -> Fraction:
    """The worth of the last printed digit of a numeral."""
    if "." in numeral:
        return Fraction(1, 10 ** len(numeral.split(".")[1]))
    return Fraction(1 if zeros_count else 10 ** (len(numeral) - len(numeral.rstrip("0"))))


def reckon(claim: str) -> Reckoning:
    """Recomputes one claim; ValueError if its two sides are not of one dimension."""
    left, right = (side.strip() for side in claim.split(" ~ "))
    reached, stated = amount(left), amount(right)
    if reached.dimension != stated.dimension:
        raise ValueError(f"the sides of {claim!r} are not of one dimension")
    first, last = NUMERAL.findall(left)[0], NUMERAL.findall(right)[0]
    # one of the printed unit, or of the printed quotient such as 4 mg / 50 mL
    one = stated.value / Fraction(last)
    exact = reached.value / one
    printed = Fraction(last)
    gap = abs(exact - printed)
    from_start = exact * min(_place(first, zeros_count=True) / 2 / Fraction(first), START_MAY_SLIP)
    in_result = min(_place(last, zeros_count=True) / 2, printed * RESULT_MAY_SLIP)
    near = gap <= max(in_result, from_start)
    zeros_are_places = min(_place(last, zeros_count=False) / 2, printed * ZEROS_MAY_SLIP)
    loosely_near = near or gap <= zeros_are_places
    return Reckoning(exact, printed, NUMERAL.sub("", right, count=1).strip(), near, not loosely_near)


def figure(value: Fraction) -> str:
    """A value as a decimal of up to four digits, with `about` where it was cut."""
    if value == 0:
        return "0"
    places = 0
    while value * 10**places < 1000 and (value * 10**places).denominator != 1:
        places += 1
    whole = round(value * 10**places)
    text = str(whole) if places == 0 else f"{whole // 10**places}.{whole % 10**places:0{places}d}"
    return text if Fraction(whole, 10**places) == value else f"about {text}"


def faults(sentence: dict[str, object]) -> list[str]:
    """What does not hold in one stored sentence: its label, its kind, its figures or its reason."""
    text, coherent, why = str(sentence["text"]), sentence["coherent"], str(sentence["why"])
    claims = [str(claim) for claim in sentence["claims"]]  # type: ignore[attr-defined]
    reckoned = [reckon(claim) for claim in claims]
    printed = set(NUMERAL.findall(re.sub(r"(?<=\d),(?=\d{3})", "", text)))
    found = [
        f"{numeral} of {claim!r} is not in the text"
        for claim in claims
        for numeral in NUMERAL.findall(claim)
        if numeral not in printed
    ]
    wrong = [(claim, one) for claim, one in zip(claims, reckoned, strict=True) if not one.holds]
    if coherent:
        found += [f"labelled coherent, but {claim!r} gives {figure(one.exact)}" for claim, one in wrong]
        return found + (["a coherent sentence has a kind of flaw"] if "kind" in sentence else [])
    kind = str(sentence["kind"])
    if kind in BY_CONTENT:
        return found + (["a flaw of content has claims"] if claims else [])
    if not wrong:
        found.append("labelled incoherent, but every claim holds")
    found += [f"{claim!r} may pass as rounded" for claim, one in wrong if not one.surely_wrong]
    found += [f"the reason lacks {figure(one.exact)}" for _, one in wrong if figure(one.exact) not in why]
    found += [f"{claim!r} is off by {figure(off)}, not as {kind} says"
              for claim, one in wrong if (off := _off(one)) and not _fits(kind, off, claim)]  # fmt: skip
    if kind == "range-end" and (len(claims) != 2 or len(wrong) != 1):
        found.append("not exactly one end of the range is wrong")
    return found


def _off(one: Reckoning) -> Fraction:
    return max(one.exact / one.printed, one.printed / one.exact)


def _fits(kind: str, off: Fraction, claim: str) -> bool:
    """Whether a flaw of this kind can be off by this factor, within 4 %."""
    if kind == "per-kg-dropped":
        weights = [Fraction(number) for number in re.findall(r"(\d+) kg\b", claim)]
        return any(abs(off / weight - 1) < Fraction(4, 100) for weight in weights)
    return kind not in FACTORS or any(abs(off / factor - 1) < Fraction(4, 100) for factor in FACTORS[kind])


def sentences(path: Path = SENTENCES) -> list[dict[str, object]]:
    """The stored sentences of one file in their order."""
    found: list[dict[str, object]] = tomllib.loads(path.read_text(encoding="utf-8"))["sentence"]
    return found


def main() -> int:
    """Prints every fault; 1 if there is any."""
    stored = sentences() + sentences(FRESH)
    told = [f"{sentence['id']}: {fault}" for sentence in stored for fault in faults(sentence)]
    print(*told, f"{len(stored)} sentences, {len(told)} faults", sep="\n")
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
