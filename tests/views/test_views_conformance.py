"""The conformance as text and as page: complete, inert, small enough, readable on paper and in the dark."""

from __future__ import annotations

import copy
import re
from html import escape

import pytest
from hostile import PAYLOADS
from test_views_page import ATTRIBUTES, TAGS, Reader

import vasotone
from vasotone.facts_conformance import conformance
from vasotone.views import conformance as faces
from vasotone.views import page
from vasotone.views.wording import prose

RECORD = conformance(vasotone.load())
PAGE = faces.page(RECORD)


def test_the_page_is_well_formed_and_asks_for_nothing() -> None:
    read = Reader(PAGE)
    assert read.tags <= TAGS and read.attributes <= ATTRIBUTES
    assert len(read.ids) == len(set(read.ids))
    assert {one[1:] for one in read.anchors} <= set(read.ids) and all(one.startswith("#") for one in read.anchors)
    assert set(read.labels) <= set(read.ids)
    assert page.POLICY in PAGE and "url(" not in PAGE and "@import" not in PAGE and "<script" not in PAGE


def test_the_page_is_small_and_still_holds_the_wording() -> None:
    assert len(PAGE.encode()) <= page.LARGEST
    assert RECORD["claims"][0]["says"] in PAGE
    short = faces.render(RECORD, worded=False)
    assert len(short) < len(faces.render(RECORD))


@pytest.mark.parametrize("claim", RECORD["claims"], ids=lambda one: one["id"])
def test_every_claim_is_on_both_faces(claim: dict[str, object]) -> None:
    plain = " ".join(faces.text(RECORD, width=100).split())
    article = re.search(rf'<article class="\w+" id="c-{claim["id"]}">.*?</article>', PAGE, re.DOTALL)
    assert article is not None
    said = prose(claim["says"])
    assert escape(said) in article[0]
    assert said in plain
    for verdict in claim["verdicts"]:  # type: ignore[attr-defined]
        assert faces.VERDICTS[verdict][0] in article[0]


def test_the_grave_verdicts_lead() -> None:
    article = re.search(r'<article class="(\w+)" id="c-dopamine-supraventricular">', PAGE)
    assert article is not None and article[1] == "now"
    assert faces.words_of({"verdicts": ["holds", "citation-does-not-resolve", "contradicted"]}) == [
        "contradicted",
        "holds",
        "citation does not resolve",
    ]


def test_the_text_is_wrapped_and_has_no_colour_unless_asked() -> None:
    for width in (48, 80, 100):
        told = faces.text(RECORD, width=width)
        assert "\x1b" not in told and max(map(len, told.splitlines())) <= width
    assert "\x1b[" in faces.text(RECORD, width=80, colour=True)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_words_stay_inert(payload: str) -> None:
    record = copy.deepcopy(RECORD)
    claim = record["claims"][0]
    for key in ("says", "note", "place"):
        claim[key] = payload
    claim["by"][0]["at"] = payload
    read = Reader(faces.page(record))
    assert read.tags <= TAGS and read.attributes <= ATTRIBUTES
