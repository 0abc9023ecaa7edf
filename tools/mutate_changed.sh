#!/bin/sh
# Slips in the functions of the core that changed since a commit: the last tag, or else COMMITS commits back (20). Says
# which of them no test notices, that nothing changed, or that the time (SECONDS_AT_MOST, 300) was not enough.
# tools/mutate_changed.sh [since]; nothing of the checkout is written.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON_TEST:-.venv-test/bin/python}
since=${1:-$(git describe --tags --abbrev=0 2>/dev/null || true)}
if test -z "$since"; then
    # A checkout without history has nothing to compare with, and must not pass for one where nothing changed.
    since=$(git rev-parse --verify --quiet "HEAD~${COMMITS:-20}" || git rev-list --max-parents=0 HEAD | tail -n 1)
fi
git rev-parse --verify --quiet "$since^{commit}" >/dev/null || {
    echo "there is no commit $since here to compare with" >&2
    exit 2
}
echo "slips in functions that changed since $(git rev-parse --short "$since")"
exec "$python" -m tests.datamut.code_mutants --since "$since" --seconds "${SECONDS_AT_MOST:-300}" \
    --jobs "${JOBS:-2}" --min "${MIN:-0.97}"
