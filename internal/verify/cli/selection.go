package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"caduceus/internal/near"
	"caduceus/tests/docker/checks"
)

// selected returns the entries that the flags ask for, in the order of the catalogue. A word that selects nothing is an
// error that names the nearest one.
func selected(all []checks.Entry, o options) ([]checks.Entry, error) {
	if len(o.ids) == 0 && len(o.clauses) == 0 {
		return checks.UpTo(all, o.tier)
	}
	var errs []error
	wanted := map[string]bool{}
	for _, id := range o.ids {
		found := false
		for _, e := range all {
			if e.ID == id || e.Family() == id {
				wanted[e.ID], found = true, true
			}
		}
		if !found {
			errs = append(errs, unknown(all, id))
		}
	}
	for _, clause := range o.clauses {
		found := false
		for _, e := range all {
			if slices.Contains(e.Clauses, clause) {
				wanted[e.ID], found = true, true
			}
		}
		if !found {
			errs = append(errs, fmt.Errorf("no check proves clause %q; \"hermes-verify list\" shows the clauses of each", clause))
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(e checks.Entry) bool { return !wanted[e.ID] }), errors.Join(errs...)
}

// one returns the entry of an ID.
func one(all []checks.Entry, id string) (checks.Entry, error) {
	for _, e := range all {
		if e.ID == id {
			return e, nil
		}
	}
	return checks.Entry{}, unknown(all, id)
}

// unknown is an ID that no check has, with the one that was meant.
func unknown(all []checks.Entry, id string) error {
	known := make([]string, len(all))
	for i, e := range all {
		known[i] = e.ID
	}
	if meant := near.Word(id, known); meant != "" {
		return fmt.Errorf("no check has the ID %q; did you mean %q?", id, meant)
	}
	return fmt.Errorf("no check has the ID %q; \"hermes-verify list\" shows them", id)
}

// allowed checks the IDs of --allow-not-run.
func allowed(all []checks.Entry, ids []string) (map[string]bool, error) {
	may := map[string]bool{}
	var errs []error
	for _, id := range ids {
		if _, err := one(all, id); err != nil {
			errs = append(errs, fmt.Errorf("--allow-not-run: %w", err))
		}
		may[id] = true
	}
	return may, errors.Join(errs...)
}

// lacking is what a check needs and image or engine lack, "" for nothing.
func lacking(e checks.Entry, f facts) string {
	const enough = 2 << 30
	switch {
	case e.Full && f.image.Variant == checks.Slim:
		return "not promised by the variant slim"
	case slices.Contains(e.Needs, checks.NeedsRoot) && f.user != "" && f.user != "root" && f.user != "0":
		return "needs a start as root; the image ends with USER " + f.user
	case slices.Contains(e.Needs, checks.NeedsMemory) && f.memory > 0 && f.memory < enough:
		return "needs 2 GB of memory"
	case slices.Contains(e.Needs, checks.NeedsHealth) && f.engine.Name == podman:
		return "needs an engine that tells an image's health check"
	}
	return ""
}

func words[T ~string](list []T) string {
	text := make([]string, len(list))
	for i, w := range list {
		text[i] = string(w)
	}
	return strings.Join(text, ", ")
}
