#!/bin/sh
# Makes the environment of each peer under .bench/ where it is not there yet, then runs all benchmarks.
# Takes what benchmarks/run.py takes.
set -eu
cd "$(dirname "$0")/.."
for file in requirements/bench-*.txt; do
    peer=${file#requirements/bench-}
    peer=${peer%.txt}
    sum=$(cksum <"$file" | cut -d' ' -f1)
    test -f ".bench/$peer/stamp-$sum" && continue
    rm -rf ".bench/$peer"
    # A peer that cannot be installed is left out; what was measured without it is still printed.
    if "$PYTHON" -m venv ".bench/$peer" &&
        ".bench/$peer/bin/python" -m pip --disable-pip-version-check --quiet \
            install --require-hashes --no-deps --only-binary :all: -r "$file"; then
        touch ".bench/$peer/stamp-$sum"
    else
        echo "$peer could not be installed" >&2
        rm -rf ".bench/$peer"
    fi
done
exec .venv-test/bin/python benchmarks/run.py "$@"
