package setup

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
)

func TestParseDotenvReadsLinesAsTheAgentDoes(t *testing.T) {
	for name, test := range map[string]struct {
		content string
		want    map[string]string
		faults  []fault
	}{
		"empty file":             {"", map[string]string{}, nil},
		"comments and blanks":    {"# a=b\n\n   \n", map[string]string{}, nil},
		"plain":                  {"A=1\nB = 2 \n", map[string]string{"A": "1", "B": "2"}, nil},
		"export":                 {"export A=1", map[string]string{"A": "1"}, nil},
		"quotes":                 {"A=\"x y\"\nB='#'\n", map[string]string{"A": "x y", "B": "#"}, nil},
		"trailing comment":       {"A=x # y\nB=x#y\n", map[string]string{"A": "x", "B": "x#y"}, nil},
		"windows line ends":      {"A=1\r\nB=2\r\n", map[string]string{"A": "1", "B": "2"}, nil},
		"byte order mark":        {"\uFEFFA=1\n", map[string]string{"A": "1"}, nil},
		"quoted over lines":      {"A=\"x\ny\"\nB=2\n", map[string]string{"A": "\"x", "B": "2"}, nil},
		"an open quote":          {"A=1\nB=\"x\nC=3\n", map[string]string{"A": "1", "C": "3"}, []fault{{2, "a quote is never closed"}}},
		"a lone word":            {"A=1\nsecret\n", map[string]string{"A": "1"}, []fault{{2, `no "=" after a name`}}},
		"no name":                {"=1\n", map[string]string{}, []fault{{1, `no name before "="`}}},
		"blank in the name":      {"A B=1\n", map[string]string{}, []fault{{1, "the name has a blank, quote or # in it"}}},
		"NUL":                    {"A=1\x00\n", map[string]string{}, []fault{{1, "a NUL character"}}},
		"UTF-16 of some editors": {"\xff\xfeA\x00=\x001\x00", map[string]string{}, []fault{{1, "UTF-16 text, not UTF-8"}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, faults := parseDotenv([]byte(test.content))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.faults, faults, cmp.AllowUnexported(fault{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func FuzzParseDotenv(f *testing.F) {
	f.Add("A='x\ny'\nexport B=\"\n=\n")
	f.Fuzz(func(t *testing.T, content string) {
		_, faults := parseDotenv([]byte(content))
		for _, fault := range faults {
			if fault.line < 1 || fault.line > strings.Count(content, "\n")+1 {
				t.Errorf("line %d of %q", fault.line, content)
			}
		}
	})
}

func TestABadLineOfDotenvIsWarnedAboutWithoutItsText(t *testing.T) {
	clause.Proves(t, "SETUP-37")
	c := newContainer(t)
	c.file("opt/data/.env", "A=1\nsk-very-secret\n", 0o600)
	out := c.run()
	c.expect(out, `[stage2] Warning: /opt/data/.env line 2: no "=" after a name; correct it or run the command "setup"`)
	if strings.Contains(out, "very-secret") {
		t.Errorf("quoted a secret:\n%s", out)
	}
}

func TestADotenvThatCannotBeReadIsWarnedAbout(t *testing.T) {
	clause.Proves(t, "SETUP-37")
	c := newContainer(t)
	c.dir("opt/data/.env")
	c.expect(c.run(), `[stage2] Warning: cannot read /opt/data/.env: not a regular file; repair it or run the command "setup"`)
}

func TestAnAPIServerWithoutAKeyGetsOne(t *testing.T) {
	clause.Proves(t, "SETUP-34")
	generated := regexp.MustCompile(`(?m)^API_SERVER_KEY=[0-9a-f]{64}$`)
	for name, test := range map[string]struct {
		env, dotenv string
		want        bool
	}{
		"not enabled":                {"", "", false},
		"enabled":                    {"API_SERVER_ENABLED=true", "", true},
		"enabled in the file":        {"", "API_SERVER_ENABLED=on", true},
		"enabled, key in the file":   {"API_SERVER_ENABLED=1", "API_SERVER_KEY=0123456789abcdef", false},
		"enabled, empty key":         {"API_SERVER_ENABLED=1", "API_SERVER_KEY=", true},
		"switched off by a variable": {"API_SERVER_ENABLED=false", "API_SERVER_ENABLED=true", false},
	} {
		t.Run(name, func(t *testing.T) {
			c := newContainer(t)
			c.file("opt/data/.env", test.dotenv, 0o600)
			out := c.run(test.env)
			if got := generated.MatchString(c.read("opt/data/.env")); got != test.want {
				t.Errorf("generated: %v\n%s", got, out)
			}
			c.is("opt/data/.env", 10000, 0o600)
			if strings.Contains(out, "random API_SERVER_KEY") != test.want {
				t.Errorf("said %q", out)
			}
		})
	}
	c := newContainer(t)
	c.run("API_SERVER_ENABLED=1", "API_SERVER_KEY=0123456789abcdef")
	if strings.Contains(c.read("opt/data/.env"), "0123456789abcdef") {
		t.Error("a key of the container was written to the volume")
	}
	clause.Proves(t, "NET-03")
	c.expect(c.run("API_SERVER_ENABLED=1", "API_SERVER_KEY=short"), "API_SERVER_KEY", "16 characters")
}
