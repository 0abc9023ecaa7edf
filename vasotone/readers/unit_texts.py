"""Units as hospitals write them: UCUM with exponents, annotations or brackets in the spelling of the unit table."""

import re

from vasotone import units
from vasotone.errors import UnitError

_SUPERSCRIPT = str.maketrans(
    {"\u00b7": ".", "\u22c5": ".", "\u207b": "-", "\u2212": "-", "\u00b9": "1", "\u00b2": "2"}
)
_PART = re.compile(r"([./]?)(\(([^()]*)\)|[^./()]+)")
_POWER = re.compile(r"([A-Za-z\u00b5\u03bc%\[\]_']+)([+-]?[12])?")
_MOST_CHARACTERS = 40


def is_unit(text: str) -> bool:
    """Whether the converter knows a spelling."""
    try:
        units.unit(text)
    except UnitError:
        return False
    return True


def respelled(text: str) -> str:
    """A unit as the converter spells it where that is certain, else as it was written.

    UCUM annotations carry no meaning, so `{score}` is 1. `ug.kg-1.min-1` and `ug/(kg.min)` are `ug/kg/min`;
    `ug/kg.min` is not, since UCUM reads from left to right.
    """
    if not text or len(text) > _MOST_CHARACTERS or is_unit(text):
        return text
    bare = re.sub(r"\{[^{}]*\}", "", text).translate(_SUPERSCRIPT) or "1"
    if is_unit(bare):
        return bare
    parts = _parts(bare, 1)
    if parts is None:
        return text
    above = [part for part, sign in parts if sign > 0]
    below = [part for part, sign in parts if sign < 0]
    if len(above) > 1:
        return text
    found = "/".join([*(above or [""]), *below])
    return found if below and is_unit(found) else text


def _parts(text: str, sign: int) -> list[tuple[str, int]] | None:
    """The components of a product, each above (1) or below (-1) the line; None where it is not understood."""
    found: list[tuple[str, int]] = []
    end = 0
    for match in _PART.finditer(text):
        if match.start() != end:
            return None
        end = match.end()
        here = -sign if match[1] == "/" else sign
        if match[3] is not None:
            inner = _parts(match[3], here)
            if inner is None:
                return None
            found += inner
            continue
        power = _POWER.fullmatch(match[2])
        if power is None:
            return None
        exponent = int(power[2] or 1)
        found.append((power[1] + ("2" if abs(exponent) == 2 else ""), here if exponent > 0 else -here))
    return found if end == len(text) and found else None
