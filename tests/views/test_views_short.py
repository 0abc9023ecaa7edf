"""The advice in short: a line for each step with dose and pump, each question once, in text and page."""

from __future__ import annotations

import re

import invented
import pytest

from vasotone.advice import Ask, Caution, Cite, Refused
from vasotone.views import outline, page, questions, summary, text

LINE = "raising norepinephrine · from 0.28 to 0.3 mcg/kg/min base · pump 78.8 mL/h"


def plain(shown: str) -> str:
    """The words of a face, without markup and line ends."""
    words = re.sub("<[^>]*>", "", re.sub("<style>.*?</style>", "", shown))
    return " ".join(words.replace("&nbsp;", " ").split())


def lines_of(advice: object, urgency: str = "now") -> list[str]:
    """The summary's lines of one urgency."""
    assert isinstance(advice, type(invented.advice()))
    numbers = summary.numbered(advice, everything=False)
    return [one.line() for one in summary.briefs(advice, urgency, numbers)]


def test_each_step_for_now_stands_first_with_dose_and_pump() -> None:
    advice = invented.advice()
    assert lines_of(advice) == [
        "adding vasopressin · 0.03 units/min · pump 9 mL/h · check mesenteric ischaemia",
        LINE,
    ]
    shown = text.show(advice, width=80)
    assert shown.index("CONSIDER NOW") < shown.index(LINE) < shown.index("PATIENT") < shown.index("NOW (2)")
    assert plain(page.show(advice)).index(LINE.replace(" · ", " ", 1)) < plain(page.show(advice)).index("Now (2)")


def test_an_undecided_step_says_what_it_needs_and_shows_no_dose_as_sure() -> None:
    item = invented.items()[1]._replace(verdict="cannot-tell", missing=("age",), dose=None, pump=None)
    assert lines_of(invented.advice(items=(item,))) == ["raising norepinephrine · cannot tell, needs age"]


def test_one_step_of_two_statements_is_one_line() -> None:
    first = invented.items()[1]
    second = first._replace(statement="other", dose=None, pump=None)
    advice = invented.advice(items=(first, second))
    numbers = summary.numbered(advice, everything=False)
    (one,) = summary.briefs(advice, "now", numbers)
    assert summary.numbers_words(one) == "1, 2" and one.line() == LINE
    undecided = second._replace(verdict="cannot-tell", missing=("age",))
    assert len(lines_of(invented.advice(items=(first, undecided)))) == 2


def test_a_dose_past_a_hard_limit_is_not_in_the_summary() -> None:
    item = invented.items()[0]
    assert item.dose is not None
    advice = invented.advice(items=(item._replace(dose=item.dose._replace(value="0.3")),))
    (line,) = lines_of(advice)
    assert "0.3 units" not in line and "pump" not in line and "not shown: it passes the hard limit" in line


def test_a_refusal_is_not_followed_by_all_is_well() -> None:
    item = invented.items()[4]._replace(statement="gate", kind="scope", action="ask", target="shock-type")
    refused = Refused("gate", "The type of shock is not established.", "Look for the cause.")
    shown = text.show(invented.advice(items=(item,), refused=refused), width=80)
    assert "Nothing beyond what stands above." in shown and "statement gate" in shown
    assert "No statement is for now." in text.show(invented.advice(items=()), width=80)


def test_each_question_stands_once_in_each_face() -> None:
    ask = invented.items()[5]
    asks = (
        Ask("crt", "s", ask.text, ("steroid-shock",)),
        Ask("rhythm", None, "Rhythm now? It matters.", ("vp-add-on",)),
    )
    without = tuple(item for item in invented.items() if item.statement != "crt-assess")
    for items, times in ((without, 1), (invented.items(), 0)):
        advice = invented.advice(asks=asks, items=items)
        for shown in (text.show(advice, width=80), page.show(advice)):
            assert plain(shown).count(ask.text) == times
            assert plain(shown).count("Rhythm now?") == 1 and "It matters" not in plain(shown)
            assert "Missing: CRT" not in plain(shown)
    everything = plain(text.show(invented.advice(asks=asks), width=80, everything=True))
    assert everything.count(ask.text) == 1 and "It matters." in everything and "ask-crt" in everything


def test_an_item_that_tells_to_look_says_what_the_answer_decides() -> None:
    asks = (Ask("crt", "s", "Capillary refill time?", ("steroid-shock",)),)
    advice = invented.advice(asks=asks)
    assert "Decides  item 4" in text.show(advice, width=80)
    assert "<b>Decides:</b> item 4" in page.show(advice)


def test_what_a_question_decides_is_numbered_named_or_counted() -> None:
    items = invented.items()
    hidden = tuple(items[0]._replace(statement=f"s-{n}", target=f"drug-{n}") for n in range(20))
    asks = (Ask("lvef", "%", "Ejection fraction?", ("vp-add-on", "s-16", "s-17", "s-18", "elsewhere")),)
    advice = invented.advice(items=(items[0], *hidden), asks=asks)
    (one,) = questions.questions(advice, summary.numbered(advice, everything=False), everything=False)
    assert questions.decides_words(one, everything=False) == "item 1; adding drug 16; adding drug 17; 2 more"
    assert questions.decides_words(one, everything=True).endswith("(vp-add-on, s-16, s-17, s-18, elsewhere)")


def test_what_a_warning_says_is_not_said_again_as_an_item() -> None:
    said = "Norepinephrine is written as bitartrate; it is converted to base."
    item = invented.items()[5]._replace(
        statement="salt-convert", kind="data", action="convert", target="norepinephrine", text=said
    )
    advice = invented.advice(
        items=(invented.items()[0], item), warnings=(Caution("salt-convert", "norepinephrine", said),)
    )
    for shown in (text.show(advice, width=80), page.show(advice)):
        assert plain(shown).count("is written as bitartrate") == 1


def test_a_remark_about_the_data_shows_no_grade_and_stands_once() -> None:
    said = "Two readings differ; verify the line."
    item = invented.items()[5]._replace(
        statement="verify-device", kind="data", action="assess", target="device", text=said
    )
    advice = invented.advice(items=(item,), warnings=(Caution("verify-device", "map", said),))
    shown = text.show(advice, width=80)
    assert plain(shown).count(said) == 1 and "Basis" not in shown
    assert "Basis" in text.show(advice, width=80, everything=True)


@pytest.mark.parametrize("width", range(48, 101, 4))
def test_no_line_ends_between_a_number_and_its_unit(width: int) -> None:
    for everything in (False, True):
        shown = text.show(invented.advice(), width=width, everything=everything)
        assert not re.search(r"\d\n\s+(?:mmHg|mcg|units|mg|mL|min|kg|mmol|years|/min|h|s|%)\b", shown)


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("Guideline 2026", "Guideline 2026"),
        ("2024 Focused Update: use", "2024 Focused Update: use"),
        ("Drug label", "Drug label, 2026"),
    ],
)
def test_a_year_is_said_once(title: str, said: str) -> None:
    year = 2024 if title.startswith("2024") else 2026
    source = outline.Source(1, Cite("x", "p1", title, year, "primary"), ("primary",))
    assert outline.source_words(source) == said


def test_a_long_title_is_cut_in_a_short_list_only() -> None:
    source = outline.Source(1, Cite("x", "p1", "Word " * 40, 2020, "memory", "10.1/x"), ("memory",))
    brief, whole = outline.source_words(source, brief=True), outline.source_words(source)
    assert len(brief) < 140 < len(whole)
    for part in ("2020", "doi:10.1/x", "from memory"):
        assert part in brief and part in whole


def test_values_stand_by_their_age_and_computed_ones_apart() -> None:
    shown = text.show(invented.advice(), width=80)
    assert "  4 min ago        MAP 58 mmHg, SBP 84 mmHg, DBP 45 mmHg, HR 112 /min" in shown
    assert "  computed         shock index about 1.33" in shown
    assert "! lactate 4.1 mmol/L, 6 h 35 min ago, stale" in shown
