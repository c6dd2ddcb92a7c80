#!/bin/bash
# Runs one gate and keeps what it leaves, whatever becomes of it: gate.sh NAME COMMAND...
# $RESULTS/NAME (/results), a volume of the engine, then has log.txt, JUnit files, lists of
# proved clauses, the evidence of failed checks, started and exit-code. What an earlier run left there
# goes first, so nothing old is taken for new. Ends with the command's exit code.
set -uo pipefail
keep=${RESULTS:-/results}/$1
shift
rm -rf "$keep" .cache/results && mkdir -p "$keep/evidence" || exit 125
date -u +%Y-%m-%dT%H:%M:%SZ >"$keep/started" # of a gate that cannot start, the last results stay
"$@" 2>&1 | tee "$keep/log.txt"
code=${PIPESTATUS[0]}
for report in .cache/results/*; do
    [ ! -e "$report" ] || cp "$report" "$keep/"
done
for left in tests/docker/artifacts/* "${TMPDIR:-/tmp}/dockerd.log"; do
    [ ! -e "$left" ] || cp -a "$left" "$keep/evidence/"
done
echo "$code" >"$keep/exit-code"
exit "$code"
