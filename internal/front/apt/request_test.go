package apt

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
)

func TestParseRequestTakesVerbAndPlainNames(t *testing.T) {
	clause.Proves(t, "TOOL-14")
	for packet, want := range map[string]Request{
		"update":                    {Verb: Update, Names: []string{}},
		"install jq":                {Verb: Install, Names: []string{"jq"}},
		"install g++ libx11-6 0ad":  {Verb: Install, Names: []string{"g++", "libx11-6", "0ad"}},
		"install a1.2+dfsg-3 jq jq": {Verb: Install, Names: []string{"a1.2+dfsg-3", "jq", "jq"}},
	} {
		got, err := ParseRequest([]byte(packet))
		if err != nil {
			t.Errorf("%q: %v", packet, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", packet, diff)
		}
		if got.String() != packet {
			t.Errorf("%q is written as %q", packet, got)
		}
	}
}

// hostile returns packets that a client may try.
func hostile() map[string]string {
	return map[string]string{
		"nothing":            "",
		"another verb":       "remove jq",
		"a verb in capitals": "INSTALL jq",
		"a blank":            "install ",
		"two blanks":         "install jq  rg",
		"no names":           "install",
		"names to update":    "update jq",
		"a short option":     "install -f",
		"a long option":      "install --allow-unauthenticated",
		"a setting":          "install -o Dpkg::Pre-Invoke::=/tmp/x jq",
		"a setting in one":   "install -oDpkg::Pre-Invoke::=/tmp/x",
		"end of options":     "install -- jq",
		"a path":             "install /tmp/x.deb",
		"a relative path":    "install ./x.deb",
		"a parent":           "install ../x.deb",
		"an inner path":      "install x/../y.deb",
		"a version":          "install jq=1.6",
		"a release":          "install jq/sid",
		"an architecture":    "install jq:i386",
		"a removal":          "install dpkg-",
		"a removal behind +": "install dpkg+-",
		"a glob":             "install lib*",
		"a question mark":    "install lib?",
		"a class":            "install [a-z]x",
		"a regular anchor":   "install ^lib",
		"a regular end":      "install lib$",
		"a task":             "install web-server^",
		"a pattern":          "install ~nlib",
		"a named pattern":    "install ?name(lib)",
		"a newline":          "install jq\nrg",
		"a newline at last":  "install jq\n",
		"a tab":              "install jq\trg",
		"NUL":                "install jq\x00rg",
		"NUL at last":        "install jq\x00",
		"capitals":           "install Jq",
		"letters abroad":     "install jqé",
		"half a letter":      "install jq\xc3",
		"one letter":         "install j",
		"a dot first":        "install .jq",
		"a plus first":       "install +jq",
		"a shell":            "install jq;id",
		"a substitution":     "install $(id)",
		"a long name":        "install " + strings.Repeat("a", maxName+1),
		"many names":         "install" + strings.Repeat(" jq", MaxNames+1),
		"a huge packet":      "install" + strings.Repeat(" jq", maxRequest),
	}
}

func TestARequestThatIsNotPlainNamesIsRefused(t *testing.T) {
	clause.Proves(t, "TOOL-14")
	for name, packet := range hostile() {
		t.Run(name, func(t *testing.T) {
			got, err := ParseRequest([]byte(packet))
			if err == nil {
				t.Fatalf("%q was taken as %q", packet, got)
			}
			if len(err.Error()) > 300 || strings.ContainsAny(err.Error(), "\n\x00") {
				t.Errorf("the error is not fit for a log: %q", err)
			}
		})
	}
}

func FuzzParseRequest(f *testing.F) {
	f.Add("update")
	f.Add("install jq g++")
	for _, packet := range hostile() {
		f.Add(packet)
	}
	f.Fuzz(func(t *testing.T, packet string) {
		r, err := ParseRequest([]byte(packet))
		if err != nil {
			return
		}
		if r.String() != packet {
			t.Errorf("%q was taken as %q", packet, r)
		}
		if strings.Trim(packet, "abcdefghijklmnopqrstuvwxyz0123456789+-. ") != "" {
			t.Errorf("%q has characters of no name", packet)
		}
		for _, name := range r.Names {
			if strings.HasPrefix(name, "-") || strings.HasPrefix(name, ".") || strings.HasSuffix(name, "-") {
				t.Errorf("%q means more to apt than a package", name)
			}
		}
	})
}

func TestParseCommandTakesOnlyUpdatesAndPlainInstallations(t *testing.T) {
	clause.Proves(t, "TOOL-14")
	for _, c := range []struct {
		words   string
		want    string // the request; "": the real apt-get's
		ignored string
	}{
		{"update", "update", ""},
		{"-qq update", "update", ""},
		{"update -y", "update", ""},
		{"install -y jq", "install jq", ""},
		{"-y install jq", "install jq", ""},
		{"install jq -yq", "install jq", ""},
		{"install --yes --quiet -q=2 jq rg", "install jq rg", ""},
		{"install -y --no-install-recommends jq", "install jq", "--no-install-recommends"},
		{"install -y -- -x", "install -x", ""}, // refused as a name
		{"install ./x.deb", "install ./x.deb", ""},
		{"install", "", ""},
		{"", "", ""},
		{"--version", "", ""},
		{"-s install jq", "", ""},
		{"install --print-uris jq", "", ""},
		{"-o Dpkg::Pre-Invoke::=x install jq", "", ""},
		{"install -t sid jq", "", ""},
		{"update jq", "", ""},
		{"download jq", "", ""},
		{"remove -y jq", "", ""},
		{"-y", "", ""},
	} {
		r, ignored, ours := ParseCommand(strings.Fields(c.words))
		if ours != (c.want != "") || ours && r.String() != c.want || ignored != c.ignored {
			t.Errorf("%q: %q, ignored %q, ours %v", c.words, r, ignored, ours)
		}
	}
}
