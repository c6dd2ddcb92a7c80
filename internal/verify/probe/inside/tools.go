//go:build linux

package inside

import (
	"bufio"
	"bytes"
	"crypto/md5" //nolint:gosec // as dpkg records it
	"debug/elf"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"caduceus/internal/held"
	"caduceus/internal/verify/probe"
)

// Limits of what is read of an image, in bytes.
const (
	mostOfProgram = 64 << 20
	mostOfRecord  = 8 << 20
)

// loaderList names libraries that the loader brings into every program.
const loaderList = "/etc/ld.so.preload"

// system is where programs, libraries and the records of packages lie.
type system struct {
	path      []string // searched for programs
	libraries []string // searched for libraries, in the loader's order
	records   string   // dpkg's folder of checksums
}

func theSystem() system {
	return system{
		path:      filepath.SplitList(os.Getenv("PATH")),
		libraries: append(loaderDirs("/etc/ld.so.conf"), "/lib", "/usr/lib", "/lib64", "/usr/lib64"),
		records:   "/var/lib/dpkg/info",
	}
}

// tools looks for the programs of these names and for all libraries that they load, and for what their packages recorded.
func (s system) tools(names []string) ([]probe.Tool, error) {
	var list []probe.Tool
	seen := map[string]bool{}
	look := func(name string, candidates []string) []string {
		if seen[name] {
			return nil
		}
		seen[name] = true
		t, needs := tool(name, candidates)
		list = append(list, t)
		return needs
	}
	var wanted []string
	for _, name := range names {
		wanted = append(wanted, look(name, below(s.path, name))...)
	}
	for len(wanted) > 0 {
		name := wanted[0]
		wanted = append(wanted[1:], look(name, s.candidates(name))...)
	}
	return list, s.record(list)
}

// candidates are the paths at which the loader looks for a library. It prefers those for newer processors.
func (s system) candidates(name string) []string {
	if filepath.IsAbs(name) { // the loader itself
		return []string{name}
	}
	var list []string
	for _, dir := range s.libraries {
		newer, _ := filepath.Glob(filepath.Join(dir, "glibc-hwcaps", "*", name))
		list = append(append(list, newer...), filepath.Join(dir, name))
	}
	return list
}

func below(dirs []string, name string) []string {
	list := make([]string, len(dirs))
	for i, dir := range dirs {
		list[i] = filepath.Join(dir, name)
	}
	return list
}

// tool looks at the first candidate that is there, and returns the libraries that it needs.
func tool(name string, candidates []string) (t probe.Tool, needs []string) {
	t.Name = name
	at := slices.IndexFunc(candidates, func(path string) bool {
		info, err := os.Stat(path)
		return err == nil && !info.IsDir()
	})
	if at < 0 {
		return t, nil
	}
	t.Path = candidates[at]
	end, err := filepath.EvalSymlinks(t.Path)
	if err != nil {
		t.Error = cause(err)
		return t, nil
	}
	t.Real = end
	content, err := held.ReadHead(end, mostOfProgram)
	if err != nil {
		t.Error = cause(err)
		return t, nil
	}
	sum := md5.Sum(content) //nolint:gosec // as dpkg records it
	t.Sum = hex.EncodeToString(sum[:])
	return t, needed(content)
}

// needed are the loader and the libraries that a program or library asks for; none of what is no such file.
func needed(content []byte) []string {
	f, err := elf.NewFile(bytes.NewReader(content))
	if err != nil {
		return nil
	}
	names, _ := f.ImportedLibraries()
	for _, p := range f.Progs {
		if p.Type != elf.PT_INTERP || p.Filesz > 4096 {
			continue
		}
		loader := make([]byte, p.Filesz)
		if _, err := p.ReadAt(loader, 0); err == nil {
			names = append(names, strings.TrimRight(string(loader), "\x00"))
		}
	}
	return names
}

// record fills in what packages recorded of the tools. Debian moved its files below /usr; older packages name them without.
func (s system) record(list []probe.Tool) error {
	wanted := map[string][]*probe.Tool{}
	for i := range list {
		name := strings.TrimPrefix(list[i].Real, "/")
		wanted[name] = append(wanted[name], &list[i])
		if short, found := strings.CutPrefix(name, "usr/"); found {
			wanted[short] = append(wanted[short], &list[i])
		}
	}
	records, _ := filepath.Glob(filepath.Join(s.records, "*.md5sums"))
	if len(records) == 0 {
		return fmt.Errorf("no package has recorded its files below %q", s.records)
	}
	for _, record := range records {
		text, err := held.ReadHead(record, mostOfRecord)
		if err != nil {
			return errors.New(cause(err))
		}
		name := strings.TrimSuffix(filepath.Base(record), ".md5sums")
		for line := range strings.Lines(string(text)) {
			sum, path, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
			for _, t := range wanted[path] {
				if t.Recorded != t.Sum || t.Recorded == "" { // of several, the one that it is
					t.Package, t.Recorded = name, sum
				}
			}
		}
	}
	return nil
}

// loaderDirs are the folders of libraries that the loader's configuration names.
func loaderDirs(config string) (dirs []string) {
	for _, line := range configLines(config) {
		pattern, includes := strings.CutPrefix(line, "include ")
		if !includes {
			dirs = append(dirs, line)
			continue
		}
		files, _ := filepath.Glob(filepath.Join("/", strings.TrimSpace(pattern)))
		for _, file := range files {
			dirs = append(dirs, configLines(file)...)
		}
	}
	return dirs
}

// preloaded names what changes what programs do before they begin.
func preloaded(list string, environment []string) (found []string) {
	for _, line := range configLines(list) {
		found = append(found, list+": "+line)
	}
	for _, v := range environment {
		if name, value, _ := strings.Cut(v, "="); strings.HasPrefix(name, "LD_") && value != "" {
			found = append(found, v)
		}
	}
	return found
}

// configLines are the lines of a file that say something; of one that cannot be read, none.
func configLines(file string) (lines []string) {
	text, err := held.ReadHead(file, probe.MaxContent)
	if err != nil {
		return nil
	}
	for s := bufio.NewScanner(bytes.NewReader(text)); s.Scan(); {
		line, _, _ := strings.Cut(s.Text(), "#")
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}
