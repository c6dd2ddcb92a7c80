package setup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"caduceus/internal/held"
)

// skillsStamp remembers after which state of image and volume the last sync had nothing left to do.
// It is a cache: without it the next boot syncs.
const skillsStamp = "cache/bundled-skills.stamp"

// syncSkills brings the image's skills into the volume, by the agent's own program. Its result
// depends on the image's tree and on what lies in the volume; while both are as after the last good
// run, the program is not started.
//
// contract: SETUP-29
func (j *job) syncSkills(ctx context.Context, v *volume) error {
	if _, err := os.Stat(j.real(v.name(".no-bundled-skills"))); err == nil {
		return nil
	}
	if old, err := v.ReadFile(skillsStamp); err == nil && string(old) == j.skillsState(v) {
		return nil
	}
	if line := j.noRoomForSkills(v); line != "" {
		j.warn("%s", line)
		return nil
	}
	var out bytes.Buffer
	if err := j.python(ctx, installDir+"/tools/skills_sync.py", &out); err != nil {
		_, _ = j.Stdout.Write(out.Bytes())
		j.warn("skills_sync.py failed; continuing")
		return nil
	}
	text := strings.TrimSpace(out.String())
	j.say("Skills: %s", text[strings.LastIndex(text, "\n")+1:])
	if strings.Contains(text, "! Failed") { // to be tried again
		return nil
	}
	err := v.replace(skillsStamp, []byte(j.skillsState(v)), 0o600)
	if errors.Is(err, held.ErrLink) {
		return nil
	}
	return err
}

// noRoomForSkills says why the skills that are missing do not fit into the volume: the agent's program
// would leave empty and cut files of them, and later take those for the user's own.
func (j *job) noRoomForSkills(v *volume) string {
	var disk unix.Statfs_t
	if unix.Statfs(j.real(v.name(".")), &disk) != nil {
		return ""
	}
	const page = 4 << 10
	var need, files uint64
	image, have := j.real(installDir+"/skills"), j.real(v.name("skills"))
	_ = filepath.WalkDir(image, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		if _, err := os.Lstat(filepath.Join(have, strings.TrimPrefix(path, image))); err == nil {
			return nil
		}
		files++
		need += page
		if info, err := d.Info(); err == nil && info.Mode().IsRegular() {
			need += uint64(info.Size()) / page * page
		}
		return nil
	})
	free := disk.Bavail * uint64(disk.Bsize)
	if need > free || disk.Files > 0 && files > disk.Ffree {
		return fmt.Sprintf("skills are not synced: they need %s and %d files on %s, which has %s and %d files free; make room and restart",
			megabytes(need+1<<20-1), files, v.path, megabytes(free), disk.Ffree)
	}
	return ""
}

// skillsState is a digest of all that the sync looks at: the image's trees by name, size and times
// (the change time differs in every image that was unpacked), the volume's by name, and the files
// that steer the sync by content.
func (j *job) skillsState(v *volume) string {
	sum := sha256.New()
	for _, tree := range []string{"skills", "optional-skills"} {
		digestTree(sum, j.real(installDir+"/"+tree), func(info fs.FileInfo) string {
			st, ok := info.Sys().(*syscall.Stat_t)
			if !ok {
				return ""
			}
			return fmt.Sprint(info.Size(), st.Mtim, st.Ctim)
		})
	}
	digestTree(sum, j.real(v.name("skills")), func(info fs.FileInfo) string { return info.Mode().Type().String() })
	for _, rel := range []string{"skills/.bundled_manifest", "skills/.curator_suppressed", "config.yaml"} {
		content, _ := held.ReadFile(j.real(v.name(rel)))
		fmt.Fprintf(sum, "%s %d\n%s", rel, len(content), content)
	}
	return hex.EncodeToString(sum.Sum(nil)) + "\n"
}

func digestTree(sum hash.Hash, dir string, describe func(fs.FileInfo) string) {
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		if info, err := d.Info(); err == nil {
			fmt.Fprintf(sum, "%q %s\n", path, describe(info))
		}
		return nil
	})
}
