// Command dropped becomes uid 12345 and prints what each of its threads has then, for the tests of the package.
// Its argument is the gain. With ./dropped GAIN tty it types into its terminal instead, by each request that may do so.
package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"caduceus/internal/identity"
)

func main() {
	gain, _ := strconv.Atoi(os.Args[1])
	account := identity.Account{Name: "hermes", UID: 12345, GID: 12346, Groups: []uint32{44, 998}}
	fmt.Println("drop:", identity.Drop(account, identity.Gain(gain)))
	if len(os.Args) > 2 {
		typeInto()
		return
	}
	fmt.Println("other:", identity.Drop(identity.Account{Name: "other", UID: 1}, identity.Gain(gain)))
	tasks, _ := os.ReadDir("/proc/self/task")
	for _, task := range tasks {
		status, _ := os.ReadFile("/proc/self/task/" + task.Name() + "/status")
		for line := range strings.Lines(string(status)) {
			key, _, _ := strings.Cut(line, ":")
			if slices.Contains([]string{"Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs"}, key) {
				fmt.Println(strings.Join(strings.Fields(line), " "))
			}
		}
	}
}

func typeInto() {
	letter := byte('x')
	for _, request := range []uintptr{unix.TIOCSTI, unix.TIOCSTI | 0xfeed<<32, unix.TIOCLINUX} {
		_, _, errno := syscall.Syscall(unix.SYS_IOCTL, 0, request, uintptr(unsafe.Pointer(&letter)))
		fmt.Printf("%x: %v\n", request, errno)
	}
}
