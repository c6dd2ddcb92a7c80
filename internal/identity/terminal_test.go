package identity

import (
	"encoding/binary"
	"testing"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
)

// run interprets a filter as the kernel would, with the instructions that ours has.
func run(t *testing.T, filter []unix.SockFilter, data []byte) uint32 {
	t.Helper()
	var acc uint32
	for at := 0; at < len(filter); at++ {
		f := filter[at]
		switch f.Code {
		case unix.BPF_LD | unix.BPF_W | unix.BPF_ABS:
			acc = binary.LittleEndian.Uint32(data[f.K:])
		case unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K:
			if acc == f.K {
				at += int(f.Jt)
			} else {
				at += int(f.Jf)
			}
		case unix.BPF_RET | unix.BPF_K:
			return f.K
		default:
			t.Fatalf("unknown instruction %#x", f.Code)
		}
	}
	t.Fatal("the filter has no end")
	return 0
}

func TestFilterDeniesTypingInEveryCallingConvention(t *testing.T) {
	clause.Proves(t, "RUN-12")
	const deny = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
	cases := map[string]struct {
		arch, number uint32
		request      uint64
		want         uint32
	}{
		"typing":                             {nativeArch, unix.SYS_IOCTL, unix.TIOCSTI, deny},
		"typing, with bits nobody reads":     {nativeArch, unix.SYS_IOCTL, 0xfeed<<32 | unix.TIOCSTI, deny},
		"pasting on a console":               {nativeArch, unix.SYS_IOCTL, unix.TIOCLINUX, deny},
		"typing by a 32-bit program":         {compatArch, 54, unix.TIOCSTI, deny},
		"pasting by a 32-bit program":        {compatArch, 54, unix.TIOCLINUX, deny},
		"typing with 32-bit pointers":        {nativeArch, 0x40000000 + 514, unix.TIOCSTI, deny},
		"typing by a number of old kernels":  {nativeArch, 0x40000000 + unix.SYS_IOCTL, unix.TIOCSTI, deny},
		"the size of the window":             {nativeArch, unix.SYS_IOCTL, unix.TIOCGWINSZ, unix.SECCOMP_RET_ALLOW},
		"the size, by a 32-bit program":      {compatArch, 54, unix.TIOCGWINSZ, unix.SECCOMP_RET_ALLOW},
		"another call with the same numbers": {nativeArch, unix.SYS_WRITE, unix.TIOCSTI, unix.SECCOMP_RET_ALLOW},
		"a 32-bit call with native's number": {compatArch, unix.SYS_IOCTL, unix.TIOCSTI, unix.SECCOMP_RET_ALLOW},
		"a convention the kernel lacks":      {unix.AUDIT_ARCH_S390X, 54, unix.TIOCSTI, unix.SECCOMP_RET_ALLOW},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			data := make([]byte, 64)
			binary.LittleEndian.PutUint32(data, c.number)
			binary.LittleEndian.PutUint32(data[4:], c.arch)
			binary.LittleEndian.PutUint64(data[24:], c.request)
			if got := run(t, typingFilter(), data); got != c.want {
				t.Errorf("want verdict %#x, got %#x", c.want, got)
			}
		})
	}
}
