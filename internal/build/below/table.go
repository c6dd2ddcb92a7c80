package below

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"time"
)

// File holds the table in the repository.
const File = "image/below.json"

const schema = "caduceus.below/v1"

// Table is what lies below the agent, as it was on a day.
type Table struct {
	Schema string `json:"schema"`
	Day    string `json:"day"` // of the look at the registries: 2006-01-02
	Rows   []Row  `json:"rows"`
}

// Row is one part.
type Row struct {
	Name     string   `json:"name"`
	Use      string   `json:"use"`
	Registry string   `json:"registry"`
	Package  string   `json:"package"`
	Release  string   `json:"release,omitempty"` // what the part calls its version, where its package has another one
	Shipped  string   `json:"shipped"`
	Newest   string   `json:"newest"`
	Fixed    []string `json:"fixed,omitempty"` // CVEs
}

// Make joins the answers with the versions that the locks of the repository pin. An image that lacks a package has no row
// of it.
func Make(tree fs.FS, a Answers, day time.Time) (Table, error) {
	locked, err := Locked(tree)
	if err != nil {
		return Table{}, err
	}
	table := Table{Schema: schema, Day: day.UTC().Format(time.DateOnly)}
	for _, p := range parts() {
		for i, pkg := range p.packages {
			found, ok := a.packages[pkg]
			if !ok && p.registry == debian {
				continue
			}
			row := Row{Name: p.name, Use: p.use, Registry: p.registry, Package: pkg, Shipped: found.shipped, Newest: found.newest, Fixed: found.fixed}
			if p.registry != debian {
				row.Shipped = locked[pkg]
			}
			if row.Shipped == "" || row.Newest == "" {
				return Table{}, fmt.Errorf("cannot say of %s which version is shipped (%q) and newest (%q)", pkg, row.Shipped, row.Newest)
			}
			switch {
			case i > 0:
				row.Name, row.Use = p.name+"'s shell", "`sqlite3`"
			case p.name == "SQLite":
				row.Release = a.sqlite
			}
			table.Rows = append(table.Rows, row)
		}
	}
	return table, nil
}

// Read reads the table of the repository.
func Read(tree fs.FS) (Table, error) {
	text, err := fs.ReadFile(tree, File)
	if err != nil {
		return Table{}, fmt.Errorf("cannot read what lies below the agent: %w", err)
	}
	var table Table
	if err := json.Unmarshal(text, &table); err != nil || table.Schema != schema {
		return Table{}, fmt.Errorf("cannot use %q: want schema %s, got %q (%w)", File, schema, table.Schema, err)
	}
	return table, nil
}

// Encode is the text of File.
func (t Table) Encode() ([]byte, error) {
	text, err := json.MarshalIndent(t, "", "  ")
	return append(text, '\n'), err
}

// npmPinned is the lock of npm.
const npmPinned = "image/locks/package-lock.json"

var pinned = regexp.MustCompile(`(?m)^([A-Za-z0-9._-]+)==([^\s\\;]+)`)

// Locked are the versions that the locks pin, by package.
func Locked(tree fs.FS) (map[string]string, error) {
	locked := map[string]string{}
	for _, lock := range []string{"image/locks/tools.lock", "image/locks/sqlite.lock", "image/locks/python.lock"} {
		text, err := fs.ReadFile(tree, lock)
		if err != nil {
			return nil, fmt.Errorf("cannot read a lock: %w", err)
		}
		for _, m := range pinned.FindAllStringSubmatch(string(text), -1) {
			locked[m[1]] = m[2]
		}
	}
	text, err := fs.ReadFile(tree, npmPinned)
	if err != nil {
		return nil, fmt.Errorf("cannot read a lock: %w", err)
	}
	var lock struct {
		Packages map[string]struct {
			Version string `json:"version"`
		} `json:"packages"`
	}
	if err := json.Unmarshal(text, &lock); err != nil {
		return nil, fmt.Errorf("cannot parse %q: %w", npmPinned, err)
	}
	for path, p := range lock.Packages {
		if name, ok := strings.CutPrefix(path, "node_modules/"); ok {
			locked[name] = p.Version
		}
	}
	return locked, nil
}

// Stale names the parts whose version in the table is not the one that the locks pin.
func (t Table) Stale(locked map[string]string) []string {
	var stale []string
	for _, row := range t.Rows {
		if want, ok := locked[row.Package]; ok && row.Registry != debian && row.Shipped != want {
			stale = append(stale, fmt.Sprintf("%s: %s has %s, the lock %s", row.Package, File, row.Shipped, want))
		}
	}
	return stale
}
