#!/bin/sh
# Installs Debian packages and leaves nothing of apt's own behind: no lists, no
# archives, no logs, which would also differ from one build to the next. No
# program keeps a setuid or setgid bit: nothing in the image needs one. dpkg is told,
# so that it stays so when a derived image upgrades the package.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get -q update
apt-get -q install -y --no-install-recommends "$@"
find / -xdev -type f -perm /6000 | LC_ALL=C sort | while read -r program; do
	dpkg-statoverride --force-statoverride-add --update --add root root 0755 "$program"
done
apt-get clean
rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/debconf/*-old /var/lib/dpkg/*-old \
	/var/cache/ldconfig/aux-cache /var/log/apt /var/log/dpkg.log /var/log/alternatives.log /run/adduser
