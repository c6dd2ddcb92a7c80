package profile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
	"caduceus/internal/env"
)

func TestWhichWordsSelectAProfile(t *testing.T) {
	clause.Proves(t, "NAME-03", "NAME-04")
	cases := map[string]struct {
		line string
		want Selection
	}{
		"no selection":                   {"gateway run", Selection{}},
		"two words before the command":   {"-p coder gateway run", Selection{Given: true, Name: "coder", Rest: []string{"gateway", "run"}}},
		"two words after the verb":       {"gateway run --profile coder", Selection{Given: true, Name: "coder", Rest: []string{"gateway", "run"}}},
		"one word":                       {"--profile=Coder gateway run", Selection{Given: true, Name: "Coder", Rest: []string{"gateway", "run"}}},
		"one word, empty":                {"--profile= gateway run", Selection{Given: true, Rest: []string{"gateway", "run"}}},
		"impossible name in two words":   {"-p no:x gateway run", Selection{}},
		"upper case in two words":        {"-p Coder gateway run", Selection{}},
		"flag without a value":           {"gateway run -p", Selection{}},
		"after a lone --":                {"chat -- -p coder", Selection{}},
		"arguments of an mcp server":     {"mcp add x --args run --profile x", Selection{}},
		"--args of something else":       {"chat --args -p coder", Selection{Given: true, Name: "coder", Rest: []string{"chat", "--args"}}},
		"value of another flag":          {"-m -p chat -p coder", Selection{Given: true, Name: "coder", Rest: []string{"-m", "-p", "chat"}}},
		"optional value of a flag":       {"-c last -p coder", Selection{Given: true, Name: "coder", Rest: []string{"-c", "last"}}},
		"flag whose value is left out":   {"-c -p coder", Selection{Given: true, Name: "coder", Rest: []string{"-c"}}},
		"the first of two counts":        {"-p a -p b gateway", Selection{Given: true, Name: "a", Rest: []string{"-p", "b", "gateway"}}},
		"a reserved name is a selection": {"-p root gateway", Selection{Given: true, Name: "root", Rest: []string{"gateway"}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			words := strings.Fields(c.line)
			if !c.want.Given {
				c.want.Rest = words
			}
			if diff := cmp.Diff(c.want, Parse(words)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhichProfileACommandMeans(t *testing.T) {
	clause.Proves(t, "NAME-02", "NAME-03", "NAME-04")
	root := t.TempDir()
	for _, name := range []string{"coder", "test"} {
		mkdir(t, root, "profiles", name)
	}
	given := func(name string) Selection { return Selection{Given: true, Name: name} }
	cases := map[string]struct {
		selection Selection
		home      string
		active    string
		child     bool
		want      string
		err       string
	}{
		"nothing said":          {want: Default},
		"named":                 {selection: given("coder"), want: "coder"},
		"named in another case": {selection: given(" CODER "), want: "coder"},
		"default named, though another is active": {selection: given("default"), active: "coder", want: Default},
		"missing":                             {selection: given("ghost"), err: "'ghost' does not exist"},
		"reserved":                            {selection: given("test"), err: "reserved"},
		"empty":                               {selection: given(""), err: "cannot be empty"},
		"impossible":                          {selection: given("no:x"), err: "invalid"},
		"active":                              {active: "coder\n", want: "coder"},
		"active default":                      {active: "default", want: Default},
		"active empty":                        {active: " \n", want: Default},
		"active missing":                      {active: "ghost", err: "'ghost' does not exist"},
		"a supervised child follows its slot": {active: "coder", child: true, want: Default},
		"H is a profile's directory":          {home: "profiles/coder", want: "coder"},
		"H is a profile's, but one is named":  {home: "profiles/coder", selection: given("default"), want: Default},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			active := filepath.Join(root, "active_profile")
			if err := os.WriteFile(active, []byte(c.active), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := Resolve(c.selection, Home(filepath.Join(root, c.home)), c.child)
			if got != c.want || !contains(err, c.err) {
				t.Errorf("got %q, %v; want %q, error with %q", got, err, c.want, c.err)
			}
		})
	}
}

func TestWhichNamesASlotCanHave(t *testing.T) {
	clause.Proves(t, "NAME-01")
	long := strings.Repeat("a", 251)
	for name, valid := range map[string]bool{
		"default": true, "a": true, "0": true, "a-b_c9": true, long: true,
		"": false, long + "a": false, "A": false, "-a": false, "_a": false, "a/b": false, "a.b": false, "..": false, "a b": false, "a\n": false,
	} {
		slot, err := SlotName(name)
		if (err == nil) != valid {
			t.Errorf("SlotName(%q) = %q, %v", name, slot, err)
		}
		if back, ok := FromSlot(SlotPrefix + name); ok != valid || valid && back != name {
			t.Errorf("FromSlot(%q) = %q, %v", SlotPrefix+name, back, ok)
		}
	}
	if _, ok := FromSlot("dashboard"); ok {
		t.Error("dashboard is no gateway")
	}
}

func TestWhichDirectoriesAreProfiles(t *testing.T) {
	clause.Proves(t, "REC-03", "REC-04")
	root := t.TempDir()
	for _, name := range []string{"writer", "coder", "empty", "default", "Bad Name", "hermes", "a.b"} {
		dir := mkdir(t, root, "profiles", name)
		if name != "empty" {
			write(t, dir, "SOUL.md", "")
		}
	}
	write(t, filepath.Join(root, "profiles"), "notes.txt", "")
	names, warnings := Home(root).Names()
	if diff := cmp.Diff([]string{"default", "coder", "writer"}, names); diff != "" {
		t.Error(diff)
	}
	if len(warnings) != 4 {
		t.Errorf("want a warning each for default, Bad Name, hermes and a.b, got %q", warnings)
	}
	if names, warnings := Home(filepath.Join(root, "none")).Names(); len(names) != 1 || warnings != nil {
		t.Errorf("a volume without profiles: %q, %q", names, warnings)
	}
}

func TestWhereProfilesLie(t *testing.T) {
	clause.Proves(t, "ENV-09", "ENV-11", "STATE-01")
	for value, want := range map[string]string{
		"": "/opt/data", "/srv/h/": "/srv/h", "relative": "/opt/data", "$(touch /x)": "/opt/data", "/a\nb": "/opt/data",
	} {
		home, notice := ParseHome(env.Environ{"HERMES_HOME=" + value})
		if string(home) != want || (notice != "") != (value != "" && want == "/opt/data") {
			t.Errorf("ParseHome(%q) = %q, %q", value, home, notice)
		}
	}
	for home, want := range map[Home][2]string{
		"/opt/data":                {"/opt/data", "/opt/data/profiles/x"},
		"/opt/data/profiles/coder": {"/opt/data", "/opt/data/profiles/x"},
	} {
		if got := [2]string{home.Dir(Default), home.Dir("x")}; got != want {
			t.Errorf("%q: %q, want %q", home, got, want)
		}
	}
}

func mkdir(t *testing.T, parts ...string) string {
	t.Helper()
	dir := filepath.Join(parts...)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func contains(err error, text string) bool {
	if err == nil || text == "" {
		return err == nil && text == ""
	}
	return strings.Contains(err.Error(), text)
}

// Whatever the words are, a selection takes at most two of them, and they are the ones it is about.
func FuzzParse(f *testing.F) {
	clause.Proves(f, "NAME-03")
	f.Add("-p\x00coder\x00gateway\x00run")
	f.Add("mcp\x00add\x00x\x00--args\x00--profile=y")
	f.Add("-c\x00-p\x00--\x00--profile=")
	f.Fuzz(func(t *testing.T, joined string) {
		words := strings.Split(joined, "\x00")
		before := strings.Join(words, "\x00")
		s := Parse(words)
		if taken := len(words) - len(s.Rest); taken < 0 || taken > 2 || (taken > 0) != s.Given {
			t.Errorf("%q: %+v", words, s)
		}
		if strings.Join(words, "\x00") != before {
			t.Errorf("the caller's words were changed: %q", words)
		}
	})
}
