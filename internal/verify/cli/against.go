package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"caduceus/internal/engine"
	"caduceus/internal/verify/report"
	"caduceus/internal/verify/static"
)

// watched are the parts of an image on which its promises hang.
func watched() []string {
	return []string{
		"/init", "/command", "/package", "/opt/hermes", "/opt/data", "/etc/cont-init.d", "/etc/cont-finish.d", "/etc/services.d", "/etc/s6-overlay",
		"/etc/fix-attrs.d", "/etc/passwd", "/etc/group", "/usr/bin/tini", "/usr/local/bin", "/root",
	}
}

// dockerfile is that of the image, as --dockerfile names it.
type dockerfile struct {
	path  string
	lines static.Lines
}

func readDockerfile(path string) (d dockerfile, err error) {
	if path == "" {
		return d, nil
	}
	d.path = path
	d.lines, err = static.ReadDockerfile(path)
	return d, err
}

// compare reads both images, lists what the second changed of the first as findings, and gives each broken result the
// layer that brought what it is about.
func compare(ctx context.Context, found *engine.Engine, base, image string, d dockerfile, r *report.Report) error {
	was, is, err := readBoth(ctx, found, base, image)
	if err != nil {
		return fmt.Errorf("cannot compare with %q: %w", base, err)
	}
	changes := static.Compare(was, is, watched()...)
	const shown = 50
	for n, c := range changes {
		if n == shown {
			r.Findings = append(r.Findings, report.Finding{Object: "and more", Saw: fmt.Sprintf("%d changes in all", len(changes))})
			break
		}
		r.Findings = append(r.Findings, report.Finding{Object: c.Object, Saw: change(c, is)})
	}
	for i, res := range r.Results {
		if res.Outcome != report.Broken {
			continue
		}
		if c, known := suspect(res, changes); known {
			layer := &report.Layer{Entry: c.Entry, CreatedBy: is.History[c.Entry].CreatedBy}
			if line, found := d.lines.Of(layer.CreatedBy); found {
				layer.File, layer.Line = d.path, line
			}
			r.Results[i].Layer = layer
		}
	}
	return nil
}

func change(c static.Change, is *static.Image) string {
	text := fmt.Sprintf("was %s, is %s", orNothing(c.Was), orNothing(c.Is))
	if c.Entry >= 0 && c.Entry < len(is.History) {
		text += fmt.Sprintf(" (history entry %d: %s)", c.Entry, report.Clip(is.History[c.Entry].CreatedBy, 120))
	}
	return text
}

func orNothing(text string) string {
	if text == "" {
		return "nothing"
	}
	return text
}

// suspect is the change that a broken result comes from: one whose object the result names, the longest name first, or
// else what its family is about. Where that leads to several entries of the history, none of them is named.
func suspect(r report.Result, changes []static.Change) (static.Change, bool) {
	var saw strings.Builder
	for _, b := range r.Breaks {
		saw.WriteString(b.Saw + "\n")
	}
	named := static.Change{Entry: -1}
	longest := 0
	var about []static.Change
	for _, c := range changes {
		if c.Entry < 0 {
			continue
		}
		if object := c.Object[strings.LastIndex(c.Object, " ")+1:]; len(object) > longest && names(saw.String(), object) {
			named, longest = c, len(object)
		}
		if slices.ContainsFunc(subjects(r.ID), func(prefix string) bool { return strings.HasPrefix(c.Object, prefix) }) {
			about = append(about, c)
		}
	}
	switch {
	case named.Entry >= 0:
		return named, true
	case len(about) == 0 || slices.ContainsFunc(about, func(c static.Change) bool { return c.Entry != about[0].Entry }):
		return named, false
	}
	return about[0], true
}

// names reports whether a text has a path or a name, and not only as a part of another one.
func names(text, object string) bool {
	part := func(r rune) bool {
		return r == '/' || r == '_' || r == '-' || unicode.IsLetter(r) || unicode.IsDigit(r)
	}
	for rest := text; ; {
		before, after, found := strings.Cut(rest, object)
		if !found {
			return false
		}
		last, _ := utf8.DecodeLastRuneInString(before)
		next, _ := utf8.DecodeRuneInString(after)
		if !part(last) && !part(next) {
			return true
		}
		rest = after
	}
}

// subjects are what a check is about, by its ID or family.
func subjects(id string) []string {
	family, _, _ := strings.Cut(id, "-")
	for _, key := range []string{id, family} {
		if list, known := map[string][]string{
			"image-entrypoint":        {"ENTRYPOINT", "CMD", "USER", "WORKDIR", "VOLUME"},
			"image-healthcheck":       {"HEALTHCHECK"},
			"image-environment":       {"ENV "},
			"image-labels":            {"LABEL "},
			"image-user":              {"/etc/passwd", "/etc/group"},
			"image-seed-files":        {"/opt/hermes/.env.example", "/opt/hermes/cli-config.yaml.example", "/opt/hermes/docker/SOUL.md"},
			"image-cont-init":         {"/etc/cont-init.d"},
			"image-static-services":   {"/etc/s6-overlay"},
			"image-supervision-tools": {"/command"},
			"image-tini-script":       {"/usr/bin/tini"},
			"image":                   {"/opt/hermes", "/opt/data"},
			"tool":                    {"/opt/hermes/.venv", "/usr/local/bin", "ENV PATH"},
			"boot":                    {"/init", "ENTRYPOINT", "/etc/cont-init.d", "/etc/services.d", "/etc/s6-overlay"},
			"stop":                    {"/init", "ENTRYPOINT", "/etc/services.d"},
			"exit":                    {"/init", "ENTRYPOINT"},
			"cmd":                     {"/opt/hermes/docker", "/opt/hermes/bin", "ENTRYPOINT", "ENV PATH"},
			"exec":                    {"/opt/hermes/bin", "ENV PATH"},
			"privilege":               {"/usr/local/bin"},
			"svstat":                  {"/command"},
			"svc":                     {"/command"},
			"svscanctl":               {"/command"},
			"setuidgid":               {"/command"},
			"s6":                      {"/command"},
			"setup":                   {"/opt/data", "USER", "/etc/cont-init.d"},
			"remap":                   {"USER"},
			"env":                     {"ENV ", "/etc/cont-init.d"},
			"health":                  {"HEALTHCHECK"},
		}[key]; known {
			return list
		}
	}
	return nil
}

// readBoth reads an image and the one that it is compared with. Where the engine has both and one derives from the other, all
// of it is in one archive.
func readBoth(ctx context.Context, found *engine.Engine, base, image string) (was, is *static.Image, err error) {
	if !static.IsReference(base) && !static.IsReference(image) {
		layers, config, err := below(ctx, found, base, image)
		if err != nil {
			return nil, nil, err
		}
		if layers > 0 {
			is, was, err = readImage(ctx, found, image, layers)
			if err == nil {
				was.Config = config
			}
			return was, is, err
		}
	}
	if was, _, err = readImage(ctx, found, base, 0); err != nil {
		return nil, nil, err
	}
	is, _, err = readImage(ctx, found, image, 0)
	return was, is, err
}

// below is how many layers of an image are those of another, all of that one's, and its configuration; 0 where they are not.
func below(ctx context.Context, found *engine.Engine, base, image string) (layers int, config v1.Config, err error) {
	lower, err := found.API().ImageInspect(ctx, base)
	if err != nil {
		return 0, config, fmt.Errorf("cannot look at image %q: %w", base, err)
	}
	upper, err := found.API().ImageInspect(ctx, image)
	if err != nil {
		return 0, config, fmt.Errorf("cannot look at image %q: %w", image, err)
	}
	layers = len(lower.RootFS.Layers)
	if len(upper.RootFS.Layers) < layers || !slices.Equal(lower.RootFS.Layers, upper.RootFS.Layers[:layers]) {
		return 0, config, nil
	}
	text, err := json.Marshal(lower.Config) // both are the configuration of the OCI, of two libraries
	if err != nil {
		return 0, config, err
	}
	return layers, config, json.Unmarshal(text, &config)
}

// readImage reads an image: by a word for which static.IsReference holds, or from the engine, by way of a file that
// is as large as the image. layers are those of static.ReadWithBase.
func readImage(ctx context.Context, found *engine.Engine, word string, layers int) (image, base *static.Image, err error) {
	if !static.IsReference(word) {
		dir, err := os.MkdirTemp("", "hermes-verify-")
		if err != nil {
			return nil, nil, err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		archive := filepath.Join(dir, "image.tar")
		if err := save(ctx, found, word, archive); err != nil {
			return nil, nil, err
		}
		word = static.Archive + archive
	}
	opened, err := static.Open(ctx, word, hostArch)
	if err != nil {
		return nil, nil, err
	}
	return static.ReadWithBase(ctx, opened, layers)
}

// save does what docker save does.
func save(ctx context.Context, found *engine.Engine, ref, path string) error {
	stream, err := found.API().ImageSave(ctx, []string{ref})
	if err != nil {
		return fmt.Errorf("cannot save image %q: %w", ref, err)
	}
	defer func() { _ = stream.Close() }()
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if _, err := io.Copy(f, stream); err != nil {
		_ = f.Close() // the copy's error says more
		return fmt.Errorf("cannot save image %q: %w", ref, err)
	}
	return f.Close()
}
