// Package killmatrix is the table of faults that were put in on purpose: which check had to see each, and
// whether it did.
//
// A test of a mutant says what it is with Record; the build reads that from the events of "go test -json",
// takes the outcome from how the test ended, and prints the table.
package killmatrix

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// Key is the attribute of a test that holds a mutant.
const Key = "mutant"

// Mutant is a fault that was put in on purpose.
type Mutant struct {
	Of    string `json:"of"`    // what has the fault: "image", "front", "init", "verifier"
	Fault string `json:"fault"` // "a boot that touches a file"
	Sees  string `json:"sees"`  // the check that has to see it
	Names string `json:"names"` // what it has to name: a clause, or an exit code
}

// Row is a mutant and what became of it.
type Row struct {
	Mutant
	Killed bool
	Took   time.Duration
}

// attributes is the part of testing.TB that Record needs.
type attributes interface {
	Attr(key, value string)
}

// Record says which mutant a test is of. The test passes if the mutant was killed.
func Record(tb attributes, m Mutant) {
	text, err := json.Marshal(m)
	if err != nil {
		panic(err) // a struct of strings
	}
	tb.Attr(Key, string(text))
}

// Parse reads the value of an attribute that Record set.
func Parse(value string) (Mutant, error) {
	var m Mutant
	if err := json.Unmarshal([]byte(value), &m); err != nil {
		return Mutant{}, fmt.Errorf("cannot read the mutant %q: %w", value, err)
	}
	return m, nil
}

// Write writes the table and its sum.
func Write(w io.Writer, rows []Row) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "of\tfault\t\tnames\ttook\tseen by")
	killed := 0
	for _, r := range rows {
		outcome := "SURVIVED"
		if r.Killed {
			outcome = "killed"
			killed++
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%.0fs\t%s\n", r.Of, r.Fault, outcome, r.Names, r.Took.Seconds(), r.Sees)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "%d of %d mutants killed\n", killed, len(rows))
	return err
}
