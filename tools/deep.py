"""The long runs, in parts of at most ten minutes: `make deep` for all, `make deep RUN="oracle-grid fuzz/3"` for some.

    python tools/deep.py [NAME | NAME/PART ...]   run, and keep what each part came to
    python tools/deep.py --list                   the parts, with when each ran last
    python tools/deep.py --page                   write RELIABILITY.md from what was kept

What parts there are stands in deep.toml, what they came to in deep-runs.json, the goals in tests/figures.toml.
Exit code 0: every part that ran ended well; 1: one did not; 2: usage.
"""

from __future__ import annotations

import datetime
import json
import os
import platform
import re
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PLAN = ROOT / "tools" / "deep.toml"
KEPT = ROOT / "tools" / "deep-runs.json"
MOST_SECONDS = 600
Record = dict[str, Any]


def plan() -> dict[str, Record]:
    """The long runs by name."""
    return dict(tomllib.loads(PLAN.read_text("utf-8")))


def kept() -> Record:
    """What each part came to when it ran last, by `name/part`."""
    return dict(json.loads(KEPT.read_text("utf-8"))) if KEPT.exists() else {}


def machine() -> str:
    """The processor and the interpreter, in words."""
    cores, model = os.cpu_count(), platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists() and (found := re.search(r"model name\s*: (.*)", info.read_text("utf-8"))):
        model = found.group(1).strip()
    return f"{cores} cores, {model}, Python {platform.python_version()}"


def commit() -> str:
    """The commit that was run, marked where files differed from it."""
    told = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True)
    return told.stdout.strip() or "unknown"


def command(one: Record, part: int) -> str:
    """The command of a part."""
    each = one.get("each", [""])
    return str(one["command"]).format(
        python=sys.executable,
        fuzz=os.environ.get("FUZZ_PYTHON", ".venv-fuzz/bin/python"),
        part=part, parts=one["parts"], each=each[(part - 1) % len(each)],
    )  # fmt: skip


def figures(one: Record, text: str) -> tuple[int, int]:
    """What was counted in the output of a part: so many of so many."""
    hits = of = 0
    for found in re.finditer(one["reads"], text):
        groups = found.groupdict()
        found_hits = int((groups.get("hits") or "0").replace(",", ""))
        all_of = groups["of"] if "of" in groups else str(found_hits + int(groups["rest"]))
        hits, of = hits + found_hits, of + int(all_of.replace(",", ""))
    return hits, of


def run(name: str, one: Record, part: int) -> bool:
    """Run one part within its time, show what it prints, and keep what it came to; whether it ended well."""
    line = command(one, part)
    began = datetime.datetime.now(datetime.UTC)
    print(f"-- {name}/{part} of {one['parts']}: {line}", flush=True)
    env = {**os.environ, **one.get("environment", {}), "PYTHONPATH": str(ROOT)}
    child = subprocess.Popen(
        ["sh", "-c", line], cwd=ROOT, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True,
    )  # fmt: skip
    try:
        text, _ = child.communicate(timeout=MOST_SECONDS)
        ended = "well" if child.returncode == 0 else f"with {child.returncode}"
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        text, _ = child.communicate()
        ended = f"cut off after {MOST_SECONDS} s"
    seconds = round((datetime.datetime.now(datetime.UTC) - began).total_seconds())
    print(text[-4000:], f"-- {name}/{part} ended {ended} after {seconds} s", sep="\n", flush=True)
    hits, of = figures(one, text)
    shown = line.replace(sys.executable, "python").replace(str(ROOT) + "/", "")
    fuzzer = ".venv-fuzz/bin/python"  # wherever it lies on this machine
    shown = shown.replace(os.environ.get("FUZZ_PYTHON", fuzzer), fuzzer)
    record = {"date": began.date().isoformat(), "commit": commit(), "machine": machine(), "command": shown}
    everything = kept() | {f"{name}/{part}": record | {"seconds": seconds, "ended": ended, "hits": hits, "of": of}}
    KEPT.write_text(json.dumps(dict(sorted(everything.items())), indent=1) + "\n", "utf-8")
    write_page()  # a part that runs the tests finds it current
    return ended == "well"


def write_page() -> None:
    """Write RELIABILITY.md from what was kept."""
    sys.path.insert(0, str(ROOT / "tools"))
    import reliability_page

    reliability_page.write()


def chosen(words: list[str]) -> list[tuple[str, int]]:
    """The parts that are meant by names and `name/part`; all where nothing is named."""
    runs = plan()
    found = []
    for word in words or list(runs):
        name, _, part = word.partition("/")
        if name not in runs or (part and not (part.isdigit() and 1 <= int(part) <= runs[name]["parts"])):
            sys.exit(f"deep: {word!r} is none of the long runs; there are: "
                     + ", ".join(f"{key} (1 to {one['parts']})" for key, one in runs.items()))  # fmt: skip
        found += [(name, int(part))] if part else [(name, each) for each in range(1, runs[name]["parts"] + 1)]
    return found


def main(words: list[str]) -> int:
    """The command."""
    runs = plan()
    if words == ["--list"]:
        last = kept()
        for name, part in chosen([]):
            one = last.get(f"{name}/{part}")
            print(
                f"{name}/{part}",
                f"{one['date']} {one['ended']}, {one['seconds']} s" if one else "never ran",
                sep="\t",
            )
        return 0
    if words == ["--page"]:
        write_page()
        return 0
    results = [run(name, runs[name], part) for name, part in chosen(words)]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
