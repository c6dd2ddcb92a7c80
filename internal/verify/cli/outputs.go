package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"caduceus/internal/verify/attest"
	"caduceus/internal/verify/report"
)

// outputs are the files of a report. They are opened before the run: an hour of checks is not lost to a path that cannot be
// written.
type outputs struct {
	summary io.Writer
	files   []output
}

type output struct {
	path  string
	w     io.Writer
	file  *os.File // nil: stdout
	write func(io.Writer, report.Report) error
}

func openOutputs(e Env, o options) (*outputs, error) {
	all := &outputs{summary: e.Stdout}
	for _, one := range []struct {
		flag, path string
		write      func(io.Writer, report.Report) error
	}{
		{"--json", o.json, report.WriteJSON},
		{"--junit", o.junit, report.WriteJUnit},
		{"--attest", o.attest, attest.Write},
		{"--sarif", o.sarif, func(w io.Writer, r report.Report) error { return report.WriteSARIF(w, r, o.dockerfile) }},
	} {
		switch one.path {
		case "":
		case "-":
			if all.summary != e.Stdout {
				all.close()
				return nil, fmt.Errorf("%s: two reports cannot both go to stdout; give one a file", one.flag)
			}
			all.summary = e.Stderr
			all.files = append(all.files, output{"stdout", e.Stdout, nil, one.write})
		default:
			f, err := os.Create(one.path)
			if err != nil {
				all.close()
				return nil, fmt.Errorf("%s: cannot write the report: %w", one.flag, err)
			}
			all.files = append(all.files, output{one.path, f, f, one.write})
		}
	}
	return all, nil
}

// write writes the summary and every report; each failure is named.
func (all *outputs) write(r report.Report) error {
	errs := []error{report.WriteSummary(all.summary, r)}
	for _, o := range all.files {
		if err := o.write(o.w, r); err != nil {
			errs = append(errs, fmt.Errorf("cannot write the report to %q: %w", o.path, err))
		}
	}
	return errors.Join(errs...)
}

func (all *outputs) close() {
	for _, o := range all.files {
		if o.file != nil {
			_ = o.file.Close() // a failure to write was reported
		}
	}
}
