//go:build linux

package inside

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"

	"caduceus/internal/verify/probe"
)

// Run answers args: the word to carry back, the question, its operands. It returns the exit code: 0 where it
// printed an answer, an error among them, 2 where it could not.
func Run(args []string, stdout, stderr io.Writer) int {
	if len(args) < 2 {
		fmt.Fprintln(stderr, "usage: probe WORD QUESTION [OPERAND...]: answers hermes-verify; not for people")
		return 2
	}
	if args[1] == probe.Wait {
		ended := make(chan os.Signal, 1)
		signal.Notify(ended, syscall.SIGTERM, os.Interrupt)
		<-ended
		return 0
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil { // root in the container may neither trace it nor open its output
		fmt.Fprintf(stderr, "probe: cannot close itself: %v\n", err)
		return 2
	}
	a := answer(args[1], args[2:])
	a.Word, a.Question = args[0], args[1]
	if err := json.NewEncoder(stdout).Encode(a); err != nil {
		fmt.Fprintf(stderr, "probe: cannot print the answer: %v\n", err)
		return 2
	}
	return 0
}

func answer(question string, operands []string) (a probe.Answer) {
	var err error
	switch question {
	case probe.Processes:
		a.Processes, a.Cut, err = processes("/proc")
	case probe.Files:
		for _, path := range operands {
			a.Files = append(a.Files, file(path))
		}
	case probe.Content:
		a.Content, a.Cut, err = content(operands)
	case probe.Slot:
		for _, dir := range operands {
			a.Slots = append(a.Slots, slot(dir))
		}
	case probe.Exposed:
		a.Files, a.Cut, err = exposed(operands)
	case probe.Tools:
		a.Tools, err = theSystem().tools(operands)
		a.Preloaded = preloaded(loaderList, os.Environ())
	default:
		err = fmt.Errorf("no such question")
	}
	if err != nil {
		a.Error = err.Error()
	}
	return a
}
