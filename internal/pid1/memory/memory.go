// Package memory gives back what a burst of work took, so that a supervisor that only waits is small: the kernel, when the
// memory of a container is full, first kills what is large.
package memory

import (
	"errors"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// grown is the size in bytes from which heap and stacks are worth a collection, which takes half a megabyte itself.
const grown = 4 << 20

// halvings is how often it collects: each time halves the stacks that had grown.
const halvings = 3

// GiveBack gives the kernel the memory that nothing uses any more: of the heap and the stacks, once they have grown, and the
// mapped pages of the program itself. Those that are needed again are mapped again, from the page cache. It stops all
// goroutines for some milliseconds, and waits for a fork that is under way. An error is about the program's pages; they stay
// mapped then.
//
// spec: SUP-100
func GiveBack() error {
	if resident() > grown {
		for range halvings {
			debug.FreeOSMemory()
		}
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return err
	}
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return err
	}
	var failed []error
	for _, r := range readOnly(string(maps), program) {
		_, _, errno := unix.Syscall(unix.SYS_MADVISE, r.start, r.end-r.start, unix.MADV_DONTNEED)
		if errno != 0 {
			failed = append(failed, os.NewSyscallError("madvise", errno))
		}
	}
	return errors.Join(failed...)
}

// resident is about how much heap and stacks take, in bytes.
func resident() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse + m.HeapIdle - m.HeapReleased
}

// area is a part of the address space.
type area struct{ start, end uintptr }

// readOnly returns the areas in a text like /proc/self/maps that map a file and that nobody can have written to.
func readOnly(maps, file string) []area {
	var found []area
	for line := range strings.Lines(maps) {
		const perms, path = 1, 5
		f := strings.Fields(line)
		if len(f) != path+1 || f[path] != file || f[perms] != "r--p" && f[perms] != "r-xp" {
			continue
		}
		from, to, _ := strings.Cut(f[0], "-")
		start, startErr := strconv.ParseUint(from, 16, 64)
		end, endErr := strconv.ParseUint(to, 16, 64)
		if startErr == nil && endErr == nil && start < end {
			found = append(found, area{uintptr(start), uintptr(end)})
		}
	}
	return found
}
