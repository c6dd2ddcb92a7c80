package syscalls

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What a call names is found whichever way it is named.
func TestWhatACallNames(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		`openat(AT_FDCWD</>, "/a/../b", O_RDONLY) = -1 ENOENT (No such file or directory)`: "/b",
		`mkdirat(AT_FDCWD</a>, "b", 0755) = 0`:                                             "/a/b",
		`mkdirat(7</a>, "b", 0755) = 0`:                                                    "/a /a/b",
		`renameat2(7</a>, "b", 8</c>, "d", 0) = 0`:                                         "/a /a/b /c /c/d",
		`openat(AT_FDCWD</>, "/a/link", O_RDONLY) = 7</b/c>`:                               "/a/link /b/c",
		`fchmod(7</a/b>, 0600) = 0`:                                                        "/a/b",
		`bind(7<UNIX-STREAM:[1]>, {sa_family=AF_UNIX, sun_path="/a/s"}, 7) = 0`:            "UNIX-STREAM:[1] /a/s",
		`write(2</dev/null>, "/a/b", 4) = 4`:                                               "/dev/null",
		`readlinkat(7</a>, "b", "c", 128) = 1`:                                             "/a /a/b /a/c",
		`execve("/a/b", ["/c", "/d"], 0x7ffe /* 1 var */) = 0`:                             "/a/b",
		`fchownat(7</a/b>, "", 1, 1, AT_EMPTY_PATH) = 0`:                                   "/a/b /a/b",
	} {
		name, _, _ := strings.Cut(line, "(")
		if diff := cmp.Diff(want, strings.Join(Call{Name: name, Line: line}.Paths(), " ")); diff != "" {
			t.Errorf("%s: %s", line, diff)
		}
	}
}

// Thread 10 is the first process, 11 a thread of it, 12 a process that becomes another program, 13 one that does not.
const ofThreads = `10 execve("/init", ["/init", "x"], 0x1) = 0
10 clone(flags=CLONE_VM|CLONE_THREAD <unfinished ...>
11 mkdir("/a", 0755 <unfinished ...>
10 <... clone resumed>) = 2 /* 11 in strace's PID NS */
11 <... mkdir resumed>) = 0
11 setfsuid(10000) = 0
11 mkdir("/b", 0755) = 0
10 setfsuid(-1 <unfinished ...>
10 <... setfsuid resumed>) = 0
10 clone(flags=CLONE_VFORK|SIGCHLD) = 3 /* 12 in strace's PID NS */
12 chdir("/c") = 0
12 setresuid(10000, 10000, 10000) = 0
12 execve("/bin/sh", ["sh"], 0x1) = 0
12 mkdir("/d", 0755) = 0
10 fork() = 4 /* 13 in strace's PID NS */
13 execve("/gone", ["gone"], 0x1) = -1 ENOENT (No such file or directory)
+++ exited with 0 +++
`

func TestWhoMadeACall(t *testing.T) {
	t.Parallel()
	var got []string
	for _, c := range Read(ofThreads) {
		if strings.HasPrefix(c.Name, "clone") || strings.HasPrefix(c.Name, "set") || c.Name == "fork" {
			continue
		}
		words := c.Name + " " + strings.Join(c.Paths(), " ") + " of " + c.Program
		if c.Root {
			words += ", root"
		}
		if !c.Own {
			words += ", not own"
		}
		if c.Failed {
			words += ", failed"
		}
		got = append(got, words)
	}
	want := []string{
		"execve /init of /init x, root",
		"mkdir /a of /init x, root",
		"mkdir /b of /init x",
		"chdir /c of /init x, root",
		"execve /bin/sh of sh",
		"mkdir /d of sh, not own",
		"execve /gone of /init x, root, failed",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
