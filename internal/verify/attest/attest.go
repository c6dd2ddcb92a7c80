package attest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"caduceus/internal/verify/report"
)

// The types of statements and predicates.
const (
	StatementType  = "https://in-toto.io/Statement/v1"
	TestResultType = "https://in-toto.io/attestation/test-result/v0.1"
	SummaryType    = "https://slsa.dev/verification_summary/v1"
)

// Statement is an in-toto statement.
type Statement struct {
	Type          string          `json:"_type"`
	Subject       []Resource      `json:"subject"`
	PredicateType string          `json:"predicateType"`
	Predicate     json.RawMessage `json:"predicate"`
}

// Resource is something with a digest.
type Resource struct {
	Name   string            `json:"name,omitempty"`
	URI    string            `json:"uri,omitempty"`
	Digest map[string]string `json:"digest"`
}

// testResult is the predicate of TestResultType; contract and tool stand in its configuration.
type testResult struct {
	Result        string     `json:"result"` // PASSED, WARNED, FAILED
	Configuration []Resource `json:"configuration"`
	Passed        []string   `json:"passedTests"`
	Warned        []string   `json:"warnedTests"` // not run, and could not look
	Failed        []string   `json:"failedTests"`
}

// summary is the predicate of SummaryType.
type summary struct {
	Verifier struct {
		ID      string            `json:"id"`
		Version map[string]string `json:"version"`
	} `json:"verifier"`
	TimeVerified time.Time `json:"timeVerified"`
	ResourceURI  string    `json:"resourceUri"`
	Policy       Resource  `json:"policy"`
	Result       string    `json:"verificationResult"` // PASSED, FAILED
	Levels       []string  `json:"verifiedLevels"`
}

// verifierID names hermes-verify in a summary.
const verifierID = "hermes-verify"

// Write writes both statements about a report's image, a line each.
func Write(w io.Writer, r report.Report) error {
	subject := []Resource{{Name: r.Image.Reference, Digest: digest(r.Image.ID)}}
	contract := Resource{Name: "contract", Digest: digest(r.Tool.Contract)}
	t := testResult{
		Result: "WARNED", Configuration: []Resource{contract}, Passed: []string{}, Warned: []string{}, Failed: []string{},
	}
	if r.Tool.Digest != "" {
		t.Configuration = append(t.Configuration, Resource{Name: r.Tool.Name + " " + r.Tool.Version, Digest: digest(r.Tool.Digest)})
	}
	for _, res := range r.Results {
		switch res.Outcome {
		case report.Holds:
			t.Passed = append(t.Passed, res.ID)
		case report.Broken:
			t.Failed = append(t.Failed, res.ID)
		default:
			t.Warned = append(t.Warned, res.ID)
		}
	}
	s := summary{
		TimeVerified: r.Started.Add(time.Duration(r.Seconds * float64(time.Second))).Truncate(time.Second),
		ResourceURI:  r.Image.Reference, Policy: contract, Result: "FAILED", Levels: []string{},
	}
	s.Verifier.ID = verifierID
	s.Verifier.Version = map[string]string{"hermes-verify": r.Tool.Version, r.Engine.Name: r.Engine.Version}
	switch r.Verdict.Code() {
	case report.CodeHolds:
		t.Result, s.Result = "PASSED", "PASSED"
	case report.CodeBroken:
		t.Result = "FAILED"
	}
	e := json.NewEncoder(w)
	for _, one := range []struct {
		kind      string
		predicate any
	}{{TestResultType, t}, {SummaryType, s}} {
		raw, err := json.Marshal(one.predicate)
		if err != nil {
			return err
		}
		if err := e.Encode(Statement{StatementType, subject, one.kind, raw}); err != nil {
			return err
		}
	}
	return nil
}

func digest(text string) map[string]string {
	algorithm, value, _ := strings.Cut(text, ":")
	return map[string]string{algorithm: value}
}

// Claim is what a file of statements says of an image.
type Claim struct {
	Result   string // PASSED, WARNED, FAILED
	Passed   int
	Others   int // failed, not run, could not look
	Contract string
	Tool     string
	Verified time.Time
}

// ErrOther is a file of statements in which none is about the image.
var ErrOther = errors.New("no statement in it is about this image")

// Read finds in statements, a line each, what they claim of the image with an ID.
func Read(text []byte, imageID string) (Claim, error) {
	var c Claim
	found := false
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 16<<20)
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var s Statement
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			return c, fmt.Errorf("line %d is no statement: %w", n, err)
		}
		if s.Type != StatementType {
			return c, fmt.Errorf("line %d is no statement of in-toto: its type is %q", n, s.Type)
		}
		if !about(s, imageID) {
			continue
		}
		switch s.PredicateType {
		case TestResultType:
			found = true
			if err := c.tests(s.Predicate); err != nil {
				return c, fmt.Errorf("line %d: %w", n, err)
			}
		case SummaryType:
			var sum summary
			if err := json.Unmarshal(s.Predicate, &sum); err != nil {
				return c, fmt.Errorf("line %d: %w", n, err)
			}
			c.Verified = sum.TimeVerified
		}
	}
	if err := lines.Err(); err != nil {
		return c, err
	}
	if !found {
		return c, ErrOther
	}
	return c, nil
}

func about(s Statement, imageID string) bool {
	algorithm, value, _ := strings.Cut(imageID, ":")
	for _, one := range s.Subject {
		if value != "" && one.Digest[algorithm] == value {
			return true
		}
	}
	return false
}

func (c *Claim) tests(predicate []byte) error {
	var t testResult
	if err := json.Unmarshal(predicate, &t); err != nil {
		return err
	}
	c.Result, c.Passed, c.Others = t.Result, len(t.Passed), len(t.Warned)+len(t.Failed)
	for _, one := range t.Configuration {
		switch {
		case one.Name == "contract":
			c.Contract = "sha256:" + one.Digest["sha256"]
		case one.Name != "":
			c.Tool = one.Name
		}
	}
	return nil
}
