package embedded

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"
)

func TestAPackedProgramIsWhole(t *testing.T) {
	program := []byte(strings.Repeat("program", 100_000))
	packed, err := Pack(program)
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, program) {
		t.Errorf("got %d of %d bytes, %v", len(got), len(program), err)
	}
	if again, _ := Pack(program); !bytes.Equal(again, packed) {
		t.Error("packed twice, it is other bytes")
	}
	if _, err := Probe("pdp11"); err == nil || !strings.Contains(err.Error(), "build:verify") {
		t.Errorf("got %v", err)
	}
}
