package killmatrix_test

import (
	"strings"
	"testing"
	"time"

	"caduceus/internal/killmatrix"
)

type attr map[string]string

func (a attr) Attr(key, value string) { a[key] = value }

func TestAMutantIsReadAsItWasRecorded(t *testing.T) {
	want := killmatrix.Mutant{Of: "front", Fault: "a \"quoted\" word", Sees: "a check", Names: "GW-01"}
	got := attr{}
	killmatrix.Record(got, want)
	if m, err := killmatrix.Parse(got[killmatrix.Key]); err != nil || m != want {
		t.Errorf("got %+v, %v", m, err)
	}
	if _, err := killmatrix.Parse("{"); err == nil {
		t.Error("half a mutant was read")
	}
}

func TestTheTableNamesWhoSurvived(t *testing.T) {
	var out strings.Builder
	err := killmatrix.Write(&out, []killmatrix.Row{
		{Mutant: killmatrix.Mutant{Of: "init", Fault: "one", Sees: "a check", Names: "SUP-01"}, Killed: true, Took: 2 * time.Second},
		{Mutant: killmatrix.Mutant{Of: "image", Fault: "another", Sees: "no check", Names: "IMG-01"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"killed    SUP-01  2s    a check", "SURVIVED  IMG-01  0s    no check", "1 of 2 mutants killed"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}
