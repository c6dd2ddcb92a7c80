package apt

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Restore installs the packages of names that are missing in installed, by requests to do. A package that cannot be
// installed is named in the error; the others are installed all the same.
//
// contract: TOOL-15
func Restore(ctx context.Context, names []string, installed map[string]bool, do func(Request) (int, error), say func(format string, a ...any)) error {
	missing := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return installed[name] })
	if len(missing) == 0 {
		say("%d packages listed, none is missing", len(names))
		return nil
	}
	say("installing %d of %d listed packages: %s", len(missing), len(names), strings.Join(missing, " "))
	code, err := do(Request{Verb: Update})
	if err != nil {
		return err
	}
	if code != 0 {
		say("apt-get update exited %d; going on with the lists that are there", code)
	}
	var failed []string
	for batch := range slices.Chunk(missing, MaxNames) {
		bad, err := installAll(ctx, batch, do)
		if err != nil {
			return err
		}
		failed = append(failed, bad...)
	}
	if len(failed) > 0 {
		return fmt.Errorf("cannot install %s", strings.Join(failed, " "))
	}
	say("restored")
	return nil
}

// installAll installs a batch with one request or, if that fails, with one for each package. It returns the failed ones.
func installAll(ctx context.Context, batch []string, do func(Request) (int, error)) (failed []string, err error) {
	code, err := do(Request{Verb: Install, Names: batch})
	if err != nil || code == 0 {
		return nil, err
	}
	if len(batch) == 1 {
		return batch, nil
	}
	for _, name := range batch {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if code, err = do(Request{Verb: Install, Names: []string{name}}); err != nil {
			return nil, err
		}
		if code != 0 {
			failed = append(failed, name)
		}
	}
	return failed, nil
}
