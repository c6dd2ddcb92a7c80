# A login shell rebuilds PATH; put the image's programs first again.
PATH="/opt/hermes/bin:/opt/hermes/.venv/bin:${HERMES_HOME:-/opt/data}/.local/bin:$PATH"
export PATH
