package proc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"caduceus/internal/pid1/contenv"
)

// ExecArgv0 is argv[0] of this program where it waits to become another one (ExecMain).
const ExecArgv0 = "init-exec"

// exitUnstarted is the exit code of a prepared process that does not become its program.
const exitUnstarted = 111

// Prepared is a process that waits before it executes its program. It ends by itself when the process that made
// it does.
type Prepared struct {
	*Child
	spec Spec
	line *os.File // to ExecMain: what to execute, and back the errno of a failure
}

// Prepare makes the process of a Spec, with all that it asks for, but does not execute the program before Execute:
// until then its maker can note the pid, and no program runs whose pid was not noted. The process is this very
// program in the meantime, whose main must lead to ExecMain.
//
// spec: SUP-113
func (t *Table) Prepare(s Spec) (*Prepared, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	_ = unix.SetNonblock(fds[0], true) // Execute would hold a thread otherwise
	line, far := os.NewFile(uintptr(fds[0]), "exec"), os.NewFile(uintptr(fds[1]), "exec")
	defer func() { _ = far.Close() }() // the child has it
	waiting := s
	waiting.Files = slices.Clip(s.Files) // the caller's array stays as it is
	for len(waiting.Files) < 3 {
		waiting.Files = append(waiting.Files, nil)
	}
	waiting.Path = "/proc/self/exe"
	waiting.Argv = []string{ExecArgv0, strconv.Itoa(len(waiting.Files))}
	waiting.Env = []string{"GOMAXPROCS=1", "GOTRACEBACK=none"} // few threads: there may be a limit
	waiting.Files = append(waiting.Files, far)
	child, err := t.Spawn(waiting)
	if err != nil {
		_ = line.Close() // nothing was written
		return nil, err
	}
	return &Prepared{Child: child, spec: s, line: line}, nil
}

// Execute lets the process become its program. The error is that of Spawn, and then nothing is left of the process.
func (p *Prepared) Execute() (*Child, error) {
	defer func() { _ = p.line.Close() }()
	_, err := p.line.Write(encodeExec(p.spec))
	answer := make([]byte, 4)
	if err == nil {
		_, err = io.ReadFull(p.line, answer)
	}
	switch {
	case errors.Is(err, io.EOF): // closed by the exec
		return p.Child, nil
	case err == nil:
		err = syscall.Errno(binary.NativeEndian.Uint32(answer))
	}
	_ = p.Signal(syscall.SIGKILL) // it is ending, if it has not yet
	<-p.Done()
	return nil, err
}

// Cancel ends the process, which has executed nothing.
func (p *Prepared) Cancel() {
	_ = p.line.Close() // nothing was written
	_ = p.Signal(syscall.SIGKILL)
	<-p.Done()
}

// encodeExec is the length of what follows, how many words of it are arguments, then the path, the arguments and the
// environment, each ended by a NUL.
func encodeExec(s Spec) []byte {
	var b bytes.Buffer
	b.Write(make([]byte, 8))
	for _, words := range [][]string{{s.Path}, s.Argv, s.Env} {
		for _, word := range words {
			b.WriteString(word)
			b.WriteByte(0)
		}
	}
	message := b.Bytes()
	binary.NativeEndian.PutUint32(message, uint32(len(message)-8))
	binary.NativeEndian.PutUint32(message[4:], uint32(len(s.Argv)))
	return message
}

// readExec reads what encodeExec made.
func readExec(line io.Reader) (path string, argv, environ []string, err error) {
	head := make([]byte, 8)
	if _, err := io.ReadFull(line, head); err != nil {
		return "", nil, nil, err
	}
	body := make([]byte, binary.NativeEndian.Uint32(head))
	if _, err := io.ReadFull(line, body); err != nil {
		return "", nil, nil, err
	}
	var words []string
	for word := range bytes.SplitSeq(bytes.TrimSuffix(body, []byte{0}), []byte{0}) {
		words = append(words, string(word))
	}
	args := int(binary.NativeEndian.Uint32(head[4:]))
	if args > len(words)-1 {
		return "", nil, nil, io.ErrUnexpectedEOF
	}
	return words[0], words[1 : 1+args], words[1+args:], nil
}

// ExecMain is this program as Prepare starts it; args are the words after argv[0]: the number of the descriptor
// that says what to execute. It returns an exit code where nothing can be executed any more.
func ExecMain(args []string) int {
	fd := 0
	if len(args) == 1 {
		fd, _ = strconv.Atoi(args[0]) // 0 is refused below
	}
	if fd < 3 {
		fmt.Fprintf(os.Stderr, "%s: fatal: it is started by the supervisor alone\n", ExecArgv0)
		return exitUnstarted
	}
	unix.CloseOnExec(fd)
	line := os.NewFile(uintptr(fd), "exec")
	path, argv, environ, err := readExec(line)
	if err != nil {
		return exitUnstarted // the supervisor is gone
	}
	if p, ok := contenv.Through(path, "", argv, environ); ok {
		_ = syscall.Exec(p.Path, p.Argv, p.Environ) // what keeps it from starting keeps the script from it, too
	}
	err = syscall.Exec(path, argv, environ)
	var errno syscall.Errno
	errors.As(err, &errno)
	_, _ = line.Write(binary.NativeEndian.AppendUint32(nil, uint32(errno))) // the exit code remains
	return exitUnstarted
}
