package clause

import "testing"

// Key is the attribute of a test that holds a clause's ID.
const Key = "clause"

// Proves names the clauses of docs/spec that a test proves if it passes.
func Proves(tb testing.TB, ids ...string) {
	tb.Helper()
	for _, id := range ids {
		tb.Attr(Key, id)
	}
}
