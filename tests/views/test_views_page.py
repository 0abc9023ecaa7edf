"""The page: one inert file, well-formed, readable in light, dark and print, at most 60 kB."""

from __future__ import annotations

import re
from datetime import timedelta
from fractions import Fraction
from html.parser import HTMLParser

import invented
import pytest
from hostile import PAYLOADS, poisoned
from test_views_text import same_as_golden

from vasotone.advice import Advice
from vasotone.table import Observation, Table
from vasotone.views import outline, page

VOID = {"meta", "br", "link", "hr", "img", "input"}
TAGS = set(
    "html head meta title style body a header main footer section div p h1 h2 h3 dl dt dd table caption "
    "thead tbody tr th td article span ul ol li b small details summary svg desc path rect text".split()
)
ATTRIBUTES = set(
    "lang charset http-equiv content name id class href scope role aria-label aria-labelledby viewbox "
    "font-size fill stroke stroke-opacity stroke-width stroke-linejoin stroke-linecap stroke-dasharray "
    "fill-opacity d x y width height text-anchor".split()
)


class Reader(HTMLParser):
    """Reads a page: balance, tags, attributes, ids, anchors and the visible text."""

    def __init__(self, page_text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.ids: list[str] = []
        self.anchors: list[str] = []
        self.labels: list[str] = []
        self.text: list[str] = []
        self.feed(page_text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        found = dict(attrs)
        self.ids += [found["id"] or ""] if "id" in found else []
        self.anchors += [found["href"] or ""] if "href" in found else []
        self.labels += (found.get("aria-labelledby") or "").split()
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style"} & set(self.open):
            self.text.append(data)


def pages() -> list[str]:
    """The page in its variants."""
    advice, table = invented.advice(), invented.table()
    return [
        page.show(advice),
        page.show(advice, table, everything=True),
        page.show(invented.refusal(), table),
    ]


def many(count: int) -> Advice:
    """An advice with every statement of a full set of facts."""
    items = invented.items()
    rest = [
        items[8 + n % 3]._replace(statement=f"statement-{n}", text="Words of usual length. " * 8)
        for n in range(count)
    ]
    return invented.advice(items=(*items, *rest))


def test_golden() -> None:
    same_as_golden("advice.html", page.show(invented.advice(), invented.table()))


def test_golden_everything() -> None:
    same_as_golden("advice-everything.html", page.show(invented.advice(), invented.table(), everything=True))


@pytest.mark.parametrize("number", range(3))
def test_well_formed_and_anchored(number: int) -> None:
    read = Reader(pages()[number])
    assert read.tags <= TAGS and read.attributes <= ATTRIBUTES
    assert len(read.ids) == len(set(read.ids))
    assert {anchor.removeprefix("#") for anchor in read.anchors} <= set(read.ids)
    assert all(anchor.startswith("#") for anchor in read.anchors)
    assert set(read.labels) <= set(read.ids)


@pytest.mark.parametrize("number", range(3))
def test_nothing_is_requested(number: int) -> None:
    text = pages()[number]
    for word in (
        "http:",
        "https:",
        "src=",
        "url(",
        "@import",
        "<script",
        "<link",
        "<iframe",
        "<form",
        "javascript:",
    ):
        assert word not in text, word
    assert "Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:" in text


def test_landmarks_language_and_headings() -> None:
    text = pages()[1]
    assert text.startswith('<!DOCTYPE html>\n<html lang="en">')
    for tag in ("header", "main", "footer", "h1", "title", "caption"):
        assert f"<{tag}" in text, tag
    assert text.count("<h1") == 1 and 'scope="col"' in text and 'scope="row"' in text
    levels = [int(level) for level in re.findall(r"<h(\d)", text)]
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_text_from_outside_is_inert(payload: str) -> None:
    hostile = poisoned(invented.advice(), payload)
    rows = tuple(
        row._replace(basis=payload, source=payload, method=payload, unit=payload if n % 2 else row.unit)
        for n, row in enumerate(invented.table().rows)
    )
    text = page.show(hostile, Table(rows, at=invented.AT, title=payload), everything=True)
    read = Reader(text)
    assert read.tags <= TAGS and read.attributes <= ATTRIBUTES
    assert all(anchor.startswith("#") for anchor in read.anchors)
    assert all(c == "\n" or c.isprintable() for c in text)
    assert len(text.encode()) <= page.LARGEST or len(payload) > 1000


def test_escaped_text_reads_as_it_was_written() -> None:
    advice = invented.advice(title='<b>A & B\'s "bed"</b>')
    assert '<b>A & B\'s "bed"</b>' in Reader(page.show(advice)).text


@pytest.mark.parametrize("count", [0, 60, 100, 400])
@pytest.mark.parametrize("holding", [False, True])
def test_a_page_stays_within_its_size_and_counts_what_it_leaves_out(count: int, holding: bool) -> None:
    advice = many(count)
    if holding:
        items = (
            *advice.items[:11],
            *(i._replace(verdict="cannot-tell", missing=("ph",)) for i in advice.items[11:]),
        )
        advice = advice._replace(items=items)
    text = page.show(advice, invented.table(), everything=True)
    assert len(text.encode()) <= page.LARGEST
    assert len(text.encode()) > page.LARGEST / 2 or count < 100  # shortened no more than it must be
    left = sum(map(int, re.findall(r"(\d+) more are in the record", text)))
    asked = len(advice.asks)
    brief = text.count("<li><b>") - asked - len(advice.warnings)
    assert text.count("<article") + brief + left == 10 + count
    assert all(f">{number}. " in text for number in range(1, 7))  # the leading ones are never shortened


def test_a_shortened_statement_keeps_its_dose_and_what_is_missing() -> None:
    late = invented.items()[0]._replace(statement="late", text="Late words.")
    line = page.brief(late, outline.sources([late]))
    assert "<b>Consider adding vasopressin</b>: Late words." in line
    for part in (
        "Dose 0.03 units/min",
        "Pump 9 mL/h",
        "not known: mesenteric ischaemia",
        "unverified",
        "not reviewed",
    ):
        assert part in line, part


def test_no_date_no_identity_no_place_in_a_record() -> None:
    canary = "MRN-4711"
    table = invented.table()
    rows = tuple(row._replace(source=canary) for row in table.rows)
    told = table._replace(rows=rows, conditions={canary: canary}, drugs=(canary,), title=canary)
    values = {name: entry | {"source": canary} for name, entry in invented.VALUES.items()}
    text = page.show(invented.advice(values=values), told, everything=True)
    assert canary not in text
    assert not re.search(r"\b(19|20)\d\d-\d\d-\d\d", text) and "14:00" not in text


def test_each_item_shows_badges_grade_review_and_places() -> None:
    text = page.show(invented.advice(), invented.table())
    articles = re.findall(r"<article.*?</article>", text)
    assert len(articles) == 6
    for article in articles:
        assert '<li class="chip flag">not reviewed</li>' in article and 'href="#s' in article
    first = articles[0]
    for part in (
        "guideline",
        "conditional, moderate certainty",
        "unverified",
        "SSC 2026",
        "mesenteric ischaemia",
        "<details><summary>More",
        "remark to statement 38",
        "Look again in 15 min",
    ):
        assert part in first, part
    assert "doi:10.1097/CCM.0000000000007075" in text


def test_refusal_comes_before_everything_else() -> None:
    text = page.show(invented.refusal())
    assert text.index("No septic-shock advice") < text.index("Consider now</h2>") < text.index("Patient</h2>")
    assert "Treat as anaphylaxis" in text


def test_course_uses_one_unit_and_the_patients_target() -> None:
    text = page.show(invented.advice(), invented.table())
    assert "norepinephrine, mcg/kg/min" in text and "vasopressin, units/min" in text
    assert "target 60 to 65 mmHg" in text and "−12 h" in text and ">now<" in text
    assert text.count("<svg") == text.count("<desc") == 4


def test_course_leaves_out_what_does_not_convert_and_what_comes_later() -> None:
    later = Observation("map", Fraction(99), "mm[Hg]", invented.AT + timedelta(hours=1))
    odd = Observation("map", Fraction(77), "mL/h", invented.AT - timedelta(hours=1))
    untimed = Observation("map", Fraction(79))
    table = invented.table()
    text = page.show(invented.advice(), table._replace(rows=(*table.rows, later, odd, untimed)))
    plain = page.show(invented.advice(), table)
    drawn = [re.findall(r'class="line"[^>]*>', shown)[0] for shown in (text, plain)]
    assert drawn[0] == drawn[1]
    figures = [re.findall(r"before the instant.</caption>.*?</table>", shown)[0] for shown in (text, plain)]
    assert figures[0] == figures[1] and ">74 " in figures[0]
    assert "MAP: 2 without a time or a unit that converts, not drawn." in text


def test_a_number_beyond_any_float_does_not_break_the_course() -> None:
    table = invented.table()
    absurd = Observation("map", Fraction(10**400), "mm[Hg]", invented.AT - timedelta(hours=5))
    assert ">off scale</text>" in page.show(invented.advice(), table._replace(rows=(*table.rows, absurd)))


def test_course_names_the_charted_form() -> None:
    rows = tuple(row._replace(basis="bitartrate") if row.basis == "base" else row for row in invented.table().rows)
    text = page.show(invented.advice(), Table(rows, at=invented.AT))
    assert "norepinephrine: drawn as charted, in bitartrate." in text


def test_a_drug_that_never_ran_has_no_picture() -> None:
    table = invented.table()
    idle = tuple(Observation("epinephrine", Fraction(0), "ug/kg/min", row.at) for row in table.series("lactate"))
    text = page.show(invented.advice(), table._replace(rows=(*table.rows, *idle)))
    assert ">epinephrine, mcg" not in text and text.count("<svg") == 4


def test_what_does_not_apply_says_which_clause_fails() -> None:
    text = page.show(invented.advice(), everything=True)
    assert "not: norepinephrine is high (norepinephrine 0.28)." in text


def test_no_course_without_a_second_reading() -> None:
    single = Table((Observation("map", Fraction(58), "mm[Hg]", invented.AT),), at=invented.AT)
    assert "<svg" not in page.show(invented.advice(), single)
    assert "<svg" not in page.show(invented.advice(), Table(()))


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


# text colour, what it stands on, least ratio (text 4.5, graphics 3)
PAIRS = [
    *[(ink, ground, 4.5) for ink in ("ink", "quiet", "link") for ground in ("bg", "card", "soft")],
    *[(ink, "card", 4.5) for ink in ("now", "soon", "routine", "off", "alarm", "notice")],
    *[(ink, "bg", 4.5) for ink in ("now", "soon", "routine", "off", "quiet")],
    ("alarm", "alarmbg", 4.5),
    ("ink", "alarmbg", 4.5),
    ("quiet", "alarmbg", 4.5),
    ("notice", "noticebg", 4.5),
    *[(ink, "card", 3.0) for ink in ("map", "aim", "drug", "lab")],
]


@pytest.mark.parametrize("scheme", range(3))
@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS)
def test_contrast(scheme: int, ink: str, ground: str, least: float) -> None:
    blocks = re.findall(r":root\{([^}]*)\}", page.style())
    assert len(blocks) == 3  # light, dark, print
    colours = dict(re.findall(r"--(\w+):(#[0-9a-f]{6})", blocks[scheme]))
    assert contrast(colours[ink], colours[ground]) >= least


def test_every_colour_of_the_style_is_a_checked_one() -> None:
    rules = re.sub(r":root\{[^}]*\}", "", page.style())
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b|rgb|hsl", rules)
    used = set(re.findall(r"var\(--(\w+)\)", rules)) - {"line", "bar", "hue"}
    assert used <= {name for ink, ground, _ in PAIRS for name in (ink, ground)}
