#!/bin/sh
# Lets the loader know all libraries, and writes down what only the finished variant knows: which of its programs have
# the name of an agent's subcommand (CMD-04), and the image's own environment, so
# that its defaults are not taken for variables of "docker run -e" (ENV-05). Only
# names that the Dockerfile sets: an engine's proxy settings stay out.
set -eu
umask 022
ldconfig # finds SQLite
rm -f /var/cache/ldconfig/aux-cache
cd /opt/hermes
hermes container programs <docker/subcommands >docker/subcommand-programs
env | grep -E '^(PATH|LANG|(AGENT_BROWSER|HERMES|PLAYWRIGHT|PYTHON|UV|npm_config)[A-Za-z_]*)=' | sort >libexec/image.env
