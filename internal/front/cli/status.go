package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"caduceus/internal/front/command"
	"caduceus/internal/front/gateway"
)

func (a *app) statusVerb() *cobra.Command {
	return a.ofAgent(command.Verb{
		Use:     "status",
		Summary: "Show the agent's status, and the gateways in a crash loop",
		Detail: `Where the agent does not know that an init supervises its gateway, as the init is not PID 1, its lines about
the gateway are corrected. Gateways in a crash loop are listed at the end.`,
		Example: "docker exec hermes hermes status",
		Exits:   []command.Exit{{Code: "all", Means: "those of the agent"}},
		ReadOn:  "guide/running.md",
	}, a.status)
}

// status is the agent's `hermes status`. Where the agent does not know the init, as that is not PID 1, its
// section about the gateway is corrected. Gateways in a crash loop are listed after it.
//
// contract: STATUS-02
func (a *app) status(ctx context.Context, _ []string) error {
	if !a.initRuns() {
		return a.becomeAgent()
	}
	loops := a.crashLoops()
	knows := a.agentKnows()
	if knows && len(loops) == 0 {
		return a.becomeAgent()
	}
	var corrected io.Writer
	var fix *statusFixer
	if !knows {
		name, err := a.profileName()
		if err != nil {
			return err
		}
		report, err := gateway.Inspect(a.scandir, a.home, name, a.Now())
		fix = &statusFixer{out: a.Stdout, report: report, slot: err == nil}
		corrected = fix
	}
	code, err := a.runAgent(ctx, corrected)
	if fix != nil {
		fix.flush()
	}
	if len(loops) > 0 {
		a.print("\n◆ Crash Loops")
		for _, r := range loops {
			a.print("  %s: %s, last %s", r.Slot, r.CrashLoop, r.LastExit)
		}
	}
	return firstError(err, ended(code))
}

func (a *app) crashLoops() []gateway.Report {
	names, _ := a.scandir.Profiles() // a scandir that cannot be read has none
	var loops []gateway.Report
	for _, name := range names {
		if r, err := gateway.Inspect(a.scandir, a.home, name, a.Now()); err == nil && r.CrashLoop != nil {
			loops = append(loops, r)
		}
	}
	return loops
}

// statusFixer passes on the lines of `hermes status` and corrects those about the gateway's service.
type statusFixer struct {
	out    io.Writer
	report gateway.Report
	slot   bool // report is about a slot that exists
	line   bytes.Buffer
}

func (f *statusFixer) Write(p []byte) (int, error) {
	f.line.Write(p)
	for {
		at := bytes.IndexByte(f.line.Bytes(), '\n')
		if at < 0 {
			return len(p), nil
		}
		if _, err := io.WriteString(f.out, f.fix(string(f.line.Next(at+1)))); err != nil {
			return 0, err
		}
	}
}

func (f *statusFixer) flush() { _, _ = f.line.WriteTo(f.out) }

// fix rewrites one line, its end included.
func (f *statusFixer) fix(line string) string {
	switch {
	case strings.HasPrefix(line, "  Manager:  "):
		line = "  Manager:      s6 (container supervisor)\n"
		if f.slot && !f.report.Up() {
			line += "  Service:      installed but stopped\n"
		}
	case f.slot && f.report.Up() && strings.HasPrefix(line, "  Status:  ") && strings.Contains(line, "stopped"):
		line = fmt.Sprintf("  Status:       ✓ running\n  PID(s):       %d\n", f.report.PID)
	}
	return line
}
