"""Why a statement holds, in short phrases: what is known of the patient beside what it was held against."""

from __future__ import annotations

from typing import NamedTuple

from vasotone.advice import Item, Why
from vasotone.views.wording import clean, exactly, name_words, prose, value_words

# each comparison in words, as it holds and as it fails
RELATIONS = {
    "<": ("below", "at least"),
    "<=": ("at most", "above"),
    ">": ("above", "at most"),
    ">=": ("at least", "below"),
    "=": ("equal to", "other than"),
    "<>": ("other than", "equal to"),
}
DRUGS = frozenset(
    "norepinephrine epinephrine phenylephrine dopamine dobutamine milrinone vasopressin "
    "angiotensin_ii hydrocortisone methylene_blue".split()
)
SHARED = (" off", " not recorded as running", " not known", " not recorded", " recorded")
STOCKED, FORM = "_stocked", ".basis"
# what the absence of an assumed value is called, where "not recorded" would read oddly
ABSENT = {"map_target": "no target ordered"}


class Clause(NamedTuple):
    """A comparison as it stands in a condition: the name it reads, its sign, and its right side."""

    name: str
    sign: str
    right: str


def reasons(item: Item, *, everything: bool = False) -> list[str]:
    """The item's reasons, short; without `everything` those that another implies, and mere checks, are left out."""
    kept = item.why if everything else [why for why in item.why if not (is_checked(why) or implied(why, item.why))]
    told = list(dict.fromkeys(reason_words(why) + one_form(why, item) for why in kept))
    return told if everything else joined(told)


def is_checked(why: Why) -> bool:
    """Whether a reason only says that something was looked at and does not speak against the item."""
    return why.rail == "unless" and why.truth == "no"


def one_form(why: Why, item: Item) -> str:
    """A remark on a reason that holds for one labelling of the drug, where the labelling decides the verdict."""
    drug = next((name.removesuffix(FORM) for name in item.missing if name.endswith(FORM)), "")
    clause = clause_of(clean(why.clause))
    open_to = item.verdict == "cannot-tell" and clause is not None and clause.name == drug and clause.right != "0"
    return " in one of its possible forms" if open_to else ""


def joined(said: list[str]) -> list[str]:
    """Reasons that end alike as one: `a off; b off` reads `a and b off`."""
    ends: dict[str, list[str]] = {}
    for reason in said:
        tail = next((tail for tail in SHARED if reason.endswith(tail) and "(" not in reason), "")
        ends.setdefault(tail or reason, []).append(reason.removesuffix(tail))
    return [
        (", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0])
        + (tail if tail in SHARED else "")
        for tail, names in ends.items()
    ]


def implied(why: Why, others: tuple[Why, ...]) -> bool:
    """Whether another reason says more: a value that is known and compared, a drug that runs at a dose."""
    if why.truth != "yes":
        return False
    clause = clause_of(clean(why.clause))
    tests = why.clause.startswith("known(")
    if not tests and (clause is None or clause.sign != ">" or clause.right != "0"):
        return False
    for other in others:
        if other is why or other.truth != "yes" or other.clause.startswith("known("):
            continue
        bound = clause_of(clean(other.clause))
        if tests and set(why.values) & set(other.values):
            return True
        if clause and bound and bound.name == clause.name and bound.sign in (">", ">=") and bound.right != "0":
            return True
    return False


def clause_of(text: str) -> Clause | None:
    """The parts of a plain comparison, or None for anything else."""
    name, found, listed = text.partition(" in (")
    if found and name.isidentifier():
        return Clause(name, "in", listed.removesuffix(")"))
    for sign in (" <= ", " >= ", " <> ", " < ", " > ", " = "):
        left, found, right = text.partition(sign)
        if found:
            name = left.removeprefix("assume(").partition(",")[0]
            plain = name.isidentifier() and " and " not in right and " or " not in right
            return Clause(name, sign.strip(), right) if plain else None
    return None


def reason_words(why: Why) -> str:
    """One reason: the value first, then how it stands to the limit; a clause that fails is turned round."""
    said = prose(why.words or why.clause)
    lead = "speaks against it: " if why.rail == "unless" and why.truth == "yes" else ""
    lead = "checked: " if is_checked(why) else lead
    if why.truth not in ("yes", "no"):
        return f"not known whether {said}"
    clause = clause_of(clean(why.clause))
    told = "" if clause is None else compared(clause, said, why)
    return lead + (told or plain_words(said, why))


def plain_words(said: str, why: Why) -> str:
    """A reason that is no comparison with a number, with the values behind it where they add something."""
    values = {name: value for name, value in why.values.items() if not isinstance(value, bool) and value is not None}
    shown = {name: value_words(value) for name, value in values.items()}
    behind = ", ".join(
        f"{name_words(name)} {text}" for name, text in shown.items() if text.replace("-", " ") not in said
    )
    if why.truth == "no":
        for tail in (" known", " recorded", " recorded as absent"):
            if said.endswith(tail) and is_single(why.clause):
                said = f"{said.removesuffix(tail)} not{tail}"
                break
        else:
            said = f"not: {said}"
    return said + (f" ({behind})" if behind else "")


def is_single(clause: str) -> bool:
    """Whether a clause tests one name alone, so that turning its last words round turns all of it."""
    name = clause.removeprefix("known(").removesuffix(")")
    for test in (" is true", " is false"):
        name = name.removesuffix(test)
    return name.isidentifier()


def compared(clause: Clause, said: str, why: Why) -> str:
    """A comparison as the patient's value and its relation to the limit; empty where it cannot be told so."""
    holds = why.truth == "yes"
    value = why.values.get(clause.name)
    if clause.right.startswith("'"):
        return worded(clause, said, value, holds)
    label, found, bound = said.partition(f" {RELATIONS[clause.sign][0]} ")
    if not found:
        return ""
    label, _, rest = label.partition(" (")
    default = rest.partition(" where not known")[0]
    initials = name_words(clause.name)
    label = initials if initials.upper() == initials else label
    number, _, unit = bound.partition(" ")
    if clause.name in DRUGS and number == "0":
        return running(label, clause.sign, holds, value, unit, usable=clause.name not in why.unusable)
    limit, unit, remark = (number, unit, "") if exactly(number) is not None else limit_told(bound, clause.name, why)
    relation = RELATIONS[clause.sign][0 if holds else 1]
    if value is None:
        absent = "as what is recorded cannot be used" if clause.name in why.unusable else "where not recorded"
        assumed = f" ({default} {absent})" if default else ""
        return " ".join(part for part in (label, relation, limit, unit) if part) + remark + assumed
    return f"{label} {value_words(value)} {unit}".rstrip() + f", {relation} {limit}{remark}"


def worded(clause: Clause, said: str, value: object, holds: bool) -> str:
    """A comparison with words: what is recorded, and what it is not where it fails."""
    words = " or ".join(part.strip("'").replace("-", " ").replace("_", " ") for part in clause.right.split(", "))
    label = said.removesuffix(words).rstrip().removesuffix(" other than")
    seen = clean(value, 60).replace("-", " ") if value is not None else ""
    if (clause.sign in ("=", "in")) is holds:
        return f"{label}: {seen or words}"
    return f"{label}: {seen}, not {words}" if seen else f"{label}: not {words}"


def running(label: str, sign: str, holds: bool, value: object, unit: str, *, usable: bool = True) -> str:
    """A dose held against zero: the drug runs, or it is off."""
    runs = (sign in (">", "<>", ">=")) is holds
    if value is None and not usable:
        return f"{label} recorded without a usable dose"
    if value is None:
        return f"{label} not recorded as {'off' if runs else 'running'}"
    going = "given" if unit.endswith("/d") else "running"
    return f"{label} {going} ({value_words(value)} {unit})" if runs else f"{label} off"


def limit_told(bound: str, name: str, why: Why) -> tuple[str, str, str]:
    """A limit that is itself a value of the patient, or what stands in for it: the limit, its unit, a remark."""
    label, assumed, rest = bound.partition(" (")
    default, _, tail = rest.partition(" where not known)")
    others = [other for other in why.values if other != name]
    if not assumed or len(others) != 1:
        return bound, "", ""
    number, _, unit = default.partition(" ")
    value = why.values[others[0]]
    more = tail.replace(" plus ", " + ").replace(" minus ", " - ")
    if value is None:
        absent = ABSENT.get(others[0], f"{label} not recorded")
        return number + more, unit, f" ({f'{label} not usable' if others[0] in why.unusable else absent})"
    return f"{label} {value_words(value)}{more}", unit, ""


def whether(name: str, target: str) -> str:
    """An input that was not recorded, as what one would look up."""
    if name == target:
        return "whether it is given already"
    if name in DRUGS:
        return f"whether {name_words(name)} is given"
    if name.endswith(STOCKED):
        return f"whether {name_words(name.removesuffix(STOCKED))} is in the formulary"
    return name_words(name)


def lacking(item: Item) -> str:
    """What an item waits for, or what was not looked at that would speak against it; empty when nothing."""
    if item.verdict == "applies-unless" and item.missing:
        return "not recorded: " + ", ".join(whether(name, item.target) for name in item.missing)
    return ", ".join(name_words(name) for name in item.missing)
