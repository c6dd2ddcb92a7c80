package checks

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"caduceus/tests/docker/harness"
)

// fact is a check of what lies or runs in a shared, booted container. The probe alone sees it: whatever sh, ps and their kind are
// in the image, they have no say.
type fact struct {
	clause string
	name   string
	see    func(ctx context.Context, c *harness.Container) error // an error without a violation: it could not look
	show   string                                                // a script that shows a violation to people
}

func facts(on harness.Scenario, table []fact) []Check {
	list := make([]Check, len(table))
	for i, f := range table {
		list[i] = Check{
			Name:    f.name,
			Clauses: []string{f.clause},
			Doc:     "the probe looks in a container of scenario " + on.Name + "; a script shows it, too: " + f.show,
			Run: func(ctx context.Context, s *harness.Subject) error {
				c, err := s.Shared(ctx, on)
				if err != nil {
					return err
				}
				err = f.see(ctx, c)
				if len(Broken(err)) > 0 {
					_, _ = c.Show(ctx, f.show)
				}
				return err
			},
		}
	}
	return list
}

// rule is what a file has to be: it returns what is wrong. It gets what lies at the path itself, a link with what it leads to.
type rule func(harness.Seen) string

func executable(f harness.Seen) string {
	if mode := f.Followed().Mode; mode&0o111 == 0 {
		return fmt.Sprintf("nobody may execute it (mode %04o)", mode)
	}
	return ""
}

func mode(want uint32) rule {
	return func(f harness.Seen) string {
		if got := f.Followed().Mode; got != want {
			return fmt.Sprintf("its mode is %04o, not %04o", got, want)
		}
		return ""
	}
}

func filled(f harness.Seen) string {
	if f.Followed().Size == 0 {
		return "it is empty"
	}
	return ""
}

func unlinked(f harness.Seen) string {
	if f.Type == "link" {
		return fmt.Sprintf("it is a link to %q", f.Target)
	}
	return ""
}

// typed wants files of a type, after links, that follow rules.
func typed(ctx context.Context, c *harness.Container, clause, kind string, paths []string, rules ...rule) error {
	files, err := c.Files(ctx, paths...)
	if err != nil {
		return err
	}
	var errs []error
	for _, path := range paths {
		end := files[path].Followed()
		switch {
		case end.Error != "":
			errs = append(errs, violates(clause, "%s: %s", path, end.Error))
		case end.Type != kind:
			errs = append(errs, violates(clause, "%s: want a %s, it is a %s", path, kind, end.Type))
		default:
			for _, r := range rules {
				if why := r(files[path]); why != "" {
					errs = append(errs, violates(clause, "%s: %s", path, why))
				}
			}
		}
	}
	return errors.Join(errs...)
}

// absent wants that nothing lies at paths.
func absent(ctx context.Context, c *harness.Container, clause string, paths ...string) error {
	files, err := c.Files(ctx, paths...)
	if err != nil {
		return err
	}
	var errs []error
	for _, path := range slices.Sorted(maps.Keys(files)) {
		if f := files[path]; f.Type != "" {
			errs = append(errs, violates(clause, "%s: there is a %s", path, f.Type))
		} else if !strings.Contains(f.Error, "no such file") {
			errs = append(errs, fmt.Errorf("cannot look at %q: %s", path, f.Error))
		}
	}
	return errors.Join(errs...)
}

// entry finds a name's line of passwd or group.
func entry(text, name string) []string {
	for line := range strings.Lines(text) {
		if fields := strings.Split(strings.TrimSuffix(line, "\n"), ":"); fields[0] == name {
			return fields
		}
	}
	return nil
}

func in(dir string, names ...string) []string {
	paths := make([]string, len(names))
	for i, name := range names {
		paths[i] = dir + "/" + name
	}
	return paths
}
