package mutants

import (
	"caduceus/tests/docker/checks"
	"caduceus/tests/mutant"
)

// brokenImage is the image under test with one thing broken on purpose. A check
// that cannot see it would see nothing.
type brokenImage struct {
	name       string
	dockerfile string        // after FROM the image under test
	edits      []mutant.Edit // of the source of the front; none: no new binary
	init       []mutant.Edit // likewise, of the init
	red        string        // the check that must fail
	clause     string        // what it must name as broken
	green      string        // a check of something else that must still hold
}

// copyFront puts the mutated front where the good one was.
const copyFront = "COPY --chown=root:root hermes /opt/hermes/bin/hermes"

// Checks that mutants name, but for those that package checks names itself.
const (
	exitsCheck = "a main program that ends with 42 gives exit code 42"
	labelCheck = "the image says where it comes from"
)

// frontMutants break one decision of the front each.
func frontMutants() []brokenImage {
	return []brokenImage{
		{
			name: "files that are replaced, mounts or not", dockerfile: copyFront,
			edits: []mutant.Edit{{File: "internal/held/file.go", Old: "errors.Is(err, unix.EBUSY) && !how.New", New: "false"}},
			red:   checks.InPlaceCheck, clause: "SETUP-42", green: exitsCheck,
		},
		{
			name: "a setup that tries a failed migration again and again", dockerfile: copyFront,
			edits: []mutant.Edit{{File: "internal/front/setup/config.go", Old: "known.State == state", New: "known.State == \"\""}},
			red:   checks.OldConfigCheck, clause: "SETUP-43", green: exitsCheck,
		},
		{
			name: "caches in /tmp, whatever it is", dockerfile: copyFront,
			edits: []mutant.Edit{{File: "internal/front/toolcache/toolcache.go", Old: "case noexec(tmp):", New: "case false:"}},
			red:   checks.ToolCacheCheck, clause: "TOOL-19", green: exitsCheck,
		},
		{
			name: "no sentinel in the slots", dockerfile: copyFront,
			edits: []mutant.Edit{{
				File: "internal/front/gateway/slot/run.sh",
				Old:  "export HERMES_S6_SUPERVISED_CHILD=1 ", New: "export ",
			}},
			red: checks.RecursionCheck, clause: "GW-04", green: exitsCheck,
		},
		{
			name: "a front that ignores the opt-out", dockerfile: copyFront,
			edits: []mutant.Edit{{
				File: "internal/front/gateway/decide.go",
				Old:  "case f.NoSuperviseEnv:", New: "case false:",
			}},
			red: checks.OptOutCheck, clause: "GW-06", green: exitsCheck,
		},
		{
			name: "a finish that never restarts", dockerfile: copyFront,
			edits: []mutant.Edit{{
				File: "internal/front/gateway/slot/finish.sh",
				Old:  "\nexit 0\n", New: "\nexit 125\n",
			}},
			red: "a killed gateway is back about a second later, its container lives on", clause: "SLOT-05", green: exitsCheck,
		},
		{
			name: "slots that leave children behind", dockerfile: copyFront,
			edits: []mutant.Edit{{
				File: "internal/front/gateway/slot.go",
				Old:  `{"timeout-leftovers", 0o644, `, New: `{"unread", 0o644, `,
			}},
			red: checks.LeftoversCheck, clause: "SLOT-17", green: checks.PlainSlotCheck,
		},
		{
			name: "a main-hermes that looks after no logger", dockerfile: copyFront,
			edits: []mutant.Edit{{
				File: "internal/front/cli/container_watch.go",
				Old:  "tender.Look()", New: "_ = tender",
			}},
			red: checks.FullLogCheck, clause: "LOG-07", green: exitsCheck,
		},
		{
			name: "a finish that keeps nothing", dockerfile: copyFront,
			edits: []mutant.Edit{{
				File: "internal/front/gateway/slot/finish.sh",
				Old:  `"${S6_RUN_WANTED:-1}" = 1`, New: `"${S6_RUN_WANTED:-1}" = 2`,
			}},
			red: checks.LeftoversCheck, clause: "SLOT-17", green: exitsCheck,
		},
		{
			name: "a front that leaves completion to the agent", dockerfile: copyFront,
			edits: []mutant.Edit{{
				File: "internal/front/cli/tree.go",
				Old:  "a.completionVerb(), ", New: "",
			}},
			red: checks.BashCheck, clause: "NAME-02", green: exitsCheck,
		},
		{
			name: "a health check that forgets what is recorded", dockerfile: copyFront,
			edits: []mutant.Edit{{
				File: "internal/front/gateway/report.go",
				Old:  "r.DownForGood = wanted && ", New: "r.DownForGood = false && wanted && ",
			}},
			red: checks.DownForGoodCheck, clause: "HEALTH-05", green: exitsCheck,
		},
		{
			name: "a liveness that wants all that was asked for", dockerfile: copyFront,
			edits: []mutant.Edit{{
				File: "internal/front/cli/container_health.go",
				Old:  "judge = a.live", New: "judge = a.health",
			}},
			red: checks.DownForGoodCheck, clause: "HEALTH-07", green: exitsCheck,
		},
		{
			name: "a front that chats with nobody", dockerfile: copyFront,
			edits: []mutant.Edit{{
				File: "internal/front/cli/pass_on.go",
				Old:  "case inputNone:", New: "case inputNone + inputOther:",
			}},
			red: checks.NoTerminalCheck, clause: "CMD-09", green: exitsCheck,
		},
		{
			name: "a setup that lets nothing follow", dockerfile: copyFront,
			edits: []mutant.Edit{{
				File: "internal/front/setup/former.go",
				Old:  "if f.empty() {\n\t\treturn true", New: "if true {\n\t\treturn true",
			}},
			red: checks.FollowsCheck, clause: "WHO-01", green: exitsCheck,
		},
		{
			name: "a setup that believes a copy", dockerfile: copyFront,
			edits: []mutant.Edit{{
				File: "internal/front/pastids/pastids.go",
				Old:  "case m.Inode != inode:", New: "case false:",
			}},
			red: checks.ForgedCheck, clause: "WHO-02", green: exitsCheck,
		},
		{
			name: "a setup that believes an older memory", dockerfile: copyFront,
			edits: []mutant.Edit{{
				File: "internal/front/pastids/pastids.go",
				Old:  "case !slices.Contains(m.UIDs, owner):", New: "case false:",
			}},
			red: checks.ForgedCheck, clause: "WHO-02", green: exitsCheck,
		},
		{
			name: "a boot that does not know whose the container is", dockerfile: copyFront,
			edits: []mutant.Edit{{
				File: "internal/front/cli/container_setup.go",
				Old:  "OwnProfile:   a.ownProfile,\n", New: "",
			}},
			red: checks.InheritCheck, clause: "INH-02", green: exitsCheck,
		},
		{
			name: "a front that starts a gateway beside another container's", dockerfile: copyFront,
			edits: []mutant.Edit{{
				File: "internal/front/cli/gateway_run.go",
				Old:  "if outcome == gateway.Foreground || outcome == gateway.Redirect {", New: "if false {",
			}},
			red: checks.HolderCheck, clause: "HOLD-02", green: exitsCheck,
		},
		{
			name: "a setup that waits for nobody", dockerfile: copyFront,
			edits: []mutant.Edit{{
				File: "internal/front/setup/shared.go",
				Old:  "leave = j.takeTurn(ctx, dir)", New: "leave = func() {}",
			}},
			red: checks.SetupTurnsCheck, clause: "HOLD-03", green: exitsCheck,
		},
		{
			name: "a boot that believes any lock", dockerfile: copyFront,
			edits: []mutant.Edit{{
				File: "internal/front/volumelock/lock.go",
				Old:  "Trusted: ofUser(st, 0)}", New: "Trusted: true}",
			}},
			red: checks.ForgedHoldCheck, clause: "HOLD-04", green: exitsCheck,
		},
		{
			name: "a setup that takes half skills for the user's", dockerfile: copyFront,
			edits: []mutant.Edit{{
				File: "internal/front/setup/skills.go",
				Old:  "undone, err := j.undoCutCopies(v)", New: "undone, err := 0, error(nil)",
			}},
			red: checks.CutSkillsCheck, clause: "SETUP-44", green: exitsCheck,
		},
		{
			name: "a front that stays root", dockerfile: copyFront,
			edits: []mutant.Edit{{
				File: "internal/front/cli/drop.go",
				Old:  "if a.euid != 0 || ", New: "if true || ",
			}},
			red: "hermes called by root drops to hermes", clause: "EXEC-01", green: labelCheck,
		},
		{
			name: "a front that takes an older place for nobody's", dockerfile: copyFront,
			edits: []mutant.Edit{{
				File: "internal/front/doctor/place.go",
				Old:  `if path.Base(point) == ".hermes" ||`, New: `if false && path.Base(point) == ".hermes" ||`,
			}},
			red: checks.StrayCheck, clause: "MOVE-01", green: exitsCheck,
		},
		{
			name: "a front that believes paths of another image", dockerfile: copyFront,
			edits: []mutant.Edit{{
				File: "internal/front/imageenv/imageenv.go",
				Old:  "case value != own && ofImage(name, image):", New: "case false:",
			}},
			red: checks.GonePathsCheck, clause: "MOVE-03", green: exitsCheck,
		},
		{
			name: "a front whose paths stay at /opt/data", dockerfile: copyFront,
			edits: []mutant.Edit{{
				File: "internal/front/imageenv/imageenv.go",
				Old:  "if !found || rest", New: "if true || !found || rest",
			}},
			red: checks.FollowingHomeCheck, clause: "ENV-15", green: exitsCheck,
		},
		{
			name: "a front that quotes what it cannot parse", dockerfile: copyFront,
			edits: []mutant.Edit{{
				File: "internal/front/profile/yaml.go",
				Old:  "return withoutContent(err)", New: "return err",
			}},
			red: checks.SecretsCheck, clause: "STATUS-06", green: exitsCheck,
		},
	}
}
