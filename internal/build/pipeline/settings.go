package pipeline

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"caduceus/internal/build/publish"
	"caduceus/internal/host"

	"github.com/google/go-containerregistry/pkg/name"
)

// setting is an environment variable that a target reads. An empty one counts as unset.
type setting struct {
	name string
	// refuse returns why the value is useless and what to set in its place; "" accepts it.
	refuse func(value string) (cause, next string)
}

const tagExample = `as in "debian:13.4"`

// settings are the variables that targets read and that can be wrong by themselves.
func settings() []setting {
	return []setting{
		{"BASE_IMAGE", func(v string) (string, string) {
			return refuseImage(v, `name one, `+tagExample+`, or "`+oursOnly+`" for Debian's packages`)
		}},
		{"AGENT_SOURCE", refuseMissing},
		{"BROWSER_SOURCE", func(v string) (string, string) {
			return refuseUnless(v == "debian" || v == "playwright", "there is no such source", "set debian or playwright")
		}},
		{"VERSION", func(v string) (string, string) {
			return refuseUnless(publish.CheckVersion(v) == nil, "it is not of the form 1.2.3 or 1.2.3-rc.1", "set such a version, or none for dev")
		}},
		{"SOURCE_DATE_EPOCH", func(v string) (string, string) {
			_, err := parseEpoch(v)
			return refuseUnless(err == nil, "it is not a number of seconds since 1970", "set one, or none for the time of the commit")
		}},
		{"HERMES_TEST_IMAGE", func(v string) (string, string) { return refuseImage(v, "name one, or none for "+Full.Tag()) }},
		{"RUN", func(v string) (string, string) {
			_, err := regexp.Compile(v)
			return refuseUnless(err == nil, "it is not a regular expression", `set one as "go test -run" takes it, or none for all tests`)
		}},
		{"HERMES_TEST_TIER", func(v string) (string, string) {
			return refuseUnless(slices.Contains([]string{"smoke", "core", "full"}, v), "there is no such tier", "set smoke, core or full, or none for all checks")
		}},
		{"CHANNEL", func(v string) (string, string) {
			return refuseUnless(publish.CheckChannels(strings.Fields(v)) == nil, "channels are of small letters, digits and single hyphens", "name some, separated by blanks")
		}},
		{"PUBLISH_IMAGE", func(v string) (string, string) {
			return refuseImage(v, "name one, or none for the image that the build made")
		}},
	}
}

// check returns an error, before any work is done, for variables with values that no target can use. It looks at those with
// these names, and at those whose names differ from one of them in case alone. It names all that is wrong.
func (p *Pipeline) check(names ...string) error {
	var wrong []error
	for _, s := range settings() {
		if !slices.Contains(names, s.name) {
			continue
		}
		value := p.Getenv(s.name)
		if value == "" {
			wrong = append(wrong, p.checkCase(s.name))
			continue
		}
		if cause, next := s.refuse(value); cause != "" {
			wrong = append(wrong, &host.Problem{What: fmt.Sprintf("cannot use %s %q", s.name, value), Cause: cause, Next: next})
		}
	}
	return errors.Join(wrong...)
}

func (p *Pipeline) checkCase(name string) error {
	for _, pair := range p.Environ {
		if other, value, _ := strings.Cut(pair, "="); other != name && value != "" && strings.EqualFold(other, name) {
			return &host.Problem{
				What: fmt.Sprintf("cannot use the variable %q", other), Cause: "its name is in capitals here",
				Next: fmt.Sprintf("set %s, or unset it", name),
			}
		}
	}
	return nil
}

func refuseUnless(good bool, cause, next string) (string, string) {
	if good {
		return "", ""
	}
	return cause, next
}

func refuseImage(value, next string) (string, string) {
	_, err := name.ParseReference(value)
	return refuseUnless(err == nil, "it is not an image's name", next)
}

func refuseMissing(path string) (string, string) {
	_, err := os.Stat(path)
	return refuseUnless(err == nil, "it is not there", "name a folder or an archive, or none for the pinned agent")
}

// parseEpoch reads seconds since 1970, up to the last that a date of four digits has.
func parseEpoch(text string) (time.Time, error) {
	const last = 253402300799
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seconds < 0 || seconds > last {
		return time.Time{}, fmt.Errorf("cannot use SOURCE_DATE_EPOCH %q: it is not a number of seconds since 1970", text)
	}
	return time.Unix(seconds, 0), nil
}
