package fixattrs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"caduceus/internal/held"
	"caduceus/internal/identity"
)

// rule is one line of a file: "path recurse account fmode dmode".
type rule struct {
	path         string
	recurse      bool
	account      string // NAME, NAME,UID:GID (the latter when NAME is unknown), or UID:GID
	fmode, dmode uint32 // as of chmod(2)
}

// parse reads the rules of a file. Blank lines and lines that begin with # are comments.
func parse(text string) ([]rule, error) {
	var rules []rule
	var wrong []error
	for i, line := range strings.Split(text, "\n") {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		r, err := parseRule(words)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("line %d: %w", i+1, err))
			continue
		}
		rules = append(rules, r)
	}
	return rules, errors.Join(wrong...)
}

func parseRule(words []string) (rule, error) {
	if len(words) != 5 {
		return rule{}, fmt.Errorf("%d words, want: path recurse account fmode dmode", len(words))
	}
	recurse, err := strconv.ParseBool(words[1])
	if err != nil {
		return rule{}, fmt.Errorf("recurse is %q, want true or false", words[1])
	}
	fmode, err := parseMode(words[3])
	if err != nil {
		return rule{}, err
	}
	dmode, err := parseMode(words[4])
	return rule{words[0], recurse, words[2], fmode, dmode}, err
}

func parseMode(word string) (uint32, error) {
	n, err := strconv.ParseUint(word, 8, 12)
	if err != nil {
		return 0, fmt.Errorf("mode is %q, want an octal number", word)
	}
	return uint32(n), nil
}

// owner finds the ids of an account. lookup knows the names of the system.
func owner(account string, lookup func(string) (uid, gid int, err error)) (uid, gid int, err error) {
	name, fallback, _ := strings.Cut(account, ",")
	for _, ids := range []string{name, fallback} {
		if u, g, ok := strings.Cut(ids, ":"); ok {
			uid, uerr := strconv.Atoi(u)
			gid, gerr := strconv.Atoi(g)
			if uerr == nil && gerr == nil {
				return uid, gid, nil
			}
			continue
		}
		if ids != "" {
			if uid, gid, err := lookup(ids); err == nil {
				return uid, gid, nil
			}
		}
	}
	return 0, 0, fmt.Errorf("cannot find account %q", account)
}

func lookupUser(name string) (uid, gid int, err error) {
	a, err := identity.Lookup("", name)
	return int(a.UID), int(a.GID), err
}

// Apply gives the files that one file of fix-attrs.d names their owners and modes. hidden: those whose
// names begin with a dot, too.
func Apply(file string, hidden bool) error {
	text, err := os.ReadFile(file)
	rules, parseErr := parse(string(text))
	err = errors.Join(err, parseErr)
	for _, r := range rules {
		err = errors.Join(err, r.apply(hidden))
	}
	return err
}

// apply gives the files of a rule their owner and mode. Symbolic links are left alone, and nothing
// outside the named directory is reached through them.
func (r rule) apply(hidden bool) error {
	uid, gid, err := owner(r.account, lookupUser)
	if err != nil {
		return err
	}
	root, err := held.Open(filepath.Dir(r.path), held.RefuseLinks)
	if err == nil {
		defer func() { _ = root.Close() }() // nothing was written through it
		top := true
		err = root.Walk(context.Background(), filepath.Base(r.path), nil, func(e held.Entry) error {
			if !top && !hidden && strings.HasPrefix(e.Name, ".") {
				return fs.SkipDir
			}
			top = false
			return r.give(e, uid, gid)
		})
	}
	if err != nil {
		return fmt.Errorf("cannot fix attributes of %q: %w", r.path, err)
	}
	return nil
}

func (r rule) give(e held.Entry, uid, gid int) error {
	mode := r.fmode
	if e.IsDir() {
		mode = r.dmode
	}
	// The owner first: a change of owner takes setuid and setgid bits away.
	if err := errors.Join(e.Chown(uid, gid), e.Chmod(mode)); err != nil {
		return err
	}
	if e.IsDir() && !r.recurse {
		return fs.SkipDir
	}
	return nil
}
