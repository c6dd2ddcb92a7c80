// Command dropped becomes uid 12345 and prints what each of its threads has then, for the tests of the package.
// Its argument is the gain. With ./dropped GAIN tty it types into its terminal instead, by each request that may do so; with
// ./dropped GAIN timers it makes as many timers as its uid may have signals pending, until its input ends.
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
		map[string]func(){"tty": typeInto, "timers": makeTimers}[os.Args[2]]()
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

// makeTimers takes room for signals: each timer has it for the one that it will send.
func makeTimers() {
	var made int
	for errno := syscall.Errno(0); errno == 0; made++ {
		var id int32
		_, _, errno = syscall.RawSyscall(unix.SYS_TIMER_CREATE, unix.CLOCK_MONOTONIC, 0, uintptr(unsafe.Pointer(&id)))
	}
	fmt.Println("timers:", made)
	_, _ = os.Stdin.Read(make([]byte, 1))
}

func typeInto() {
	letter := byte('x')
	for _, request := range []uintptr{unix.TIOCSTI, unix.TIOCSTI | 0xfeed<<32, unix.TIOCLINUX} {
		_, _, errno := syscall.Syscall(unix.SYS_IOCTL, 0, request, uintptr(unsafe.Pointer(&letter)))
		fmt.Printf("%x: %v\n", request, errno)
	}
}
