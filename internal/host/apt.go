package host

import (
	"cmp"
	"context"
	"slices"
	"strings"
)

// Install adds packages of the distribution. Root on an apt host does it at once;
// anyone else gets a Problem with the command to run. purpose ends the sentence
// "cannot ..." of that Problem, say `start a Docker engine`.
func Install(ctx context.Context, run Runner, f Facts, purpose string, packages ...string) error {
	list := strings.Join(packages, " ")
	missing := &Problem{What: "cannot " + purpose, Cause: "missing packages: " + list}
	if !f.Apt() {
		missing.Next = "install them with the package manager of this host"
		return missing
	}
	if !f.Root {
		missing.Next = `run "sudo apt-get install -y --no-install-recommends ` + list + `"`
		return missing
	}
	noninteractive := []string{"DEBIAN_FRONTEND=noninteractive"}
	install := Cmd{
		Path: "apt-get", Env: noninteractive,
		Args: append([]string{"install", "-y", "-q", "--no-install-recommends"}, packages...),
	}
	if err := run.Run(ctx, install); err == nil {
		return nil
	}
	// The lists may be absent or old. An index that fails to download (a third
	// party's, say) must not stop the install: the second try tells the truth.
	_ = run.Run(ctx, Cmd{Path: "apt-get", Args: []string{"update", "-q"}, Env: noninteractive})
	if err := run.Run(ctx, install); err != nil {
		p := aptProblem(err.Error())
		p.What, p.Cause, p.Err = "cannot "+purpose, "apt-get cannot install "+list+": "+p.Cause, err
		p.Next = cmp.Or(p.Next, `look at the output of "`+install.String()+`"`)
		return p
	}
	return nil
}

// aptProblem is what apt-get's output says, as far as a person can mend it.
func aptProblem(output string) *Problem {
	lower := strings.ToLower(output)
	says := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(lower, w) })
	}
	switch {
	case says("no space left", "don't have enough free space"):
		return &Problem{Cause: "no space left on this host's disk", Next: `free some, say with "apt-get clean", and try again`}
	case says("failure resolving", "could not resolve", "could not connect", "unable to connect", "network is unreachable"):
		return &Problem{Cause: "no network: the packages cannot be fetched", Next: `check the network or the proxy of this host until "apt-get update" works`}
	case says("could not get lock", "unable to acquire the dpkg"):
		return &Problem{Cause: "another program holds apt's lock", Next: "wait for it, and try again"}
	default:
		return &Problem{Cause: lastLine(output)}
	}
}

func lastLine(s string) string {
	s = strings.TrimRight(s, "\n")
	return s[strings.LastIndexByte(s, '\n')+1:]
}
