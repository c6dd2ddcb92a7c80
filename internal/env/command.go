package env

import (
	"os"
	"strings"
)

// CommandFile is where /init writes the words of CMD, before it starts any program.
//
// spec: SUP-61
const CommandFile = "/run/s6/container_command"

// BootLog is where /init writes all that a boot prints, up to the start of CMD, each line with its time.
//
// contract: BOOT-23
const BootLog = "/run/s6/boot.log"

// WriteCommand writes words to a file, each ended by a NUL as in /proc/PID/cmdline.
func WriteCommand(file string, words []string) error {
	var text strings.Builder
	for _, word := range words {
		text.WriteString(word + "\x00")
	}
	return os.WriteFile(file, []byte(text.String()), 0o644)
}

// ReadCommand reads what WriteCommand wrote. Callers may test fs.ErrNotExist.
func ReadCommand(file string) ([]string, error) {
	text, err := os.ReadFile(file)
	if err != nil || len(text) == 0 {
		return nil, err
	}
	return strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00"), nil
}
