package setup

import (
	"bytes"
	"strings"
	"testing"

	"caduceus/internal/clause"
)

func TestOutputOfHermesIsEscapedAndBounded(t *testing.T) {
	clause.Proves(t, "SETUP-41")
	var out bytes.Buffer
	p := &printed{to: &out}
	const text = "[config-migrate] \x1b]0;title\a → grün\tx\r\n\xff\x00"
	if n, err := p.Write([]byte(text)); n != len(text) || err != nil {
		t.Errorf("wrote %d, %v", n, err)
	}
	if want := `[config-migrate] \x1b]0;title\a → grün` + "\tx\\r\n" + `\xff\x00`; out.String() != want {
		t.Errorf("want %q, got %q", want, out.String())
	}
	for range 1000 {
		_, _ = p.Write([]byte(strings.Repeat("\x1b", 1000)))
	}
	if out.Len() > 5*maxPrinted {
		t.Errorf("%d bytes", out.Len())
	}
	var kept bounded
	for range 5000 {
		if n, err := kept.Write([]byte(text)); n != len(text) || err != nil {
			t.Fatalf("wrote %d, %v", n, err)
		}
	}
	if kept.kept.Len() != maxPrinted {
		t.Errorf("kept %d bytes", kept.kept.Len())
	}
}

// Names of the volume, and what the image's programs print of it, are hermes' to choose.
func TestBootPrintsNothingOfHermesAsItIs(t *testing.T) {
	clause.Proves(t, "SETUP-41")
	c := newContainer(t)
	evil := "a\x1b[31m\n[stage2] forged"
	c.file("opt/hermes/.venv/bin/python", "#!/bin/sh\nprintf '\\033[31m%s\\n' \"$1\"; head -c 300000 /dev/zero; exit 1\n", 0o755)
	c.file("opt/hermes/scripts/whatsapp-bridge/bridge.js", "new", 0o644)
	c.file("opt/data/profiles/"+evil+"/scripts/whatsapp-bridge/bridge.js", "old", 0o644)
	c.file("opt/data/config.yaml", "_config_version: 1\n", 0o644)
	c.file("opt/data/.env", evil+"\n=x\x1b\n", 0o600)
	out := c.run()
	if strings.Contains(out, "\x1b") || strings.Contains(out, "\x00") || strings.Contains(out, "\n[stage2] forged") || len(out) > 10*maxPrinted {
		t.Errorf("%d bytes: %.3000q", len(out), out)
	}
	c.expect(out, "Replaced the WhatsApp bridge in")
	if got := c.read("opt/data/profiles/" + evil + "/scripts/whatsapp-bridge/bridge.js"); got != "new" {
		t.Errorf("the bridge is %q", got)
	}
}
