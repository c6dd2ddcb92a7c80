package rc

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Base is the bundle of the init itself: fix-attrs.d and cont-init.d. Other definitions may need it.
const Base = "base"

// Hermes is the account whose supervisor may have a service.
const Hermes = "hermes"

// Kind of a service definition.
type Kind uint8

// The kinds, by the words of the file type.
const (
	Longrun Kind = iota
	Oneshot
	Bundle
)

// Unit is one service: a longrun or a oneshot.
type Unit struct {
	Name        string
	Kind        Kind
	Needs       []string // services to be up before, Base possibly among them; sorted
	Up, Down    []string // words of a oneshot; none: nothing to do
	TimeoutUp   time.Duration
	TimeoutDown time.Duration // 0: no limit
	Notifies    bool          // has notification-fd: up means ready
	Account     string        // whose supervisor has it; "": the init's own
	StartIfSet  string        // variable of the container without which no bundle starts it; "": none
}

// definition is a source directory as written.
type definition struct {
	Unit
	needs, contents []string
}

// Read reads the definitions of sources and, if sources has no bundle "user", the bundles of
// bundles. Either may lack everything. All that is wrong is named in one joined error.
//
// spec: SUP-65
func Read(sources, bundles fs.FS) (Plan, error) {
	defs := map[string]definition{}
	var wrong []error
	for _, name := range directories(sources) {
		d, err := define(sources, name)
		wrong = append(wrong, err)
		defs[name] = d
	}
	if _, ok := defs["user"]; !ok {
		for _, name := range directories(bundles) {
			d := definition{Unit: Unit{Name: name, Kind: Bundle}}
			d.contents = names(bundles, name, "contents")
			defs[name] = d
		}
	}
	if err := errors.Join(wrong...); err != nil {
		return Plan{}, err
	}
	return resolve(defs)
}

func directories(fsys fs.FS) []string {
	entries, _ := fs.ReadDir(fsys, ".") // a missing directory defines nothing
	var dirs []string
	for _, e := range entries {
		if info, err := fs.Stat(fsys, e.Name()); err == nil && info.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			dirs = append(dirs, e.Name())
		}
	}
	return dirs
}

func define(fsys fs.FS, name string) (definition, error) {
	fail := func(format string, a ...any) (definition, error) {
		return definition{}, fmt.Errorf("cannot use service definition %q: %w", name, fmt.Errorf(format, a...))
	}
	if name == Base {
		return fail("the name is the init's own")
	}
	d := definition{Unit: Unit{Name: name}}
	kind, err := fs.ReadFile(fsys, name+"/type")
	if err != nil {
		return fail("%w", err)
	}
	for _, pipe := range []string{"producer-for", "consumer-for"} {
		if exists(fsys, name+"/"+pipe) {
			return fail("%s: pipelines are not supported, use a log directory in services.d", pipe)
		}
	}
	d.needs = names(fsys, name, "dependencies")
	if d.TimeoutUp, err = millis(fsys, name+"/timeout-up"); err != nil {
		return fail("%w", err)
	}
	if d.TimeoutDown, err = millis(fsys, name+"/timeout-down"); err != nil {
		return fail("%w", err)
	}
	if d.Account, err = account(fsys, name+"/account"); err != nil {
		return fail("%w", err)
	}
	if d.StartIfSet, err = variable(fsys, name+"/start-if-set"); err != nil {
		return fail("%w", err)
	}
	switch word := strings.TrimSpace(string(kind)); word {
	case "longrun":
		d.Notifies = exists(fsys, name+"/notification-fd")
		if !exists(fsys, name+"/run") {
			return fail("a longrun needs a file run")
		}
	case "oneshot":
		d.Kind = Oneshot
		if d.Up, err = words(fsys, name+"/up"); err != nil {
			return fail("%w", err)
		}
		if d.Down, err = words(fsys, name+"/down"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fail("%w", err)
		}
	case "bundle":
		d.Kind = Bundle
		d.contents = names(fsys, name, "contents")
	default:
		return fail("unknown type %q", word)
	}
	if d.Kind != Longrun && d.Account != "" {
		return fail("account is for a longrun, this is a %s: remove the file, and begin its command with s6-setuidgid %s", strings.TrimSpace(string(kind)), Hermes)
	}
	if d.Kind != Longrun && d.StartIfSet != "" {
		return fail("start-if-set is for a longrun, this is a %s: remove the file", strings.TrimSpace(string(kind)))
	}
	return d, nil
}

// account reads whose supervisor has a service: hermes', or the init's own without the file.
//
// spec: SUP-118
func account(fsys fs.FS, path string) (string, error) {
	return word(fsys, path, func(word string) error {
		if word != Hermes {
			return fmt.Errorf("account is %.20q, and can only be %q", word, Hermes)
		}
		return nil
	})
}

// variable reads the name of the variable that a service is for.
//
// spec: SUP-125
func variable(fsys fs.FS, path string) (string, error) {
	return word(fsys, path, func(word string) error {
		if word == "" || word[0] == '.' || strings.ContainsAny(word, "=/ \t\n\x00") {
			return fmt.Errorf("start-if-set is %.20q, which is no name of a variable", word)
		}
		return nil
	})
}

// word reads a file of one word, "" without the file.
func word(fsys fs.FS, path string, check func(word string) error) (string, error) {
	text, err := fs.ReadFile(fsys, path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	w := strings.TrimSpace(string(text))
	return w, check(w)
}

func exists(fsys fs.FS, path string) bool {
	_, err := fs.Stat(fsys, path)
	return err == nil
}

// names reads a list in either of its forms: a directory list.d of empty files, or a file of lines.
func names(fsys fs.FS, name, list string) []string {
	var out []string
	entries, _ := fs.ReadDir(fsys, name+"/"+list+".d")
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			out = append(out, e.Name())
		}
	}
	text, _ := fs.ReadFile(fsys, name+"/"+list)
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			out = append(out, line)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// millis reads a limit in milliseconds; no file is no limit.
func millis(fsys fs.FS, path string) (time.Duration, error) {
	text, err := fs.ReadFile(fsys, path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 31)
	if err != nil {
		return 0, fmt.Errorf("%s: %.20q is not a number of milliseconds", path, text)
	}
	return time.Duration(n) * time.Millisecond, nil
}

// words reads the command of a oneshot: plain words over any number of lines. The command is
// executed directly, so whatever would need execline's parser is refused.
func words(fsys fs.FS, path string) ([]string, error) {
	text, err := fs.ReadFile(fsys, path)
	if err != nil {
		return nil, err
	}
	var out []string
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		if i := strings.IndexAny(line, `"'{}$\`); i >= 0 {
			return nil, fmt.Errorf("%s: %q is not supported, only plain words are; put the rest in a script", path, line[i])
		}
		out = append(out, strings.Fields(line)...)
	}
	return out, nil
}
