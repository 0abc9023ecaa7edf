"""About 150 invented patients, many of them on a limit: the same ones at every run."""

from __future__ import annotations

from random import Random
from typing import Any

Patient = dict[str, Any]
AT = "2026-03-02T10:00:00Z"
DRAWN = 70
OTHERS = 24
BAGS = {
    "norepinephrine": [("4 mg", "250 mL"), ("8 mg", "250 mL"), ("16 mg", "250 mL"), ("4 mg", "1000 mL")],
    "vasopressin": [("20 U", "100 mL"), ("100 U", "100 mL")],
    "epinephrine": [("4 mg", "250 mL")],
    "angiotensin_ii": [("2.5 mg", "500 mL")],
    "dobutamine": [("250 mg", "250 mL")],
}
DOSES = {
    "norepinephrine": [0, 0, 0.01, 0.05, 0.1, 0.15, 0.2, 0.25, 0.26, 0.3, 0.4, 0.5, 0.51, 0.8, 1, 1.01, 1.2, 3.3],
    "vasopressin": [0, 0, 0, 0.01, 0.03, 0.031, 0.04, 0.05, 0.07, 0.1],
    "epinephrine": [0, 0, 0, 0.05, 0.25, 0.26, 2],
    "phenylephrine": [0, 0, 0.5, 2],
    "dopamine": [0, 0, 0, 5, 10],
    "dobutamine": [0, 0, 5],
    "angiotensin_ii": [0, 0, 0, 20, 40],
    "hydrocortisone": [0, 0, 200, 300],
    "methylene_blue": [0, 0, 0, 1],
}
NUMBERS = {
    "map": [50, 55, 59.9, 60, 62, 64, 64.9, 65, 66, 70, 74, 75, 75.1, 76, 79, 80, 84, 90, 95],
    "map_target": [60, 65, 70, 75, 80],
    "sbp": [70, 85, 90, 100, 120, 140],
    "dbp": [35, 40, 41, 45, 49, 50, 51, 60],
    "hr": [45, 60, 88, 110, 120, 123, 150],
    "lactate": [1, 1.9, 2, 2.1, 3, 4, 4.1, 6],
    "lactate_previous": [1.5, 2.5, 4, 5],
    "crt": [2, 3, 3.1, 5],
    "urine_output": [0.2, 0.5, 0.6, 1],
    "fluids": [0, 10, 20, 29, 30, 31, 45, 60],
    "lvef": [25, 40, 45, 46, 55],
    "ph": [7.05, 7.1, 7.15, 7.2, 7.21, 7.35],
    "aki_stage": [0, 1, 2, 3],
    "norepinephrine_hours": [0.5, 1, 3.9, 4, 5, 24],
    "vasopressin_hours": [1, 8, 9],
    "onset_hours": [0.5, 1, 3, 3.1, 6, 24],
    "pf_ratio": [80, 150, 300],
    "cardiac_index": [1.8, 2.4, 3.5],
}
CHOICES = {
    "access": ["central", "peripheral", "peripheral-forearm"],
    "arterial_line": [True, False],
    "rv_dilated": [True, False],
    "ventilated": [True, False],
    "fluid_responsive": [True, False],
    "rhythm": ["sinus", "sinus-brady", "sinus-tachy", "af", "af-rvr", "vt-runs"],
    "infection": ["no", "unknown", "probable", "confirmed"],
    "source_control": ["done", "pending"],
    "mental_status": ["normal", "altered"],
    "skin": ["normal", "mottled"],
    "code_status": ["full", "dnr", "comfort-focused"],
    "g6pd": ["normal", "deficient"],
    "site": ["right hand", "left forearm", "subclavian"],
}
ALWAYS = ["age", "weight", "map", "norepinephrine"]
AGES = [30, 45, 58, 64, 65, 70, 82]
WEIGHTS = [42, 58, 70, 80, 95, 120]
CONDITIONS = """chronic-hypertension cardiac-dysfunction tachyarrhythmia bradyarrhythmia ne-serious-arrhythmia
ards-severe iah pulmonary-oedema aki esrd-anuric recovering refractory extravasation digital-ischaemia dvt-acute
traumatic-brain-injury sulfite-allergy mesenteric-ischaemia pulmonary-hypertension adrenal-insufficiency
atherosclerosis aortic-regurgitation pregnant cirrhosis-child-b hyponatraemia diabetes-insipidus""".split()
DRUGS = """phenelzine linezolid amitriptyline sertraline sevoflurane metoprolol lisinopril losartan insulin heparin
lithium terlipressin haloperidol""".split()


def drawn(number: int, known: float = 0.45) -> Patient:
    """One invented patient in septic shock; its number decides everything.

    known  how often a value is recorded
    """
    chance = Random(20260302 + number)
    patient: Patient = {"at": AT, "age": chance.choice(AGES), "weight": chance.choice(WEIGHTS)}
    for name, values in (NUMBERS | CHOICES).items():
        if name in ALWAYS or chance.random() < (known if name not in ("lactate", "crt", "fluids") else known + 0.3):
            patient[name] = chance.choice(values)
    if "sbp" in patient and "dbp" in patient:  # else mean, systolic and diastolic would contradict each other
        patient["dbp"] = min(patient["dbp"], patient["map"] - 5, patient["sbp"] - 10)
        patient["sbp"] = max(patient["sbp"], patient["map"] + 10)
    for drug, doses in DOSES.items():
        if drug == "norepinephrine" or chance.random() < 0.7:
            patient[drug] = dose_of(drug, chance.choice(doses), chance)
    patient["conditions"] = ["septic-shock", *chance.sample(CONDITIONS, chance.choice([0, 0, 1, 1, 2, 3]))]
    if chance.random() < 0.6:
        patient["drugs"] = chance.sample(DRUGS, chance.choice([0, 1, 2]))
    return patient


def dose_of(drug: str, dose: float, chance: Random) -> Any:
    """A running dose, of norepinephrine with its form, often with the bag that hangs."""
    told: dict[str, Any] = {"value": dose}
    if drug == "norepinephrine":
        told["basis"] = chance.choice(["base", "base", "base", "bitartrate", "tartrate", "unknown"])
    if drug in BAGS and chance.random() < 0.7:
        amount, volume = chance.choice(BAGS[drug])
        told["bag"] = {"amount": amount, "volume": volume}
        if drug == "norepinephrine":
            told["bag"]["basis"] = chance.choice(["base", "base", "bitartrate"])
    return told


def special() -> list[Patient]:
    """Patients of other kinds: outside septic shock, or with one thing that decides."""
    ward: Patient = {"at": AT, "age": 58, "weight": 80, "map": 58, "norepinephrine": 0, "lactate": 3, "fluids": 30}
    found = [
        {**ward, "conditions": [condition]}
        for condition in """sepsis-no-shock undifferentiated-shock hypotension cardiogenic-shock neurogenic-shock
        spinal-cord-injury-cervical anaphylaxis haemorrhage trauma child hypovolaemic-shock""".split()
    ]
    found += [
        {**ward, "age": 9, "conditions": ["septic-shock"]},
        {**ward, "age": 18, "conditions": ["septic-shock"]},
        {**ward, "age": 17, "conditions": ["septic-shock"]},
        {**ward, "conditions": ["septic-shock"], "code_status": "comfort-focused"},
        {**ward, "conditions": []},
        {**ward, "conditions": [], "infection": "confirmed"},
        {**ward, "conditions": ["septic-shock", "pregnant"], "gestation_weeks": 30},
        {**ward, "conditions": ["septic-shock", "cirrhosis"]},
        {**ward, "conditions": ["septic-shock", "urticaria", "bronchospasm"]},
        {**ward, "conditions": ["septic-shock"], "weight": None},
        {**ward, "conditions": ["septic-shock"], "age": None},
        {**ward, "conditions": ["septic-shock"], "norepinephrine": None},
        {**ward, "conditions": ["septic-shock"], "norepinephrine": {"value": 0.3, "basis": "unknown"}},
        {**ward, "conditions": ["septic-shock"], "norepinephrine": {"value": 20, "unit": None}},
        {**ward, "conditions": ["septic-shock"], "map": None, "sbp": 80, "dbp": 40},
        {**ward, "conditions": ["septic-shock"], "cuff_map": 58, "line_map": 70},
        {**ward, "conditions": ["septic-shock"], "line_waveform": "damped"},
        {**ward, "conditions": ["septic-shock"], "formulary": {"norepinephrine": False, "vasopressin": False}},
    ]
    return found + with_little() + at_lines()


def with_little() -> list[Patient]:
    """Patients on the smallest doses, and with one of two things that usually come together."""
    ward: Patient = {"at": AT, "age": 58, "weight": 80, "map": 80, "conditions": ["septic-shock"]}
    low = {"norepinephrine": {"value": 0.05, "basis": "base"}, "lactate": 1}
    low |= dict.fromkeys(("dopamine", "phenylephrine", "milrinone", "angiotensin_ii", "methylene_blue"), 0.05)
    drugs = ["phenelzine", "amitriptyline", "sevoflurane", "lisinopril", "sertraline"]
    other = ["septic-shock", "sulfite-allergy", "aki", "bradyarrhythmia"]
    thrombosis = ["septic-shock", "dvt-acute"]
    escalating: Patient = {**ward, "map": 58, "vasopressin": 0.03, "conditions": thrombosis}
    found = [{**ward, **low, "drugs": drugs, "conditions": other, "map": map_now} for map_now in (58, 80)]
    found += [{**ward, **low, "aki_stage": stage} for stage in (0, 1, 3)]
    found += [{**ward, "drugs": [drug]} for drug in (*drugs, "insulin")]
    found += [
        {**ward, "conditions": ["septic-shock", "sulfite-allergy"]},
        {**ward, "drugs": ["terlipressin"], "spo2": 96},
        {**ward, "vasopressin": 0.15},
        {**ward, "angiotensin_ii": 40.05},
        {**ward, "angiotensin_ii": 20, "conditions": thrombosis, "drugs": ["heparin"]},
        {**ward, "angiotensin_ii": 0.05, "conditions": thrombosis, "drugs": ["heparin"]},
        {**escalating, "norepinephrine": {"value": 0.1, "basis": "base"}},
        {**escalating, "norepinephrine": {"value": 0.25, "basis": "base"}},
        {**ward, "conditions": ["septic-shock", "diabetes-insipidus"]},
        {**ward, "conditions": ["septic-shock", "recovering"], "norepinephrine": 0},
        {**ward, "conditions": ["septic-shock", "recovering"], "vasopressin": 0.03},
        {**ward, **low, "conditions": ["septic-shock", "mesenteric-ischaemia"], "crt": 2, "skin": "normal"},
        {**ward, **low, "conditions": ["sepsis-no-shock"]},
        {**ward, "conditions": ["cirrhosis"]},
        {**ward, "conditions": ["undifferentiated-shock"]},
    ]
    for words in (["urticaria"], ["bronchospasm"], ["urticaria", "bronchospasm"], ["urticaria", "hypotension"],
                  ["bronchospasm", "hypotension"], ["hypotension"]):  # fmt: skip
        found.append({**ward, "conditions": words})
    return [*found, {**ward, "map": 60, "conditions": ["urticaria"]}]


def at_lines() -> list[Patient]:
    """Patients on norepinephrine through lines in the arm, the hand and the leg, some of them injured."""
    ward: Patient = {"at": AT, "age": 70, "weight": 80, "map": 68, "conditions": ["septic-shock"],
                     "norepinephrine": {"value": 0.1, "basis": "base"}}  # fmt: skip
    found = [
        {**ward, "access": "peripheral", "site": site, "norepinephrine_hours": hours}
        for site, hours in [("antecubital", 1), ("antecubital", 3), ("antecubital", 4), ("antecubital", 4.05),
                            ("antecubital", 6), ("antecubital", 20), ("antecubital", 100), ("right hand", 2)]
    ]  # fmt: skip
    found += [
        {**ward, "access": "peripheral-forearm", "site": "left leg"},
        {**ward, "site": "left leg"},
        {**ward, "age": None, "access": "peripheral", "site": "left leg"},
    ]
    injured = {**ward, "conditions": ["septic-shock", "extravasation"]}
    found += [{**injured, "age": age} for age in (5, 17, 18, 30)]
    return [*found, {**injured, "conditions": ["child", "extravasation"]}]


def without_shock(number: int) -> Patient:
    """An invented patient of whom no septic shock is recorded, on whom some drugs may not be recorded either."""
    chance = Random(20270302 + number)
    patient = drawn(1000 + number, 0.6)
    recorded = [word for word in patient["conditions"] if word != "septic-shock"]
    other = chance.choice([[], ["sepsis-no-shock"], ["hypotension"], ["traumatic-brain-injury"]])
    patient["conditions"] = recorded + other
    if chance.random() < 0.6:
        patient["map"] = chance.choice([65, 68, 76, 80, 95])
        for name in ("sbp", "dbp"):
            patient.pop(name, None)
    for drug in DOSES:
        if chance.random() < 0.25:
            patient.pop(drug, None)
    return patient


def patients() -> list[Patient]:
    """All invented patients, in a fixed order."""
    return special() + [drawn(number) for number in range(DRAWN)] + [without_shock(n) for n in range(OTHERS)]
