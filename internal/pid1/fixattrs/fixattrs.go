package fixattrs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
)

// rule is one line of a file: "path recurse account fmode dmode".
type rule struct {
	path         string
	recurse      bool
	account      string // NAME, NAME,UID:GID (the latter when NAME is unknown), or UID:GID
	fmode, dmode fs.FileMode
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

func parseMode(word string) (fs.FileMode, error) {
	n, err := strconv.ParseUint(word, 8, 12)
	if err != nil {
		return 0, fmt.Errorf("mode is %q, want an octal number", word)
	}
	mode := fs.FileMode(n & 0o777)
	for bit, flag := range map[uint64]fs.FileMode{0o4000: fs.ModeSetuid, 0o2000: fs.ModeSetgid, 0o1000: fs.ModeSticky} {
		if n&bit != 0 {
			mode |= flag
		}
	}
	return mode, nil
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
	u, err := user.Lookup(name)
	if err != nil {
		if u, err = user.LookupId(name); err != nil {
			return 0, 0, err
		}
	}
	uid, uerr := strconv.Atoi(u.Uid)
	gid, gerr := strconv.Atoi(u.Gid)
	return uid, gid, errors.Join(uerr, gerr)
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
	root, err := os.OpenRoot(filepath.Dir(r.path))
	if err != nil {
		return fmt.Errorf("cannot fix attributes of %q: %w", r.path, err)
	}
	defer func() { _ = root.Close() }()
	top := filepath.Base(r.path)
	return fs.WalkDir(root.FS(), top, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.Type()&fs.ModeSymlink != 0:
			return nil
		case path != top && !hidden && strings.HasPrefix(d.Name(), "."):
			return skip(d)
		}
		mode := r.fmode
		if d.IsDir() {
			mode = r.dmode
		}
		// The owner first: a change of owner takes setuid and setgid bits away.
		if err := errors.Join(root.Lchown(path, uid, gid), root.Chmod(path, mode)); err != nil {
			return fmt.Errorf("cannot fix attributes below %q: %w", r.path, err)
		}
		if d.IsDir() && !r.recurse {
			return fs.SkipDir
		}
		return nil
	})
}

func skip(d fs.DirEntry) error {
	if d.IsDir() {
		return fs.SkipDir
	}
	return nil
}
