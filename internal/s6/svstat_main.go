package s6

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Exit codes of s6-svstat.
const (
	svstatNotRunning = 1
	svstatUsage      = 100
	svstatFailed     = 111
)

var errUsage = errors.New("usage")

type svstatOptions struct {
	fields  []string
	numeric bool
	dir     string
}

// SvstatMain is the s6-svstat applet; args are the words after argv[0]. It
// returns 0, 1 (no supervisor), 100 (usage) or 111.
//
// contract: SVC-01, SVC-04, SVC-05.
func SvstatMain(args []string, stdout, stderr io.Writer) int {
	opt, err := parseSvstat(args)
	if errors.Is(err, errUsage) {
		fmt.Fprintf(stderr, "s6-svstat: usage: s6-svstat [ -uwNrpgest | -o %s ] [ -n ] servicedir\n",
			strings.Join(Fields(), ","))
		return svstatUsage
	}
	if err != nil {
		fmt.Fprintf(stderr, "s6-svstat: fatal: %v\n", err)
		return svstatUsage
	}
	running, err := Supervised(opt.dir)
	if err == nil && !running {
		fmt.Fprintf(stderr, "s6-svstat: fatal: unable to read status for %s: s6-supervise not running\n", opt.dir)
		return svstatNotRunning
	}
	var view View
	if err == nil {
		view, err = ReadView(opt.dir, time.Now())
	}
	if err == nil {
		_, err = fmt.Fprintln(stdout, opt.render(view))
	}
	if err != nil {
		fmt.Fprintf(stderr, "s6-svstat: fatal: unable to read status for %s: %v\n", opt.dir, err)
		return svstatFailed
	}
	return 0
}

func (o svstatOptions) render(v View) string {
	if len(o.fields) == 0 {
		return v.Line(o.numeric)
	}
	values := make([]string, len(o.fields))
	for i, name := range o.fields {
		values[i], _ = v.Field(name)
	}
	return strings.Join(values, " ")
}

// ReadView reads all that s6-svstat shows from a service directory.
func ReadView(dir string, now time.Time) (View, error) {
	status, err := ReadStatus(dir)
	if err != nil {
		return View{}, err
	}
	normallyUp, err := NormallyUp(dir)
	if err != nil {
		return View{}, err
	}
	deaths, err := ReadTally(dir)
	if err != nil {
		return View{}, err
	}
	// An unreadable backoff file hides the crash loop, not the service.
	backoff, crashing, _ := ReadBackoff(dir)
	return View{
		Status: status, NormallyUp: normallyUp, Deaths: len(deaths),
		Crashing: crashing, Next: backoff.Next, Now: now,
	}, nil
}

// parseSvstat takes short options in any grouping, as getopt does.
func parseSvstat(args []string) (svstatOptions, error) {
	var opt svstatOptions
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
func (o *svstatOptions) addGroup(word string, args []string) ([]string, error) {
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

func (o *svstatOptions) addFields(names []string) error {
	for _, name := range names {
		if !slices.Contains(Fields(), name) {
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
