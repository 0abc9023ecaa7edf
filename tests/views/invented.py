"""An invented septic patient and an advice for him, written by hand: every verdict, every kind of line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from vasotone.advice import Advice, Aim, Ask, Caution, Cite, Dose, Item, Pump, Refused, Why
from vasotone.table import Observation, Table

AT = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)

EDITION = Cite(
    "ssc-2026",
    "remark to statement 38",
    "Surviving Sepsis Campaign: adult guidelines",
    2026,
    "two-secondary",
    "10.1097/CCM.0000000000007075",
)
LABEL = Cite("label-vasopressin", "section 2.2", "Vasopressin injection, drug label", 2021, "primary")
TRIAL = Cite("andromeda-shock-2-2025", "protocol, tier 1", "Capillary refill guided resuscitation", 2025, "primary")
OLD = Cite("ssc-2012", "table 8", "Surviving Sepsis Campaign 2012", 2013, "memory", "10.1097/CCM.0b013e31827e83af")


def value(
    amount: Any,
    unit: str | None,
    age: int | None = 5,
    origin: str = "measured",
    quality: str = "ok",
    **more: Any,
) -> dict[str, Any]:
    """One entry of an advice's values."""
    return {
        "value": amount,
        "unit": unit,
        "age_minutes": age,
        "origin": origin,
        "source": "entry 4",
        "quality": quality,
        **more,
    }


VALUES = {
    "map": value(58, "mm[Hg]", 4),
    "sbp": value(84, "mm[Hg]", 4),
    "dbp": value(45, "mm[Hg]", 4),
    "hr": value(112, "/min", 4),
    "age": value(71, "a", None),
    "weight": value(70, "kg", 540, kind="actual"),
    "norepinephrine": value("0.28", "ug/kg/min", 12, basis="base"),
    "lactate": value("4.1", "mmol/L", 395, quality="stale"),
    "crt": value(None, "s", None, origin="", quality="unknown"),
    "access": value("central", None, 5),
    "arterial_line": value(True, None, 5),
    "shock_index": value(Fraction(112, 84), "1", 4, "derived"),
}


def why(clause: str, words: str, truth: str = "yes", rail: str = "when", **values: Any) -> Why:
    """One clause of a reason."""
    return Why(clause, truth, words, values, rail)


LIMITS = (
    {"name": "practice-upper", "kind": "soft", "value": "0.04", "unit": "U/min", "exceeded": False},
    {"name": "label-upper", "kind": "hard", "value": "0.1", "unit": "U/min", "exceeded": False},
)
VASOPRESSIN = Item(
    "vp-add-on",
    "applies-unless",
    "recommendation",
    "add",
    "vasopressin",
    "now",
    1,
    "MAP stays low on norepinephrine: consider adding vasopressin rather than more norepinephrine.",
    "conditional",
    "moderate",
    Dose("vasopressin", "0.03", "U/min", None, limits=LIMITS, cites=(LABEL,)),
    Pump("9", "mL/h", "9", {"amount": "20 U", "volume": "100 mL"}),
    15,
    (EDITION,),
    why=(
        why("map < 65", "MAP is below the target", map=58),
        why(
            "norepinephrine >= 0.25",
            "norepinephrine is in the band where it is added",
            norepinephrine="0.28",
        ),
        why("mesenteric_ischaemia", "mesenteric ischaemia", "unknown", "unless"),
    ),
    missing=("mesenteric_ischaemia",),
    badge="guideline",
    edition="SSC 2026",
    verified=False,
    links=("vp-range-25-50",),
    notes=("The recommendation itself has no dose; the band is from its remark.",),
)
RAISE_IT = Item(
    "ne-titrate",
    "applies",
    "practice",
    "raise",
    "norepinephrine",
    "now",
    2,
    "Meanwhile consider a step up of norepinephrine and look again within minutes.",
    None,
    None,
    Dose("norepinephrine", "0.3", "ug/kg/min", "base", "0.28", "0.3", "0.02", regime="practice"),
    Pump("78.8", "mL/h", "315/4", {"amount": "4 mg", "volume": "250 mL", "basis": "base"}),
    5,
    (TRIAL,),
    why=(why("map < 65", "MAP is below the target", map=58),),
    badge="trial-protocol",
)
TARGET = Item(
    "map-target-older",
    "applies",
    "recommendation",
    "target",
    "map",
    "soon",
    3,
    "From 65 years, consider a lower MAP target range.",
    "conditional",
    "low",
    None,
    None,
    60,
    (EDITION,),
    aim=Aim("60", "65", "mm[Hg]"),
    why=(why("age >= 65", "age is 65 years or more", age=71),),
    badge="guideline",
    edition="SSC 2026",
    verified=False,
)
STEROID = Item(
    "steroid-shock",
    "cannot-tell",
    "remark",
    "give",
    "hydrocortisone",
    "soon",
    4,
    "Ongoing vasopressor need: hydrocortisone may be considered.",
    "conditional",
    "moderate",
    Dose("hydrocortisone", "200", "mg/d"),
    None,
    None,
    (EDITION, OLD),
    why=(why("norepinephrine_hours >= 4", "norepinephrine for four hours", "unknown"),),
    missing=("norepinephrine_hours",),
    badge="guideline",
    edition="SSC 2026",
    verified=False,
)
CRT = Item(
    "crt-assess",
    "applies",
    "recommendation",
    "assess",
    "crt",
    "soon",
    5,
    "Consider capillary refill time beside lactate to follow perfusion.",
    "conditional",
    "low",
    None,
    None,
    60,
    (TRIAL,),
    badge="guideline",
    edition="SSC 2026",
)
ASK = Item(
    "ask-crt",
    "applies",
    "safety",
    "ask",
    "crt",
    "routine",
    6,
    "Capillary refill time is not recorded.",
    badge="expert",
    cites=(TRIAL,),
    decides=("crt-tier-1",),
)
ODD = Item(
    "phenylephrine-rescue",
    "applies",
    "practice",
    "inform",
    "phenylephrine",
    "routine",
    7,
    "Reserved for a serious arrhythmia on norepinephrine or as rescue.",
    "weak",
    "very low",
    Dose("phenylephrine", Fraction(5, 3), "ug/kg/min"),
    Pump(Fraction(263, 10), "mL/h", "79/3", {"amount": "10 mg", "volume": "250 mL"}),
    None,
    (OLD,),
    badge="legacy",
    status="legacy-only",
    verified=False,
)
OTHERS = (
    Item(
        "dopamine-avoid-ok",
        "blocked",
        "recommendation",
        "start",
        "epinephrine",
        "routine",
        8,
        "Epinephrine as the second drug.",
        "conditional",
        "low",
        cites=(EDITION,),
        badge="guideline",
        why=(why("vasopressin_stocked", "vasopressin is stocked", "yes", "unless", vasopressin_stocked=True),),
    ),
    Item(
        "methylene-blue",
        "withheld",
        "practice",
        "start",
        "methylene_blue",
        "routine",
        9,
        "Methylene blue in refractory shock.",
        cites=(TRIAL,),
        badge="expert",
        missing=("g6pd",),
    ),
    Item(
        "angiotensin-add",
        "does-not-apply",
        "practice",
        "add",
        "angiotensin_ii",
        "routine",
        10,
        "Angiotensin II when two drugs are not enough.",
        cites=(LABEL,),
        badge="label",
        why=(why("norepinephrine > 0.5", "norepinephrine is high", "no", norepinephrine="0.28"),),
    ),
    Item(
        "ne-lower",
        "does-not-apply",
        "practice",
        "lower",
        "norepinephrine",
        "routine",
        11,
        "Lowering once MAP is well above target.",
        cites=(LABEL,),
        badge="label",
        why=(why("map > map_target + 10", "MAP is above the target", "no", map=58),),
    ),
)


def items() -> tuple[Item, ...]:
    """Eleven items: every verdict, badge and urgency."""
    return (VASOPRESSIN, RAISE_IT, TARGET, STEROID, CRT, ASK, ODD, *OTHERS)


def advice(**changes: Any) -> Advice:
    """The invented patient's advice."""
    made = Advice(
        "ssc-2026",
        "sha256:4be1a90c77d2e5f0a1b2c3d4e5f60718",
        AT,
        VALUES,
        items(),
        (
            Ask("crt", "s", "Perfusion cannot be judged without it.", ("crt-tier-1", "refractory-shock")),
            Ask("norepinephrine_hours", "h", "The steroid remark counts the hours.", ("steroid-shock",)),
        ),
        (
            Caution(
                "stale",
                "lactate",
                "The lactate is 6 h 35 min old; it counts as unknown.",
                {"age_minutes": 395},
            ),
        ),
        notices=("This edition was not read in full: its statements come from summaries and are unverified.",),
        title="Invented patient, bed 7",
    )
    return made._replace(**changes)


def refusal() -> Advice:
    """The same patient under another kind of shock."""
    items_left = tuple(i for i in items() if i.action in ("assess", "ask"))
    return advice(
        items=items_left,
        refused=Refused(
            "scope-anaphylaxis-out",
            "The record speaks of anaphylaxis; septic-shock statements are withheld.",
            "Treat as anaphylaxis by the local protocol; consider epinephrine first.",
        ),
    )


PRESSURES = """
74 72 73 70 68 69 66 64 61 63 66 67 65 62 60 64 66 65 63 61 62 59 60 57
55 58 61 63 66 68 67 65 64 62 60 61 63 62 60 59 57 58 60 61 59 57 56 58
"""


def table() -> Table:
    """Twelve hours of the invented patient: MAP with a gap and an impossible reading, doses and lactate."""
    rows = []

    def add(name: str, hours: float, amount: Fraction | None, unit: str = "", **more: Any) -> None:
        rows.append(Observation(name, amount, unit, AT - timedelta(hours=hours), **more))

    for place, pressure in enumerate(PRESSURES.split()):
        hours = 11.75 - place * 0.25
        if 5.8 < hours < 7.9:
            continue
        add("map", hours, Fraction(pressure), "mm[Hg]")
    add("map", 3.1, Fraction(288), "mmHg")
    for hours, dose in (
        (9.5, "0.05"),
        (9.0, "0.1"),
        (8.2, "0.15"),
        (6.0, "0.2"),
        (4.0, "0.25"),
        (0.2, "0.28"),
    ):
        add("norepinephrine", hours, Fraction(dose), "mcg/kg/min", basis="base")
    for hours, dose in ((5.0, "0.03"), (3.0, "0")):
        add("vasopressin", hours, Fraction(dose), "units/min")
    for hours, level in ((11.0, "5.2"), (8.8, "4.8"), (6.6, "4.1")):
        add("lactate", hours, Fraction(level), "mmol/L")
    return Table(tuple(rows), at=AT)
