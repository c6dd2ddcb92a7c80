package setup

import (
	"regexp"
	"strings"
	"testing"

	"caduceus/internal/clause"
)

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
	c.expect(c.run(), "[stage2] Warning: /opt/data/.env is a directory, where a file belongs")
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
		"a key over lines":           {"API_SERVER_ENABLED=1", "API_SERVER_KEY=\"0123456789\nabcdef\"", false},
		"an open quote":              {"", "API_SERVER_ENABLED=1\nA=\"x", true},
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

func TestAKeyIsNotAddedToTextOfAnotherEncoding(t *testing.T) {
	clause.Proves(t, "SETUP-34")
	c := newContainer(t)
	const content = "\xff\xfeA\x00=\x001\x00"
	c.file("opt/data/.env", content, 0o600)
	c.expect(c.run("API_SERVER_ENABLED=1"), `cannot add API_SERVER_KEY to "/opt/data/.env": it is UTF-16 text: save it as UTF-8`)
	if got := c.read("opt/data/.env"); got != content {
		t.Errorf("the file is %q now", got)
	}
}
