package pipeline

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestAHermesVerifyOfTooManyBytesIsRefused(t *testing.T) {
	if err := withinBudget("x", verifierBudget); err != nil {
		t.Error(err)
	}
	if err := withinBudget("x", verifierBudget+1); err == nil || !strings.Contains(err.Error(), "1 more than its budget") {
		t.Error(err)
	}
}

func TestBytesThatDifferAreNotTheSameTwice(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	a := file("a", "abc")
	size, digest, err := sameFiles(a, file("b", "abc"))
	if err != nil || size != 3 || digest != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Errorf("%d bytes, sha256:%s, %v", size, digest, err)
	}
	if _, _, err := sameFiles(a, file("c", "abd")); err == nil {
		t.Error("files that differ are the same")
	}
}

func TestAProgramOfAnotherPlatformIsNamed(t *testing.T) {
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	other := map[string]string{"amd64": "arm64", "arm64": "amd64"}[runtime.GOARCH]
	for _, p := range []platform{{"linux", other}, {"darwin", "arm64"}} {
		if err := checkProgram(own, p); err == nil {
			t.Errorf("this program is one for %s", p)
		}
	}
}
