package publish

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"

	"caduceus/internal/clause"
)

const (
	revision = "0123456789abcdef0123456789abcdef01234567"
	imageID  = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
)

// good are a request and facts that nothing is wrong with.
func good() (Request, Facts) {
	return Request{Address: "127.0.0.1:5000/team/hermes-agent", Variant: "full"}, Facts{
		Image: Image{Name: "hermes-agent:dev", ID: imageID, Created: time.Unix(1_790_000_000, 0), Labels: map[string]string{
			"org.opencontainers.image.version":   "1.2.3",
			"org.opencontainers.image.revision":  revision,
			"org.opencontainers.image.source":    "unknown",
			"org.opencontainers.image.base.name": "debian:13.4",
			"caduceus.agent.version":             "0.19.0",
			"caduceus.variant":                   "full",
		}},
		Tree:   Tree{Revision: revision},
		Passes: []Pass{{Image: imageID, Revision: revision, Tests: 200}},
	}
}

func TestDecideAnnotatesWithWhatTheImageSays(t *testing.T) {
	clause.Proves(t, "IMG-20", "TOOL-01")
	r, f := good()
	plan, err := Decide(r, f)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"org.opencontainers.image.version":   "1.2.3",
		"org.opencontainers.image.revision":  revision,
		"org.opencontainers.image.base.name": "debian:13.4",
		"org.opencontainers.image.created":   "2026-09-21T14:13:20Z",
		"caduceus.agent.version":             "0.19.0",
		"caduceus.variant":                   "full",
	}
	if diff := cmp.Diff(want, plan.Annotations); diff != "" {
		t.Error(diff)
	}
	if plan.ImageID != imageID {
		t.Errorf("plan is about %q", plan.ImageID)
	}
}

func TestAnImageGetsItsTags(t *testing.T) {
	cases := map[string]struct {
		version, variant, channel string
		want                      []Tag
	}{
		"a release is the latest":           {"1.2.3", "full", "", []Tag{{"1.2.3", true}, {"latest", false}}},
		"slim has names of its own":         {"1.2.3", "slim", "", []Tag{{"1.2.3-slim", true}, {"latest-slim", false}}},
		"a prerelease is in no channel":     {"1.2.3-rc.1", "full", "", []Tag{{"1.2.3-rc.1", true}}},
		"a prerelease in the channel named": {"1.2.3-rc.1", "full", "next", []Tag{{"1.2.3-rc.1", true}, {"next", false}}},
		"no release moves a channel only":   {"dev", "full", "main", []Tag{{"main", false}}},
		"channels come after the version":   {"1.2.3", "full", "stable old", []Tag{{"1.2.3", true}, {"stable", false}, {"old", false}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := tags(c.version, Request{Variant: c.variant, Channels: strings.Fields(c.channel)})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAnUnfitImageIsNotPublished(t *testing.T) {
	cases := map[string]struct {
		spoil func(*Request, *Facts)
		want  string // object, cause and next command
	}{
		"an address without registry": {
			func(r *Request, _ *Facts) { r.Address = "hermes-agent" },
			`cannot publish to "hermes-agent": it names no registry; name registry and repository`,
		},
		"an address whose first part is not a host": {
			func(r *Request, _ *Facts) { r.Address = "team/hermes-agent" }, `it names no registry`,
		},
		"an address with a tag": {
			func(r *Request, _ *Facts) { r.Address += ":1.2.3" }, `tags and digests are not part of it`,
		},
		"an unknown variant": {
			func(r *Request, _ *Facts) { r.Variant = "fat" }, `cannot use variant "fat": there is no such variant; name one of full, slim`,
		},
		"slim under the names of full": {
			func(_ *Request, f *Facts) { f.Image.Labels["caduceus.variant"] = "slim" },
			`it is the variant "slim", and "full" was asked for; publish it as the variant "slim"`,
		},
		"an image that names no variant": {
			func(_ *Request, f *Facts) { delete(f.Image.Labels, "caduceus.variant") }, `its labels name no variant; run "go tool mage build"`,
		},
		"a dirty tree": {
			func(_ *Request, f *Facts) { f.Tree.Dirty = []string{"a", "b", "c", "d", "e"} },
			`the tree differs from its revision: a, b, c and 2 more; commit or remove them ("git status")`,
		},
		"no repository": {
			func(_ *Request, f *Facts) { f.Tree = Tree{} }, `this is not a git repository`,
		},
		"an image of another revision": {
			func(_ *Request, f *Facts) { f.Image.Labels["org.opencontainers.image.revision"] = "feed" },
			`it was built from revision "feed", and the tree is at "0123456789abcdef0123456789abcdef01234567"; run "go tool mage build"`,
		},
		"an image of a dirty tree": {
			func(_ *Request, f *Facts) { f.Image.Labels["org.opencontainers.image.revision"] = revision + "-dirty" }, `-dirty", and the tree is at`,
		},
		"an image without revision": {
			func(_ *Request, f *Facts) { f.Image.Labels["org.opencontainers.image.revision"] = "unknown" }, `does not say which revision`,
		},
		"an untested image": {
			func(_ *Request, f *Facts) { f.Passes = nil }, `the container tests have not passed ` + imageID + ` in this revision; run "go tool mage test:docker"`,
		},
		"an image tested in another revision": {
			func(_ *Request, f *Facts) { f.Passes[0].Revision = "feed" }, `have not passed`,
		},
		"another image that was tested": {
			func(_ *Request, f *Facts) { f.Passes[0].Image = "sha256:22" }, `have not passed`,
		},
		"an untested slim image": {
			func(r *Request, f *Facts) {
				r.Variant, f.Passes, f.Image.Name = "slim", nil, "hermes-agent:dev-slim"
				f.Image.Labels["caduceus.variant"] = "slim"
			},
			`run "HERMES_TEST_IMAGE=hermes-agent:dev-slim go tool mage test:docker"`,
		},
		"a version that is none": {
			func(_ *Request, f *Facts) { f.Image.Labels["org.opencontainers.image.version"] = "v1.2" }, `its version "v1.2" is not of the form 1.2.3`,
		},
		"no version and no channel": {
			func(_ *Request, f *Facts) { f.Image.Labels["org.opencontainers.image.version"] = "dev" }, `which is not a release; build with a version like 1.2.3 (VERSION, --version)`,
		},
		"another version than asked for": {
			func(r *Request, _ *Facts) { r.Version = "2.0.0" }, `its version is "1.2.3", and "2.0.0" was asked for; run "VERSION=2.0.0 go tool mage build"`,
		},
		"a channel that could be a version": {
			func(r *Request, _ *Facts) { r.Channels = []string{"9.9.9"} }, `the channel "9.9.9" is not of small letters`,
		},
		"a channel in the other variant's name": {
			func(r *Request, _ *Facts) { r.Channels = []string{"main-slim"} }, `the tag "main-slim" is that of the variant slim`,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r, f := good()
			c.spoil(&r, &f)
			_, err := Decide(r, f)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want an error with %q, got %v", c.want, err)
			}
		})
	}
}

func TestDecideNamesAllThatIsWrongAtOnce(t *testing.T) {
	r, f := good()
	r.Variant, f.Tree.Dirty, f.Passes = "fat", []string{"x"}, nil
	_, err := Decide(r, f)
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("want three lines, got %v", err)
	}
}

// What is refused before a build is what would be refused after it.
func TestCheckRefusesBeforeTheBuild(t *testing.T) {
	cases := map[string]struct {
		spoil func(*Request, *Tree)
		want  string
	}{
		"nothing":             {func(*Request, *Tree) {}, ""},
		"an address":          {func(r *Request, _ *Tree) { r.Address = "hermes-agent" }, "it names no registry"},
		"an unknown variant":  {func(r *Request, _ *Tree) { r.Variant = "fat" }, `cannot use variant "fat"`},
		"a dirty tree":        {func(_ *Request, f *Tree) { f.Dirty = []string{"a"} }, "the tree differs from its revision: a"},
		"no repository":       {func(_ *Request, f *Tree) { f.Revision = "" }, "this is not a git repository"},
		"a channel":           {func(r *Request, _ *Tree) { r.Channels = []string{"9.9.9"} }, `the channel "9.9.9"`},
		"a version":           {func(r *Request, _ *Tree) { r.Version = "v1.2" }, `its version "v1.2"`},
		"dev with no channel": {func(r *Request, _ *Tree) { r.Version = "dev" }, "which is not a release"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r, f := good()
			r.Version = "1.2.3"
			c.spoil(&r, &f.Tree)
			repository, err := r.Check(f.Tree)
			if c.want == "" {
				if err != nil || repository.String() != r.Address {
					t.Errorf("want repository %s, got %v, %v", r.Address, repository, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want an error with %q, got %v", c.want, err)
			}
		})
	}
}

func TestOnlyChannelsMove(t *testing.T) {
	r, f := good()
	plan, err := Decide(r, f)
	if err != nil {
		t.Fatal(err)
	}
	const mine, other = "sha256:aa", "sha256:bb"
	cases := map[string]struct {
		have map[string]string
		want []string
		err  string
	}{
		"nothing is there":             {map[string]string{}, []string{"1.2.3", "latest"}, ""},
		"all is there":                 {map[string]string{"1.2.3": mine, "latest": mine}, nil, ""},
		"the channel moves":            {map[string]string{"1.2.3": mine, "latest": other}, []string{"latest"}, ""},
		"a version never moves":        {map[string]string{"1.2.3": other}, nil, "that version is published already, as sha256:bb; give this image another VERSION"},
		"nor does the channel with it": {map[string]string{"1.2.3": other, "latest": other}, nil, "published already"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			moves, err := plan.Moves(mine, c.have)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("want an error with %q, got %v", c.err, err)
				}
				return
			}
			var got []string
			for _, m := range moves {
				got = append(got, m.Name)
			}
			if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
				t.Error(err, diff)
			}
		})
	}
}

func TestOnlySemanticVersionsAreBuilt(t *testing.T) {
	for version, ok := range map[string]bool{"dev": true, "1.2.3": true, "1.2.3-rc.1": true, "": false, "x/y": false, "v1.2.3": false, "1.2": false, "1.2.3+b": false} {
		if err := CheckVersion(version); (err == nil) != ok {
			t.Errorf("%q: got %v", version, err)
		}
	}
}

// Whatever a caller calls the loopback, a function has another.
func TestALoopbackRegistryIsRefusedUnderDagger(t *testing.T) {
	for address, ok := range map[string]bool{
		"localhost:5000/a": false, "127.0.0.1:5000/a": false, "127.8.8.8/a": false, "[::1]:5000/a": false, "0.0.0.0:5000/a": false, "reg.localhost:5000/a": false,
		"10.0.0.2:5000/a": true, "registry.example/a": true, "localhost.example:5000/a": true,
	} {
		repository, err := name.NewRepository(address)
		if err != nil {
			t.Fatal(err)
		}
		err = CheckReach(repository)
		if (err == nil) != ok {
			t.Errorf("%q: got %v", address, err)
		}
		if err != nil && !strings.HasSuffix(err.Error(), "a function of Dagger has a loopback of its own, where no registry listens; name the registry's host by an address that the Dagger engine reaches") {
			t.Error(err)
		}
	}
}
