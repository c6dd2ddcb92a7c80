package static

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Change is something that one image has otherwise than another.
type Change struct {
	Object string // "ENTRYPOINT", "ENV PATH", "/opt/hermes/bin/hermes"
	Was    string // "" where there was nothing
	Is     string // "" where there is nothing any more
	Entry  int    // of the new image's history; -1 where it does not say
}

// Compare lists what an image changed of another, settings first, then files below dirs (none: all), sorted.
func Compare(base, derived *Image, dirs ...string) []Change {
	changes := settings(base, derived)
	if len(dirs) == 0 {
		dirs = []string{"/"}
	}
	names := map[string]bool{}
	for _, name := range slices.Concat(base.Below(dirs...), derived.Below(dirs...)) {
		names[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		was, had := base.Files[name]
		is, has := derived.Files[name]
		if had && has && same(was, is) {
			continue
		}
		c := Change{Object: name, Entry: -1}
		if had {
			c.Was = was.String()
		}
		layer, gone := derived.removed[name]
		if has {
			c.Is, layer = is.String(), is.Layer
		}
		if n, _, known := derived.Entry(layer); known && (has || gone) {
			c.Entry = n
		}
		changes = append(changes, c)
	}
	return changes
}

// same compares what a file is, not which layer brought it.
func same(a, b File) bool {
	a.Layer, b.Layer = 0, 0
	return a == b
}

func (f File) String() string {
	kind := map[byte]string{'0': "file", '2': "link", '5': "directory", '3': "device", '4': "device", '6': "fifo"}[f.Type]
	text := fmt.Sprintf("%s %04o %d:%d", cmp.Or(kind, "entry"), f.Mode, f.UID, f.GID)
	if f.Target != "" {
		text += " to " + f.Target
	}
	if f.Sum != "" {
		text += fmt.Sprintf(" %d bytes %s", f.Size, f.Sum[:12])
	}
	if f.Caps {
		text += " with file capabilities"
	}
	return text
}

func settings(base, derived *Image) []Change {
	var changes []Change
	add := func(object, instruction, was, is string) {
		if was != is {
			changes = append(changes, Change{object, was, is, derived.instruction(instruction)})
		}
	}
	b, d := base.Config, derived.Config
	add("ENTRYPOINT", "ENTRYPOINT", list(b.Entrypoint), list(d.Entrypoint))
	add("CMD", "CMD", list(b.Cmd), list(d.Cmd))
	add("USER", "USER", b.User, d.User)
	add("WORKDIR", "WORKDIR", b.WorkingDir, d.WorkingDir)
	add("STOPSIGNAL", "STOPSIGNAL", b.StopSignal, d.StopSignal)
	add("HEALTHCHECK", "HEALTHCHECK", health(b.Healthcheck), health(d.Healthcheck))
	add("VOLUME", "VOLUME", list(slices.Sorted(maps.Keys(b.Volumes))), list(slices.Sorted(maps.Keys(d.Volumes))))
	add("EXPOSE", "EXPOSE", list(slices.Sorted(maps.Keys(b.ExposedPorts))), list(slices.Sorted(maps.Keys(d.ExposedPorts))))
	was, is := variables(b.Env), variables(d.Env)
	for _, name := range slices.Sorted(maps.Keys(both(was, is))) {
		add("ENV "+name, "ENV "+name, was[name], is[name])
	}
	for _, name := range slices.Sorted(maps.Keys(both(b.Labels, d.Labels))) {
		add("LABEL "+name, "LABEL "+name, b.Labels[name], d.Labels[name])
	}
	return changes
}

// instruction is the last entry of the history that has an instruction, -1 where none has: ENV and LABEL with the name they set.
func (i *Image) instruction(want string) int {
	word, name, _ := strings.Cut(want, " ")
	for n, h := range slices.Backward(i.History) {
		_, line, found := strings.Cut(" "+h.CreatedBy, " "+word+" ")
		if found && (name == "" || strings.HasPrefix(line, name+"=") || strings.Contains(line, " "+name+"=")) {
			return n
		}
	}
	return -1
}

func variables(list []string) map[string]string {
	all := map[string]string{}
	for _, v := range list {
		name, value, _ := strings.Cut(v, "=")
		all[name] = value
	}
	return all
}

func both(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, b)
	return all
}

func list(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return fmt.Sprintf("%q", words)
}

func health(h *v1.HealthConfig) string {
	if h == nil {
		return ""
	}
	return fmt.Sprintf("%q every %s", h.Test, h.Interval)
}
