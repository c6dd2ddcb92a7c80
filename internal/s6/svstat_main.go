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

func parseSvstat(args []string) (svstatOptions, error) {
	var opt svstatOptions
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		word := args[0]
		args = args[1:]
		if word == "--" {
			break
		}
		for i := 1; i < len(word); i++ {
			switch letter := word[i]; {
			case letter == 'n':
				opt.numeric = true
			case letter == 'o':
				list := word[i+1:]
				if list == "" {
					if len(args) == 0 {
						return opt, errUsage
					}
					list, args = args[0], args[1:]
				}
				names := strings.Split(list, ",")
				if err := checkFields(names); err != nil {
					return opt, err
				}
				opt.fields = append(opt.fields, names...)
				i = len(word)
			case shortField(letter) != "":
				opt.fields = append(opt.fields, shortField(letter))
			default:
				return opt, errUsage
			}
		}
	}
	if len(args) == 0 {
		return opt, errUsage
	}
	opt.dir = args[0]
	return opt, nil
}

func checkFields(names []string) error {
	for _, name := range names {
		if !slices.Contains(Fields(), name) {
			return fmt.Errorf("invalid option field: %s", name)
		}
	}
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
