"""Names in prose: the drugs of the facts, by any of their names, and the chemical forms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

_WORD = re.compile(r"[A-Za-z]+|[0-9]+")
_JOINED = re.compile(r"[ \u00a0_\n-]{1,2}")
# Short forms that prose uses; only these spellings, since PE and DA mean other things too.
_SHORT = {
    "NE": "norepinephrine", "norepi": "norepinephrine", "Norepi": "norepinephrine", "VP": "vasopressin",
    "vaso": "vasopressin", "Vaso": "vasopressin", "epi": "epinephrine", "Epi": "epinephrine", "EPI": "epinephrine",
}  # fmt: skip
_MOST_WORDS = 5
_FORM = re.compile(
    r"\b(?:(?P<bitartrate>bitartrate(?: monohydrate)?|tartrate monohydrate|acid tartrate|hydrogen tartrate)"
    r"|(?P<tartrate>tartrate)|(?P<hydrochloride>hydrochloride|HCl)|(?P<salt>salts?)|(?P<base>base))\b",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"[ \n]?(?:\(?(?:as|of|in|the|free|pure|its|acid|form|expressed|calculated|counted|labelled|terms|norepinephrine"
    r"|noradrenaline|levophed|NE|which|when|if|dosed|written|reported|given|charted|measured|counting|on|a"
    r"|basis|by)\)?[ \n]){0,6}\(?",
    re.IGNORECASE,
)
_LAST_PIECE = re.compile(r"[^,;.:=]*\Z")
_FORM_REACH = 60
_NUMBER_NEXT = re.compile(r"[ \n](?:of[ \n]|about[ \n])?[0-9.]")


# Drugs that run beside vasopressors: named so that their doses are nobody else's.
_OTHERS = frozenset(
    "propofol midazolam fentanyl sufentanil remifentanil morphine ketamine dexmedetomidine clonidine rocuronium "
    "cisatracurium vecuronium insulin heparin argatroban bivalirudin furosemide frusemide bumetanide esmolol "
    "landiolol "
    "metoprolol labetalol amiodarone lidocaine diltiazem verapamil digoxin nitroglycerin nitroprusside "
    "nicardipine clevidipine hydralazine isoprenaline isoproterenol adenosine potassium magnesium calcium "
    "bicarbonate "
    "octreotide pantoprazole omeprazole aminophylline salbutamol terbutaline nimodipine thiamine "
    "dexamethasone methylprednisolone prednisolone fludrocortisone meropenem vancomycin piperacillin ceftriaxone "
    "cefepime gentamicin amikacin oxytocin desmopressin atropine glucagon paracetamol "
    "acetaminophen levothyroxine etomidate thiopental tranexamic alteplase enoxaparin epoprostenol naloxone".split()
)
OTHER = "another drug"


class Named(NamedTuple):
    """A drug named in a text."""

    start: int
    end: int
    drug: str


def vocabulary(drugs: Mapping[str, Any]) -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """Every name of every drug by its first word, longest first."""
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for name, record in drugs.items():
        for spelling in {name, record.get("label", name), *record.get("aliases", ())}:
            words = tuple(_WORD.findall(spelling.lower()))
            if words:
                found.setdefault(words[0], []).append((words, name))
    for names in found.values():
        names.sort(key=lambda one: (-len(one[0]), one[0]))
    return found


def drugs_named(text: str, names: Mapping[str, list[tuple[tuple[str, ...], str]]]) -> list[Named]:
    """The drugs that a text names, from left to right; offsets are of the text."""
    words = [(one.start(), one.end(), one.group()) for one in _WORD.finditer(text)]
    found: list[Named] = []
    known = {name for entries in names.values() for _, name in entries}
    skip_to = 0
    for index, (start, end, word) in enumerate(words):
        if start < skip_to:
            continue
        if word.lower() in _OTHERS:
            found.append(Named(start, end, OTHER))
            continue
        short = _SHORT.get(word, "")
        if short in known:
            found.append(Named(start, end, str(short)))
            continue
        for spelling, name in names.get(word.lower(), ()):
            run = words[index : index + len(spelling)]
            joined = all(_JOINED.fullmatch(text, a[1], b[0]) for a, b in zip(run, run[1:], strict=False))
            if joined and tuple(one[2].lower() for one in run) == spelling:
                found.append(Named(start, run[-1][1], name))
                skip_to = run[-1][1]
                break
    return found


def _form(found: re.Match[str]) -> str:
    return str(found.lastgroup)


def form_after(text: str, at: int) -> str:
    """The form that is named directly after a quantity which ends at `at`; "salt" where it is not said which."""
    lead = _AFTER.match(text, at, at + _FORM_REACH)
    found = _FORM.match(text, lead.end()) if lead else None
    if found and _NUMBER_NEXT.match(text, found.end()):
        return ""  # it leads to the next quantity
    return _form(found) if found else ""


def form_before(text: str, start: int, end: int) -> str:
    """The last form named in the words that lead to a quantity, within its own clause."""
    piece = _LAST_PIECE.search(text, max(start, end - _FORM_REACH), end)
    found = list(_FORM.finditer(piece.group())) if piece else []
    return _form(found[-1]) if found else ""
