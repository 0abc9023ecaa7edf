#!/bin/sh
# Runs every benchmarks/*.py, with each peer in an environment of its own under .bench/.
set -eu
cd "$(dirname "$0")/.."
for file in requirements/bench-*.txt; do
    peer=${file#requirements/bench-}
    peer=${peer%.txt}
    sum=$(cksum <"$file" | cut -d' ' -f1)
    test -f ".bench/$peer/stamp-$sum" && continue
    rm -rf ".bench/$peer"
    "$PYTHON" -m venv ".bench/$peer"
    ".bench/$peer/bin/python" -m pip --disable-pip-version-check --quiet install --require-hashes --no-deps -r "$file"
    touch ".bench/$peer/stamp-$sum"
done
found=0
for script in benchmarks/*.py; do
    test -f "$script" || continue
    found=1
    echo "== $script"
    .venv-test/bin/python "$script"
done
test "$found" = 1 || { echo "benchmarks/ holds no script yet" >&2; exit 1; }
