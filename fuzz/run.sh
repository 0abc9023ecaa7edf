#!/bin/sh
# Coverage-guided fuzzing of every door: fuzz/run.sh SECONDS [TARGET...], two targets at a time (JOBS=1 for one).
# New inputs and crashes go to out/fuzz/; exit code 1 where a target crashed, with the input that did it.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-30}
test $# -gt 0 && shift
targets=${*:-plain fhir clif condition dose lint}
python=${PYTHON:-.venv-fuzz/bin/python}
out=${OUT:-out/fuzz}
mkdir -p "$out/cache" && chmod 700 "$out/cache"
VASOTONE_CACHE=$(cd "$out/cache" && pwd)
export VASOTONE_CACHE
# DuckDB reads a folder anew for every input of clif
memory() { if test "$1" = clif; then echo 1500; else echo 500; fi; }
one() {
    mkdir -p "$out/found/$1" "$out/crash"
    "$python" "fuzz/fuzz_$1.py" -max_total_time="$seconds" -timeout=20 -rss_limit_mb="$(memory "$1")" -max_len=6000 \
        -dict="fuzz/dictionaries/$1.dict" -artifact_prefix="$out/crash/$1-" -print_final_stats=1 \
        "$out/found/$1" "fuzz/corpus/$1" >"$out/$1.txt" 2>&1 && failed=0 || failed=$?
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$out/$1.txt")
    seen=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$out/$1.txt" | tail -n 1)
    if test "$failed" -eq 0; then
        echo "fuzz: $1: ${runs:-0} inputs, ${seen:-0} edges, no crash"
    else
        echo "fuzz: $1: CRASH after ${runs:-?} inputs; its input is in $out/crash/, its trace:"
        grep -av '^INFO: Instrumenting\|^#' "$out/$1.txt" | tail -n 40
        echo "$1" >>"$out/crashed"
    fi
}
rm -f "$out/crashed"
running=0
for target in $targets; do
    one "$target" &
    running=$((running + 1))
    if test "$running" -ge "${JOBS:-2}"; then
        wait
        running=0
    fi
done
wait
test ! -f "$out/crashed"
