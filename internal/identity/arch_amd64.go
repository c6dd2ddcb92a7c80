package identity

import "golang.org/x/sys/unix"

// Calling conventions of this kernel, as seccomp names them.
const (
	nativeArch = unix.AUDIT_ARCH_X86_64
	compatArch = unix.AUDIT_ARCH_I386
)
