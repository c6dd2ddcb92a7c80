package junit

import (
	"encoding/xml"
	"fmt"
	"io"
	"time"
)

// Case is one test that ended.
type Case struct {
	Suite   string // what the test is part of: a package, a group of checks
	Name    string
	Took    time.Duration
	Failure string // what it printed, "" where it did not fail
	Error   string // why it could not be judged, "" where it was
	Skipped string // why it was skipped, "" where it was not
}

type testsuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []*testsuite `xml:"testsuite"`
	took     time.Duration
}

type testsuite struct {
	Name     string     `xml:"name,attr"`
	Tests    int        `xml:"tests,attr"`
	Failures int        `xml:"failures,attr"`
	Errors   int        `xml:"errors,attr"`
	Skipped  int        `xml:"skipped,attr"`
	Time     string     `xml:"time,attr"`
	Cases    []testcase `xml:"testcase"`
	took     time.Duration
}

type testcase struct {
	Class   string   `xml:"classname,attr"`
	Name    string   `xml:"name,attr"`
	Time    string   `xml:"time,attr"`
	Failure *failure `xml:"failure,omitempty"`
	Error   *failure `xml:"error,omitempty"`
	Skipped *skipped `xml:"skipped,omitempty"`
}

type failure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

type skipped struct {
	Message string `xml:"message,attr"`
}

// Write writes cases as JUnit XML, grouped by their suites in the order in which these first appear. Bytes that XML cannot hold become U+FFFD.
func Write(w io.Writer, name string, cases []Case) error {
	all := testsuites{Name: name}
	bySuite := map[string]*testsuite{}
	for _, c := range cases {
		s := bySuite[c.Suite]
		if s == nil {
			s = &testsuite{Name: c.Suite}
			bySuite[c.Suite] = s
			all.Suites = append(all.Suites, s)
		}
		s.add(c)
	}
	for _, s := range all.Suites {
		s.Time = seconds(s.took)
		all.Tests += s.Tests
		all.Failures += s.Failures
		all.Errors += s.Errors
		all.Skipped += s.Skipped
		all.took += s.took
	}
	all.Time = seconds(all.took)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (s *testsuite) add(c Case) {
	t := testcase{Class: c.Suite, Name: c.Name, Time: seconds(c.Took)}
	s.Tests++
	s.took += c.Took
	switch {
	case c.Failure != "":
		s.Failures++
		t.Failure = &failure{Message: "failed", Text: c.Failure}
	case c.Error != "":
		s.Errors++
		t.Error = &failure{Message: "could not be judged", Text: c.Error}
	case c.Skipped != "":
		s.Skipped++
		t.Skipped = &skipped{Message: c.Skipped}
	}
	s.Cases = append(s.Cases, t)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
