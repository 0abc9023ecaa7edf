"""The patient, diagnoses, allergies, lines and devices: what holds at the instant of the question."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

from vasotone import units
from vasotone.readers import clif_codes
from vasotone.readers.fhir_bundle import Resource, about_patient, modified, name_of, resolve
from vasotone.readers.fhir_crosswalk import words_of
from vasotone.readers.fhir_observations import Walk, coded
from vasotone.readers.fhir_values import Moment, code_of, codings, keys_of, period, texts_of
from vasotone.state_doubts import spelled
from vasotone.table import CANONICAL, Observation

AGE = "age"
SHOCK = "septic-shock"
ICD = ("icd10", "icd9")


class Diagnosed(NamedTuple):
    """Condition words with their place, what says that there is an infection, and when septic shock began."""

    words: dict[str, str]
    infection: Observation | None
    onset: datetime | None = None


def patient(walk: Walk, at: datetime | None, rows: list[Observation]) -> list[Observation]:
    """Age in whole years at the instant, and sex; what an Observation says of them goes before."""
    said = {row.name for row in rows if row.name != AGE or isinstance(row.value, Fraction)}
    found: list[Observation] = []
    for one in walk.gathered.of("Patient"):
        source = "Patient"  # its id is who the patient is
        if modified(one, walk.notes, source):
            continue
        if AGE not in said and at is not None and "birthDate" in one:
            age = _age(walk, walk.clock.read(one["birthDate"]), at)
            if age is not None:
                found.append(Observation(AGE, Fraction(age), CANONICAL, at, f"{source}, birthDate"))
        gender = one.get("gender")
        if "sex" not in said and type(gender) is str:
            word = walk.cross.settings["words"]["sex"].get(gender.strip().lower(), gender)
            found.append(Observation("sex", word, CANONICAL, at, f"{source}, gender"))
    return found


def _age(walk: Walk, born: Moment | None, at: datetime) -> int | None:
    """Whole years; a year or month of birth gives them only where they do not depend on the day."""
    if born is None:
        walk.notes.add("age-not-exact", "not a date")
        return None
    local = at.astimezone(walk.clock.zone)
    ages = {_years(day.astimezone(walk.clock.zone), local) for day in (born.at, born.end - timedelta(microseconds=1))}
    if len(ages) > 1:
        walk.notes.add("age-not-exact", " or ".join(str(age) for age in sorted(ages)))
        return None
    return ages.pop()


def _years(born: datetime, at: datetime) -> int:
    return at.year - born.year - ((at.month, at.day) < (born.month, born.day))


def conditions(walk: Walk, at: datetime | None) -> Diagnosed:
    """Condition words of every Condition and allergy that holds at the instant."""
    found: dict[str, str] = {}
    icd: list[tuple[clif_codes.Coded, str]] = []
    infection: Observation | None = None
    onsets: list[datetime] = []
    for kind in ("Condition", "AllergyIntolerance"):
        for one in walk.gathered.of(kind):
            if modified(one, walk.notes, kind) or not about_patient(one, walk.notes, kind):
                continue
            if not _holds(walk, one, kind, at):
                continue
            where = name_of(one, kind)
            codes = _icd(walk, one)
            word, source = _word(walk, one, kind)
            by_icd = clif_codes.conditions(codes, walk.cross.settings["code"])
            if walk.stay.elsewhere(one) and _acute(walk, one, kind, [word, *by_icd]):
                walk.notes.add("condition-not-recorded", f"{kind} {_called(one)} (another stay)")
                continue
            icd += [(code, where) for code in codes]
            begun, _ = _span(walk, one)
            if SHOCK in (word, *by_icd) and begun is not None and begun.exact:
                onsets.append(begun.at)
            if word:
                found.setdefault(word, f"{where}, {source}")
            by_code = _infection(walk, one, codes)
            if by_code and infection is None:
                infection = Observation("infection", by_code, CANONICAL, at, where)
            if not word and not by_code and not by_icd:
                walk.notes.add("condition-not-read", _called(one))
    _add_icd(walk, icd, found)
    return Diagnosed(found, infection, min(onsets, default=None))


def _acute(walk: Walk, one: Resource, kind: str, words: list[str]) -> bool:
    """Whether a diagnosis of another stay says nothing of this one: not on the problem list, and none that lasts."""
    if kind == "AllergyIntolerance":
        return False
    table = walk.cross.settings["lasting"]
    listed = one.get("category")
    concepts = listed if type(listed) is list else []
    if any(code in table["categories"] for concept in concepts for _, code in keys_of(concept)):
        return False
    return not any(word and word.startswith(tuple(table["conditions"])) for word in words)


def _called(one: Resource) -> str:
    names = texts_of(one.get("code"))
    return names[0] if names else code_of(one.get("code")) or "no code"


def _holds(walk: Walk, one: Resource, kind: str, at: datetime | None) -> bool:
    """Whether a diagnosis counts as recorded at the instant; why not is noted."""
    where = f"{name_of(one, kind)} {_called(one)}"
    verified, clinical = (_status(walk, one.get(key)) for key in ("verificationStatus", "clinicalStatus"))
    # Neither is a must in R4, so one that is absent says nothing against it.
    for word, list_name in ((verified, "condition_verified"), (clinical, "condition_live")):
        if word and word not in walk.status(list_name):
            walk.notes.add("condition-not-recorded", f"{where} ({word})")
            return False
    begun, ended = _span(walk, one)
    if at is not None and begun is not None and begun.at > at:
        walk.notes.add("condition-not-recorded", f"{where} (later)")
        return False
    if any(key in one for key in ("abatementAge", "abatementRange", "abatementString")) or (
        ended is not None and at is not None and ended.end <= at
    ):
        walk.notes.add("condition-not-recorded", f"{where} (over)")
        return False
    return True


def _status(walk: Walk, concept: Any) -> str:
    """The word of a status: HL7's own coding before a local one, and a word that HL7 knows before one it does not."""
    own = [code for uri, code in keys_of(concept) if walk.cross.systems.get(uri) == "condition_status"]
    codes = [str(coding["code"]) for coding in codings(concept) if type(coding.get("code")) is str]
    plain_text = [concept] if type(concept) is str else []
    words = [word.strip().lower() for word in own or codes + texts_of(concept) + plain_text]
    known = walk.status("condition_words")
    return next((word for word in words if word in known), words[0] if words else "")


def _span(walk: Walk, one: Resource) -> tuple[Moment | None, Moment | None]:
    clock = walk.clock
    begun, ended = clock.read(one.get("onsetDateTime")), clock.read(one.get("abatementDateTime"))
    if begun is None and "onsetPeriod" in one:
        begun = period(clock, one["onsetPeriod"])[0]
    if ended is None and "abatementPeriod" in one:
        ended = period(clock, one["abatementPeriod"])[1]
    return begun, ended


def _icd(walk: Walk, one: Resource) -> list[clif_codes.Coded]:
    found = []
    for uri, code in keys_of(one.get("code")):
        system = walk.cross.systems.get(uri, "")
        if system in ICD:
            found.append(clif_codes.coded(code, system, 0))
    return found


def _word(walk: Walk, one: Resource, kind: str) -> tuple[str, str]:
    """The condition word of a diagnosis and how it was found: our own code, a listed code, or the very word."""
    cross = walk.cross
    for uri, code in keys_of(one.get("code")):
        system = cross.systems.get(uri, "")
        if system == "condition":
            return code, "local code"
        listed = cross.conditions.get((uri, code.replace(".", "").upper() if system in ICD else code))
        if listed is not None:
            walk.notes.add("condition-from-code", f"{listed.name}: {listed.route}")
            return listed.name, listed.route
    allergies: dict[str, str] = cross.settings["words"]["allergy"]
    for text in texts_of(one.get("code")):
        if kind == "AllergyIntolerance":
            word = allergies.get(" ".join(words_of(text[:200])), "")
        else:
            word = cross.words.get(spelled(text), "")
        if word:
            return word, f"text '{text[:60]}'"
    return "", ""


def _infection(walk: Walk, one: Resource, codes: list[clif_codes.Coded]) -> str:
    for key in keys_of(one.get("code")):
        if key in walk.cross.infections:
            return walk.cross.infections[key]
    rule = walk.cross.settings["infection"]
    return str(rule["value"]) if clif_codes.infection(codes, rule) is not None else ""


def _add_icd(walk: Walk, icd: list[tuple[clif_codes.Coded, str]], found: dict[str, str]) -> None:
    """Condition words of all ICD codes together, because one word may stand back behind another."""
    rules = walk.cross.settings["code"]
    spoken = walk.cross.settings["spoken"]
    words = clif_codes.conditions([code for code, _ in icd], rules)
    for code, where in icd:
        for word in clif_codes.conditions([code], rules):
            if word not in words or word in found:
                continue
            rule = next(rule for rule in rules if rule["condition"] == word)
            route = f"{spoken[code.system]} {clif_codes.dotted(code)}"
            route += "" if rule.get("verified") else " (mapping not verified)"
            found[word] = f"{where}, {route}"
            walk.notes.add("condition-from-code", f"{word}: {route}")


def devices(walk: Walk, at: datetime | None, rows: list[Observation]) -> list[Observation]:
    """Lines, ventilation and circulatory support that are in place at the instant, by name or by local code."""
    said = {row.name for row in rows}
    found: dict[str, Observation] = {}
    for kind in ("Procedure", "DeviceUseStatement", "Device"):
        for one in walk.gathered.of(kind):
            if kind == "Device" and "patient" not in one:
                continue  # a thing that is only referred to
            if modified(one, walk.notes, kind) or not about_patient(one, walk.notes, kind):
                continue
            if not _in_place(walk, one, kind, at):
                continue
            if walk.stay.elsewhere(one):
                walk.notes.add("other-encounter", kind)
                continue
            named = _device(walk, one)
            if named is None:
                walk.notes.add("device-not-read", (_device_texts(walk, one) or ["without a name"])[0])
                continue
            name, value, route = named
            if name in said or (name in found and not _outranks(value)):
                continue  # what was observed goes before what a procedure lets one think
            found[name] = Observation(name, value, CANONICAL, at, f"{name_of(one, kind)}, {route}")
    return list(found.values())


def _outranks(value: Any) -> bool:
    """A central line is taken where there is a peripheral one too."""
    return bool(value == "central")


def _device_texts(walk: Walk, one: Resource) -> list[str]:
    texts = texts_of(one.get("code")) + texts_of(one.get("type"))
    reference = one.get("device")
    if type(reference) is dict:
        if type(reference.get("display")) is str:
            texts.append(reference["display"])
        thing = resolve(walk.gathered, reference, one)
        if thing is not None:
            texts += texts_of(thing.get("type"))
    return texts


def _device(walk: Walk, one: Resource) -> tuple[str, Any, str] | None:
    code = coded(walk.cross.observations, one.get("code"))
    if code is not None and code.name in walk.facts.variables and walk.facts.variables[code.name].kind == "flag":
        return code.name, True, code.route
    for text in _device_texts(walk, one):
        hit = walk.cross.devices.get(" ".join(words_of(text[:200])))
        if hit is not None and hit[0] in walk.facts.variables:
            return hit[0], hit[1], f"text '{text[:60]}'"
    return None


def _in_place(walk: Walk, one: Resource, kind: str, at: datetime | None) -> bool:
    """Whether something is in place: said to be in use, or put in lately and not said to be out."""
    status = one.get("status")
    if kind == "Device":
        return status in (None, *walk.status("device_live"))
    begun, ended = _times(walk, one)
    if at is not None and ((begun is not None and begun.at > at) or (ended is not None and ended.at <= at)):
        return False
    if status in walk.status("device_live"):
        return True
    if status not in walk.status("device_placed") or ended is not None:
        return ended is not None and status in walk.status("device_placed")
    limit = walk.cross.settings["limits"]["holds"]
    minutes = units.convert(Fraction(limit["value"]), limit["unit"], "min")
    lately = timedelta(minutes=float(minutes))
    return at is not None and begun is not None and begun.exact and at - begun.at <= lately


def _times(walk: Walk, one: Resource) -> tuple[Moment | None, Moment | None]:
    for key in ("performed", "timing"):
        if f"{key}Period" in one:
            return period(walk.clock, one[f"{key}Period"])
        if f"{key}DateTime" in one:
            return walk.clock.read(one[f"{key}DateTime"]), None
    return None, None
