"""Does anything notice a slip in the data? The checks from the cheapest on; the first that does is named."""

from __future__ import annotations

from typing import Any

import vasotone
from tests.datamut import golden, judging, mutants, probes, proof, source_lines
from tests.datamut.judging import Seen
from tests.datamut.mutants import Changed, Mutant
from vasotone import facts as kept
from vasotone import guideline_verdict, soundness
from vasotone.errors import VasotoneError
from vasotone.facts import Facts
from vasotone.soundness_tables import check_gate

Record = dict[str, Any]
SURVIVED = "survived"
EQUIVALENT = "equivalent"
BROKEN = (KeyError, TypeError, ValueError, IndexError, AttributeError, ZeroDivisionError, VasotoneError)


class Killer:
    """Everything that judging a mutant needs, made once."""

    def __init__(self) -> None:
        self.files = mutants.trees()
        self.bytes = kept.read_files(kept.DATA)
        self.facts: Facts = vasotone.load()
        self.golden = golden.read()
        self.expected, rows = source_lines.read()
        self.truths: dict[str, list[Record]] = {}
        for row in rows:
            self.truths.setdefault(row.get("of") or row["rule"], []).append(row)
        self.gates = [name for name, one in self.facts.statements.items() if "gate" in one]
        self.statements = {
            one["id"]: one for file, tree in self.files.items() if file.startswith("statements/")
            for one in tree["statement"]
        }  # fmt: skip
        self.file_of = {
            one["id"]: file for file, tree in self.files.items() if file.startswith("statements/")
            for one in tree["statement"]
        }  # fmt: skip
        self.gated = {name: list(one.get("gates", [])) for name, one in self.statements.items()}
        self.lines = source_lines.every_line(self.files)
        self.people: list[tuple[Seen, dict[str, tuple[str, str]]]] = []
        said = golden.spread(self.golden)
        for name, patient in golden.named_patients().items():
            for edition in judging.EDITIONS:
                one = judging.seen(name, patient, self.facts, edition, self.gates)
                self.people.append((one, said.get((name, edition), {})))
        self.cases: dict[str, list[tuple[Record, Seen]]] = {}
        self.probed: dict[str, list[Seen]] = {}

    def cases_of(self, name: str) -> list[tuple[Record, Seen]]:
        """A statement's own cases, read once."""
        if name not in self.cases:
            self.cases[name] = [
                (case, judging.seen(case["name"], case["given"], self.facts,
                                    case.get("profile", self.facts.default_profile), self.gates))
                for case in self.statements[name].get("case", [])
            ]  # fmt: skip
        return self.cases[name]

    def probes_of(self, name: str) -> list[Seen]:
        """A statement's own cases moved about, read once."""
        if name not in self.probed:
            self.probed[name] = [
                judging.seen("", given, self.facts, profile, self.gates)
                for given, profile in probes.probes(self.statements[name], self.facts)
            ]
        return self.probed[name]

    def letters(self, name: str, facts: Facts) -> str:
        """The verdicts of a statement's probes, one letter each."""
        return probes.letters(judging.said(one, facts, name) for one in self.probes_of(name))

    def by_probes(self, changed: judging.Changed) -> str:
        """The cases moved about."""
        for name in changed.statements:
            if self.letters(name, changed.facts) != self.golden["probes"].get(name):
                return "probes"
        return ""

    def kill(self, mutant: Mutant) -> str:
        """The check that notices a mutant, or `survived`."""
        before = self.said_of(mutant)
        name = ""
        if mutant.file.startswith("statements/"):
            name = str(mutants.value_at(self.files[mutant.file], mutant.path[:2])["id"])
            for one in {name, *self.linked(name)}:
                self.probes_of(one)  # while the condition is still as it should be
        with Changed(self.files, mutant):
            try:
                after = self.said_of(mutant)
            except BROKEN:
                after = {}
            changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
            if changed & set(self.expected):
                return "expected"
            by_truth = self.by_truths(mutant)
            if by_truth:
                return by_truth
            if name:
                found = self.by_statement(mutant, name)
                if found:
                    return found
            if changed or self.by_shelf(mutant):
                return "frozen"
        if self.is_proved(mutant):
            return EQUIVALENT
        with Changed(self.files, mutant):
            return self.by_build(mutant)

    def said_of(self, mutant: Mutant) -> dict[str, str]:
        """The lines of the record that a mutant lies in, as they are now."""
        second = mutant.path[1] if len(mutant.path) > 1 else None
        return dict(source_lines.lines_of(mutant.file, self.files[mutant.file], mutant.path[0], second))

    def by_truths(self, mutant: Mutant) -> str:
        """Formulas, scores, named conditions and rules of consistency against the rows that are expected."""
        if mutant.file not in ("variables.toml", "consistency.toml"):
            return ""
        tree = self.files[mutant.file]
        name = mutant.path[0] if mutant.file == "variables.toml" else tree["rule"][mutant.path[1]]["id"]
        for row in self.truths.get(str(name), []):
            definitions = self.facts.compiled(row.get("edition", self.facts.default_profile)).definitions
            try:
                if not source_lines.judge(row, self.files, definitions):
                    return "expected"
            except BROKEN:
                return "expected"
        return ""

    def by_shelf(self, mutant: Mutant) -> bool:
        """Findings, conflicts, prohibitions and the article against what is frozen."""
        shelf = self.golden["shelves"].get(mutant.file)
        if shelf is None:
            return False
        top = str(mutant.path[0])
        return bool(golden.figures(self.files[mutant.file][top]) != shelf.get(top))

    def by_statement(self, mutant: Mutant, name: str) -> str:
        """One statement: the loader's own checks, its cases, the invented patients, what it would do."""
        statement = mutants.value_at(self.files[mutant.file], mutant.path[:2])
        problems = soundness.Problems()
        sources, profiles = self.files["sources.toml"], self.files["profiles.toml"]
        whole = {**self.statements, name: statement}
        filed = {one: {**record, "file": self.file_of[one]} for one, record in whole.items()
                 if one == name or self.gated[one] or one in self.linked(name)}  # fmt: skip
        try:
            soundness.check_numbers(statement, name, problems)
            soundness.check_cites(statement, name, sources, problems)
            soundness.check_statement(name, filed[name], whole, profiles, self.files["drugs.toml"],
                                      self.facts.variables, problems)  # fmt: skip
            check_gate(name, filed[name], problems)
            if problems:
                return "loader"
            if "when" not in statement and not self.fires(name):
                return self.by_claim(statement, name)
            changed = judging.change(self.facts, filed, name, self.gated[name], problems)
        except BROKEN:
            return "loader"
        if problems:
            return "loader"
        return (
            self.by_cases(changed)
            or self.by_entries(changed.facts, name, statement)
            or self.by_people(changed, name)
            or self.by_missing(changed.facts, name)
            or self.by_probes(changed)
        )

    def linked(self, name: str) -> set[str]:
        """The statements whose time this one sets, and those that set its own."""
        return {*self.gated[name], *(one for one, many in self.gated.items() if name in many)}

    def fires(self, name: str) -> bool:
        """Whether a statement has a condition in the files as they are."""
        return "when" in self.facts.statements[name]

    def by_claim(self, statement: Record, name: str) -> str:
        """What the statement claims against what is frozen."""
        return "frozen" if golden.claims(statement) != self.golden["claims"].get(name) else ""

    def by_cases(self, changed: judging.Changed) -> str:
        """The cases beside the statement, and beside those that it times."""
        for name in changed.statements:
            for case, one in self.cases_of(name):
                if self.case_differs(case, one, changed.facts, name):
                    return "cases"
        return ""

    def case_differs(self, case: Record, one: Seen, facts: Facts, name: str) -> bool:
        """Whether a case no longer comes out as it says."""
        if judging.said(one, facts, name)[0] != case["expect"]:
            return True
        patient = judging.case_under(one, facts)
        verdict = judging.verdict_of(patient, name)
        if verdict is None:
            return bool(case["expect"] != "absent")
        if any(key in case and getattr(verdict.entry, key) != case[key] for key in ("action", "target")):
            return True
        if "missing" not in case or verdict.verdict not in ("cannot-tell", "applies-unless"):
            return False
        return not set(case["missing"]) <= {*guideline_verdict.missing_for(patient, verdict).names, *DOSE_INPUTS}

    def by_people(self, changed: judging.Changed, name: str) -> str:
        """The invented patients under both editions."""
        for one, told in self.people:
            if name in self.gates:
                patient = judging.case_under(one, changed.facts)
                if judging.gate_of(patient, changed.facts, self.gates) != one.gate:
                    return "patients"
            for other in changed.statements:
                said = judging.said(one, changed.facts, other)
                if said[0] in (golden.SILENT, "absent"):
                    said = (golden.SILENT, "")
                if said != told.get(other, (golden.SILENT, "")):
                    return "patients"
        return ""

    def by_missing(self, facts: Facts, name: str) -> str:
        """What is asked for in the statement's own cases."""
        lacking = [judging.lacking(one, facts, name) for _, one in self.cases_of(name)]
        return "missing" if lacking != self.golden["missing"].get(name) else ""

    def by_entries(self, facts: Facts, name: str, statement: Record) -> str:
        """What the statement would do and how strongly, under each profile."""
        for profile, known in self.golden["entries"].items():
            if judging.entry_of(facts, profile, name) != known.get(name, []):
                return "frozen"
        return self.by_claim(statement, name)

    def is_proved(self, mutant: Mutant) -> bool:
        """Whether a changed condition is proved to say what it said, under every profile."""
        before = mutants.value_at(self.files[mutant.file], mutant.path)
        if not isinstance(before, str) or not isinstance(mutant.after, str) or mutant.kind == "plan":
            return False
        try:
            return all(
                proof.same(before, mutant.after, self.facts.columns, self.facts.compiled(profile).definitions)
                for profile in self.facts.profiles
            )
        except BROKEN:
            return False

    def by_build(self, mutant: Mutant) -> str:
        """The whole loader, for what nothing else has noticed."""
        if mutant.file.startswith("readers/"):
            return SURVIVED

        def amend(trees: dict[str, Record]) -> None:
            with_slip = {**trees, mutant.file: self.files[mutant.file]}
            trees.update(with_slip)

        try:
            soundness.build(self.bytes, amend)
        except BROKEN:
            return "loader"
        return SURVIVED


DOSE_INPUTS = ("age", "weight", "norepinephrine.basis", "norepinephrine.bag", "norepinephrine", "vasopressin")
