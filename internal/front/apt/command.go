package apt

import (
	"regexp"
	"strings"
)

// quiet are the options of apt-get that change nothing in what the helper does: it assumes yes, and is
// quiet, anyway.
var quiet = regexp.MustCompile(`^(-[yq]+|-q=[0-9]|--(yes|assume-yes|quiet|no-install-suggests|` + noRecommends + `))$`)

const noRecommends = "no-install-recommends"

// ParseCommand reads the words after apt-get. Ours says that they are an update or an installation as
// the helper knows it, though the names may still be refused; all else is for the real apt-get, which
// can do much without root. Ignored names an option that has been left out and would make a
// difference.
func ParseCommand(words []string) (r Request, ignored string, ours bool) {
	options := true
	var plain []string
	for _, w := range words {
		switch {
		case options && w == "--":
			options = false
		case options && strings.HasPrefix(w, "-"):
			if !quiet.MatchString(w) {
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
