"""Trials: repeatable, blind to what was published, and told entry by entry on every face."""

from __future__ import annotations

import json
import math
import re
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("numpy", reason="the twin needs numpy")

from vasotone import cli, cli_trial  # noqa: E402
from vasotone.facts import DATA  # noqa: E402
from vasotone.twin import study, trial  # noqa: E402
from vasotone.twin.trial import totals  # noqa: E402
from vasotone.views import forest  # noqa: E402

PACKAGE = Path(cli.__file__).parent
FOLDER = Path(DATA, "studies")
SOME = ("monnet2011", "hamzaoui2010_whole", "nunes2014_all", "maas2013", "jhanji2009", "messina2021", "aya2016")
HIDDEN = ("reported", "spread", "levels")
FORMS = ("delta", "delta_pct", "ratio", "slope", "range")


def text_of(name: str) -> str:
    return (FOLDER / f"{name}.toml").read_text("utf-8")


def run(text: str, n: int = 60, seed: int | None = None) -> Any:
    return trial.run(study.parse(text.encode(), "here.toml"), n=n, seed=seed)


def simulated(found: Any) -> dict[str, Any]:
    return {one.score.id: one.simulated for one in found.scores}


def without(text: str, *keys: str) -> str:
    return "\n".join(line for line in text.split("\n") if line.split(" = ")[0] not in keys)


@pytest.mark.parametrize("name", SOME)
def test_what_is_simulated_depends_on_nothing_published(name: str) -> None:
    text = text_of(name)
    bare = without(text, *HIDDEN, *FORMS)
    assert bare != text
    shifted = re.sub(r"(?m)^(delta|delta_pct|ratio|slope|range) = .*$", r"\1 = [-1e9, 1e9]", text)
    whole = simulated(run(text))
    assert simulated(run(bare)) == whole == simulated(run(shifted))


@pytest.mark.parametrize("name", ["monnet2011", "messina2021"])
def test_the_same_seed_gives_the_same_numbers_and_another_gives_others(name: str) -> None:
    text = text_of(name)
    assert simulated(run(text)) == simulated(run(text)) == simulated(run(text))
    assert simulated(run(text)) != simulated(run(text, seed=3)) != simulated(run(text, seed=4))


def test_a_study_is_not_known_by_its_name() -> None:
    text = text_of("hamzaoui2010_whole")
    other = text.replace("hamzaoui2010", "nobody1999").replace("Hamzaoui", "Nobody")
    assert simulated(run(text)) == simulated(run(other))


def test_the_code_holds_no_id_of_a_study() -> None:
    trees = [tomllib.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.toml")]
    names = {one["id"] for one in trees} | {one["study"] for one in trees}
    names |= {re.match(r"[a-z]+", name).group() for name in names}  # type: ignore[union-attr]
    code = [path for path in PACKAGE.rglob("*.py") if "twin" in path.parts or "trial" in path.name]
    assert len(names) > 50 and len(code) > 15
    pattern = re.compile("|".join(sorted(names, key=len, reverse=True)), re.IGNORECASE)
    assert [(path.name, hit.group()) for path in code for hit in pattern.finditer(path.read_text("utf-8"))] == []


def test_a_missed_drive_makes_the_run_invalid_and_nothing_passes() -> None:
    text = text_of("hamzaoui2010_whole").replace("target = 76.0", "target = 99.0")
    found = run(text)
    assert found.invalid and "99" in found.why
    assert found.scores and not any(found.passed(one) for one in found.scores)
    total = totals([found])
    assert total.inside == 0 and total.invalid == ("hamzaoui2010_whole",) and not total.passed


def test_totals_leave_out_what_is_not_modelled_and_what_has_no_weight() -> None:
    placebo, ladder = run(text_of("athos3_2017_placebo")), run(text_of("thooft2011"))
    assert totals([placebo]).weight == 0 and not totals([placebo]).passed
    total = totals([ladder])
    assert total.entries == 1 and total.weight == 1 and len(ladder.scores) == 3


def test_totals_name_critical_misses_and_reversed_signs() -> None:
    text = text_of("flancbaum1997").replace(
        'sign = "+"\ncritical = true', 'sign = "-"\ncritical = true\nsignificant = true'
    )
    total = totals([run(text)])
    assert total.critical_missed == ("flancbaum1997 MAP_base_dose8",) == total.reversed
    assert not total.passed


def test_the_record_has_what_the_format_asks_for(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(FOLDER / "monnet2011.toml")
    assert cli.main(["trial", path, "--n", "40", "--jobs", "1", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["schema"] == "vasotone.trial/1" and set(record["totals"]) >= {"share", "critical_missed", "pass"}
    (one,) = record["studies"]
    assert {"id", "study", "slot", "share_kept", "measurements", "missed_targets", "invalid", "scores"} <= set(one)
    assert 0 < one["share_kept"] <= 1
    assert {"mean", "sd", "unit"} <= set(one["measurements"]["base"]["MAP"])
    ids = [row["id"] for row in tomllib.loads(text_of("monnet2011"))["score"]]
    assert [row["id"] for row in one["scores"]] == ids
    for row in one["scores"]:
        assert {"id", "variable", "simulated", "pass", "critical", "weight", "modelled"} <= set(row)
        assert ("low" in row) == ("high" in row) == (row["id"] != "CI_ne_ne_plr_versus")
        if "low" in row:
            assert row["pass"] == (row["low"] <= row["simulated"] <= row["high"]) or row["sign"] in ("+", "-")


def test_processes_share_the_work_and_change_nothing() -> None:
    studies = [study.read(str(FOLDER / f"{name}.toml")) for name in ("aya2016", "maas2013", "messina2021")]
    alone = cli_trial.run_all(studies, n=30, seed=None, jobs=1)
    shared = cli_trial.run_all(studies, n=30, seed=None, jobs=2)
    assert cli_trial.to_dict(alone, "x") == cli_trial.to_dict(shared, "x")


def test_the_table_shows_failures_as_failures(capsys: pytest.CaptureFixture[str]) -> None:
    text = text_of("flancbaum1997").replace("delta_pct = [-6.0, 6.0]", "delta_pct = [90.0, 95.0]")
    found = run(text)
    table = cli_trial.text(cli_trial.to_dict([found], "twin-x"))
    (row,) = [line for line in table.split("\n") if "CI_base_dose8" in line and "OUTSIDE" in line]
    assert "90 to 95" in row and "critical" in row
    assert "does not hold" in table and "critical entries missed: flancbaum1997 CI_base_dose8" in table
    assert max(map(len, table.split("\n"))) <= 140


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["trial"], "no study is named"),
        (["trial", "absent.toml"], "cannot be read"),
        (["trial", "x.toml", "--n", "1"], "--n is too small"),
        (["trial", "x.toml", "--jobs", "0"], "--jobs is too small"),
    ],
)
def test_a_bad_call_is_told_and_exits_with_two(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*arguments, "--json"]) == 2
    said = capsys.readouterr()
    assert told in said.err and json.loads(said.out)["schema"] == "vasotone.error/1"


def test_a_study_that_is_not_the_format_exits_with_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text_of("aya2016").replace("seed", "sead"))
    assert cli.main(["trial", str(path)]) == 2
    assert "wrong.toml: cohort" in capsys.readouterr().err


def test_a_study_comes_through_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import io
    import sys

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text_of("aya2016").encode())))
    assert cli.main(["trial", "-", "--n", "20", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["studies"][0]["id"] == "aya2016"


class Marks(HTMLParser):
    """Counts the elements of a picture, and what loads something from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.classes: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.classes += [value for key, value in attrs if key == "class" and value]
        self.loads += [key for key, _ in attrs if key in ("href", "src", "xlink:href", "onload")] + (
            [tag] if tag == "script" else []
        )


def test_the_forest_shows_each_entry_and_loads_nothing() -> None:
    record = cli_trial.to_dict([run(text_of("monnet2011")), run(text_of("maas2013"))], "twin-x")
    rows = [row for one in record["studies"] for row in one["scores"]]
    picture = forest.picture(record)
    marks = Marks()
    marks.feed(picture)
    assert marks.loads == [] and picture.count("<svg") == 1
    modelled = [row for row in rows if row["modelled"]]
    drawn = marks.classes.count("in") + marks.classes.count("out") + marks.classes.count("far") - 2  # less the key
    assert drawn == len(modelled)
    assert marks.classes.count("in") - 1 == sum(row["pass"] for row in modelled)
    assert picture.count("not modelled") == len(rows) - len(modelled)
    for row in rows:
        assert row["id"] in picture


def test_the_forest_escapes_and_holds_odd_numbers() -> None:
    record = cli_trial.to_dict([run(text_of("aya2016"))], "twin-x")
    one = record["studies"][0]
    one["title"], one["id"] = '<script>"&', "a<b"
    one["scores"][0]["simulated"] = None
    one["scores"][1]["simulated"] = 1e12
    picture = forest.picture(record)
    assert "<script>" not in picture and "a&lt;b" in picture and "no value" in picture


def test_numbers_of_a_record_are_finite_or_absent() -> None:
    assert cli_trial.number(math.nan) is None and cli_trial.number(math.inf) is None
    assert cli_trial.number([1.23456789, math.nan]) == [1.23457, None]
