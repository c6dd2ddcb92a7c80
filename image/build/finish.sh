#!/bin/sh
# Keeps Debian's SQLite out of the way of the image's own, also when a derived image upgrades or installs Debian's
# packages (BELOW-02). Then writes down what only the finished variant knows: which of its programs have
# the name of an agent's subcommand (CMD-04), which variables hold the keys of the
# agent's model providers (STATUS-07), and the image's own environment, so that its
# defaults are not taken for variables of "docker run -e" (ENV-05). Only names that
# the Dockerfile sets: an engine's proxy settings stay out. And what the labels say of
# the image, which a container cannot see (BELOW-03). Argument: the variant.
set -eu
umask 022
for file in /usr/lib/*/libsqlite3.so.0 /usr/lib/*/libsqlite3.so.0.8.6 /usr/bin/sqlite3; do
	dpkg-divert --quiet --local --no-rename --divert "/usr/lib/sqlite3-of-debian/${file##*/}" --add "$file"
done
ldconfig
rm -f /var/cache/ldconfig/aux-cache /var/lib/dpkg/*-old
cd /opt/hermes
hermes container programs <docker/subcommands >docker/subcommand-programs
HOME=/tmp/home HERMES_HOME=/tmp/home .venv/bin/python -c '
from hermes_cli.auth import PROVIDER_REGISTRY
names = {"OPENROUTER_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL"}
for provider in PROVIDER_REGISTRY.values():
    names.update(provider.api_key_env_vars)
print(*sorted(names), sep="\n")
' >docker/provider-variables
rm -rf /tmp/home
env | grep -E '^(PATH|LANG|(AGENT_BROWSER|HERMES|NODE|PLAYWRIGHT|PYTHON|UV|npm_config)[A-Za-z_]*)=' | sort >libexec/image.env

# What the sealed environment has: pip installs nothing on the volume that wants another release of it (TOOL-18).
/usr/local/bin/uv pip freeze --python .venv/bin/python3 --exclude-editable --no-cache 2>/dev/null >libexec/python-packages.txt
test -s libexec/python-packages.txt

printf 'version=%s\nrevision=%s\nvariant=%s\n' "$VERSION" "$REVISION" "$1" >libexec/image.version
