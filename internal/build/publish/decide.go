package publish

import (
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"time"

	"caduceus/internal/host"

	"github.com/google/go-containerregistry/pkg/name"
)

// Request is what the caller wants.
type Request struct {
	Address  string   // registry and repository, "registry.example/team/hermes-agent"
	Variant  string   // one of Variants
	Channels []string // moving tags; none: latest for a release, nothing for a prerelease
	Version  string   // that the image must have; "": any
}

// Image is what the engine says of the image to publish.
type Image struct {
	Name    string // as the caller named it
	ID      string // "sha256:..."
	Labels  map[string]string
	Created time.Time
}

// Tree is the repository at the moment.
type Tree struct {
	Revision string   // "": nothing says it
	Dirty    []string // files that differ from the revision, or are not in it
	Checkout Checkout // why there is no revision
}

// Facts are all that Decide looks at.
type Facts struct {
	Image  Image
	Tree   Tree
	Passes []Pass
}

// Tag is a name of the published image.
type Tag struct {
	Name  string
	Fixed bool // a version: once given it never means another image
}

// Plan is an image that may be published, and how.
type Plan struct {
	Repository  name.Repository
	ImageID     string
	Tags        []Tag // in the order of setting: the channels last
	Annotations map[string]string
}

const (
	ociLabel   = "org.opencontainers.image."
	agentLabel = "caduceus.agent.version"
	// VariantLabel names the variant of an image, whatever name it has in the engine.
	VariantLabel = "caduceus.variant"
	// unreleased is the version of a build that was given none.
	unreleased = "dev"
	unknown    = "unknown"
)

// Verifier is the variant that holds hermes-verify alone.
const Verifier = "verify"

// Variants are those that can be published; the tags of all but the first end in their name.
func Variants() []string { return []string{"full", "slim", Verifier} }

// Makes are the commands after which the image of a variant can be published.
func Makes(variant string) string {
	if variant == Verifier {
		return `run "go tool mage build:verify" and "go tool mage test:verifier"`
	}
	return `run "go tool mage build" and "go tool mage test:docker"`
}

// Decide makes a plan, or names all that is in its way.
func Decide(r Request, f Facts) (Plan, error) {
	repository, err := ParseAddress(r.Address)
	what := fmt.Sprintf("cannot publish %q", f.Image.Name)
	problems := []error{
		err, f.checkVariant(what, r.Variant),
		f.Tree.check(what), f.checkRevision(what, r.Variant), f.checkPassed(what, r.Variant),
	}
	version := f.Image.Labels[ociLabel+"version"]
	if r.Version != "" && r.Version != version {
		problems = append(problems, &host.Problem{
			What: what, Cause: fmt.Sprintf("its version is %q, and %q was asked for", version, r.Version),
			Next: fmt.Sprintf("run \"VERSION=%s go tool mage build\"", r.Version),
		})
	}
	tags, err := r.tags(what, version)
	if err := errors.Join(append(problems, err)...); err != nil {
		return Plan{}, err
	}
	return Plan{Repository: repository, ImageID: f.Image.ID, Tags: tags, Annotations: annotations(f)}, nil
}

// Check returns an error for what Decide would refuse whatever the image is, so that nobody builds and tests
// one first. It returns the repository to push to.
func (r Request) Check(t Tree) (name.Repository, error) {
	what := fmt.Sprintf("cannot publish to %q", r.Address)
	repository, err := ParseAddress(r.Address)
	_, tagsErr := r.tags(what, r.Version)
	return repository, errors.Join(err, CheckVariant(r.Variant), t.check(what), tagsErr)
}

// ParseAddress wants registry and repository, and no tag: a bare name would silently
// mean a registry that nobody named.
func ParseAddress(address string) (name.Repository, error) {
	problem := &host.Problem{
		What: fmt.Sprintf("cannot publish to %q", address),
		Next: `name registry and repository, as in "registry.example/team/hermes-agent"`,
	}
	registry, _, found := strings.Cut(address, "/")
	if !found || !strings.ContainsAny(registry, ".:") && registry != "localhost" {
		problem.Cause = "it names no registry"
		return name.Repository{}, problem
	}
	repository, err := name.NewRepository(address, name.StrictValidation)
	if err != nil {
		problem.Cause, problem.Err = "it is not a repository's address: tags and digests are not part of it", err
		return name.Repository{}, problem
	}
	return repository, nil
}

// CheckVariant refuses a variant that does not exist.
func CheckVariant(variant string) error {
	if slices.Contains(Variants(), variant) {
		return nil
	}
	return &host.Problem{
		What: fmt.Sprintf("cannot use variant %q", variant), Cause: "there is no such variant",
		Next: "name one of " + strings.Join(Variants(), ", "),
	}
}

// checkVariant compares with what the image itself says: a tag in the engine can be put
// on anything.
func (f Facts) checkVariant(what, variant string) error {
	is := f.Image.Labels[VariantLabel]
	if err := CheckVariant(variant); err != nil || is == variant {
		return err
	}
	p := &host.Problem{What: what, Cause: "its labels name no variant", Next: Makes(variant)}
	if is != "" {
		p.Cause = fmt.Sprintf("it is the variant %q, and %q was asked for", is, variant)
		p.Next = fmt.Sprintf("publish it as the variant %q, or name another image in PUBLISH_IMAGE", is)
	}
	return p
}

// CheckVersion refuses a version that is neither a release, nor a prerelease, nor "dev".
func CheckVersion(version string) error {
	if version == unreleased || semver.MatchString(version) {
		return nil
	}
	return &host.Problem{
		What: fmt.Sprintf("cannot build version %q", version), Cause: "it is not of the form 1.2.3 or 1.2.3-rc.1",
		Next: "name such a version, or none for " + unreleased,
	}
}

// CheckReach refuses a registry on the loopback of whoever calls a function of Dagger: the
// function runs elsewhere and has a loopback of its own, on which nothing listens.
func CheckReach(repository name.Repository) error {
	at := repository.RegistryStr()
	if h, _, err := net.SplitHostPort(at); err == nil {
		at = h
	}
	ip := net.ParseIP(strings.Trim(at, "[]"))
	if at != "localhost" && !strings.HasSuffix(at, ".localhost") && (ip == nil || !ip.IsLoopback() && !ip.IsUnspecified()) {
		return nil
	}
	return &host.Problem{
		What: fmt.Sprintf("cannot publish to %q", repository), Cause: "a function of Dagger has a loopback of its own, where no registry listens",
		Next: "name the registry's host by an address that the Dagger engine reaches",
	}
}

// Label is what an image built from the tree has as its revision: one of a tree that
// differs from its revision cannot be published later.
func (t Tree) Label() string {
	if t.Revision != "" && len(t.Dirty) > 0 {
		return t.Revision + "-dirty"
	}
	return t.Revision
}

func (t Tree) check(what string) error {
	if t.Revision == "" {
		return t.Checkout.noRevision(what)
	}
	if len(t.Dirty) == 0 {
		return nil
	}
	const shown = 3
	files := strings.Join(t.Dirty[:min(shown, len(t.Dirty))], ", ")
	if more := len(t.Dirty) - shown; more > 0 {
		files += fmt.Sprintf(" and %d more", more)
	}
	return &host.Problem{What: what, Cause: "the tree differs from its revision: " + files, Next: `commit or remove them ("git status"), build and test again`}
}

func (f Facts) checkRevision(what, variant string) error {
	built := f.Image.Labels[ociLabel+"revision"]
	if f.Tree.Revision == "" || built == f.Tree.Revision {
		return nil // a tree without a revision is refused by check
	}
	p := &host.Problem{What: what, Next: Makes(variant)}
	p.Cause = fmt.Sprintf("it was built from revision %q, and the tree is at %q", built, f.Tree.Revision)
	if built == "" || built == unknown {
		p.Cause = "it does not say which revision it was built from"
	}
	return p
}

func (f Facts) checkPassed(what, variant string) error {
	if slices.ContainsFunc(f.Passes, func(p Pass) bool { return p.Image == f.Image.ID && p.Revision == f.Tree.Revision }) {
		return nil
	}
	test := "go tool mage test:docker"
	switch {
	case variant == Verifier:
		test = "go tool mage test:verifier"
	case variant != Variants()[0]:
		test = "HERMES_TEST_IMAGE=" + f.Image.Name + " " + test
	}
	return &host.Problem{
		What: what, Cause: fmt.Sprintf("the container tests have not passed %s in this revision", f.Image.ID),
		Next: fmt.Sprintf("run %q", test),
	}
}

var (
	// A tag cannot hold the "+" of SemVer's build metadata.
	semver  = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?$`)
	channel = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
)

// fixTags is the fix for an image that gets no tag, for mage and for a call of Dagger.
const fixTags = "build with a version like 1.2.3 (VERSION, --version), or name a channel like main (CHANNEL, --tags)"

// tags returns the names of the image, or a Problem with them.
func (r Request) tags(what, version string) ([]Tag, error) {
	tags, err := tags(version, r)
	if err != nil {
		return nil, &host.Problem{What: what, Cause: err.Error(), Next: fixTags}
	}
	return tags, nil
}

// tags are the version, which is fixed, then the channels.
func tags(version string, r Request) ([]Tag, error) {
	suffix := ""
	if r.Variant != Variants()[0] {
		suffix = "-" + r.Variant
	}
	moving := r.Channels
	var tags []Tag
	switch m := semver.FindStringSubmatch(version); {
	case m != nil:
		tags = append(tags, Tag{version + suffix, true})
		if len(moving) == 0 && m[4] == "" {
			moving = []string{"latest"}
		}
	case version != unreleased && version != "":
		return nil, fmt.Errorf("its version %q is not of the form 1.2.3 or 1.2.3-rc.1", version)
	case len(moving) == 0:
		return nil, fmt.Errorf("its version is %q, which is not a release", unreleased)
	}
	if err := CheckChannels(moving); err != nil {
		return nil, err
	}
	for _, name := range moving {
		tags = append(tags, Tag{Name: name + suffix})
	}
	for _, other := range Variants()[1:] {
		for _, t := range tags {
			if suffix == "" && strings.HasSuffix(t.Name, "-"+other) {
				return nil, fmt.Errorf("the tag %q is that of the variant %s", t.Name, other)
			}
		}
	}
	return tags, nil
}

// CheckChannels refuses names that no moving tag can have.
func CheckChannels(names []string) error {
	for _, name := range names {
		if !channel.MatchString(name) {
			return fmt.Errorf("the channel %q is not of small letters, digits and single hyphens", name)
		}
	}
	return nil
}

// annotations returns those of the manifest: what the labels of the configuration say, and nothing that changes from
// one push to the next.
//
// contract: IMG-20, TOOL-01.
func annotations(f Facts) map[string]string {
	out := map[string]string{}
	if !f.Image.Created.IsZero() {
		out[ociLabel+"created"] = f.Image.Created.UTC().Format(time.RFC3339)
	}
	for _, key := range []string{ociLabel + "version", ociLabel + "revision", ociLabel + "source", ociLabel + "base.name", agentLabel, VariantLabel} {
		if value := f.Image.Labels[key]; value != "" && value != unknown {
			out[key] = value
		}
	}
	return out
}

// Moves returns the tags that do not mean digest yet; have is the digest that each tag means now, "" for none. A fixed
// tag that means another image is an error.
func (p Plan) Moves(digest string, have map[string]string) ([]Tag, error) {
	var moves []Tag
	for _, t := range p.Tags {
		switch now := have[t.Name]; {
		case now == digest:
		case t.Fixed && now != "":
			return nil, &host.Problem{
				What: fmt.Sprintf("cannot publish %q", p.Repository.Tag(t.Name).String()), Cause: fmt.Sprintf("that version is published already, as %s", now),
				Next: "give this image another VERSION; a published version never changes",
			}
		default:
			moves = append(moves, t)
		}
	}
	return moves, nil
}
