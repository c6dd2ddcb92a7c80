package image

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"strings"
	"testing"
)

func dockerfile(t *testing.T) string {
	t.Helper()
	text, err := fs.ReadFile(repository(), "Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// beyondDocker20 returns the lines of a Dockerfile that Docker 20.10 cannot build.
func beyondDocker20(text string) []string {
	rules := []struct {
		pattern *regexp.Regexp
		fix     string
	}{
		{regexp.MustCompile(`(?i)^\s*#\s*syntax\s*=`), "a syntax line pulls a frontend image: remove it"},
		{regexp.MustCompile(`(?i)^\s*(RUN|COPY|ADD)\b.*<<-?["']?[A-Za-z_]`), "no heredocs: make the text a file under image/build"},
		{regexp.MustCompile(`(?i)^\s*(COPY|ADD)\b.*\s--link\b`), "no --link: leave it out"},
	}
	var out []string
	for i, line := range strings.Split(text, "\n") {
		for _, rule := range rules {
			if rule.pattern.MatchString(line) {
				out = append(out, fmt.Sprintf("Dockerfile:%d: %s", i+1, rule.fix))
			}
		}
	}
	return out
}

func TestDocker20CanBuildTheDockerfile(t *testing.T) {
	for _, violation := range beyondDocker20(dockerfile(t)) {
		t.Error(violation)
	}
}

func TestEachLineThatDocker20CannotBuildIsFound(t *testing.T) {
	cases := map[string]struct {
		line string
		bad  bool
	}{
		"a syntax line":            {"# syntax=docker/dockerfile:1", true},
		"a syntax line in capital": {"#SYNTAX = x", true},
		"a heredoc":                {"RUN <<EOF", true},
		"a heredoc of a command":   {"RUN sh <<-'EOF'", true},
		"a heredoc as a file":      {"COPY <<EOF /x", true},
		"a link":                   {"COPY --from=a --link /x /", true},
		"a comment on syntax":      {"# Its syntax is that of Docker 20.10", false},
		"a redirection":            {"RUN a <b >c", false},
		"a mount":                  {"RUN --mount=type=secret,id=ca x", false},
		"a name with link":         {"COPY x--link /", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := beyondDocker20("FROM scratch\n" + c.line + "\n"); (len(got) > 0) != c.bad {
				t.Errorf("violations %q", got)
			}
		})
	}
}

// addresses matches addresses of package registries.
var addresses = regexp.MustCompile(`https?://|"resolved"|index-url|find-links`)

// locks returns the text of each lock whose name matches, at least one.
func locks(t *testing.T, pattern string) map[string]string {
	t.Helper()
	files, err := fs.Glob(repository(), "image/locks/"+pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("locks %q, error %v", files, err)
	}
	found := map[string]string{}
	for _, file := range files {
		text, err := fs.ReadFile(repository(), file)
		if err != nil {
			t.Fatal(err)
		}
		found[file] = string(text)
	}
	return found
}

// A lock with an address works only where that registry is reached.
func TestLocksNameNoRegistry(t *testing.T) {
	for file, text := range locks(t, "*") {
		for i, line := range strings.Split(text, "\n") {
			if addresses.MatchString(line) {
				t.Errorf("%s:%d: names a registry: %s", file, i+1, line)
			}
		}
	}
	for _, bad := range []string{`"resolved": "x"`, "--index-url x", "a @ https://host/a"} {
		if !addresses.MatchString(bad) {
			t.Errorf("%q is not found", bad)
		}
	}
}

func TestEachRequirementOfAPythonLockHasAHash(t *testing.T) {
	for file, text := range locks(t, "*.lock") {
		joined := strings.ReplaceAll(text, "\\\n", "")
		for line := range strings.Lines(joined) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") && !strings.Contains(line, "--hash=sha256:") {
				t.Errorf("%s: no hash: %s", path.Base(file), line)
			}
		}
	}
}

// The container tests read the variant of an image from this label.
func TestEachVariantHasItsLabel(t *testing.T) {
	line := regexp.MustCompile(`^FROM .* AS (\S+)$|^LABEL caduceus\.variant=(\S+) `)
	stage, found := "", map[string]string{}
	for text := range strings.Lines(dockerfile(t)) {
		switch match := line.FindStringSubmatch(strings.TrimRight(text, "\n")); {
		case match == nil:
		case match[1] != "":
			stage = match[1]
		default:
			found[stage] = match[2]
		}
	}
	if want := map[string]string{"slim": "slim", "full": "full"}; !maps.Equal(found, want) {
		t.Errorf("labels by stage: %v", found)
	}
}
