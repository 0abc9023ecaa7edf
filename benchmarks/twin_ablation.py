"""The packaged studies on a twin that lacks one mechanism, all else as calibrated: what each mechanism carries.

    python benchmarks/twin_ablation.py [--n 500]

Nothing is fitted anew, so a row shows what the mechanism does in this model, not that no other model could do it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from vasotone.facts_physiology import Physiology, physiology  # noqa: E402
from vasotone.twin import study, trial  # noqa: E402

STUDIES = ROOT / "vasotone" / "data" / "studies"
ALIKE = 0.0001  # of a heart's answer to volume beyond its curve: all hearts then saturate alike
ROWS: dict[str, dict[str, float]] = {
    "as calibrated": {},
    "no strain of the right ventricle": {"rv_afterload": 0.0},
    "weak left ventricle tires with pressure, in its place": {"rv_afterload": 0.0, "weak_heart": 3.0},
    "hearts all saturate alike": {"edpvr_linear": ALIKE},
    "no reflex": {"reflex_gain": 0.0, "reflex_gain.septic": 0.0},
    "no force": {"e_e": 0.0},
    "no effect on veins' volume": {"e_v": 0.0, "e_c": 0.0},
    "arterioles alone": {"e_v": 0.0, "e_c": 0.0, "e_e": 0.0, "e_rv": 0.0},
}


def totals(parameters: Physiology, n: int | None) -> trial.Totals:
    """All packaged studies with these parameters."""
    found = [study.read(str(path)) for path in sorted(STUDIES.glob("*.toml"))]
    return trial.totals([trial.run(one, n=n, parameters=parameters) for one in found])


def main() -> None:
    """Print the table."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--n", type=int, default=None, help="virtual patients for each study")
    n = reader.parse_args().n
    whole = physiology()
    print("| twin | weight inside | critical entries missed | significant signs reversed |\n|---|---|---|---|")
    for name, changed in ROWS.items():
        sum_ = totals(whole.replaced(changed) if changed else whole, n)
        counts = f"{100 * sum_.share:.1f} % | {len(sum_.critical_missed)} | {len(sum_.reversed)}"
        print(f"| {name} | {counts} |", flush=True)


if __name__ == "__main__":
    main()
