#!/bin/sh
# Pins every requirements/*.in with hashes. No address is written: where packages come from is the user's setting.
set -eu
cd "$(dirname "$0")/.."
test -x .venv-lock/bin/uv || {
    "$PYTHON" -m venv .venv-lock
    if test -f requirements/lock.txt; then
        .venv-lock/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes --no-deps -r requirements/lock.txt
    else
        .venv-lock/bin/python -m pip --disable-pip-version-check --quiet install uv
    fi
}
pin() { # name [constraint [option]]: the test pins come first, so that demo and build can only repeat them
    .venv-lock/bin/uv --quiet pip compile --universal --python-version 3.11 --generate-hashes --upgrade \
        --no-header --excludes requirements/left-out.in --no-emit-index-url --no-emit-find-links --output-file "requirements/$1.txt" \
        ${2:+--constraints "requirements/$2.txt"} ${3:-} "requirements/$1.in"
    if grep -nE '://|--(extra-)?index|--find-links' "requirements/$1.txt"; then
        echo "requirements/$1.txt: an address was written; remove it" >&2
        exit 1
    fi
}
pin lock
pin test
pin demo test
pin build test
pin fuzz test
pin mutate test
pin demo-data '' --no-deps
for file in requirements/bench-*.in; do
    name=${file#requirements/}
    pin "${name%.in}"
done
