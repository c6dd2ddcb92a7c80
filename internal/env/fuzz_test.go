package env

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"caduceus/internal/clause"
)

// Boot scripts, and who replaces the directory, choose names and content of its files.
func FuzzEnvironmentDirectory(f *testing.F) {
	clause.Proves(f, "ENV-01", "SUP-63")
	f.Add("HERMES_HOME", "/opt/data\n", "PATH=/bin")
	f.Add("A", "", "A=1")
	f.Add(".hidden", "x", "")
	f.Add("A=B", "x\x00y\n\n", "A=B=C")
	f.Fuzz(func(t *testing.T, name, content, entry string) {
		dir := t.TempDir()
		file := name != "" && !strings.ContainsAny(name, "/\x00") && len(name) < 256 && name != "." && name != ".."
		if file {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
				t.Skip(err)
			}
		}
		vars, err := Read(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		if want := file && named(name); (len(vars) == 1) != want {
			t.Fatalf("file %q gives %+v", name, vars)
		}
		environ := Apply(Environ{entry}, vars)
		for _, e := range environ {
			if strings.ContainsRune(e, 0) && !strings.ContainsRune(entry, 0) {
				t.Errorf("%q with %q gives %q, which no program can be given", name, content, e)
			}
		}
		if len(vars) == 0 {
			return
		}
		value, ok := environ.Lookup(name)
		if vars[0].Unset == ok || ok && value != vars[0].Value {
			t.Errorf("%q with %q gives %q, %t", name, content, value, ok)
		}
		if vars[0].Unset || strings.ContainsRune(content, 0) {
			return
		}
		if _, err := Write(dir, Environ{name + "=" + value}); err != nil {
			t.Fatal(err)
		}
		if again, err := Read(dir, ""); err != nil || len(again) != 1 || again[0].Value != value {
			t.Errorf("wrote %q, read %+v, %v", value, again, err)
		}
	})
}
