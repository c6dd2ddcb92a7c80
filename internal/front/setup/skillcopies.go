package setup

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// skillsManifest is where the agent's program notes each skill that it has copied, with a digest of the copy. It writes it
// once all are copied.
const skillsManifest = "skills/.bundled_manifest"

// undoCutCopies undoes what a sync left that was cut short, by a stop, a kill or a full disk, so that the next one does it
// anew: the agent's program copies each skill in place, and takes a half copy for the user's own from then on. A skill that
// is not in the manifest, and has nothing but files of the image's or their beginnings, is such a half. One that was being
// replaced is put back from its backup, if that is what the manifest says. It returns how many it undid.
//
// contract: SETUP-44
func (j *job) undoCutCopies(v *volume) (undone int, err error) {
	copies := copies{v: v, image: j.inRoot(installDir + "/skills"), at: j.inRoot(v.name("skills")), noted: manifestOf(v)}
	var failed []error
	_ = filepath.WalkDir(copies.image, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		did := false
		switch rel := strings.TrimPrefix(path, copies.image+"/"); d.Name() {
		case "DESCRIPTION.md": // of a category
			if did = copies.file(rel) == isCut; did {
				err = v.Remove(filepath.Join("skills", rel))
			}
		case "SKILL.md":
			did, err = copies.undo(filepath.Dir(rel))
		}
		if did {
			undone++
		}
		failed = append(failed, err)
		return nil
	})
	return undone, errors.Join(failed...)
}

// copies are the skills of a volume, beside those of the image.
type copies struct {
	v         *volume
	image, at string
	noted     map[string]string // digests of the manifest, by the skills' names; "" in one of an older form
}

// copyState is what a file or skill of the volume is, compared with the image's.
type copyState int

const (
	isAbsent copyState = iota
	isCut              // nothing but files of the image's, some missing or shorter
	isWhole
	isOther // something else is there, too
)

// undo looks at one skill.
func (c copies) undo(rel string) (did bool, err error) {
	digest, noted := c.noted[skillName(filepath.Join(c.image, rel, "SKILL.md"), filepath.Base(rel))]
	name := filepath.Join("skills", rel)
	state := c.tree(rel)
	switch {
	case state == isAbsent, state == isOther: // of one that is gone, the agent's program moves the backup back
		return false, nil
	case !noted && state == isCut:
		return true, c.v.RemoveAll(name)
	case !noted, digest == "":
		return false, nil
	}
	backup := strings.TrimSuffix(name, filepath.Ext(name)) + ".bak"
	if digestOf(c.at+strings.TrimPrefix(backup, "skills")) != digest {
		return false, nil
	}
	return true, errors.Join(c.v.RemoveAll(name), c.v.Rename(backup, name))
}

// file compares one file.
func (c copies) file(rel string) copyState {
	have, err := c.v.ReadFile(filepath.Join("skills", rel))
	if errors.Is(err, fs.ErrNotExist) {
		return isAbsent
	}
	want, wantErr := os.ReadFile(filepath.Join(c.image, rel))
	switch {
	case err != nil, wantErr != nil, !bytes.HasPrefix(want, have):
		return isOther
	case len(have) < len(want):
		return isCut
	}
	return isWhole
}

// tree compares one skill.
func (c copies) tree(rel string) copyState {
	if !c.v.Exists(filepath.Join("skills", rel)) {
		return isAbsent
	}
	state, known := isWhole, map[string]bool{}
	_ = filepath.WalkDir(filepath.Join(c.image, rel), func(path string, d fs.DirEntry, err error) error {
		below := strings.TrimPrefix(path, c.image)
		known[below] = d != nil && d.IsDir()
		if err != nil || d.IsDir() {
			return err
		}
		switch c.file(strings.TrimPrefix(below, "/")) {
		case isWhole:
		case isOther:
			state = isOther
			return fs.SkipAll
		default:
			state = isCut
		}
		return nil
	})
	_ = filepath.WalkDir(filepath.Join(c.at, rel), func(path string, d fs.DirEntry, err error) error {
		isDir, found := known[strings.TrimPrefix(path, c.at)]
		if err != nil || !found || isDir != d.IsDir() || !isDir && !d.Type().IsRegular() {
			state = isOther
			return fs.SkipAll
		}
		return nil
	})
	return state
}

// manifestOf reads the manifest. What cannot be read notes nothing, as for the agent's program.
func manifestOf(v *volume) map[string]string {
	content, _ := v.ReadFile(skillsManifest)
	noted := map[string]string{}
	for line := range strings.Lines(string(content)) {
		name, digest, _ := strings.Cut(strings.TrimSpace(line), ":")
		if name != "" {
			noted[strings.TrimSpace(name)] = strings.TrimSpace(digest)
		}
	}
	return noted
}

// skillName returns the name in the head of a SKILL.md, as the agent's program reads it, else the directory's.
func skillName(path, dir string) string {
	content, _ := os.ReadFile(path)
	inside := false
	for line := range strings.Lines(string(content[:min(len(content), 4000)])) {
		line = strings.TrimSpace(line)
		if line == "---" {
			if inside {
				break
			}
			inside = true
		}
		if value, found := strings.CutPrefix(line, "name:"); inside && found {
			if value = strings.Trim(strings.TrimSpace(value), `"'`); value != "" {
				return value
			}
		}
	}
	return dir
}

// digestOf returns the digest that the manifest has of a skill: of the names and contents of its files, in the order of their
// paths' elements. It returns "" if there is no such directory.
func digestOf(dir string) string {
	var files [][]string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.Type().IsRegular() {
			files = append(files, strings.Split(strings.TrimPrefix(path, dir+"/"), "/"))
		}
		return nil
	})
	if err != nil {
		return ""
	}
	slices.SortFunc(files, slices.Compare)
	sum := md5.New()
	for _, file := range files {
		rel := strings.Join(file, "/")
		content, err := os.ReadFile(filepath.Join(dir, rel))
		if err != nil {
			return ""
		}
		sum.Write([]byte(rel))
		sum.Write(content)
	}
	return hex.EncodeToString(sum.Sum(nil))
}
