# A login shell sets PATH anew, without the directories of the image. The volume's programs, which hermes can write, come
# before the system's for hermes and last for root.
if [ "$(/usr/bin/id -u)" -eq 0 ]; then
	PATH="/opt/hermes/bin:/opt/hermes/.venv/bin:$PATH:${HERMES_HOME:-/opt/data}/.local/bin"
else
	PATH="/opt/hermes/bin:/opt/hermes/.venv/bin:${HERMES_HOME:-/opt/data}/.local/bin:$PATH"
fi
export PATH
