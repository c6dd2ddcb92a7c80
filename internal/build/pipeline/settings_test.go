package pipeline

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"caduceus/internal/host"
)

func TestABadVariableIsOneLineBeforeAnyWork(t *testing.T) {
	build := func(p *Pipeline) error { return p.Build(t.Context(), Full) }
	base := func(p *Pipeline) error { return p.Base(t.Context(), false) }
	fresh := func(p *Pipeline) error { return p.Base(t.Context(), true) }
	binaries := func(p *Pipeline) error { return p.Binaries(t.Context()) }
	docker := func(p *Pipeline) error { return p.TestDocker(t.Context()) }
	all := func(p *Pipeline) error { return p.TestAll(t.Context()) }
	push := func(p *Pipeline) error { return p.Publish(t.Context(), "registry.example/a", string(Full)) }
	for name, c := range map[string]struct {
		target   func(*Pipeline) error
		variable string
		want     string
	}{
		"a version with a letter":        {build, "VERSION=v1.2.3", `cannot use VERSION "v1.2.3": it is not of the form 1.2.3 or 1.2.3-rc.1; set such a version, or none for dev`},
		"a version of blanks":            {binaries, "VERSION= ", `cannot use VERSION " ": it is not of the form 1.2.3 or 1.2.3-rc.1; set such a version, or none for dev`},
		"a version to publish":           {push, "VERSION=latest", `cannot use VERSION "latest": it is not of the form 1.2.3 or 1.2.3-rc.1; set such a version, or none for dev`},
		"a name in small letters":        {build, "version=1.2.3", `cannot use the variable "version": its name is in capitals here; set VERSION, or unset it`},
		"a name in mixed case":           {base, "Base_Image=debian:13", `cannot use the variable "Base_Image": its name is in capitals here; set BASE_IMAGE, or unset it`},
		"a base that is not a name":      {base, "BASE_IMAGE=Debian 13", `cannot use BASE_IMAGE "Debian 13": it is not an image's name; name one, as in "debian:13.4", or "bootstrap" for Debian's packages`},
		"the word in capitals":           {build, "BASE_IMAGE=BOOTSTRAP", `cannot use BASE_IMAGE "BOOTSTRAP": it is not an image's name; name one, as in "debian:13.4", or "bootstrap" for Debian's packages`},
		"a fresh base and a given one":   {fresh, "BASE_IMAGE=debian:13.4", `cannot bootstrap a base: BASE_IMAGE names "debian:13.4" to be the base; unset it, or build with it`},
		"an agent that is not there":     {build, "AGENT_SOURCE=/nonexistent", `cannot use AGENT_SOURCE "/nonexistent": it is not there; name a folder or an archive, or none for the pinned agent`},
		"a browser from elsewhere":       {build, "BROWSER_SOURCE=Debian", `cannot use BROWSER_SOURCE "Debian": there is no such source; set debian or playwright`},
		"a time in words":                {build, "SOURCE_DATE_EPOCH=yesterday", `cannot use SOURCE_DATE_EPOCH "yesterday": it is not a number of seconds since 1970; set one, or none for the time of the commit`},
		"a time before 1970":             {build, "SOURCE_DATE_EPOCH=-1", `cannot use SOURCE_DATE_EPOCH "-1": it is not a number of seconds since 1970; set one, or none for the time of the commit`},
		"a time beyond all dates":        {build, "SOURCE_DATE_EPOCH=999999999999999", `cannot use SOURCE_DATE_EPOCH "999999999999999": it is not a number of seconds since 1970; set one, or none for the time of the commit`},
		"an image that is not a name":    {docker, "HERMES_TEST_IMAGE=my image", `cannot use HERMES_TEST_IMAGE "my image": it is not an image's name; name one, or none for hermes-agent:dev`},
		"tests by a broken expression":   {docker, "RUN=Test(", `cannot use RUN "Test(": it is not a regular expression; set one as "go test -run" takes it, or none for all tests`},
		"of all suites, too":             {all, "RUN=[", `cannot use RUN "[": it is not a regular expression; set one as "go test -run" takes it, or none for all tests`},
		"a tier that is none":            {docker, "HERMES_TEST_TIER=all", `cannot use HERMES_TEST_TIER "all": there is no such tier; set smoke, core or full, or none for all checks`},
		"tests picked in small letters":  {docker, "run=TestX", `cannot use the variable "run": its name is in capitals here; set RUN, or unset it`},
		"a channel in capitals":          {push, "CHANNEL=main Stable", `cannot use CHANNEL "main Stable": channels are of small letters, digits and single hyphens; name some, separated by blanks`},
		"a channel in a list of commas":  {push, "CHANNEL=main,stable", `cannot use CHANNEL "main,stable": channels are of small letters, digits and single hyphens; name some, separated by blanks`},
		"a publication of a non-image":   {push, "PUBLISH_IMAGE=:dev", `cannot use PUBLISH_IMAGE ":dev": it is not an image's name; name one, or none for the image that the build made`},
		"the channel's name, misspelled": {push, "Channel=main", `cannot use the variable "Channel": its name is in capitals here; set CHANNEL, or unset it`},
	} {
		t.Run(name, func(t *testing.T) {
			p, run := withVariables(t, c.variable)
			if err := c.target(p); err == nil || err.Error() != c.want {
				t.Errorf("want %q, got %v", c.want, err)
			}
			if len(run.Ran) > 0 {
				t.Errorf("want no program run before the variables are checked, got %q", run.Ran)
			}
		})
	}
}

func TestAllBadVariablesAreNamedAtOnce(t *testing.T) {
	p, _ := withVariables(t, "VERSION=1", "BROWSER_SOURCE=x")
	err := p.Build(t.Context(), Full)
	if err == nil || strings.Count(err.Error(), "cannot use ") != 2 {
		t.Errorf("want both, got %v", err)
	}
}

func TestGoodVariablesAreTaken(t *testing.T) {
	all := []string{"BASE_IMAGE", "AGENT_SOURCE", "BROWSER_SOURCE", "VERSION", "SOURCE_DATE_EPOCH", "HERMES_TEST_IMAGE", "RUN", "HERMES_TEST_TIER", "CHANNEL", "PUBLISH_IMAGE"}
	for name, variables := range map[string][]string{
		"none":              nil,
		"empty ones":        {"VERSION=", "BASE_IMAGE=", "AGENT_SOURCE=", "BROWSER_SOURCE=", "SOURCE_DATE_EPOCH=", "RUN=", "CHANNEL=", "version="},
		"plain ones":        {"VERSION=1.2.3-rc.1", "BASE_IMAGE=bootstrap", "AGENT_SOURCE=.", "BROWSER_SOURCE=playwright", "SOURCE_DATE_EPOCH=0", "CHANNEL=main  stable"},
		"images by address": {"BASE_IMAGE=registry.example:5000/debian@sha256:" + strings.Repeat("a", 64), "HERMES_TEST_IMAGE=sha256:" + strings.Repeat("a", 64), "PUBLISH_IMAGE=hermes-agent"},
		"a subtest":         {"RUN=TestContract/(GW|CMD)-01$"},
		"a tier":            {"HERMES_TEST_TIER=core"},
		"both cases":        {"VERSION=dev", "version=x"},
	} {
		t.Run(name, func(t *testing.T) {
			p, _ := withVariables(t, variables...)
			if err := p.check(all...); err != nil {
				t.Error(err)
			}
		})
	}
	for _, s := range settings() {
		if !slices.Contains(all, s.name) {
			t.Errorf("%s is not among the good ones", s.name)
		}
	}
}

// withVariables returns a pipeline with this environment, on a host where no program runs.
func withVariables(t *testing.T, variables ...string) (*Pipeline, *host.Fake) {
	t.Helper()
	values := map[string]string{}
	for _, v := range variables {
		name, value, _ := strings.Cut(v, "=")
		values[name] = value
	}
	run := &host.Fake{Answer: func(host.Cmd) (string, error) { return "", errors.New("nothing runs here") }}
	return &Pipeline{Root: t.TempDir(), Out: &strings.Builder{}, Getenv: func(k string) string { return values[k] }, Environ: variables, Run: run}, run
}
