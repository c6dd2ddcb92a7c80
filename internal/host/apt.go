package host

import (
	"context"
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
		return &Problem{
			What: "cannot " + purpose, Cause: "apt-get cannot install " + list + ": " + lastLine(err.Error()),
			Next: `look at the output of "` + install.String() + `"`, Err: err,
		}
	}
	return nil
}

func lastLine(s string) string {
	s = strings.TrimRight(s, "\n")
	return s[strings.LastIndexByte(s, '\n')+1:]
}
