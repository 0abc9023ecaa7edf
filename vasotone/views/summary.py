"""The advice in a few lines: what is for now with dose and pump rate, the rest by name, what is missing."""

from __future__ import annotations

from typing import NamedTuple

from vasotone.advice import SHOWN_VERDICTS, Advice, Item
from vasotone.views import outline, questions, wording
from vasotone.views.reason import lacking
from vasotone.views.wording import name_words, numeral, prose, with_unit

LONGEST = 80  # characters of an item's own words in one line


class Brief(NamedTuple):
    """One item in one line."""

    numbers: tuple[int, ...]
    doing: str
    dose: str
    pump: str
    remark: str
    undecided: bool = False

    def line(self) -> str:
        """The line as plain text, without its number."""
        pump = f"pump {self.pump}" if self.pump else ""
        return self.doing + "".join(f" · {part}" for part in (self.dose, pump, self.remark) if part)

    def named(self) -> str:
        """What it is about, with its dose or aim in brackets, for a list in running text."""
        return f"{self.doing} ({self.dose})" if self.dose else self.doing


def numbered(advice: Advice, *, everything: bool) -> dict[int, int]:
    """The number of each listed item, by identity, in the order in which all faces show them."""
    items = [item for _, members in outline.groups(advice, everything=everything) for item in members]
    return {id(item): place for place, item in enumerate(items, 1)}


def briefs(advice: Advice, urgency: str, numbers: dict[int, int]) -> list[Brief]:
    """The listed items of one urgency that hold or may hold, each step in a line of its own, once."""
    found: list[Brief] = []
    gate = "" if advice.refused is None else advice.refused.code  # it stands above everything else already
    items = [item for item in advice.items if id(item) in numbers and item.statement != gate]
    for item in sorted(items, key=lambda item: numbers[id(item)]):
        if item.verdict not in SHOWN_VERDICTS or outline.urgency_of(item) != urgency:
            continue
        made = brief(item, numbers[id(item)])
        for place, one in enumerate(found):
            same = one.doing == made.doing and one.undecided == made.undecided
            if same and (not made.dose or made.dose == one.dose) and (not made.remark or made.remark == one.remark):
                found[place] = one._replace(numbers=(*one.numbers, *made.numbers))
                break
        else:
            found.append(made)
    return found


def brief(item: Item, number: int) -> Brief:
    """An item in one line: what, dose, pump rate, and what keeps it open."""
    doing = outline.doing_words(item)
    if item.action == "inform":
        doing = short(prose(item.text))
    dose, pump, stopped = outline.figures(item)
    if item.dose is not None and dose:
        dose = wording.dose_short(item.dose)
    if item.pump is not None and pump:
        pump = with_unit(numeral(item.pump.rate), item.pump.unit)
        pump += " (standard bag assumed)" if item.pump.bag.get("origin") == "assumed" else ""
    remark = ""
    if item.verdict == "cannot-tell":
        remark = f"cannot tell, needs {lacking(item)}" if item.missing else "cannot tell"
    elif item.verdict == "applies-unless" and item.missing:
        remark = "check " + lacking(item).removeprefix("not recorded: ")
    elif item.missing and not dose and not stopped:
        remark = f"dose needs {lacking(item)}"
    remark = "; ".join(part for part in (stopped and f"dose {stopped}", remark) if part)
    return Brief((number,), doing, dose or outline.aim_words(item), pump, remark, item.verdict == "cannot-tell")


def short(text: str) -> str:
    """The first sentence of a text or its first part, cut at a word where it is long."""
    first = text.partition(". ")[0].partition("; ")[0].rstrip(".")
    if len(first) <= LONGEST:
        return first
    return first[:LONGEST].rpartition(" ")[0].rstrip(",;:") + " …"


def numbers_words(one: Brief) -> str:
    """The numbers of the items that a line stands for."""
    return ", ".join(map(str, one.numbers))


def nothing_now(advice: Advice) -> str:
    """What is said where no statement is for now, which must not read as all being well."""
    return "No statement is for now." if advice.refused is None else "Nothing beyond what stands above."


def asked(advice: Advice, *, everything: bool) -> str:
    """The names of what is worth knowing, in one line."""
    found = questions.questions(advice, numbered(advice, everything=everything), everything=everything)
    return ", ".join(dict.fromkeys(name_words(one.name) for one in found))


def doubted(advice: Advice) -> str:
    """The values that are not used or in doubt, in one line."""
    doubts = []
    for name, entry in advice.values.items():
        if not wording.sound(entry) and entry.get("quality") not in ("unknown", None):
            text, _, remark = wording.entry_words(entry)
            doubts.append(f"{wording.value_name(name, entry)} {text}" + (f" ({remark})" if remark else ""))
    return "; ".join(doubts)
