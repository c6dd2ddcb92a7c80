#!/bin/sh
# What the system has beside its packages: the runtime user, the directories
# that init and agent expect, and the s6 programs under /command.
set -eu
umask 022

groupadd --gid 10000 hermes
useradd --uid 10000 --gid 10000 --home-dir /opt/data --no-create-home --shell /bin/bash \
	--comment 'Hermes Agent' hermes
rm -f /etc/passwd- /etc/group- /etc/shadow- /etc/gshadow- /etc/subuid- /etc/subgid-
install -d -m 0755 /opt/hermes
install -d -m 0755 -o hermes -g hermes /opt/data

# Accounts that /etc/passwd cannot have, as it cannot be written, lie in /run/hermes:
# programs find them there, behind those of /etc (WHO-04).
sed -i -E 's/^(passwd|group):( +)files$/\1:\2files cache/' /etc/nsswitch.conf
grep -c ' files cache$' /etc/nsswitch.conf | grep -qx 2
ln -s /run/hermes/passwd /etc/passwd.cache
ln -s /run/hermes/group /etc/group.cache

# A container started with --user has to make its scandir here without root.
chmod 01777 /run

# s6-overlay's places: the agent looks for the directory and calls the programs
# by absolute path. Those that need no supervision tree of Debian's are its own;
# the four that know about this image are applets of /init.
install -d -m 0755 /command /package/admin/s6-overlay
for program in $(dpkg -L s6 execline | sed -n 's|^/usr/bin/||p'); do
	ln -s "/usr/bin/$program" "/command/$program"
done
for applet in s6-svstat s6-sleep with-contenv printcontenv; do
	ln -sf /init "/command/$applet"
done
