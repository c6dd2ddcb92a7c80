package checks

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"caduceus/tests/docker/harness"
)

// Check proves clauses of the contract on an image.
type Check struct {
	Name    string   // one sentence that holds for a good image; unique
	Clauses []string // what the check can find broken
	Doc     string   // how it looks
	Full    bool     // not a promise of the variant slim
	Run     func(ctx context.Context, s *harness.Subject) error
}

// Slim is the variant without browser and ffmpeg, as VariantLabel tells it.
const (
	Slim         = "slim"
	VariantLabel = "caduceus.variant"
)

// Violation is one clause found broken.
type Violation struct {
	Clause string
	Saw    string
}

func (v *Violation) Error() string { return v.Clause + ": " + v.Saw }

func violates(clause, format string, args ...any) error {
	return &Violation{Clause: clause, Saw: fmt.Sprintf(format, args...)}
}

// broken makes a violation of what went wrong, nil of nil. Of tools that may not be asked it makes none: then nobody knows.
func broken(clause string, err error) error {
	if err == nil || errors.Is(err, harness.ErrTools) {
		return err
	}
	return violates(clause, "%v", err)
}

// Broken returns the violations in err, returned by a Check, in its order.
func Broken(err error) []*Violation {
	var found []*Violation
	var walk func(error)
	walk = func(err error) {
		switch e := err.(type) { //nolint:errorlint // the walk takes each error of a joined one apart
		case *Violation:
			found = append(found, e)
		case interface{ Unwrap() []error }:
			for _, inner := range e.Unwrap() {
				walk(inner)
			}
		default:
			if inner := errors.Unwrap(err); inner != nil {
				walk(inner)
			}
		}
	}
	walk(err)
	return found
}

// Violations returns the clauses that err, returned by a Check, names as
// broken, sorted and without doubles.
func Violations(err error) []string {
	var clauses []string
	for _, v := range Broken(err) {
		clauses = append(clauses, v.Clause)
	}
	slices.Sort(clauses)
	return slices.Compact(clauses)
}

// All returns every check, cheap ones first.
func All() []Check {
	return slices.Concat(
		imageChecks(),
		fileChecks(),
		toolChecks(),
		belowChecks(),
		packageChecks(),
		bootChecks(),
		stopChecks(),
		terminalChecks(),
		streamChecks(),
		environmentChecks(),
		commandChecks(),
		execChecks(),
		completionChecks(),
		supervisionChecks(),
		privilegeChecks(),
		gatewayChecks(),
		optOutChecks(),
		crashChecks(),
		verbChecks(),
		profileChecks(),
		inheritChecks(),
		followChecks(),
		restartChecks(),
		killedChecks(),
		leftoverChecks(),
		loggerChecks(),
		roomChecks(),
		dashboardChecks(),
		setupChecks(),
		remapChecks(),
		whoChecks(),
		badInputChecks(),
		hostileChecks(),
		diskChecks(),
		mountedFileChecks(),
		restrictedChecks(),
		volumeChecks(),
		sharingChecks(),
		holdChecks(),
		cutChecks(),
		chaosChecks(),
		unchangedChecks(),
		networkChecks(),
		agentChecks(),
		healthChecks(),
		modeChecks(),
		askedForChecks(),
		doctorChecks(),
		examineChecks(),
		moveChecks(),
		derivedChecks(),
	)
}

// Named returns the check of that name.
func Named(name string) (Check, error) {
	for _, c := range All() {
		if c.Name == name {
			return c, nil
		}
	}
	return Check{}, fmt.Errorf("no check is named %q", name)
}
