package apt

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
)

// fakes returns a Runner of shell scripts.
func fakes(t *testing.T, scripts map[string]string) Runner {
	t.Helper()
	dir := t.TempDir()
	// A test beside this one may fork meanwhile: its child would hold the file open for writing for a
	// moment, and what is open for writing cannot be executed.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	for name, script := range scripts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return Runner{Dir: dir}
}

const printArgs = `for a; do echo "[$a]"; done; pwd; env | sort; cat`

func TestAClientChoosesNothingOfAptGetButNames(t *testing.T) {
	clause.Proves(t, "TOOL-14")
	for _, name := range []string{"LD_PRELOAD", "APT_CONFIG", "DPKG_ROOT", "PERL5OPT", "http_proxy"} {
		t.Setenv(name, "/tmp/evil.conf")
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile("jq", nil, 0o644); err != nil { // names are no files
		t.Fatal(err)
	}
	r := fakes(t, map[string]string{"apt-get": printArgs, "dpkg": "exit 0"})
	r.Proxy = []string{"HERMES_X=1", "https_proxy=http://127.0.0.1:3128", "LD_PRELOAD=x"}
	var out, errs bytes.Buffer
	if code := r.Run(t.Context(), Request{Install, []string{"jq", "rg"}}, &out, &errs); code != 0 || errs.Len() > 0 {
		t.Fatalf("%d, %s", code, &errs)
	}
	var args, rest []string
	for line := range strings.Lines(strings.TrimSpace(out.String())) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "[") {
			args = append(args, strings.Trim(line, "[]"))
		} else if !strings.HasPrefix(line, "_=") && !strings.HasPrefix(line, "PWD=") && !strings.HasPrefix(line, "SHLVL=") {
			rest = append(rest, line) // what the shell adds is not ours
		}
	}
	if want := append(options(), "install", "--", "jq", "rg"); !slices.Equal(want, args) {
		t.Error(cmp.Diff(want, args))
	}
	want := []string{
		"/", "DEBCONF_NONINTERACTIVE_SEEN=true", "DEBIAN_FRONTEND=noninteractive", "HOME=/root", "LC_ALL=C.UTF-8",
		"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "https_proxy=http://127.0.0.1:3128",
	}
	if diff := cmp.Diff(want, rest); diff != "" {
		t.Error(diff)
	}
}

func TestRunReturnsTheExitCodeOfAptGet(t *testing.T) {
	t.Parallel()
	clause.Proves(t, "TOOL-14")
	for _, c := range []struct {
		name    string
		request Request
		scripts map[string]string
		code    int
		errs    string
	}{
		{"success", Request{Verb: Update}, map[string]string{"apt-get": "exit 0"}, 0, ""},
		{"failure", Request{Verb: Update}, map[string]string{"apt-get": "echo E >&2; exit 42"}, 42, "E\n"},
		{"killed", Request{Verb: Update}, map[string]string{"apt-get": "kill -9 $$"}, CodeFailed, "apt-get: apt-get failed: signal: killed\n"},
		{"not there", Request{Verb: Update}, nil, CodeFailed, "cannot start apt-get"},
		{"an option", Request{Install, []string{"-f"}}, nil, CodeFailed, `cannot install "-f"`},
		{"another verb", Request{Verb: "remove"}, nil, CodeFailed, `cannot do "remove"`},
		{"a package with a +", Request{Install, []string{"g++"}}, map[string]string{
			"apt-get": "exit 0", "dpkg": "exit 0", "apt-cache": `[ "$*" = "pkgnames -- g++" ] && printf 'g++-12\ng++\n'`,
		}, 0, ""},
		{"a mark behind a name", Request{Install, []string{"jq+"}}, map[string]string{
			"apt-get": "exit 0", "dpkg": "exit 0", "apt-cache": "echo jq++",
		}, CodeFailed, `cannot install "jq+": no such package`},
		{"an interrupted dpkg is mended", installJq, map[string]string{
			"apt-get": "exit 0", "dpkg": `[ "$*" = "--force-confdef --force-confold --configure -a" ] || echo "dpkg $*" >&2`,
		}, 0, ""},
		{"a daemon that keeps the output", Request{Verb: Update}, map[string]string{"apt-get": "sleep 60 & exit 0"}, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var out, errs bytes.Buffer
			code := fakes(t, c.scripts).Run(t.Context(), c.request, &out, &errs)
			if code != c.code || !strings.Contains(errs.String(), c.errs) || c.errs == "" && errs.Len() > 0 {
				t.Errorf("%d, %q", code, &errs)
			}
		})
	}
}

func TestATimeoutEndsAllProcessesOfAptGet(t *testing.T) {
	t.Parallel()
	clause.Proves(t, "TOOL-14")
	for name, script := range map[string]string{
		"by TERM": "sleep 60 & wait",
		"by KILL": `trap "" TERM; sleep 60; sleep 60`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			var errs bytes.Buffer
			begin := time.Now()
			code := fakes(t, map[string]string{"apt-get": script}).Run(ctx, Request{Verb: Update}, &errs, &errs)
			if code != CodeFailed || !strings.Contains(errs.String(), "apt-get was ended") || time.Since(begin) > 30*time.Second {
				t.Errorf("%d, %q after %v", code, &errs, time.Since(begin))
			}
		})
	}
}

func TestInstalledReturnsWhatDpkgQueryLists(t *testing.T) {
	clause.Proves(t, "TOOL-15")
	r := fakes(t, map[string]string{"dpkg-query": `printf 'installed jq\nconfig-files rg\ninstalled g++\n'`})
	got, err := r.Installed(t.Context())
	if diff := cmp.Diff(map[string]bool{"jq": true, "g++": true}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if _, err := fakes(t, map[string]string{"dpkg-query": "exit 2"}).Installed(t.Context()); err == nil {
		t.Error("a failure gave an empty list")
	}
}
