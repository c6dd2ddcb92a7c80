package base

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
)

func TestWhichBaseABuildTakes(t *testing.T) {
	clause.Proves(t, "TOOL-01")
	now := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	made := func(age time.Duration, recipe string) *Made {
		return &Made{Ref: "caduceus-base:13.8", Recipe: recipe, Snapshot: now.Add(-age)}
	}
	refused := errors.New("connection refused")
	for name, c := range map[string]struct {
		in   facts
		want Choice
	}{
		"the user's own word wins":          {facts{given: "my:1", force: true, present: true}, Choice{"my:1", Given, "named in BASE_IMAGE"}},
		"made anew on request":              {facts{force: true, made: made(0, "r"), present: true}, Choice{"", Bootstrapped, "asked for"}},
		"the engine has the official image": {facts{present: true, registry: refused}, Choice{"debian:13.4", Present, "the engine has it"}},
		"a registry has it":                 {facts{made: made(0, "r")}, Choice{"debian:13.4", Registry, "its registry answers"}},
		"neither registry nor base":         {facts{registry: refused}, Choice{"", Bootstrapped, "no registry has debian:13.4 (connection refused)"}},
		"a base of this recipe, fresh":      {facts{registry: refused, made: made(MaxAge, "r")}, Choice{"caduceus-base:13.8", Local, "no registry has debian:13.4 (connection refused); bootstrapped from Debian's packages of 2026-11-10"}},
		"a base of this recipe, but old":    {facts{registry: refused, made: made(MaxAge+time.Second, "r")}, Choice{"", Bootstrapped, "caduceus-base:13.8 is from 2026-11-09"}},
		"a base of an older program":        {facts{registry: refused, made: made(0, "q")}, Choice{"", Bootstrapped, "caduceus-base:13.8 was made by another version of this program"}},
		"a bootstrapped base has no 13.4":   {facts{registry: refused, made: made(0, "r")}, Choice{"caduceus-base:13.8", Local, "no registry has debian:13.4 (connection refused); bootstrapped from Debian's packages of 2026-11-24"}},
		"the official image beats our own":  {facts{present: true, made: made(0, "r")}, Choice{"debian:13.4", Present, "the engine has it"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.in.official, c.in.recipe, c.in.now = "debian:13.4", "r", now
			if diff := cmp.Diff(c.want, decide(c.in)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestABootstrappedBaseIsKnownByItsLabels(t *testing.T) {
	good := map[string]string{labelRecipe: "abc", labelSnapshot: "1795313345"}
	m, ok := madeFrom("caduceus-base:13.8", good)
	if want := (Made{"caduceus-base:13.8", "abc", time.Date(2026, 11, 22, 2, 9, 5, 0, time.UTC)}); !ok || m != want {
		t.Errorf("want %v, got %v, %t", want, m, ok)
	}
	for name, labels := range map[string]map[string]string{
		"an image of someone else": nil,
		"no recipe":                {labelSnapshot: "1"},
		"a broken snapshot":        {labelRecipe: "abc", labelSnapshot: "yesterday"},
	} {
		if _, ok := madeFrom("caduceus-base:13.8", labels); ok {
			t.Errorf("%s was taken for a bootstrapped base", name)
		}
	}
	for _, other := range []string{"z-mine:1", "caduceus-base-old:13.8", ""} {
		if _, ok := madeFrom(other, good); ok {
			t.Errorf("the name %q was taken for that of a base", other)
		}
	}
}

func TestTheNewestBootstrappedBaseIsTaken(t *testing.T) {
	if newest(nil) != nil {
		t.Error("a base out of nothing")
	}
	at := func(ref string, s int64) Made { return Made{Ref: ref, Snapshot: time.Unix(s, 0)} }
	if got := newest([]Made{at("a", 1), at("b", 3), at("c", 2)}); got.Ref != "b" {
		t.Errorf("want b, got %s", got.Ref)
	}
}
