#!/bin/bash
# Runs hermes-verify and leaves its reports in a folder; the step of action.yml, and of any other CI.
# usage: IMAGE=my-hermes:latest VERIFIER=hermes-verify:1.0 REPORT=out [TIER=core] verify.sh
set -uo pipefail

: "${IMAGE:?names the image to verify}" "${VERIFIER:?names the image or the program of hermes-verify}" "${REPORT:?names the folder for reports}"
mkdir -p "$REPORT" || exit 2
flags=(--tier "${TIER:-core}" --json "$REPORT/report.json" --junit "$REPORT/junit.xml" --sarif "$REPORT/report.sarif" --evidence "$REPORT/evidence")

if [ -x "$VERIFIER" ]; then
    "$VERIFIER" "${flags[@]}" "$IMAGE"
    code=$?
else
    # The container's user is root, for the socket: what it writes is given back.
    docker run --rm -v /var/run/docker.sock:/var/run/docker.sock -v "$PWD:/work" "$VERIFIER" "${flags[@]}" "$IMAGE"
    code=$?
    [ "$(id -u)" = 0 ] || sudo chown -R "$(id -u):$(id -g)" "$REPORT" || true
fi
[ -z "${GITHUB_OUTPUT:-}" ] || echo "code=$code" >>"$GITHUB_OUTPUT"
exit "$code"
