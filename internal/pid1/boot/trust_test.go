package boot_test

import (
	"os"
	"syscall"
	"testing"

	"caduceus/internal/clause"
)

// A directory of PATH that another user can write to comes last for root, and only for root: the
// image's own PATH has one of hermes' before those of the system.
func TestRootLooksIntoForeignDirectoriesLast(t *testing.T) {
	clause.Proves(t, "ENV-02", "ENV-04", "SUP-63")
	t.Parallel()
	for name, c := range map[string]struct {
		uid  int
		path string // the directory of PATH
		want string
	}{
		"root":                           {0, "/srv/bin", "system only here\n"},
		"root, by a parent of the other": {0, "/srv/bin/roots", "system only here\n"},
		"root, by a link of the other":   {0, "/srv/bin/link", "system only here\n"},
		"another user":                   {10000, "/srv/bin", "foreign only here\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newContainer(t)
			b.entry.UID = c.uid
			b.setenv("S6_VERBOSITY=1")
			b.entry.Env[0] = "PATH=" + c.path + ":/usr/bin:/bin"
			for _, dir := range []string{"srv/bin/", "srv/bin/roots/"} {
				b.script(dir+"printenv", "echo foreign")
				b.script(dir+"own", "echo only here")
			}
			b.must(os.Symlink("roots", b.path("srv/bin/link")))
			b.must(os.Chown(b.path("srv/bin"), 10000, 10000))
			b.must(os.Lchown(b.path("srv/bin/link"), 10000, 10000))
			b.setenv("WORD=system")
			p := b.run("sh", "-c", `echo $(/command/with-contenv printenv WORD; /command/with-contenv own)`)
			p.expect(0)
			if got := p.stdout.String(); got != c.want {
				t.Errorf("stdout %q, want %q", got, c.want)
			}
		})
	}
}

const accounts = "root:x:0:0:root:/root:/bin/sh\nhermes:x:10000:10001:hermes:/opt/data:/bin/sh\n"

// Whoever may put a service into the scandir must not become root by it: what lies in a directory that
// is not root's alone runs as its owner.
func TestServicesOfOthersRunAsTheirOwners(t *testing.T) {
	clause.Proves(t, "SETUP-33", "SLOT-04", "SUP-13")
	t.Parallel()
	for name, c := range map[string]struct {
		uid      int    // of the start
		give     string // what a boot script does with the service directory "."
		accounts string
		want     string // uid, gid and groups of run, of finish and of the logger
	}{
		"root's":                     {0, "", accounts, "0 0 0"},
		"hermes'":                    {0, "chown 10000:10001 .", accounts, "10000 10001 10001 999"},
		"another user's":             {0, "chown 1234:1235 .", accounts, "1234 1235 1235"},
		"root's, shared with hermes": {0, "chgrp 10001 .; chmod g+w .", accounts, "10000 10001 10001 999"},
		"shared, without hermes":     {0, "chmod a+w .", "root:x:0:0:root:/root:/bin/sh\n", "0 0 0"},
		"not started as root":        {10000, "", accounts, "10000 10000 10000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newContainer(t)
			b.entry.UID = c.uid
			b.setenv("S6_VERBOSITY=1")
			b.file("etc/passwd", c.accounts, 0o644)
			b.file("etc/group", "root:x:0:\nhermes:x:10001:\ndocker:x:999:hermes\n", 0o644)
			const ids = `printf '#!/bin/sh\necho %s $(id -u) $(id -g) $(id -G) >>/tmp/ids\n%s\n'`
			b.script("etc/cont-init.d/01", `
				: >/tmp/ids; chmod 666 /tmp/ids
				mkdir -p /run/service/.new/log; cd /run/service/.new
				`+ids+` run 'exit 0' >run
				`+ids+` finish 'exit 125' >finish
				`+ids+` logger 'exec cat' >log/run
				chmod 755 run finish log/run
				`+c.give+`
				mv /run/service/.new /run/service/svc`)
			p := b.start(nil, "sh", "-c", "until [ $(wc -l </tmp/ids) = 3 ]; do sleep 0.01; done; sort /tmp/ids; echo end")
			p.prints("end\n")
			p.expect(0)
			if got, want := p.stdout.String(), "finish "+c.want+"\nlogger "+c.want+"\nrun "+c.want+"\nend\n"; got != want {
				t.Errorf("stdout %q, want %q", got, want)
			}
		})
	}
}

// The same goes for the scripts that replace the action of a signal, and PID 1 itself.
func TestScriptsOfAForeignScandirRunAsItsOwner(t *testing.T) {
	clause.Proves(t, "SUP-13", "SUP-59")
	t.Parallel()
	b := newContainer(t)
	b.dropsRights()
	b.setenv("S6_VERBOSITY=1")
	b.file("etc/passwd", accounts, 0o644)
	b.file("etc/group", "docker:x:999:hermes\n", 0o644)
	b.script("etc/cont-init.d/01", `
		cd /run/service/.s6-svscan
		printf '#!/bin/sh\necho instead $(id -u) $(id -G)\n' >SIGTERM
		printf '#!/bin/sh\necho finished $(id -u) $(id -G); exit 9\n' >finish
		chmod 755 SIGTERM finish
		chown 10000 /run/service
		mv /run/service /run/moved; ln -s /etc /run/service; mkdir /etc/.s6-svscan; cp -p /run/moved/.s6-svscan/[Sf]* /etc/.s6-svscan`)
	p := b.start(nil, "sh", "-c", "echo up; exec sleep 1000")
	p.prints("up\n")
	p.signal(syscall.SIGTERM)
	p.prints("instead 10000 10001 999\n")
	p.signal(syscall.SIGINT)
	p.expect(9)
	p.prints("finished 10000 10001 999\n")
}
