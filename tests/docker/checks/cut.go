package checks

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"caduceus/tests/docker/harness"
)

// CutSkillsCheck is about first boots that were cut short.
const CutSkillsCheck = "skills that a first boot left cut short are whole after the next one, and the user's own stay"

// cutChecks cut boots and verbs short.
// contract: SETUP-19 SETUP-29 SETUP-44 SETUP-45 STATE-04
func cutChecks() []Check {
	return []Check{
		{
			Name: CutSkillsCheck, Clauses: []string{"SETUP-44"},
			Doc: "first boots that are killed while they copy skills, then half skills made by hand; each time a whole boot follows", Run: cutSkills,
		},
		{
			Name: "a skill of the image that is changed in the container reaches the volume at each restart", Clauses: []string{"SETUP-29"},
			Doc: "appends to a skill below /opt/hermes as root, and restarts, twice", Run: editedSkills,
		},
		{
			Name: "what killed commands and a full disk left of our files is gone or whole after a boot", Clauses: []string{"SETUP-19", "SETUP-45"},
			Doc: "boots on a volume with temporaries and an empty SOUL.md", Run: cutWrites,
		},
		{
			Name: "a request that cannot be recorded is obeyed, and no success", Clauses: []string{"STATE-04"},
			Doc: "gateway start and stop on a full volume", Run: unrecorded,
		},
	}
}

// editedSkills changes a skill of the image in place, where the second change leaves the times of all directories as they
// are.
func editedSkills(ctx context.Context, s *harness.Subject) error {
	c, err := startIdle(ctx, s, harness.Spec{})
	if err != nil {
		return err
	}
	for _, change := range []string{"first", "second"} {
		res, err := c.Root(ctx, `cd /opt/hermes && f=$(find skills -mindepth 3 -name SKILL.md | sort | head -n 1) && echo `+change+` >>"$f"`)
		if err != nil || res.Code != 0 {
			return fmt.Errorf("cannot change a skill: %s (%w)", res, err)
		}
		if err := c.Restart(ctx); err != nil {
			return err
		}
		if err := booted(ctx, c); err != nil {
			return err
		}
		if err := expectSh(ctx, c, "SETUP-29", `cd /opt/hermes && f=$(find skills -mindepth 3 -name SKILL.md | sort | head -n 1) && tail -n 1 "/opt/data/$f" | grep -qx `+change); err != nil {
			return fmt.Errorf("after the %s change: %w", change, err)
		}
	}
	return nil
}

// skillsWhole compares the skills of the volume with the image's.
const skillsWhole = `cd /opt/hermes && n=0 && for f in $(find skills -name SKILL.md); do d=$(dirname $f); diff -r $d /opt/data/$d || exit 1; n=$((n+1)); done
test $n -gt 50 && test "$(wc -l </opt/data/skills/.bundled_manifest)" = $n`

func cutSkills(ctx context.Context, s *harness.Subject) error {
	for _, copied := range []int{1, 60, 200} {
		volume, err := s.Volume(ctx)
		if err != nil {
			return err
		}
		spec := harness.Spec{Volumes: []harness.Volume{{Name: volume}}, Cmd: []string{"gateway", "run"}}
		c, err := s.Start(ctx, spec)
		if err != nil {
			return err
		}
		if _, err := c.WaitSh(ctx, "copies of skills", fmt.Sprintf(`test "$(find /opt/data/skills -type f | wc -l)" -ge %d`, copied), bootLimit); err != nil {
			return err
		}
		if err := c.Remove(ctx); err != nil { // by a kill
			return err
		}
		next, err := startIdle(ctx, s, harness.Spec{Volumes: spec.Volumes})
		if err != nil {
			return err
		}
		if err := expectSh(ctx, next, "SETUP-44", skillsWhole); err != nil {
			return fmt.Errorf("after a kill at %d files: %w", copied, err)
		}
	}
	return halfSkills(ctx, s)
}

// halfSkills boots on halves that a kill leaves in some runs only.
func halfSkills(ctx context.Context, s *harness.Subject) error {
	volume, err := s.Volume(ctx)
	if err != nil {
		return err
	}
	const half = `set -e; cd /opt/hermes; set -- $(find skills -mindepth 3 -name SKILL.md | sort | head -n 4)
mkdir -p "/opt/data/${1%/*}" "/opt/data/${2%/*}" "/opt/data/${3%/*}" "/opt/data/${4%/*}"
head -c 100 "$1" >"/opt/data/$1"
: >"/opt/data/$2"
echo mine >"/opt/data/$4"
find skills -name DESCRIPTION.md | head -n 1 | { read -r f; mkdir -p "/opt/data/${f%/*}"; head -c 5 "$f" >"/opt/data/$f"; echo "$f" >/opt/data/description; }
echo "$4" >/opt/data/mine`
	code, out, errs, err := run(ctx, s, harness.Spec{Volumes: []harness.Volume{{Name: volume}}, Entrypoint: []string{"sh"}, Cmd: []string{"-c", half}, User: "hermes"})
	if err != nil || code != 0 {
		return fmt.Errorf("cannot make halves: %s%s (%w)", out, errs, err)
	}
	c, err := startIdle(ctx, s, harness.Spec{Volumes: []harness.Volume{{Name: volume}}})
	if err != nil {
		return err
	}
	return expectSh(ctx, c, "SETUP-44", `cd /opt/hermes && mine=$(cat /opt/data/mine) && grep -qx mine "/opt/data/$mine" && f=$(cat /opt/data/description) && cmp "$f" "/opt/data/$f" &&
for f in $(find skills -name SKILL.md); do [ "$f" = "$mine" ] || diff -r "$(dirname "$f")" "/opt/data/$(dirname "$f")" || exit 1; done`)
}

func cutWrites(ctx context.Context, s *harness.Subject) error {
	names := []string{
		".env.12.18a2f.new", "..gateway_intent.json.7.tmp", ".gateway_state.json.7.new", "profiles/coder/.gateway_intent.json.9.9.new",
	}
	volume, err := s.Volume(ctx)
	if err != nil {
		return err
	}
	spec := harness.Spec{Volumes: []harness.Volume{{Name: volume}}}
	script := "cd /opt/data && mkdir -p profiles/coder && echo soul >profiles/coder/SOUL.md && : >SOUL.md && touch -d '1 hour ago' " +
		strings.Join(names, " ") + " .mine.7.new && touch .env.13.2.new"
	code, out, errs, err := run(ctx, s, harness.Spec{Volumes: spec.Volumes, Entrypoint: []string{"sh"}, Cmd: []string{"-c", script}, User: "hermes"})
	if err != nil || code != 0 {
		return fmt.Errorf("cannot prepare: %s%s (%w)", out, errs, err)
	}
	c, err := startIdle(ctx, s, spec)
	if err != nil {
		return err
	}
	errList := []error{
		expectSh(ctx, c, "SETUP-45", `cd /opt/data && ! ls `+strings.Join(names, " ")+` 2>/dev/null && ls .mine.7.new .env.13.2.new`),
		expectSh(ctx, c, "SETUP-19", `cmp /opt/data/SOUL.md /opt/hermes/docker/SOUL.md && : >/opt/data/SOUL.md`),
	}
	if err := c.Restart(ctx); err != nil {
		return err
	}
	if err := booted(ctx, c); err != nil {
		return err
	}
	return errors.Join(append(errList, expectSh(ctx, c, "SETUP-19", `test ! -s /opt/data/SOUL.md`))...)
}

func unrecorded(ctx context.Context, s *harness.Subject) error {
	c, err := startIdle(ctx, s, harness.Spec{Host: sized("8m")})
	if err != nil {
		return err
	}
	if err := quiet(ctx, c, "gateway", "start"); err != nil {
		return err
	}
	if _, err := c.Sh(ctx, `cat /dev/zero >/opt/data/fill; :`); err != nil {
		return err
	}
	res, err := c.Hermes(ctx, "gateway", "stop")
	if err == nil && (res.Code != 1 || !strings.Contains(res.Stdout, "obeys stop") || !strings.Contains(res.Stdout, "no space left") || strings.Count(res.Stdout, "\n") != 1) {
		err = violates("STATE-04", "want exit code 1 and one line with the cause, got %s", res)
	}
	if err != nil {
		return err
	}
	_, err = c.WaitSlot(ctx, "gateway-default", "down", verbLimit, down)
	if err := errors.Join(broken("STATE-04", err), expectSh(ctx, c, "STATE-04", `rm /opt/data/fill && grep -q '"want":"up"' /opt/data/.gateway_intent.json`)); err != nil {
		return err
	}
	return errors.Join(quiet(ctx, c, "gateway", "stop"), expectSh(ctx, c, "STATE-04", `grep -q '"want":"down"' /opt/data/.gateway_intent.json`))
}
