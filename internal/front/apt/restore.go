package apt

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Restore installs those of the packages named that are not installed, with do, which performs a
// request. What cannot be installed does not keep the others from it; the error names it.
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

// installAll installs a batch, at once if that works, else one by one; it returns those that failed.
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
