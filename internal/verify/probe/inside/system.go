//go:build linux

package inside

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"caduceus/internal/s6"
	"caduceus/internal/verify/probe"
)

// sockets lists what listens on TCP, of IPv4 and IPv6.
func sockets(root string) ([]probe.Socket, error) {
	var found []probe.Socket
	for _, name := range []string{"tcp", "tcp6"} {
		table, err := os.ReadFile(filepath.Join(root, name))
		if errors.Is(err, os.ErrNotExist) { // a kernel without IPv6
			continue
		}
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(table)) {
			if s, ok := listening(strings.Fields(line)); ok {
				found = append(found, s)
			}
		}
	}
	return found, nil
}

// listening reads a line of /proc/net/tcp: number, local address, remote address, state, …, the eighth field is
// the uid. State 0A is a socket that listens. Addresses are 32-bit words of the machine, in hexadecimal.
func listening(fields []string) (probe.Socket, bool) {
	const listens = "0A"
	if len(fields) < 8 || fields[3] != listens {
		return probe.Socket{}, false
	}
	host, port, _ := strings.Cut(fields[1], ":")
	raw, err := hex.DecodeString(host)
	if err != nil || len(raw)%4 != 0 {
		return probe.Socket{}, false
	}
	for i := 0; i < len(raw); i += 4 { // both architectures that the probe is built for are little-endian
		slices.Reverse(raw[i : i+4])
	}
	address, ok := netip.AddrFromSlice(raw)
	if !ok {
		return probe.Socket{}, false
	}
	number, err := strconv.ParseUint(port, 16, 16)
	if err != nil {
		return probe.Socket{}, false
	}
	uid, err := strconv.Atoi(fields[7])
	return probe.Socket{Address: address.String(), Port: int(number), UID: uid}, err == nil
}

// slot reads what a supervisor wrote, and whether there is one.
func slot(dir string) probe.State {
	state := probe.State{Dir: dir}
	supervised, err := s6.Supervised(dir)
	if err != nil {
		state.Error = err.Error()
		return state
	}
	state.Supervised = supervised
	status, err := s6.ReadStatus(dir)
	if err != nil {
		state.Error = err.Error()
		return state
	}
	state.Up, state.WantUp, state.Ready, state.Paused = status.Up(), status.WantUp, status.Ready, status.Paused
	if state.Up {
		state.PID = status.Pid
	}
	return state
}

// mounts reads the mount table: number, parent, device, root, point, options, optional fields up to "-", type, source,
// options of the file system.
func mounts(path string) ([]probe.Mount, error) {
	table, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var found []probe.Mount
	for line := range strings.Lines(string(table)) {
		before, after, ok := strings.Cut(line, " - ")
		first, second := strings.Fields(before), strings.Fields(after)
		if !ok || len(first) < 6 || len(second) < 2 {
			return nil, fmt.Errorf("cannot parse line %q of %q", line, path)
		}
		found = append(found, probe.Mount{
			Point: unescape(first[4]), Root: unescape(first[3]), Options: first[5], Type: second[0], Source: unescape(second[1]),
		})
	}
	return found, nil
}

// unescape undoes the kernel's octal escapes of blanks and the like.
func unescape(text string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(text)
}
