package scan

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"caduceus/internal/clause"
)

// Whoever fills the scandir takes no more descriptors and time than a full one does. What a scan did
// not get to then is not taken for gone.
func TestAFloodOfDirectories(t *testing.T) {
	clause.Proves(t, "SUP-51", "SUP-89")
	r := newRig(t)
	for i := range r.scandir.maxLook() + 10 {
		if err := os.Mkdir(filepath.Join(r.path, fmt.Sprintf("a%05d", i)), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	r.scandir.mu.Lock()
	all, complete := r.scandir.look()
	r.scandir.mu.Unlock()
	for _, f := range all {
		_ = f.dir.Close()
	}
	if len(all) != r.scandir.maxLook() || complete {
		t.Errorf("looked at %d directories, complete %v", len(all), complete)
	}
	if !strings.Contains(r.said(), "looked at 2000 directories") {
		t.Error("nobody is told")
	}
}
