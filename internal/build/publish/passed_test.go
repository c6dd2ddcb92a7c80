package publish

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPassedTestsAreRecorded(t *testing.T) {
	dir := t.TempDir()
	if got, err := Passes(dir); err != nil || got != nil {
		t.Fatalf("an absent record is %v, %v", got, err)
	}
	p := Pass{Image: imageID, Revision: revision, Tests: 7, At: time.Unix(1, 0).UTC()}
	for range 2 { // the same again is one entry
		if err := Record(dir, p); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Passes(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Pass{p}, got); diff != "" {
		t.Error(diff)
	}
}

func TestOnlyTheNewestPassesAreKept(t *testing.T) {
	dir := t.TempDir()
	for i := range keptPasses + 3 {
		if err := Record(dir, Pass{Image: fmt.Sprint(i), Revision: revision}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Passes(dir)
	if err != nil || len(got) != keptPasses || got[0].Image != "3" {
		t.Errorf("kept %d, the first is %v, %v", len(got), got, err)
	}
}

func TestPassesRefusesADamagedRecord(t *testing.T) {
	for name, text := range map[string]string{"half a file": `{"schema":`, "another schema": `{"schema":"x/v9"}`} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, passedFile), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := Passes(dir); err == nil || !strings.Contains(err.Error(), "delete it and test again") {
				t.Errorf("want a bad record refused with its fix, got %v", err)
			}
			if err := Record(dir, Pass{}); err == nil {
				t.Error("a damaged record was overwritten")
			}
		})
	}
}
