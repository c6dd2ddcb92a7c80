package apt

import (
	"errors"
	"fmt"
	"strings"
)

// The verbs of a Request.
const (
	Update  = "update"
	Install = "install"
)

// Bounds of a request. Debian's longest package name has some 80 characters.
const (
	MaxNames   = 64
	maxName    = 128
	maxRequest = len(Install) + MaxNames*(1+maxName)
)

// Request is all that a client can ask for.
type Request struct {
	Verb  string
	Names []string // of Install; never empty there
}

// String returns the packet for the socket: words with one space between them.
func (r Request) String() string { return strings.Join(append([]string{r.Verb}, r.Names...), " ") }

// Validate returns an error if the helper must not perform r.
func (r Request) Validate() error {
	switch {
	case r.Verb != Update && r.Verb != Install:
		return fmt.Errorf("cannot do %s: only %s and %s are possible", quote(r.Verb), Update, Install)
	case r.Verb == Update && len(r.Names) > 0:
		return errors.New("cannot update: it takes no names")
	case r.Verb == Install && len(r.Names) == 0:
		return errors.New("cannot install: no package is named")
	case len(r.Names) > MaxNames:
		return fmt.Errorf("cannot install: more than %d packages at once", MaxNames)
	}
	for _, name := range r.Names {
		if err := CheckName(name); err != nil {
			return err
		}
	}
	return nil
}

// ParseRequest reads a packet, which has to be exactly what String returns: blanks are not trimmed.
//
// contract: TOOL-14
func ParseRequest(packet []byte) (Request, error) {
	if len(packet) > maxRequest {
		return Request{}, fmt.Errorf("cannot read a request of more than %d bytes", maxRequest)
	}
	words := strings.Split(string(packet), " ")
	r := Request{Verb: words[0], Names: words[1:]}
	return r, r.Validate()
}

// CheckName returns an error unless name is the plain name of a Debian package: letters a to z, digits and "+-.", first a
// letter or digit, at least two characters. A "-" at the end is refused, because to apt it means removal; no package has
// such a name.
//
// contract: TOOL-14
func CheckName(name string) error {
	bad := len(name) < 2 || len(name) > maxName || !alphanumeric(name[0]) || name[len(name)-1] == '-'
	for i := range len(name) {
		bad = bad || !alphanumeric(name[i]) && !strings.ContainsRune("+-.", rune(name[i]))
	}
	if bad {
		return fmt.Errorf("cannot install %s: not the plain name of a package; options, versions, paths and patterns are not taken", quote(name))
	}
	return nil
}

func alphanumeric(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' }

// quote makes any text fit for one short line of a log.
func quote(s string) string {
	const most = 60
	if len(s) > most {
		return fmt.Sprintf("%q…", s[:most])
	}
	return fmt.Sprintf("%q", s)
}
