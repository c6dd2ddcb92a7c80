package setup

import (
	"strings"
	"testing"

	"caduceus/internal/clause"
)

func TestTheBrowserOfTheImageIsExportedUnlessOneIsSet(t *testing.T) {
	clause.Proves(t, "SETUP-30")
	c := newContainer(t)
	c.env = []string{"PATH=/usr/bin:/bin", "PLAYWRIGHT_BROWSERS_PATH=/opt/hermes/.playwright", "AGENT_BROWSER_ARGS=--no-sandbox,--disable-dev-shm-usage"}
	c.expect(c.run(), "[stage2] Warning: no Chromium under \"/opt/hermes/.playwright\", which PLAYWRIGHT_BROWSERS_PATH names")

	c.file("opt/hermes/.playwright/chromium-1/INSTALLATION_COMPLETE", "", 0o755)
	c.file("opt/hermes/.playwright/chromium-1/chrome-wrapper", "", 0o755)
	c.file("opt/hermes/.playwright/chromium-1/a/chrome", "", 0o644)
	c.link("/nowhere", "opt/hermes/.playwright/chromium-1/b/chrome")
	c.file("usr/lib/chromium/real", "", 0o755)
	c.link("../../../../../usr/lib/chromium/real", "opt/hermes/.playwright/chromium-1/linux/headless_shell")
	browser := "/opt/hermes/.playwright/chromium-1/linux/headless_shell"
	c.expect(c.run(), "[stage2] Found agent-browser Chromium binary: "+browser+"\n")
	if got := c.read("run/s6/container_environment/AGENT_BROWSER_EXECUTABLE_PATH"); got != browser+"\n" {
		t.Errorf("exported %q", got)
	}
	if out := c.run("AGENT_BROWSER_EXECUTABLE_PATH=/usr/lib/chromium/real"); out != "" {
		t.Errorf("a browser was given, and setup said %q", out)
	}
	c.expect(c.run("AGENT_BROWSER_EXECUTABLE_PATH=/x"), "[stage2] Warning: AGENT_BROWSER_EXECUTABLE_PATH=\"/x\" cannot be executed")
	// What setup exports wins over .env, so a choice made there must be left alone.
	c.file("opt/data/.env", "AGENT_BROWSER_EXECUTABLE_PATH=/usr/lib/chromium/real\n", 0o600)
	if out := c.run(); out != "" {
		t.Errorf("a browser stands in .env, and setup said %q", out)
	}
}

func TestASmallSharedMemoryIsWarnedAboutUnlessChromiumAvoidsIt(t *testing.T) {
	clause.Proves(t, "SETUP-36")
	const flag = "--disable-dev-shm-usage"
	if line := shmWarning(64<<20, "--no-sandbox"); !strings.Contains(line, "64 MiB") || !strings.Contains(line, "--shm-size=1g") {
		t.Errorf("said %q", line)
	}
	for size, args := range map[uint64]string{256 << 20: "", 64 << 20: "--no-sandbox," + flag} {
		if line := shmWarning(size, args); line != "" {
			t.Errorf("%d %q: said %q", size, args, line)
		}
	}
}
