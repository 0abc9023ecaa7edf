"""What the FHIR reader says of a record as a whole: what was cut, skipped, not matched, read by a rule of its own."""

from __future__ import annotations

import re
from typing import Any

from vasotone.errors import shorten

Note = tuple[str, str, str, dict[str, Any]]

OF_ZONES = ("time-zone-assumed", "time-ambiguous")
IDS = re.compile(r"\b([A-Z][A-Za-z]+)/[A-Za-z0-9.-]+(?:/_history/[A-Za-z0-9.-]+)?")
MOST_SEEN = 10  # examples that are listed; more are counted
COUNTED = "code-not-read"  # each is listed with how often it came, the most frequent first
MOST_COUNTED = 20
MOST_CHARACTERS = 50  # of one that is counted

# What each note says. {n} is how often, {seen} lists what was met.
TEXTS = {
    "record-cut": "A Bundle says that there is a further page, so the record is not complete.",
    "resource-error": "The server sent an error in place of a resource: {seen}. What it stands for is not known.",
    "server-remark": "The server remarks: {seen}.",
    "no-data": "Nothing came for {seen}. What it would hold is not known.",
    "entry-skipped": "{n} entries hold no resource that can be read, and are left out: {seen}.",
    "entry-deleted": "Deleted, so not read: {seen}.",
    "duplicate-entry": "{n} resources came more than once and are read once.",
    "newer-version": "Of two versions the newer one is read: {seen}.",
    "version-in-error": "A version was entered in error and none says that it came after, so none is read: {seen}.",
    "version-unknown": "Two versions, and neither says that it is the newer one; both are read: {seen}.",
    "type-not-read": "Resources of other kinds are not read: {seen}.",
    "status-skipped": "Not read because of their status: {seen}.",
    "status-not-known": "Whether it runs is not known from its status, so neither is the rate: {seen}.",
    "period-reversed": "A period ends before it begins, so when it ran is not known: {seen}.",
    "not-final": "Not final yet, and read all the same: {seen}.",
    "not-about-patient": "{n} resources are about somebody or something else, and are not read: {seen}.",
    "code-not-read": "{n} observations carry a code that is not known here: {seen}.",
    "code-not-used": "Known and not used here: {seen}.",
    "easily-mistaken": "Not taken for one another: {seen}.",
    "time-missing": "{n} values have no instant that can be used, so they are left out: {seen}.",
    "time-zone-assumed": "{n} times without a zone are taken as {seen}.",
    "time-ambiguous": "{n} times without an offset fall in an hour that the clocks of {seen} skip or show twice, so "
    "they are no instants.",
    "day-only": "Dated by the day; taken as its beginning: {seen}.",
    "not-a-number": "{n} values are not numbers where a number belongs, so they are not known: {seen}.",
    "number-as-text": "A number is written as text and without a unit of its own: {seen}.",
    "shape-not-read": "{n} values are in a form that is not understood, so they are not known: {seen}.",
    "beyond-scale": "Below or above what was measured, so there is no value to use: {seen}.",
    "not-measured": "{n} results say that nothing was measured, so what was known before stays: {seen}.",
    "unit-contradiction": "Code and text of a unit differ, so the unit counts as not known: {seen}.",
    "no-interval": "A volume without the time it covers gives no rate: {seen}.",
    "word-not-known": "Not one of the words of a yes-or-no value: {seen}.",
    "age-not-exact": "The date of birth leaves the age open ({seen}), so no age is taken from it.",
    "drug-not-matched": "Looks like a vasopressor or inotrope and is not matched, so it is missing data: {seen}.",
    "drug-not-told": "{n} medications have neither a name nor a code that is known here: {seen}.",
    "may-be-running": "An infusion whose drug is not told began since, so the dose is not known: {seen}.",
    "drug-ambiguous": "The codes of one medication name different drugs, so it is not read: {seen}.",
    "medication-missing": "A medication is referred to and not there: {seen}.",
    "modifier-not-read": "An extension that is not known here may change the meaning, so it is not known: {seen}.",
    "medication-in-error": "Of a Medication that was entered in error, so what was given is not known: {seen}.",
    "strength-not-read": "The strength of a product is not one amount of the drug in one volume: {seen}.",
    "dose-not-known": "Given, and the rate is not known: {seen}.",
    "daily-dose-not-known": "A dose of the last day cannot be added up, so the daily dose is not known: {seen}.",
    "rate-derived": "The rate is the amount over its time: {seen}.",
    "counted-once": "The same dose of the same order at the same instant came twice, and counts once: {seen}.",
    "single-dose": "A single dose is not a running rate, and is not used: {seen}.",
    "taken-as-rate": "Completed at one instant: taken as the rate from then on: {seen}.",
    "infusion-overlap": "Two infusions of one drug overlap; the later one is taken, not their sum: {seen}.",
    "stop-not-matched": "A stop names its order in another way than what runs, so the dose is not known: {seen}.",
    "ordered-not-running": "Ordered, and the running rate is not known: {seen}.",
    "fluids-not-summed": "Fluids given cannot be added up, so the amount since onset stays unknown: {seen}.",
    "other-drugs": "Other drugs are taken from the record; one that is not listed counts as not taken.",
    "other-drugs-partial": "Other drugs were given, but no list of all drugs came, so the others are not known.",
    "fluids-summed": "Fluids since onset are the sum of what this record says was given; more may have been given "
    "elsewhere: {seen}.",
    "draft-order": "Being ordered, and not given: {seen}.",
    "encounter-not-known": "No encounter of the record holds the instant, so other stays are not told apart: {seen}.",
    "encounter-left-open": "{n} encounters, visits or never closed, do not tell when the stay began.",
    "other-encounter": "Of another stay, so not read: {seen}.",
    "goal-not-read": "{n} goals set no pressure that can be read.",
    "consent-not-read": "{n} consents say nothing of resuscitation.",
    "condition-not-read": "{n} diagnoses are not known here: {seen}.",
    "condition-not-recorded": "Not counted as recorded: {seen}.",
    "condition-from-code": "Taken from diagnosis codes: {seen}.",
    "device-not-read": "{n} procedures or devices are not known here: {seen}.",
    "newest-reading": "The instant of the question is that of the newest reading.",
}
NAMES = {"newest-reading": "at", "time-zone-assumed": "at", "time-ambiguous": "at",
         "age-not-exact": "age", "other-drugs": "drugs",
         "other-drugs-partial": "drugs", "fluids-not-summed": "fluids", "fluids-summed": "fluids"}  # fmt: skip


class Notes:
    """Collects what there is to say; the same thing many times becomes one note with a count."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], list[str]] = {}
        self._counts: dict[tuple[str, str], int] = {}
        self._each: dict[str, int] = {}

    def add(self, code: str, seen: object = "", name: str = "") -> None:
        """Note something, with what was met; `name` is the variable or part it is about."""
        key = (code, name or NAMES.get(code, "record"))
        self._counts[key] = self._counts.get(key, 0) + 1
        kept = self._found.setdefault(key, [])
        if code == COUNTED:
            text = shorten(IDS.sub(r"\1", str(seen)), MOST_CHARACTERS)
            self._each[text] = self._each.get(text, 0) + 1
        elif seen != "" and len(kept) < MOST_SEEN:
            # An id may be made of a record number: notes say what kind of resource it was, not which.
            text = shorten(seen if code in OF_ZONES else IDS.sub(r"\1", str(seen)))
            if text not in kept:
                kept.append(text)

    def has(self, code: str) -> bool:
        """Whether something was noted under a code."""
        return any(found == code for found, _ in self._found)

    def all(self) -> tuple[Note, ...]:
        """Every note, in the order in which it was first met."""
        notes: list[Note] = []
        for (code, name), seen in self._found.items():
            count = self._counts[code, name]
            if code == COUNTED:
                notes.append((code, name, *self._counted(count)))
                continue
            listed = ", ".join(seen) + (" ..." if len(seen) == MOST_SEEN and count > MOST_SEEN else "")
            text = TEXTS[code].format(n=count, seen=listed)
            notes.append((code, name, text, {"count": count, "seen": list(seen)}))
        return tuple(notes)

    def _counted(self, count: int) -> tuple[str, dict[str, Any]]:
        """Text and values of the note on codes that nobody knows here."""
        ranked = sorted(self._each.items(), key=lambda one: (-one[1], one[0]))
        seen = [f"{text} ({times})" for text, times in ranked[:MOST_COUNTED]]
        more = len(ranked) - len(seen)
        listed = ", ".join(seen) + (f", and {more} more codes" if more else "")
        return TEXTS[COUNTED].format(n=count, seen=listed), {"count": count, "codes": len(ranked), "seen": seen}
