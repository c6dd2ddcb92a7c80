package pipeline

import (
	"context"
	"strings"

	"caduceus/internal/host"
)

// program is one that a suite calls on this host, with Debian's packages of it.
type program struct {
	name     string
	packages []string
}

// unitPrograms and its like are what the suites call beside Go, git and what every Debian
// has (coreutils, util-linux): here the race detector's compiler, Python for the scripts of
// rootfs, ps for a look at an init's children, strace for what PID 1 touches.
func unitPrograms() []program {
	return []program{{"gcc", []string{"gcc", "libc6-dev"}}, {"python3", []string{"python3"}}, {"ps", []string{"procps"}}, {"strace", []string{"strace"}}}
}

func s6Programs() []program { return []program{{"s6-svstat", []string{"s6", "execline"}}} }

// dockerPrograms: the registry that images are published to, what commands of the README and the guide use on
// the host, and strace for what root touches in a container.
func dockerPrograms() []program {
	return []program{{"docker-registry", []string{"docker-registry"}}, {"curl", []string{"curl"}}, {"openssl", []string{"openssl"}}, {"strace", []string{"strace"}}}
}

// installPrograms installs the programs that this host lacks.
func (p *Pipeline) installPrograms(ctx context.Context, suite string, programs []program) error {
	var missing []string
	for _, wanted := range programs {
		if _, err := p.Run.LookPath(wanted.name); err != nil {
			missing = append(missing, wanted.packages...)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if p.Facts.Root && p.Facts.Apt() {
		p.say("test: installing %s with apt-get", strings.Join(missing, ", "))
	}
	return host.Install(ctx, p.Run, p.Facts, "run the "+suite+" tests", missing...)
}
