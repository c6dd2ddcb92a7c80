package boot

import (
	"os"
	"path/filepath"

	"caduceus/internal/launch"
)

// front is the program that has the doctor.
const front = "/opt/hermes/bin/hermes"

// doctorWords returns the words behind `container doctor`, if that is what CMD is.
func doctorWords(cmd []string) (words []string, is bool) {
	if len(cmd) == 0 || cmd[0] != wrapper {
		return nil, false
	}
	cmd = cmd[1:]
	if len(cmd) > 0 && filepath.Base(cmd[0]) == "hermes" {
		cmd = cmd[1:]
	}
	if len(cmd) < 2 || cmd[0] != "container" || cmd[1] != "doctor" {
		return nil, false
	}
	return cmd[2:], true
}

// examine becomes the doctor in place of a boot: it starts no service and changes nothing on the volume, so that it can
// look at what keeps a container from starting. What /init itself would refuse is handed to it. It returns the exit code
// of the container if there is no doctor.
//
// contract: STATUS-05
func (b *boot) examine(words []string) int {
	argv := append([]string{front, "container", "doctor"}, words...)
	argv = append(argv, "--no-boot")
	refused := b.prepare()
	if refused != nil {
		argv = append(argv, "--refused="+refused.Error())
	}
	if b.cwd != "" {
		_ = os.Chdir(b.cwd) // the doctor looks at docker run -w
	}
	b.Log.Flush(flushGrace)
	err := launch.Exec(front, argv, b.environ)
	if refused != nil {
		return b.refuse(refused)
	}
	b.Errorf("cannot execute %q: %v", front, err)
	b.Log.Flush(flushGrace)
	return launch.ErrorCode(err)
}
