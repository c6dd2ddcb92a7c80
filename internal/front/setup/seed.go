package setup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"caduceus/internal/held"
)

const (
	installDir   = "/opt/hermes"
	frontProgram = installDir + "/bin/hermes"
)

// makeDirectories creates the directories that the contract promises, except profiles: "profile create" does that.
//
// contract: SETUP-18
func (j *job) makeDirectories(_ context.Context, v *volume) error {
	var failed []error
	for _, tree := range append(ownedTrees(), "backups", "logs/gateways") {
		if tree == "profiles" {
			continue
		}
		if err := v.MakeDirs(tree, 0o700); err != nil && !errors.Is(err, held.ErrLink) {
			failed = append(failed, fmt.Errorf("cannot create %q: %w", v.name(tree), cause(err)))
		}
	}
	return errors.Join(failed...)
}

// seed is a file of the image that is copied to a volume without it.
type seed struct {
	rel, from string
	mode      uint32
}

func seeds() []seed {
	return []seed{
		{".env", installDir + "/.env.example", 0o600},
		{"config.yaml", installDir + "/cli-config.yaml.example", 0o640},
		{"SOUL.md", installDir + "/docker/SOUL.md", 0o644},
	}
}

// seededStamp is a file that is there once a boot has seen all seeds on the volume. Until then an empty one is what a full disk
// has left of it; from then on it is what the user wants.
const seededStamp = ".local/state/hermes/seeded"

// seedFiles writes the missing seeds. config.yaml gets the schema version of the installed agent, so that the migration
// does not take it for an old one.
//
// contract: SETUP-19
func (j *job) seedFiles(_ context.Context, v *volume) error {
	seeded := v.Exists(seededStamp)
	var failed []error
	for _, s := range seeds() {
		write := v.create
		switch {
		case j.missing(v, "seed", s.rel):
		case !seeded && emptied(v, s.rel):
			write = v.replace
		default:
			continue
		}
		content, err := os.ReadFile(j.inRoot(s.from))
		if err == nil && s.rel == "config.yaml" {
			content = stampVersion(content, j.latestSchema())
		}
		if err == nil {
			err = write(s.rel, content, s.mode)
		}
		if err != nil && !errors.Is(err, fs.ErrExist) {
			failed = append(failed, fmt.Errorf("cannot seed %q: %w", v.name(s.rel), cause(err)))
		}
	}
	if !seeded && len(failed) == 0 {
		failed = append(failed, v.MakeDirs(filepath.Dir(seededStamp), 0o700), v.create(seededStamp, nil, 0o600))
	}
	return errors.Join(failed...)
}

// emptied reports whether a seed is an empty file, which is no mount of the operator's.
func emptied(v *volume, rel string) bool {
	st, mounted, err := v.LstatMount(rel)
	return err == nil && !mounted && st.Mode&unix.S_IFMT == unix.S_IFREG && st.Size == 0
}

// missing reports whether rel is to be written. Nothing is written through a symbolic link; if it leads to a file, the
// operator has arranged that, and it needs no warning.
func (j *job) missing(v *volume, action, rel string) bool {
	_, err := v.Stat(rel)
	if errors.Is(err, held.ErrLink) {
		if _, err := os.Stat(j.inRoot(v.name(rel))); err != nil {
			j.refuse(action, v.name(rel))
		}
		return false
	}
	return errors.Is(err, unix.ENOENT)
}

// setModes sets the modes of the two files that hold secrets, unless they are mounts: those are the operator's.
//
// contract: SETUP-20
func (j *job) setModes(_ context.Context, v *volume) error {
	var failed []error
	for rel, mode := range map[string]uint32{".env": 0o600, "config.yaml": 0o640} {
		st, mounted, err := v.LstatMount(rel)
		if err == nil && !mounted && st.Mode&unix.S_IFMT == unix.S_IFLNK {
			err = held.ErrLink
		}
		if err == nil && !mounted && st.Mode&0o7777 != mode {
			err = v.Chmod(rel, mode)
		}
		switch {
		case errors.Is(err, held.ErrLink):
			if j.start != 0 { // as root, repairOwnership has warned
				j.refuse("chown/chmod", v.name(rel))
			}
		case err != nil && !errors.Is(err, unix.ENOENT):
			failed = append(failed, fmt.Errorf("cannot set the mode of %q: %w", v.name(rel), cause(err)))
		}
	}
	return errors.Join(failed...)
}

// dropInstallMethod removes .install_method, which older images wrote to the volume. A Hermes on the host that shares the
// volume would read there that it runs in Docker.
//
// contract: SETUP-21
func (j *job) dropInstallMethod(_ context.Context, v *volume) error {
	content, err := v.ReadFile(".install_method")
	if err != nil || strings.TrimSpace(string(content)) != "docker" {
		return nil
	}
	return v.Remove(".install_method")
}

// linkCommand makes what the agent's installer makes on a host: .local/bin/hermes, and the directory for the gateway's
// locks.
//
// contract: ENV-13
func (j *job) linkCommand(_ context.Context, v *volume) error {
	const link = ".local/bin/hermes"
	err := errors.Join(v.MakeDirs(".local/bin", 0o755), v.MakeDirs(".local/state/hermes/gateway-locks", 0o700))
	if err != nil {
		return err
	}
	if target, err := v.Readlink(link); err == nil && target != frontProgram {
		if err := v.Remove(link); err != nil { // made by an older image, or on a host
			return err
		}
	}
	if err := v.Symlink(frontProgram, link); err != nil && !errors.Is(err, unix.EEXIST) {
		return err
	}
	return nil
}
