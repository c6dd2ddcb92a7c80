package scan

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
)

func TestServicesLeaveDescriptorsForEverythingElse(t *testing.T) {
	clause.Proves(t, "SUP-123")
	r := newRig(t)
	for i := range 4 {
		r.file(fmt.Sprintf("s%d/run", i), sleeper)
	}
	r.file("t/run", sleeper)
	r.file("t/log/run", "#!/bin/sh\nexec cat\n")
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Setrlimit(unix.RLIMIT_NOFILE, &limit) })
	allow := func(free int) {
		less := limit
		less.Cur = uint64(openLimit() - freeDescriptors() + free)
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &less); err != nil {
			t.Fatal(err)
		}
	}
	allow(2*(lookDescriptor+ownDescriptors) + 1) // room for two services
	r.scandir.Scan()
	if names := r.scandir.Names(); strings.Join(names, " ") != "s0 s1" {
		t.Errorf("supervised are %v; log:\n%s", names, r.said())
	}
	r.scandir.Scan()
	const line = `skipped 3 services, "s2" first: a limit of `
	if n := strings.Count(r.said(), line); n != 1 || !strings.Contains(r.said(), "--ulimit nofile=") {
		t.Errorf("%d lines of it; log:\n%s", n, r.said())
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	r.scandir.Scan()
	if names := r.scandir.Names(); len(names) != 6 {
		t.Errorf("with room, supervised are %v", names)
	}
}

// What is counted for a service is what it takes.
func TestAServiceTakesTheDescriptorsThatAreCounted(t *testing.T) {
	clause.Proves(t, "SUP-123")
	r := newRig(t)
	before := freeDescriptors()
	r.file("a/run", sleeper)
	r.file("a/log/run", "#!/bin/sh\nexec cat\n")
	r.scandir.Scan()
	r.waitUp("a")
	r.waitUp("a/log")
	took := before - freeDescriptors()
	if most := ownDescriptors + logDescriptors; took < most-1 || took > most+3 { // a watch of the kernel's, a pipe that is being made
		t.Errorf("%d descriptors, %d are counted", took, most)
	}
}
