#!/bin/sh
# Unpacks the agent as /opt/hermes and installs it editable into the virtual
# environment that is already there. What belongs to the agent ends in /out/agent, the
# dependencies stay where they are.
# usage: agent.sh SOURCE BUILD-LOCK
# SOURCE is a directory with one of: agent.lock (the pinned source distribution
# is fetched, its hash checked), an archive, or a source tree.
set -eu
umask 022
source=$1
home=/opt/hermes
export UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1 UV_BUILD_CONSTRAINT="$2" PIP_DISABLE_PIP_VERSION_CHECK=1

if [ -f "$source/agent.lock" ]; then
	/tools/bin/pip download --quiet --no-cache-dir --no-deps --no-binary :all: --no-build-isolation --require-hashes \
		--dest /tmp/agent -r "$source/agent.lock"
	source=/tmp/agent
fi
if [ ! -f "$source/pyproject.toml" ]; then
	archive=$(find "$source" -maxdepth 1 -type f \( -name '*.tar*' -o -name '*.tgz' -o -name '*.zip' \))
	case $archive in
	'') echo "agent.sh: $1 holds neither pyproject.toml nor an archive" >&2 && exit 1 ;;
	*.zip) python3 -c 'import shutil, sys; shutil.unpack_archive(*sys.argv[1:])' "$archive" /tmp/tree ;;
	*) mkdir /tmp/tree && tar -xf "$archive" -C /tmp/tree --no-same-owner ;;
	esac
	source=$(dirname "$(find /tmp/tree -maxdepth 2 -name pyproject.toml | head -n 1)")
fi

# The tree itself, without tests and version control.
(cd "$source" && tar -cf - --exclude=./tests --exclude='./plugins/*/tests' --exclude=./.git --exclude=./.env --exclude=__pycache__ .) |
	tar -xf - -C "$home" --no-same-owner
uv pip install --python "$home/.venv" --no-cache --no-deps --editable "$home"
uv pip check --python "$home/.venv"

# The TUI is looked for under ui-tui; the source distribution has it built elsewhere.
if [ ! -f "$home/ui-tui/dist/entry.js" ]; then
	mkdir -p "$home/ui-tui/dist"
	mv "$home/hermes_cli/tui_dist/entry.js" "$home/ui-tui/dist/entry.js"
	ln -s ../../ui-tui/dist/entry.js "$home/hermes_cli/tui_dist/entry.js"
	echo '{"type": "module"}' >"$home/ui-tui/dist/package.json"
fi
for needed in LICENSE hermes_cli/web_dist/index.html skills; do
	[ -e "$home/$needed" ] || { echo "agent.sh: the agent's source lacks $needed" >&2 && exit 1; }
done
echo docker >"$home/.install_method"

# The command "hermes" is this image's front; the agent's own stays reachable.
install -d "$home/libexec"
mv "$home/.venv/bin/hermes" "$home/libexec/hermes"
ln -s "$home/bin/hermes" "$home/.venv/bin/hermes"

# Names of the agent's subcommands, for the front (CMD-04).
mkdir -p "$home/docker"
HOME=/tmp/home HERMES_HOME=/tmp/home COLUMNS=10000 "$home/libexec/hermes" --help |
	sed -n '1,/^$/s/.* {\([a-z,-]*\)} .*/\1/p' | tr , '\n' >"$home/docker/subcommands"
[ -s "$home/docker/subcommands" ] || { echo "agent.sh: hermes --help names no subcommands" >&2 && exit 1; }

# As in the environment; skills are copied to the volume, so they stay as they are.
PYTHONHASHSEED=0 "$home/.venv/bin/python" -m compileall -q -j 0 --invalidation-mode checked-hash \
	-x '/\.venv/|/node_modules/|/(optional-)?skills/' "$home"

# Sort out what is new: the tree, and in the environment what the agent's own
# RECORD lists.
install -d "/out/agent$home"
cd "$home"
{
	find . -mindepth 1 -maxdepth 1 ! -name .venv
	find .venv -name 'hermes_agent-*.dist-info'
	(cd .venv/lib/python3*/site-packages && cut -d, -f1 hermes_agent-*.dist-info/RECORD | xargs -d '\n' realpath -s --relative-to="$home" | grep -v dist-info/)
} | sort -u | tar -cf - -T - | tar -xf - -C "/out/agent$home"
rm -f "/out/agent$home/.venv/.lock"
chmod -R a+rX,go-w /out/agent
