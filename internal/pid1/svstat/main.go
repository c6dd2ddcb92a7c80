// Package svstat is the s6-svstat applet: options and fields as the C program has them, and more fields.
//
// contract: SVC-01
package svstat

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"caduceus/internal/s6"
)

// Exit codes of s6-svstat.
const (
	exitNotRunning = 1
	exitUsage      = 100
	exitFailed     = 111
)

var errUsage = errors.New("usage")

type options struct {
	fields  []string
	numeric bool
	dir     string
}

// Main is the applet; args are the words after argv[0]. It returns 0, 1 (no supervisor), 100 (usage) or
// 111.
//
// contract: SVC-04
func Main(args []string, stdout, stderr io.Writer) int {
	opt, err := parse(args)
	if errors.Is(err, errUsage) {
		fmt.Fprintf(stderr, "s6-svstat: usage: s6-svstat [ -uwNrpgest | -o %s ] [ -n ] servicedir\n",
			strings.Join(s6.Fields(), ","))
		return exitUsage
	}
	if err != nil {
		fmt.Fprintf(stderr, "s6-svstat: fatal: %v\n", err)
		return exitUsage
	}
	running, err := s6.Supervised(opt.dir)
	if err == nil && !running {
		fmt.Fprintf(stderr, "s6-svstat: fatal: unable to read status for %s: s6-supervise not running\n", opt.dir)
		return exitNotRunning
	}
	var view s6.View
	if err == nil {
		view, err = s6.ReadView(opt.dir, time.Now())
	}
	if err == nil {
		_, err = fmt.Fprintln(stdout, opt.render(view))
	}
	if err != nil {
		fmt.Fprintf(stderr, "s6-svstat: fatal: unable to read status for %s: %v\n", opt.dir, err)
		return exitFailed
	}
	return 0
}

func (o options) render(v s6.View) string {
	if len(o.fields) == 0 {
		return v.Line(o.numeric)
	}
	values := make([]string, len(o.fields))
	for i, name := range o.fields {
		values[i], _ = v.Field(name)
	}
	return strings.Join(values, " ")
}

// parse takes short options in any grouping, as getopt does.
func parse(args []string) (options, error) {
	var opt options
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		word := args[0][1:]
		if args = args[1:]; word == "-" {
			break
		}
		var err error
		if args, err = opt.addGroup(word, args); err != nil {
			return opt, err
		}
	}
	if len(args) == 0 {
		return opt, errUsage
	}
	opt.dir = args[0]
	return opt, nil
}

// addGroup obeys the letters of one word; -o takes the rest of the word, or the
// next one of args. It returns the args that are left.
func (o *options) addGroup(word string, args []string) ([]string, error) {
	for i := range len(word) {
		field := shortField(word[i])
		switch {
		case word[i] == 'n':
			o.numeric = true
		case field != "":
			o.fields = append(o.fields, field)
		case word[i] == 'o':
			list := word[i+1:]
			if list == "" {
				if len(args) == 0 {
					return nil, errUsage
				}
				list, args = args[0], args[1:]
			}
			return args, o.addFields(strings.Split(list, ","))
		default:
			return nil, errUsage
		}
	}
	return args, nil
}

func (o *options) addFields(names []string) error {
	for _, name := range names {
		if !slices.Contains(s6.Fields(), name) {
			return fmt.Errorf("invalid option field: %s", name)
		}
	}
	o.fields = append(o.fields, names...)
	return nil
}

func shortField(letter byte) string {
	switch letter {
	case 'u':
		return "up"
	case 'w':
		return "wantedup"
	case 'N':
		return "normallyup"
	case 'r':
		return "ready"
	case 'p':
		return "pid"
	case 'g':
		return "pgid"
	case 'e':
		return "exitcode"
	case 's':
		return "signal"
	case 't':
		return "updownfor"
	}
	return ""
}
