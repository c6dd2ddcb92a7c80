package image

import (
	"maps"
	"strconv"
	"time"
)

// Options is what one build chooses. The zero value is what "docker build ."
// does: the registry's base, a Go stage, the pinned agent, no version.
type Options struct {
	Base        string    // image to build on; "": Spec.Base
	Browser     string    // debian or playwright; "": Spec.Browser
	AgentSource string    // directory or archive inside the build context; "": the pinned source distribution
	CA          string    // file inside the build context with certificates that downloads trust; "": the base's own alone
	Prebuilt    bool      // take /init and the front from dist/ instead of compiling them in a stage
	Version     string    // of the image
	Revision    string    // commit of this repository
	Source      string    // where this repository is
	GitSHA      string    // commit of the agent, which "hermes dump" shows
	Epoch       time.Time // time of this repository's own files; zero: that of the checkout
}

// AgentLabel has the version of the agent inside, "unknown" where it is not the pinned one.
const AgentLabel = "caduceus.agent.version"

// BuildArgs are the arguments of the Dockerfile. One that is not set is left
// out, so the Dockerfile's own default holds.
func (s Spec) BuildArgs(o Options) map[string]string {
	args := map[string]string{
		"BASE_IMAGE":     or(o.Base, s.Base),
		"BROWSER_SOURCE": or(o.Browser, s.Browser),
		"BINARIES":       "source",
		"AGENT_SOURCE":   o.AgentSource,
		"AGENT_VERSION":  s.agentVersion(o),
		"CA":             o.CA,
		"VERSION":        o.Version,
		"REVISION":       o.Revision,
		"SOURCE":         o.Source,
		"HERMES_GIT_SHA": o.GitSHA,
	}
	if o.Prebuilt {
		args["BINARIES"] = "prebuilt"
	}
	if !o.Epoch.IsZero() {
		args["SOURCE_DATE_EPOCH"] = strconv.FormatInt(o.Epoch.Unix(), 10)
	}
	maps.DeleteFunc(args, func(_, value string) bool { return value == "" })
	return args
}

// Labels are those that the image carries when it was built with BuildArgs(o).
//
// contract: IMG-20, TOOL-01.
func (s Spec) Labels(o Options) map[string]string {
	const prefix = "org.opencontainers.image."
	return map[string]string{
		prefix + "base.name": or(o.Base, s.Base),
		prefix + "version":   or(o.Version, "dev"),
		prefix + "revision":  or(o.Revision, "unknown"),
		prefix + "source":    or(o.Source, "unknown"),
		AgentLabel:           or(s.agentVersion(o), "unknown"),
	}
}

// agentVersion is that of the pinned agent; what another source holds, nothing here
// knows.
func (s Spec) agentVersion(o Options) string {
	if o.AgentSource != "" {
		return ""
	}
	return s.Agent.Version
}

// CheckOptions refuses what the Dockerfile has no stage for.
func (s Spec) CheckOptions(o Options) error {
	return s.checkBrowser(or(o.Browser, s.Browser))
}

func or(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}
