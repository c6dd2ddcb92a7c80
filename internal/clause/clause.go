package clause

import "testing"

// Key is the attribute of a test that holds a clause's ID.
const Key = "clause"

// Proves says that t proves the clauses of docs/spec with these IDs, if it passes.
func Proves(t testing.TB, ids ...string) {
	t.Helper()
	for _, id := range ids {
		t.Attr(Key, id)
	}
}
