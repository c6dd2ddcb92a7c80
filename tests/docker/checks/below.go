package checks

import (
	"context"

	"caduceus/tests/docker/harness"
)

// Checks of what lies below the agent, which mutants name.
const (
	SQLiteCheck  = "every Python and the sqlite3 shell have an SQLite that loses no data, with full-text search"
	UpgradeCheck = "packages of Debian do not bring their SQLite back in a derived image"
)

// sqliteScript asks every way to SQLite for its release and its tokenizer, and wants all of them to lead to one library.
const sqliteScript = `set -e
for python in python3 /usr/bin/python3 /opt/hermes/.venv/bin/python; do
  $python -c '
import sqlite3
assert sqlite3.sqlite_version_info >= (3, 51, 3), sqlite3.sqlite_version
db = sqlite3.connect(":memory:")
db.execute("CREATE VIRTUAL TABLE t USING fts5(text, tokenize=trigram)")
db.execute("INSERT INTO t VALUES (?)", ("caduceus",))
assert db.execute("SELECT count(*) FROM t(?)", ("duce",)).fetchone() == (1,)'
done
for shell in sqlite3 /usr/bin/sqlite3 /usr/local/bin/sqlite3; do
  $shell :memory: "SELECT CASE WHEN sqlite_version() = '$(python3 -c "import sqlite3; print(sqlite3.sqlite_version)")' THEN 'same' ELSE sqlite_version() END" | grep -x same
  $shell :memory: "CREATE VIRTUAL TABLE t USING fts5(text, tokenize=trigram)"
done
find / -xdev -path /usr/lib/sqlite3-of-debian -prune -o -name 'libsqlite3.so*' -print 2>/dev/null | xargs realpath -e | sort -u | tee /tmp/libraries
test "$(wc -l </tmp/libraries)" = 1`

// belowChecks look at what lies below the agent.
// contract: BELOW-01 BELOW-02 BELOW-03
func belowChecks() []Check {
	return append(scripts(idle(), belowScripts()),
		Check{
			Name: UpgradeCheck, Clauses: []string{"BELOW-02"},
			Doc: "docker build of FROM IMG with an upgrade, Debian's SQLite packages installed, again where they were; needs Debian's mirror",
			Run: func(ctx context.Context, s *harness.Subject) error {
				image, err := s.Derive(ctx, `USER root
RUN apt-get -q update && apt-get -qy upgrade && apt-get -qy install --reinstall libsqlite3-0 && \
    apt-get -qy install --no-install-recommends sqlite3 libsqlite3-dev && ldconfig`)
				if err != nil {
					return err
				}
				code, out, errs, err := run(ctx, s, harness.Spec{Image: image, Cmd: []string{"sh", "-c", sqliteScript}})
				if err == nil && code != 0 {
					err = violates("BELOW-02", "exit code %d and:\n%s%s", code, out, errs)
				}
				return err
			},
		},
		Check{
			Name: "container doctor names an SQLite that loses data", Clauses: []string{"BELOW-03"},
			Doc: "gives the library the version of an old release, and asks the doctor",
			Run: func(ctx context.Context, s *harness.Subject) error {
				c, err := startIdle(ctx, s, harness.Spec{})
				if err != nil {
					return err
				}
				return broken("BELOW-03", diagnose(ctx, c, []fault{{seed: oldRelease, object: "SQLite", cause: `3\.46\.1.*corrupt`}}))
			},
		},
	)
}

// oldRelease makes the image's library say that it is of an old release.
const oldRelease = `python3 -c '
import glob, os, sqlite3
version = sqlite3.sqlite_version.encode()
path, = glob.glob("/usr/local/lib/*/libsqlite3.so.0")
with open(path, "rb") as f:
    old = f.read().replace(version + b"\0", b"3.46.1".ljust(len(version), b"\0") + b"\0")
with open(path + ".old", "wb") as f:
    f.write(old)
os.chmod(path + ".old", 0o755)
os.rename(path + ".old", path)'`

func belowScripts() []scripted {
	const version = `hermes container version | awk '$1 == "SQLite" { print $2 }'`
	return []scripted{
		{clause: "BELOW-01", name: SQLiteCheck, script: sqliteScript},
		{
			clause: "BELOW-03", name: "container version names SQLite and the other parts",
			script: `set -e; hermes container version; test "$(` + version + `)" = "$(python3 -c 'import sqlite3; print(sqlite3.sqlite_version)')"`,
			match:  `(?s)^image +\S+ \((?:full|slim), revision \S+\)\ninit +\S+\ncontract +\d+\nhermes-agent +\d+\.\S+\nDebian +13\.\d+\nPython +3\.\S+\nSQLite +3\.\S+\nNode +\d+\.\S+\n$`,
		},
		{
			clause: "BELOW-03", name: "container version --json tells image, agent, init and contract", script: `hermes container version --json`,
			match: `^\{"schema":"caduceus\.version/v1","image":"[^"]+","revision":"[^"]+","variant":"(?:full|slim)","agent":"\d[^"]*","init":"[^"]+","contract":\d+,"parts":\[`,
		},
		{
			clause: "BELOW-03", name: "container version runs nothing of the container's environment, also as root", user: "0",
			script: `set -e; cd /tmp; echo 'raise SystemExit("executed")' >sqlite3.py; cp sqlite3.py platform.py
LD_PRELOAD=/tmp/none.so PYTHONPATH=/tmp PYTHONSTARTUP=/tmp/sqlite3.py /opt/hermes/bin/hermes container version; rm sqlite3.py platform.py`,
			match: `SQLite +3\.`,
		},
	}
}
