#!/bin/sh
# Makes the agent's virtual environment from the lock: all dependencies, not yet
# the agent, so that another agent of the same dependencies reuses this layer.
# usage: python.sh LOCK BUILD-LOCK
set -eu
export UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_PROGRESS=1 UV_BUILD_CONSTRAINT="$2"
uv venv --quiet --python /usr/bin/python3 --prompt hermes /opt/hermes/.venv
uv pip install --python /opt/hermes/.venv --require-hashes -r "$1"
rm -f /opt/hermes/.venv/.lock

# The tree is immutable at run time, so Python cannot cache what it compiles
# then: without this each start of the agent takes three times as long. Hashes
# instead of times, so that a derived image may patch a source file.
cd /opt/hermes/.venv/lib/python3*/site-packages
find . -type d \( -name tests -o -name test -o -name SelfTest \) -prune -exec rm -rf {} +
PYTHONHASHSEED=0 /opt/hermes/.venv/bin/python -m compileall -q -j 0 --invalidation-mode checked-hash .
