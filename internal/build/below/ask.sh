#!/bin/sh
# Asks an image and the registries, in a container of it as root: Script of package below.
# usage: ask.sh DEBIAN-PACKAGES NPM-PACKAGES PYPI-PACKAGES, each a list with blanks
set -eu
apt-get -qq update
echo "== sqlite $(sqlite3 --version | cut -d' ' -f1)"
cd "$(mktemp -d)"
installed=
for package in $1; do # slim lacks some
	if dpkg-query -W "$package" >/dev/null 2>&1; then
		installed="$installed $package"
	fi
done
# shellcheck disable=SC2086 # a list
apt-get -qq download $installed >/dev/null 2>&1
for package in $installed; do
	echo "== deb $package $(dpkg-query -W -f '${Version}' "$package") $(dpkg-deb -f "$package"_*.deb Version)"
	# One that has another package's documentation has no changelog here.
	dpkg-deb --fsys-tarfile "$package"_*.deb | tar -xO "./usr/share/doc/$package/changelog.Debian.gz" 2>/dev/null |
		gzip -dc 2>/dev/null | head -n 600 || true
done
for package in $2; do
	echo "== npm $package $(npm view "$package" version)"
done
for package in $3; do
	echo "== pypi $package $(echo "$package" | uv pip compile --quiet --no-deps --no-header --no-annotate - | sed 's/.*==//')"
done
