package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

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

// compare reads both images, lists what the second changed of the first as findings, and gives each broken result the
// layer that brought what it is about.
func compare(ctx context.Context, found *engine.Engine, base, image, dockerfile string, r *report.Report) error {
	was, err := readImage(ctx, found, base)
	if err != nil {
		return fmt.Errorf("--against: %w", err)
	}
	is, err := readImage(ctx, found, image)
	if err != nil {
		return fmt.Errorf("--against: %w", err)
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
	var lines static.Lines
	if dockerfile != "" {
		if lines, err = static.ReadDockerfile(dockerfile); err != nil {
			return err
		}
	}
	for i, res := range r.Results {
		if res.Outcome != report.Broken {
			continue
		}
		if c, known := suspect(res, changes); known {
			layer := &report.Layer{Entry: c.Entry, CreatedBy: is.History[c.Entry].CreatedBy}
			if line, found := lines.Of(layer.CreatedBy); found {
				layer.File, layer.Line = dockerfile, line
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

// suspect is the change that a broken result most likely comes from: one whose object the result names, or else one of
// what its family is about.
func suspect(r report.Result, changes []static.Change) (static.Change, bool) {
	var text strings.Builder
	for _, b := range r.Breaks {
		text.WriteString(b.Saw + "\n")
	}
	named, about := static.Change{Entry: -1}, static.Change{Entry: -1}
	for _, c := range changes {
		if c.Entry < 0 {
			continue
		}
		object := c.Object[strings.LastIndex(c.Object, " ")+1:]
		if strings.HasPrefix(object, "/") && strings.Contains(text.String(), object) {
			named = c
		}
		for _, prefix := range subjects(r.ID) {
			if strings.HasPrefix(c.Object, prefix) {
				about = c
			}
		}
	}
	if named.Entry >= 0 {
		return named, true
	}
	return about, about.Entry >= 0
}

// subjects are what a check is about, by its ID or family.
func subjects(id string) []string {
	family, _, _ := strings.Cut(id, "-")
	for _, key := range []string{id, family} {
		if list, known := map[string][]string{
			"image-entrypoint":        {"ENTRYPOINT", "CMD", "USER", "HEALTHCHECK", "WORKDIR", "VOLUME"},
			"image-environment":       {"ENV "},
			"image-labels":            {"LABEL "},
			"image-user":              {"/etc/passwd", "/etc/group"},
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

// readImage reads an image: by a word for which static.IsReference holds, or from the engine, by way of a file that
// is as large as the image.
func readImage(ctx context.Context, found *engine.Engine, word string) (image *static.Image, err error) {
	if static.IsReference(word) {
		opened, err := static.Open(ctx, word, hostArch)
		if err != nil {
			return nil, err
		}
		return static.Read(ctx, opened)
	}
	dir, err := os.MkdirTemp("", "hermes-verify-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	archive := filepath.Join(dir, "image.tar")
	if err := save(ctx, found, word, archive); err != nil {
		return nil, err
	}
	opened, err := static.Open(ctx, static.Archive+archive, hostArch)
	if err != nil {
		return nil, err
	}
	return static.Read(ctx, opened)
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
