# A login shell rebuilds PATH; put the image's programs first again. The volume's come before the system's for
# hermes, who writes them, and last for root.
if [ "$(/usr/bin/id -u)" -eq 0 ]; then
	PATH="/opt/hermes/bin:/opt/hermes/.venv/bin:$PATH:${HERMES_HOME:-/opt/data}/.local/bin"
else
	PATH="/opt/hermes/bin:/opt/hermes/.venv/bin:${HERMES_HOME:-/opt/data}/.local/bin:$PATH"
fi
export PATH
