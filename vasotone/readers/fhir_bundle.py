"""A Bundle, a list, one resource or a CDS Hooks prefetch as the resources of one patient, each once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from vasotone.readers import plain
from vasotone.readers.fhir_notes import Notes
from vasotone.readers.fhir_values import Clock, codings, objects

Resource = dict[str, Any]

READ = frozenset(
    "Observation Condition AllergyIntolerance MedicationAdministration MedicationRequest MedicationStatement List "
    "Procedure DeviceUseStatement Device Goal Consent".split()
)
REFERRED = frozenset("Medication Patient Device Encounter".split())
FINDINGS = tuple(READ - REFERRED)  # read where they are contained, too
PEOPLE = "Patient"
DRAFTS = "draftOrders"  # of a CDS Hooks request: what is being ordered
WHOLE_DATE = len("2026-01-31")
IN_ERROR = "entered-in-error"
MOST_VERSIONS = 10  # of one resource that are compared with one another


class Gathered(NamedTuple):
    """The resources of one patient.

    kinds   resource type -> resources, each once
    known   reference or full url -> what may be referred to
    """

    kinds: dict[str, list[Resource]]
    known: dict[str, Resource]

    def of(self, kind: str) -> list[Resource]:
        """All resources of one type."""
        return self.kinds.get(kind, [])


class _Kept(NamedTuple):
    resource: Resource
    url: str


def recognises(record: Any) -> bool:
    """Whether a JSON value is meant as FHIR: a resource, a list of them, or a prefetch that holds them."""
    if type(record) is list:
        return any(type(one) is dict and "resourceType" in one for one in record)
    if type(record) is not dict:
        return False
    if "resourceType" in record or type(record.get("prefetch")) is dict:
        return True
    return any(type(one) is dict and type(one.get("resourceType")) is str for one in record.values())


def gather(record: Any, clock: Clock, notes: Notes) -> Gathered:
    """The resources in a record. InputError where it holds none, or those of two patients."""
    if not recognises(record):
        raise plain.bad("this is not a FHIR record", where="FHIR", seen=type(record).__name__,
                        fix="send a Bundle, a list of resources, or a prefetch object")  # fmt: skip
    kept: dict[tuple[str, str], list[_Kept]] = {}
    order: list[tuple[tuple[str, str], int]] = []
    index: dict[str, Resource] = {}
    gone: set[tuple[str, str]] = set()
    for resource, url, inside in _entries(record, notes, gone):
        kind, known = resource["resourceType"], resource.get("id")
        if kind in REFERRED:
            for address in (f"{kind}/{known}" if type(known) is str else "", url):
                if address:
                    index.setdefault(address, resource)
        key = (kind, inside + known) if type(known) is str else (kind, url or f"#{len(order)}")
        if key in kept:
            if not _again(kept[key], resource, url, clock, notes):
                continue
        else:
            kept[key] = []
        order.append((key, len(kept[key])))
        kept[key].append(_Kept(resource, url))
    _renew(index, kept)
    kinds: dict[str, list[Resource]] = {}
    for key, place in order:
        if key in gone:
            notes.add("entry-deleted", "/".join(key))
        else:
            kinds.setdefault(key[0], []).append(kept[key][place].resource)
    found = Gathered(kinds, index)
    _one_patient(found)
    _name_unread(found, notes)
    return found


def _renew(index: dict[str, Resource], kept: dict[tuple[str, str], list[_Kept]]) -> None:
    """Let every address lead to the version that is read."""
    for address, one in index.items():
        versions = kept.get((one["resourceType"], str(one.get("id"))), [])
        if len(versions) == 1:
            index[address] = versions[0].resource


def _entries(record: Any, notes: Notes, gone: set[tuple[str, str]]) -> list[tuple[Resource, str, str]]:
    """Every resource in order, of nested Bundles too, with its full url and, if contained, what it stands in."""
    found: list[tuple[Resource, str, str]] = []
    if type(record) is dict and "resourceType" not in record:
        opened = record["prefetch"] if type(record.get("prefetch")) is dict else record
        waiting: list[tuple[Any, str, str]] = [(one, "", str(key)) for key, one in opened.items()]
        context = record.get("context")
        if type(context) is dict and type(context.get(DRAFTS)) is dict:
            waiting.append((context[DRAFTS], "", DRAFTS))
    else:
        waiting = [(one, "", "") for one in record] if type(record) is list else [(record, "", "")]
    waiting.reverse()
    while waiting:
        one, url, key = waiting.pop()
        kind = one.get("resourceType") if type(one) is dict else None
        if type(kind) is not str:
            notes.add("no-data" if one is None and key else "entry-skipped", key or type(one).__name__)
        elif kind == "Bundle":
            waiting += reversed(_opened(one, key, notes, gone))
        elif kind == "OperationOutcome":
            severe, text = _problem(one)
            notes.add("resource-error" if severe else "server-remark", f"{key}: {text}" if key else text)
        else:
            known = one.get("id")
            inside = f"{kind}/{known}#" if type(known) is str else f"{url or len(found)}#"
            found.append((one, url, ""))
            # The id of a contained resource holds in its container only.
            parts = [part for part in objects(one.get("contained")) if part.get("resourceType") in FINDINGS]
            found += [(part, "", inside) for part in parts]
    return found


def _opened(bundle: Resource, key: str, notes: Notes, gone: set[tuple[str, str]]) -> list[tuple[Any, str, str]]:
    """The entries of a Bundle, and what its frame says."""
    if any(link.get("relation") == "next" for link in objects(bundle.get("link"))):
        notes.add("record-cut", key)
    entries = bundle.get("entry")
    if entries is None or entries == []:
        notes.add("no-data", key or "the Bundle")
        return []
    if type(entries) is not list:
        notes.add("entry-skipped", "entry is not a list")
        return []
    found: list[tuple[Any, str, str]] = []
    for entry in entries:
        if type(entry) is not dict or type(entry.get("resource")) is not dict:
            response = entry.get("response") if type(entry) is dict else None
            if type(response) is dict and type(response.get("outcome")) is dict:
                found.append((response["outcome"], "", ""))
            elif not _deleted(entry, gone):
                notes.add("entry-skipped", "an entry without a resource")
            continue
        url = entry.get("fullUrl")
        found.append((entry["resource"], url if type(url) is str else "", ""))
    return found


def _deleted(entry: Any, gone: set[tuple[str, str]]) -> bool:
    """Whether an entry says that a resource was deleted."""
    request = entry.get("request") if type(entry) is dict else None
    if type(request) is not dict or request.get("method") != "DELETE" or type(request.get("url")) is not str:
        return False
    parts = request["url"].split("?")[0].strip("/").split("/")
    if len(parts) >= 2:
        gone.add((parts[-2], parts[-1]))
    return True


def _problem(outcome: Resource) -> tuple[bool, str]:
    """Whether a server's message is an error, and its first code; its free text can name the patient."""
    issues = objects(outcome.get("issue"))
    severe = not issues or any(issue.get("severity") not in ("warning", "information") for issue in issues)
    code = issues[0].get("code") if issues else None
    return severe, code if type(code) is str and re.fullmatch(r"[a-z-]{1,30}", code) else "no reason given"


def _server(url: str, resource: Resource) -> str:
    """The server that a full url names, or empty."""
    tail = f"{resource['resourceType']}/{resource.get('id')}"
    return url[: -len(tail)].partition("://")[2].lower() if url.startswith("http") and url.endswith(tail) else ""


def _again(kept: list[_Kept], resource: Resource, url: str, clock: Clock, notes: Notes) -> bool:
    """Settle a resource that came before; True where it is to be read beside what is kept."""
    same = [
        place for place, before in enumerate(kept[:MOST_VERSIONS])
        if len({_server(before.url, before.resource), _server(url, resource)} - {""}) < 2  # else another resource
    ]  # fmt: skip
    if not same:
        return True
    if any(kept[place].resource == resource for place in same):
        notes.add("duplicate-entry")
        return False
    known = f"{resource['resourceType']}/{resource.get('id', '')}"
    newer = {place: _newer(resource, kept[place].resource, clock) for place in same}
    unsettled = [place for place in same if newer[place] is None]
    if _in_error(resource) or any(_in_error(kept[place].resource) for place in unsettled):
        # An error ends its id: a version is read only where it says that it came after.
        notes.add("version-in-error" if unsettled else "newer-version", known)
        for place in same if _in_error(resource) else ():
            if newer[place] is not False:
                kept[place] = _Kept(resource, url or kept[place].url)
        return False
    first = same[0]
    if newer[first] is None:
        notes.add("version-unknown", known)
        return bool(resource["resourceType"] != PEOPLE)  # two copies of one person are one person
    notes.add("newer-version", known)
    if newer[first]:
        kept[first] = _Kept(resource, url or kept[first].url)
    return False


def _in_error(resource: Resource) -> bool:
    """Whether a resource says that it was entered in error."""
    verified = [coding.get("code") for coding in codings(resource.get("verificationStatus"))]
    return IN_ERROR in (resource.get("status"), *verified)


def _newer(one: Resource, other: Resource, clock: Clock) -> bool | None:
    """Whether the one is the newer version; None where neither says."""
    metas = [r["meta"] if type(r.get("meta")) is dict else {} for r in (one, other)]
    times = [clock.read(meta.get("lastUpdated")) for meta in metas]
    if times[0] is not None and times[1] is not None and times[0].at != times[1].at:
        return times[0].at > times[1].at
    versions = [str(meta.get("versionId", "")) for meta in metas]
    if all(text.isascii() and text.isdigit() and len(text) <= 18 for text in versions):
        numbers = [int(text) for text in versions]
        if numbers[0] != numbers[1]:
            return numbers[0] > numbers[1]
    return None


def resolve(gathered: Gathered, reference: Any, holder: Resource) -> Resource | None:
    """What a Reference points to: contained, in the record by relative or absolute address, or None."""
    text = reference.get("reference") if type(reference) is dict else None
    if type(text) is not str or not text:
        return None
    if text.startswith("#"):
        return next((part for part in objects(holder.get("contained")) if part.get("id") == text[1:]), None)
    text = text.split("/_history/")[0]
    return gathered.known.get(text) or gathered.known.get("/".join(text.split("/")[-2:]))


def _one_patient(gathered: Gathered) -> None:
    """Refuse a record of two patients, by its Patient resources and by whom the others are about."""
    people = gathered.of(PEOPLE)
    addresses: dict[int, str] = {}
    for address, resource in gathered.known.items():
        addresses.setdefault(id(resource), address)
    known = {addresses.get(id(person), "Patient") for person in people}
    if len(people) > 1:
        raise _two(f"{len(people)} Patient resources")
    named = known - {"Patient"}
    numbers: dict[str, set[str]] = {}
    servers: dict[str, set[str]] = {}
    for address in gathered.known:
        if "://" in address and address.split("/")[-2] == PEOPLE:
            _add_server(servers, address)
    for subject in _subjects(gathered):
        identifier = subject.get("identifier")
        if type(identifier) is dict and type(identifier.get("value")) is str:
            numbers.setdefault(str(identifier.get("system")), set()).add(identifier["value"])
        text = subject.get("reference")
        if type(text) is not str or not text or text.startswith("#"):
            continue
        text = text.split("/_history/")[0]
        person = gathered.known.get(text)
        address = addresses.get(id(person), text) if person is not None else text
        tail = address if address.startswith("urn:") else "/".join(address.split("/")[-2:])
        if person is None and "://" in text:
            _add_server(servers, text)
        named.add(tail)
    if len(named) > 1:
        raise _two(f"subjects that name {len(named)} patients")
    _one_described(gathered)
    for found in servers.values():
        if len(found) > 1:
            raise _two(f"one id on {len(found)} servers")
    for values in numbers.values():
        if len(values) > 1:
            raise _two(f"{len(values)} identifiers of one system")


def _one_described(gathered: Gathered) -> None:
    """Refuse contained patients whose numbers of one system, or dates of birth, exclude that they are one person."""
    numbers: dict[str, set[str]] = {}
    born: set[str] = set()
    for person in [*gathered.of(PEOPLE), *_contained_people(gathered)]:
        own: dict[str, set[str]] = {}
        for one in objects(person.get("identifier")):
            if type(one.get("system")) is str and type(one.get("value")) is str:
                own.setdefault(one["system"], set()).add(one["value"])
        for system, values in own.items():
            if not values & numbers.setdefault(system, values):
                raise _two("contained patients with other numbers of one system")
            numbers[system] |= values
        if type(person.get("birthDate")) is str and len(person["birthDate"]) == WHOLE_DATE:
            born.add(person["birthDate"])
    if len(born) > 1:
        raise _two("contained patients with other dates of birth")


def _contained_people(gathered: Gathered) -> Iterator[Resource]:
    """The contained patients that resources are about."""
    for resources in gathered.kinds.values():
        for resource in resources:
            subject = resource.get("subject") or resource.get("patient")
            text = subject.get("reference") if type(subject) is dict else None
            if type(text) is str and text.startswith("#"):
                person = resolve(gathered, subject, resource)
                if person is not None and person.get("resourceType") == PEOPLE:
                    yield person


def _add_server(servers: dict[str, set[str]], address: str) -> None:
    tail = "/".join(address.split("/")[-2:])
    servers.setdefault(tail, set()).add(address.partition("://")[2][: -len(tail)].lower())


def _subjects(gathered: Gathered) -> list[dict[str, Any]]:
    """Whom the resources are about, each Reference once."""
    found: dict[str, dict[str, Any]] = {}
    for resources in gathered.kinds.values():
        for resource in resources:
            subject = resource.get("subject") or resource.get("patient")
            if type(subject) is dict and is_person(subject):
                text = subject.get("reference")
                found[text if type(text) is str and "identifier" not in subject else repr(subject)] = subject
    return list(found.values())


def is_person(subject: dict[str, Any]) -> bool:
    """Whether a subject can be a patient: not a group, a place or a device."""
    text, kind = subject.get("reference"), subject.get("type")
    if type(kind) is str and kind != PEOPLE:
        return False
    if type(text) is not str or text.startswith(("Patient/", "#", "urn:")) or "/" not in text:
        return True
    return text.split("/_history/")[0].split("/")[-2] == PEOPLE


def _two(seen: str) -> Exception:
    """An error that says how two patients were told apart, and not who they are."""
    why, fix = "values of two people would be taken together", "send one patient's resources"
    return plain.bad("the record holds more than one patient", where="FHIR", seen=seen, why=why, fix=fix)


def _name_unread(gathered: Gathered, notes: Notes) -> None:
    for kind, resources in gathered.kinds.items():
        if kind not in READ and kind not in REFERRED:
            notes.add("type-not-read", f"{kind} ({len(resources)})")


def about_patient(resource: Resource, notes: Notes, kind: str) -> bool:
    """Whether a resource is about the patient, and not about a device, a group or an unborn child."""
    subject = resource.get("subject") or resource.get("patient")
    if resource.get("focus") or (type(subject) is dict and not is_person(subject)):
        notes.add("not-about-patient", name_of(resource, kind))
        return False
    return True


def modified(element: Resource, notes: Notes, where: str) -> bool:
    """Whether an extension that may change the meaning of an element stands on it; none of these is known here."""
    if not element.get("modifierExtension"):
        return False
    notes.add("modifier-not-read", where)
    return True


def name_of(resource: Resource, kind: str) -> str:
    """A resource as the trace names it: its type, and its id where that is printable."""
    known = resource.get("id")
    if type(known) is str and re.fullmatch(r"[A-Za-z0-9.-]{1,64}", known):
        return f"{kind}/{known}"
    return kind
