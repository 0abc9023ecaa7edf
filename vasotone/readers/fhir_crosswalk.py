"""The cross-walk of FHIR codes: what a code, a text or a unit means here, read once from its data files."""

from __future__ import annotations

import os
import re
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple

from vasotone import units
from vasotone.facts import Facts
from vasotone.readers import plain
from vasotone.readers.unit_texts import respelled

LOCAL = "variable"


class Code(NamedTuple):
    """What one code means.

    name    a variable, a drug, a condition word, or empty for a panel
    route   the code as the trace names it
    over    hours that a volume covers where no period is given
    unlike  the variable that the code is easily mistaken for
    """

    name: str
    route: str
    display: str = ""
    method: str = ""
    kind: str = ""
    over: Fraction | None = None
    unlike: str = ""
    nasal: bool = False
    fluid: bool = False
    panel: bool = False


class CrossWalk(NamedTuple):
    """Look-ups made from the data files for one set of facts.

    systems       uri -> short name of the code system
    observations  (uri, code) -> what it means; likewise drugs and conditions
    texts         a drug's name as words -> the drug
    """

    settings: dict[str, Any]
    systems: dict[str, str]
    observations: dict[tuple[str, str], Code]
    drugs: dict[tuple[str, str], Code]
    conditions: dict[tuple[str, str], Code]
    infections: dict[tuple[str, str], str]
    lists: frozenset[tuple[str, str]]
    units: dict[str, str]
    texts: dict[str, str]
    names: dict[str, str]
    words: dict[str, str]
    interacting: frozenset[str]
    drug_variables: dict[str, str]
    methods: tuple[tuple[re.Pattern[str], str], ...]
    devices: dict[str, tuple[str, Any]]
    consents: dict[tuple[str, str], str]
    lasting: frozenset[str]


_made: dict[str, CrossWalk] = {}


def crosswalk(facts: Facts) -> CrossWalk:
    """The cross-walk for these facts; made once for each digest."""
    if facts.digest not in _made:
        _made[facts.digest] = _make(facts)
    return _made[facts.digest]


@cache
def settings() -> dict[str, Any]:
    """`fhir.toml`, with what it shares with other readers from `codes.toml`."""
    import tomllib

    read: list[dict[str, Any]] = []
    for name in ("codes.toml", "fhir.toml"):
        with open(os.path.join(os.path.dirname(__file__), name), encoding="utf-8") as file:
            read.append(tomllib.loads(file.read(), parse_float=Fraction))
    shared, own = read
    return {**shared, **own, "limits": {**shared["limits"], **own["limits"]}}


def _make(facts: Facts) -> CrossWalk:
    table = settings()
    names = plain.spellings(facts)
    observations = _codes(table, "observation", "name") | _codes(table, "panel", "")
    drug_variables = {v.record["drug"]: name for name, v in facts.variables.items() if v.record.get("drug")}
    drugs = _codes(table, "drug", "name")
    for uri in table["systems"][LOCAL]:
        for spelling, name in names.items():
            route = f"local code {spelling}"
            observations[uri, spelling] = Code(name, route)
            if facts.variables[name].record.get("drug"):
                drugs[uri, spelling] = Code(facts.variables[name].record["drug"], route)
    sepsis = [item for item in table["condition"] if "infection" in item]
    words = _condition_words(facts)
    others = [item for item in table["condition"] if item not in sepsis]
    conditions = _codes({**table, "condition": others}, "condition", "condition")
    return CrossWalk(
        settings=table,
        systems={uri: system for system, uris in table["systems"].items() for uri in uris},
        observations=observations,
        drugs=drugs,
        conditions=conditions,
        infections={(u, i["code"]): i["infection"] for i in sepsis for u in table["systems"][i["system"]]},
        lists=frozenset(
            [(u, i["code"]) for i in table["medication_list"] for u in table["systems"][i["system"]]]
            + [(u, "drugs") for u in table["systems"][LOCAL]]
        ),
        units={item["written"]: item["means"] for item in table["unit"]},
        texts={_worded(text): drug for drug, record in facts.drugs.items() for text in _drug_names(drug, record)},
        names=names,
        words=words,
        interacting=frozenset(w for v in facts.variables.values() for w in v.record.get("drugs", ())),
        drug_variables=drug_variables,
        methods=tuple((re.compile(item["match"]), item["method"]) for item in table["method"]),
        consents={(u, i["code"]): i["value"] for i in table["consent"] for u in table["systems"][i["system"]]},
        lasting=frozenset(table["lasting"]["variables"]),
        devices={_worded(text): (i["name"], i["value"]) for i in table["device"] for text in i["names"]},
    )


def _codes(table: dict[str, Any], kind: str, key: str) -> dict[tuple[str, str], Code]:
    found: dict[tuple[str, str], Code] = {}
    for item in table[kind]:
        route = f"{table['spoken'][item['system']]} {item['code']}"
        if not item["verified"]:
            route += " (mapping not verified)"
        over = item.get("over")
        hours = None if over is None else units.convert(Fraction(over["value"]), over["unit"], "h")
        code = Code(
            item[key] if key else "", route, item.get("display", ""), item.get("method", ""), item.get("kind", ""),
            hours, item.get("unlike", ""), item.get("nasal", False), item.get("fluid", False), not key,
        )  # fmt: skip
        for uri in table["systems"][item["system"]]:
            found[uri, item["code"]] = code
    return found


def _drug_names(drug: str, record: dict[str, Any]) -> list[str]:
    return [drug, drug.replace("_", " "), record.get("name", drug), *record.get("aliases", ())]


def _condition_words(facts: Facts) -> dict[str, str]:
    """Every spelling of a condition word -> the word, so that a diagnosis in words can be matched whole."""
    found: dict[str, str] = {}
    for variable in facts.variables.values():
        word = variable.record.get("word")
        if word is not None:
            plain_word = str(word).rstrip("*").rstrip("-")
            found.setdefault(plain_word, plain_word)
            for alias in variable.record.get("aliases", ()):
                found.setdefault(alias, plain_word)
    return found


def _worded(text: str) -> str:
    return " ".join(words_of(text))


def words_of(text: str) -> list[str]:
    """A text as lower-case words; what is written in pieces after "nor" stays one word."""
    plain_text = re.sub(r"\bnor[\s-]+(?=epi|adr)", "nor", text.lower())
    return re.findall(r"[a-z0-9%.'-]*[a-z0-9%']", plain_text)


def drug_in(cross: CrossWalk, text: str, *, infused: bool = False) -> str | None:
    """The one drug that a text names as whole words; None where it names none, several, another, or not an infusion.

    infused  that it goes into a vein was settled by more than this text
    """
    found: set[str] = set()
    words = words_of(text[:400])
    listed = cross.settings["words"]
    if set(words) & {*listed["another"]["names"], *listed["another"]["in_text"]}:
        return None
    if not infused and set(words) & set(listed["not_infused"]["names"]):
        return None
    longest = 4
    for start in range(len(words)):
        for end in range(start + 1, min(start + longest, len(words)) + 1):
            drug = cross.texts.get(" ".join(words[start:end]))
            if drug is not None:
                found.add(drug)
    return found.pop() if len(found) == 1 else None


def fluid_in(cross: CrossWalk, text: str, words: str) -> bool:
    """Whether a text names a crystalloid by one of its `names`, or is `like` one, however that is spelled."""
    plain_text = re.sub(r"['\u2019]", "", text.lower())
    plain_text = " ".join(re.sub(r"[_-]", " ", plain_text).replace(",", ".").replace(" %", "%").split())
    return any(part in plain_text or part in text.lower() for part in cross.settings["words"]["fluid"][words])


def looks_vasoactive(cross: CrossWalk, text: str) -> bool:
    """Whether a text that matched nothing could still name a vasopressor."""
    plain_text = text.lower()
    return bool(resembled(cross, text)) or any(
        part in plain_text for part in cross.settings["words"]["vasoactive"]["names"]
    )


def resembled(cross: CrossWalk, text: str) -> set[str]:
    """The drugs that a text may mean by a part of a word, or by what they are called for short."""
    left, words, found = text.lower(), set(words_of(text[:400])), set()
    for one in cross.settings["resembles"]:
        parts = [part for part in one["parts"] if part in left]
        if parts or words & set(one.get("words", ())):
            found.add(str(one["drug"]))
        for part in parts:
            left = left.replace(part, " ")  # the name of one may end in that of another
    return found


def known_unit(cross: CrossWalk, text: str) -> str:
    """A unit as the converter spells it where that is certain, else as it was written."""
    return cross.units.get(text) or respelled(text)


def method_in(cross: CrossWalk, text: str) -> str:
    """`cuff` or `arterial` where the words say so, else empty."""
    plain_text = text.lower().replace("_", " ")
    for pattern, method in cross.methods:
        if pattern.search(plain_text):
            return method
    return ""
