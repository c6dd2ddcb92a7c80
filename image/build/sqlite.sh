#!/bin/sh
# Compiles SQLite's library and shell in /out/sqlite, with the features of Debian's, and makes them stand where
# Debian's would. finish.sh diverts Debian's own to /usr/lib/sqlite3-of-debian.
# usage: sqlite.sh LOCK
set -eu
umask 022
out=/out/sqlite
mkdir /work
cd /work

# fetch NAME unpacks an npm package of the lock in a directory of its name.
fetch() {
	pinned=$(sed -z 's/\\\n//g' "$lock" | sed -n "s/^$1==\([^ ]*\) *--hash=sha256:\([0-9a-f]*\)\$/\1 \2/p")
	version=${pinned% *}
	npm pack --silent "$1@$version" >/dev/null
	echo "${pinned#* }  $1-$version.tgz" | sha256sum --check --quiet
	mkdir "$1"
	tar -xzf "$1-$version.tgz" -C "$1" --strip-components=1 --no-same-owner
}
lock=$1
fetch better-sqlite3
fetch sqlite3
mkdir shell
tar -xzf sqlite3/deps/sqlite-autoconf-*.tar.gz -C shell --strip-components=1 --no-same-owner
source=better-sqlite3/deps/sqlite3

# Debian's features, and whatever its programs expect of the library.
features='-DSQLITE_ALLOW_ROWID_IN_VIEW -DSQLITE_ENABLE_COLUMN_METADATA -DSQLITE_ENABLE_DBPAGE_VTAB
	-DSQLITE_ENABLE_DBSTAT_VTAB -DSQLITE_ENABLE_FTS3 -DSQLITE_ENABLE_FTS3_PARENTHESIS -DSQLITE_ENABLE_FTS3_TOKENIZER
	-DSQLITE_ENABLE_FTS4 -DSQLITE_ENABLE_FTS5 -DSQLITE_ENABLE_LOAD_EXTENSION -DSQLITE_ENABLE_MATH_FUNCTIONS
	-DSQLITE_ENABLE_PREUPDATE_HOOK -DSQLITE_ENABLE_RTREE -DSQLITE_ENABLE_SESSION -DSQLITE_ENABLE_STMTVTAB
	-DSQLITE_ENABLE_UNLOCK_NOTIFY -DSQLITE_ENABLE_UPDATE_DELETE_LIMIT -DSQLITE_LIKE_DOESNT_MATCH_BLOBS
	-DSQLITE_MAX_DEFAULT_PAGE_SIZE=32768 -DSQLITE_MAX_SCHEMA_RETRY=25 -DSQLITE_MAX_VARIABLE_NUMBER=250000
	-DSQLITE_SECURE_DELETE -DSQLITE_SOUNDEX -DSQLITE_STRICT_SUBTYPE=1 -DSQLITE_THREADSAFE=1 -DSQLITE_USE_URI'
system='-DHAVE_FDATASYNC=1 -DHAVE_GMTIME_R=1 -DHAVE_ISNAN=1 -DHAVE_LOCALTIME_R=1 -DHAVE_STRCHRNUL=1 -DHAVE_USLEEP=1'
flags='-O2 -fno-strict-aliasing -D_FORTIFY_SOURCE=2 -fstack-protector-strong -Wl,-z,relro,-z,now -s'
arch=$(gcc -print-multiarch)
library=$out/usr/local/lib/$arch/libsqlite3.so.0
mkdir -p "$out/usr/local/lib/$arch" "$out/usr/local/bin" "$out/usr/lib/$arch" "$out/usr/bin" "$out/usr/lib/sqlite3-of-debian"
# shellcheck disable=SC2086 # lists of options
gcc $flags $features $system -fPIC -shared -Wl,-soname,libsqlite3.so.0 -o "$library" "$source/sqlite3.c" -lm
# shellcheck disable=SC2086
gcc $flags $features -DUSE_SYSTEM_SQLITE=1 -DSQLITE_HAVE_ZLIB=1 -DHAVE_READLINE=1 -I"$source" \
	-o "$out/usr/local/bin/sqlite3" shell/shell.c "$library" -lm -lreadline -lz

# Whoever looks in Debian's places finds the same files: a program that links against libsqlite3-dev, too.
for name in libsqlite3.so.0 libsqlite3.so.0.8.6; do
	ln -s "../../local/lib/$arch/libsqlite3.so.0" "$out/usr/lib/$arch/$name"
done
ln -s ../local/bin/sqlite3 "$out/usr/bin/sqlite3"
