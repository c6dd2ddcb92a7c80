package setup

import (
	"testing"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
	"caduceus/internal/front/mounts"
)

// The times of directories stand for an image's skills only where nothing below them can have changed without them.
func TestTimesStandForTheSkillsOfAnImageAlone(t *testing.T) {
	clause.Proves(t, "SETUP-29")
	t.Parallel()
	at := func(second int64) unix.Timespec { return unix.Timespec{Sec: second} }
	image := []treeState{{path: "/opt/hermes/skills", changed: at(10)}, {path: "/opt/hermes/optional-skills"}}
	overlay := mounts.Mount{Point: "/", Kind: "overlay"}
	for name, c := range map[string]struct {
		trees []treeState
		table []mounts.Mount
		born  unix.Timespec
		want  bool
	}{
		"as in the image":               {image, []mounts.Mount{overlay, {Point: "/opt/data", Kind: "ext4"}, {Point: "/opt/hermes/skills2"}}, at(20), true},
		"changed in this container":     {image, []mounts.Mount{overlay}, at(10), false},
		"nobody knows when it was born": {image, []mounts.Mount{overlay}, unix.Timespec{}, false},
		"a link":                        {[]treeState{{path: "/opt/hermes/skills", changed: at(1), other: true}}, []mounts.Mount{overlay}, at(20), false},
		"no overlay":                    {image, []mounts.Mount{{Point: "/", Kind: "btrfs"}}, at(20), false},
		"something over the overlay":    {image, []mounts.Mount{overlay, {Point: "/", Kind: "ext4"}}, at(20), false},
		"no table":                      {image, nil, at(20), false},
		"a mount in its place":          {image, []mounts.Mount{overlay, {Point: "/opt/hermes/skills", Kind: "overlay"}}, at(20), false},
		"a mount below":                 {image, []mounts.Mount{overlay, {Point: "/opt/hermes/optional-skills/mine", Kind: "ext4"}}, at(20), false},
		"a mount above":                 {image, []mounts.Mount{overlay, {Point: "/opt", Kind: "ext4"}}, at(20), false},
	} {
		if got := areOfImage(c.trees, c.table, c.born); got != c.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}

func TestTheRootHasABirth(t *testing.T) {
	t.Parallel()
	if born := birth(t.TempDir()); born.Sec == 0 {
		t.Skip("this file system does not say when a directory was made")
	}
	if born := birth("/nowhere"); born.Sec != 0 {
		t.Errorf("what is not there was made at %v", born)
	}
}
