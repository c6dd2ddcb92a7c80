package image

import (
	"cmp"
	"maps"
	"strconv"
	"time"
)

// Options are the choices for one build. The zero value is "docker build .": the base from the registry, Go compiled in a
// stage, the pinned agent, no version.
type Options struct {
	Base        string    // image to build on; "": Spec.Base
	Browser     string    // debian or playwright; "": Spec.Browser
	AgentSource string    // directory or archive inside the build context; "": the pinned source distribution
	CA          string    // file inside the build context with CA certificates that downloads trust, too; "": none
	Prebuilt    bool      // take /init and the front from dist/ instead of compiling them in a stage
	Version     string    // of the image
	Revision    string    // commit of this repository
	Source      string    // where this repository is
	GitSHA      string    // commit of the agent, which "hermes dump" shows
	Epoch       time.Time // time of this repository's own files; zero: that of the checkout
}

// AgentLabel is the label with the version of the agent, "unknown" unless it is the pinned one.
const AgentLabel = "caduceus.agent.version"

// BuildArgs returns the build arguments for the Dockerfile. One without a value is left out, so that the Dockerfile's
// default holds.
func (s Spec) BuildArgs(o Options) map[string]string {
	args := map[string]string{
		"BASE_IMAGE":     cmp.Or(o.Base, s.Base),
		"BROWSER_SOURCE": cmp.Or(o.Browser, s.Browser),
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

// Labels returns the labels of an image that was built with BuildArgs(o).
//
// contract: IMG-20
func (s Spec) Labels(o Options) map[string]string {
	const prefix = "org.opencontainers.image."
	return map[string]string{
		prefix + "base.name": cmp.Or(o.Base, s.Base),
		prefix + "version":   cmp.Or(o.Version, "dev"),
		prefix + "revision":  cmp.Or(o.Revision, "unknown"),
		prefix + "source":    cmp.Or(o.Source, "unknown"),
		AgentLabel:           cmp.Or(s.agentVersion(o), "unknown"),
	}
}

// agentVersion returns the version of the pinned agent, "" if another source is used.
func (s Spec) agentVersion(o Options) string {
	if o.AgentSource != "" {
		return ""
	}
	return s.Agent.Version
}

// CheckOptions returns an error if the Dockerfile has no stage for an option.
func (s Spec) CheckOptions(o Options) error {
	return s.checkBrowser(cmp.Or(o.Browser, s.Browser))
}
