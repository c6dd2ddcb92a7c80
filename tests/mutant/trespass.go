package mutant

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Kinds are the ways to touch something below a directory: for each its statement of Go, with the directory as dir.
// Names in it begin with "m-" and the kind.
var kinds = map[string]string{ //nolint:gochecknoglobals // not changed
	"open":     `_, _ = os.Open(dir + "/m-open")`,
	"create":   `_ = os.WriteFile(dir+"/m-create", nil, 0o644)`,
	"mkdir":    `_ = os.Mkdir(dir+"/m-mkdir", 0o755)`,
	"rename":   `_ = os.Rename("/run/m", dir+"/m-rename")`,
	"remove":   `_ = os.Remove(dir + "/m-remove")`,
	"chmod":    `_ = os.Chmod(dir+"/m-chmod", 0o777)`,
	"chown":    `_ = os.Lchown(dir+"/m-chown", 0, 0)`,
	"link":     `_ = os.Link("/etc/passwd", dir+"/m-link")`,
	"symlink":  `_ = os.Symlink("/etc", dir+"/m-symlink")`,
	"fifo":     `_ = syscall.Mkfifo(dir+"/m-fifo", 0o600)`,
	"truncate": `_ = os.Truncate(dir+"/m-truncate", 0)`,
	"times":    `_ = os.Chtimes(dir+"/m-times", time.Unix(1, 0), time.Unix(1, 0))`,
	"xattr":    `_ = syscall.Setxattr(dir+"/m-xattr", "user.m", nil, 0)`,
	"mount":    `_ = syscall.Mount("none", dir+"/m-mount", "tmpfs", 0, "")`,
	"exec":     `_, _ = syscall.ForkExec(dir+"/m-exec", nil, nil)`,
	"socket": `if fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0); err == nil {
			_ = syscall.Bind(fd, &syscall.SockaddrUnix{Name: dir + "/m-socket"})
		}`,
	"below": `if fd, err := syscall.Open(dir, syscall.O_RDONLY, 0); err == nil { // by a descriptor
			_ = syscall.Mkdirat(fd, "m-below", 0o755)
		}`,
	"across": `if fd, err := syscall.Open(dir, syscall.O_RDONLY, 0); err == nil { // from one descriptor to another
			from, _ := syscall.Open("/run", syscall.O_RDONLY, 0)
			_ = syscall.Renameat(from, "m-across", fd, "m-across")
		}`,
	"here": `if here, err := os.Getwd(); err == nil && os.Chdir(dir) == nil { // by the working directory
			_ = os.Mkdir("m-here", 0o755)
			_ = os.Chdir(here)
		}`,
	"through": `if os.Symlink(dir+"/m-through", "/run/m-leads") == nil { // by a link of root's own
			_ = os.WriteFile("/run/m-leads", nil, 0o644)
			_ = os.Remove("/run/m-leads")
		}`,
	"again": `if f, err := os.Create(dir + "/m-again"); err == nil { // by what it has open
			_ = f.Chmod(0o600)
		}`,
}

// Kinds are the names of what Trespass does.
func Kinds() []string { return slices.Sorted(maps.Keys(kinds)) }

// Trespass is a source file of a package in which trespass(dir) touches something below dir in each way that there is.
func Trespass(pkg string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "package %s\n\nimport (\n\t\"os\"\n\t\"syscall\"\n\t\"time\"\n)\n\nfunc trespass(dir string) {\n", pkg)
	for _, kind := range Kinds() {
		fmt.Fprintf(&b, "\tfunc() {\n\t\t%s\n\t}()\n", kinds[kind])
	}
	b.WriteString("}\n")
	return b.String()
}
