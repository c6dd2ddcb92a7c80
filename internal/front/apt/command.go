package apt

import (
	"regexp"
	"strings"
)

// noEffect matches options that the helper may leave out: it assumes yes and is quiet anyway.
var noEffect = regexp.MustCompile(`^(-[yq]+|-q=[0-9]|--(yes|assume-yes|quiet|no-install-suggests|` + noRecommends + `))$`)

const noRecommends = "no-install-recommends"

// ParseCommand reads the words after apt-get. ours reports whether they are an update or an installation that the helper
// can do; its names are not checked yet. All other words are for the real apt-get, which can do much without root.
// ignored is an option that the helper leaves out although apt-get would act on it.
func ParseCommand(words []string) (r Request, ignored string, ours bool) {
	options := true
	var plain []string
	for _, w := range words {
		switch {
		case options && w == "--":
			options = false
		case options && strings.HasPrefix(w, "-"):
			if !noEffect.MatchString(w) {
				return Request{}, "", false
			}
			if w == "--"+noRecommends {
				ignored = w
			}
		default:
			plain = append(plain, w)
		}
	}
	if len(plain) == 0 {
		return Request{}, "", false
	}
	r = Request{Verb: plain[0], Names: plain[1:]}
	switch {
	case r.Verb == Update && len(r.Names) == 0:
		return r, "", true
	case r.Verb == Install && len(r.Names) > 0:
		return r, ignored, true
	}
	return Request{}, "", false
}
