"""What is worth asking, each question once, with what its answer would decide."""

from __future__ import annotations

from typing import NamedTuple

from vasotone.advice import MOST_ASKS, SHOWN_VERDICTS, Advice, Item
from vasotone.views import outline
from vasotone.views.wording import clean, name_words, prose, unit_words

LOOKING = ("assess", "measure")  # an item that tells to look is itself the question
MOST_NAMED = 2


class Question(NamedTuple):
    """One input that is not known: its words, and what it would decide."""

    name: str
    unit: str
    text: str
    decides: tuple[str, ...]
    numbers: tuple[int, ...]
    others: tuple[str, ...]
    rest: int
    beside: int | None = None
    item: Item | None = None


def questions(advice: Advice, numbers: dict[int, int], *, everything: bool) -> list[Question]:
    """The questions of an advice, most telling first; `numbers` are those of the listed items by identity."""
    asks = advice.asks if everything else advice.asks[:MOST_ASKS]
    items = [item for item in advice.shown(everything=everything) if outline.is_question(item)]
    listed = [item for item in outline.listed(advice, everything=everything) if item.verdict in SHOWN_VERDICTS]
    found = []
    for ask in asks:
        item = next((item for item in items if item.target == ask.name), None)
        looked = next((i for i in listed if i.action in LOOKING and i.target == ask.name), None)
        beside = None if looked is None or everything else numbers[id(looked)]
        made = question(advice, numbers, ask.name, ask.why, ask.decides, everything)
        found.append(made._replace(unit=unit_words(ask.unit) if ask.unit else "", beside=beside, item=item))
    asked = {ask.name for ask in asks}
    said = {warning.text for warning in advice.warnings}
    for item in items:
        if item.target not in asked and (everything or item.text not in said):
            made = question(advice, numbers, item.target, item.text, item.decides, everything)
            found.append(made._replace(item=item))
    return found


def question(
    advice: Advice, numbers: dict[int, int], name: str, text: str, decides: tuple[str, ...], everything: bool
) -> Question:
    """One question, with the listed items that it bears on by number and the others by what they are about."""
    by_id = {item.statement: item for item in advice.items}
    near = [by_id[one] for one in decides if one in by_id]
    listed = sorted({numbers[id(item)] for item in near if id(item) in numbers})
    said = {outline.doing_words(item) for item in near if id(item) in numbers}
    others = [item for item in near if id(item) not in numbers]
    told = [one for one in dict.fromkeys(outline.doing_words(item) for item in others) if one not in said]
    rest = len(set(decides)) - len(near) + len(others) - len(told[:MOST_NAMED])
    words = prose(text)
    if not everything:  # what follows the question mark explains a question that is clear by itself
        words = words.partition("? ")[0] + "?" if "? " in words else words
    named = tuple(told[:MOST_NAMED])
    return Question(name, "", words, tuple(dict.fromkeys(decides)), tuple(listed), named, rest)


def decides_words(question: Question, *, everything: bool) -> str:
    """What an answer would decide: listed items by number, a few others in words, the rest counted."""
    parts = []
    if question.numbers:
        parts.append(f"item{'s' if len(question.numbers) > 1 else ''} {', '.join(map(str, question.numbers))}")
    parts += question.others
    if question.rest:
        parts.append(
            f"{question.rest} more"
            if parts
            else f"{question.rest} that {'is' if question.rest == 1 else 'are'} not shown"
        )
    told = "; ".join(parts)
    if everything:
        names = ", ".join(clean(one, 80) for one in question.decides)
        told += f" ({names})" if told and names else names
    return told


def lead_words(question: Question) -> str:
    """The name of what is asked, with its unit."""
    name = name_words(question.name)
    return f"{name} ({question.unit})" if question.unit else name
