package setup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"caduceus/internal/held"
)

// skillsStamp is the file with the skillsState after the last complete sync. Without it the next boot syncs.
const skillsStamp = "cache/bundled-skills.stamp"

// skillsDir has the skills of the volume.
const skillsDir = "skills"

// syncSkills copies the image's skills to the volume, by the agent's own program. That takes a second, so it is skipped
// while image and volume are as after the last complete run.
//
// contract: SETUP-29
func (j *job) syncSkills(ctx context.Context, v *volume) error {
	if _, err := os.Stat(j.inRoot(v.name(".no-bundled-skills"))); err == nil {
		return nil
	}
	if old, err := v.ReadFile(skillsStamp); err == nil && string(old) == j.skillsState(ctx, v) {
		return nil
	}
	if err := j.undoCut(v, "by an earlier boot"); err != nil {
		return err
	}
	if line := j.noRoomForSkills(v); line != "" {
		j.warn("%s", line)
		return nil
	}
	var out bounded
	err := j.runPython(ctx, installDir+"/tools/skills_sync.py", &out, &out)
	if errors.Is(err, errWouldWait) {
		return err
	}
	if err != nil {
		_, _ = j.Stderr.Write(escape(out.kept.Bytes()))
		j.warn("skills_sync.py failed; continuing")
		return j.undoCut(v, "now")
	}
	text := strings.TrimSpace(out.kept.String())
	j.say("Skills: %s", escape([]byte(text[strings.LastIndex(text, "\n")+1:])))
	if strings.Contains(text, "! Failed") || !v.Exists(skillsManifest) { // the next boot tries again
		return j.undoCut(v, "now")
	}
	state := j.skillsState(ctx, v)
	if state == "" {
		return nil
	}
	err = v.replace(skillsStamp, []byte(state), 0o600)
	if errors.Is(err, held.ErrLink) {
		return nil
	}
	return err
}

// undoCut undoes copies that were cut short, and says how many.
func (j *job) undoCut(v *volume, when string) error {
	undone, err := j.undoCutCopies(v)
	if undone > 0 {
		j.say("Skills: %d copies that were cut short %s are undone", undone, when)
	}
	return err
}

// noRoomForSkills returns a warning if the missing skills do not fit on the volume, else "". On a full disk the agent's
// program leaves empty and truncated files, and later takes those for the user's own.
func (j *job) noRoomForSkills(v *volume) string {
	var disk unix.Statfs_t
	if unix.Statfs(j.inRoot(v.name(".")), &disk) != nil {
		return ""
	}
	const page = 4 << 10
	var need, files uint64
	image, have := j.inRoot(installDir+"/skills"), j.inRoot(v.name("skills"))
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

// maxSkillFiles is how many files of the volume the stamp can stand for. The image has a thousand.
const maxSkillFiles = 100000

// skillsState returns a digest of all that the sync depends on: the image's skills, the names of the volume's, content of
// the files that configure the sync. It returns "", which is no stamp, if the volume has too many files.
func (j *job) skillsState(ctx context.Context, v *volume) string {
	sum := sha256.New()
	j.writeImageSkills(ctx, sum)
	list, all := j.namesOfSkills(ctx, v)
	if !all {
		return ""
	}
	for _, name := range list {
		fmt.Fprintf(sum, "%q\n", name)
	}
	for _, rel := range []string{skillsManifest, "skills/.curator_suppressed", "config.yaml"} {
		content, _ := held.ReadFile(j.inRoot(v.name(rel)))
		fmt.Fprintf(sum, "%s %d\n%s", rel, len(content), content)
	}
	return hex.EncodeToString(sum.Sum(nil)) + "\n"
}

// names are path and type of what is below a directory of the volume. They are hermes' to choose, and so is their number.
type names struct {
	list []string
	size int
	over bool // there are more
}

func (n *names) add(e held.Entry) {
	if n.over {
		return
	}
	name := fmt.Sprintf("%s %o", e.Path(), e.Mode&unix.S_IFMT)
	n.size += len(name)
	n.list = append(n.list, name)
	n.over = len(n.list) > maxSkillFiles || n.size > held.MaxFile
}

// namesOfSkills returns the names of the volume's skills: those that the repair of ownership has seen in this boot, or
// what is there now.
func (j *job) namesOfSkills(ctx context.Context, v *volume) (list []string, all bool) {
	seen := j.seenSkills
	if seen == nil {
		seen = &names{}
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		err := look(ctx, v.Dir, skillsDir, func(e held.Entry) {
			if seen.add(e); seen.over {
				cancel()
			}
		})
		if err != nil && !errors.Is(err, unix.ENOENT) {
			return nil, false
		}
	}
	j.seenSkills = nil // the sync changes them
	slices.Sort(seen.list)
	return slices.Compact(seen.list), !seen.over
}

// look shows see everything from a directory down, and opens no file.
func look(ctx context.Context, dir *held.Dir, rel string, see func(held.Entry)) error {
	return dir.Walk(ctx, rel, func(e held.Entry) bool { see(e); return false }, func(held.Entry) error { return nil })
}
