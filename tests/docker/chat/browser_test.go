//go:build docker

package chat

import (
	"bytes"
	"context"
	"encoding/base64"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"time"

	"caduceus/tests/docker/harness"
)

// browser is the image's own headless browser, in the container of the page.
type browser struct {
	*fixture
	c *harness.Container
}

// pageLimit is how long a page may take to show what it should.
const pageLimit = 60 * time.Second

// do runs commands of the browser, which must succeed.
func (b browser) do(commands ...string) {
	b.Helper()
	if res := b.try(commands...); res.Code != 0 {
		b.Fatalf("the browser cannot %q: %s", commands, res)
	}
}

// try runs commands of the browser.
func (b browser) try(commands ...string) harness.Result {
	b.Helper()
	// HOME as the agent's tools have it; with-contenv brings the path of the browser.
	script := "export HOME=/opt/data/home; cd /tmp"
	for _, c := range commands {
		script += " && agent-browser " + c
	}
	res, err := b.c.Exec(b.Ctx, harness.Exec{Cmd: []string{"/command/with-contenv", "sh", "-c", script}})
	b.Must(err)
	return res
}

// shows waits until the page has the text. Between two pages there is none.
func (b browser) shows(text string) string {
	b.Helper()
	seen := ""
	b.Must(harness.Poll(b.Ctx, "page with "+text, pageLimit, func(context.Context) (string, bool, error) {
		res := b.try("get text body")
		seen = res.Stdout
		return res.String(), strings.Contains(seen, text), nil
	}))
	return seen
}

// screenshot keeps a picture of the page as evidence, and refuses an empty one.
func (b browser) screenshot(name string) {
	b.Helper()
	b.do("screenshot /tmp/" + name)
	res, err := b.c.Sh(b.Ctx, "base64 -w0 /tmp/"+name)
	b.Must(err)
	raw, err := base64.StdEncoding.DecodeString(res.Output())
	b.Must(err)
	picture, err := png.Decode(bytes.NewReader(raw))
	b.Must(err)
	path := filepath.Join(b.ArtifactDir(), name)
	b.Must(os.WriteFile(path, raw, 0o644))
	b.Log("screenshot:", path)
	const some = 20 // a page of text has hundreds, an empty one has one
	if n := colours(picture); n < some {
		b.Errorf("want a page on %s, got %d colours", path, n)
	}
}

func colours(picture image.Image) int {
	seen := map[[3]uint32]bool{}
	area := picture.Bounds()
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			r, g, b, _ := picture.At(x, y).RGBA()
			seen[[3]uint32{r, g, b}] = true
		}
	}
	return len(seen)
}
