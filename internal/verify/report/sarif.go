package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"strings"
)

// What follows is the part of SARIF 2.1.0 that code scanning reads.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		Results     []sarifResult     `json:"results"`
		Language    string            `json:"language"`
		Newlines    []string          `json:"newlineSequences"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version"`
		Rules   []sarifRule `json:"rules"`
		// Language is that of the rules; the run has the same for its messages.
		Language string `json:"language"`
	}
	sarifRule struct {
		ID    string    `json:"id"`
		Short sarifText `json:"shortDescription"`
		Help  sarifText `json:"help"`
	}
	sarifInvocation struct {
		Successful bool   `json:"executionSuccessful"`
		ExitCode   int    `json:"exitCode"`
		Why        string `json:"exitCodeDescription"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        string            `json:"level"`
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine int `json:"startLine"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
)

const english = "en-US"

// WriteSARIF writes what is broken as errors and what could not be proved as warnings. Each names a file, as
// code scanning refuses a log with a result that names none: the Dockerfile of the report's layer, or dockerfile
// ("": Dockerfile). Fingerprints are of the check and its clauses, so that the same break is the same alert in the
// next run.
func WriteSARIF(w io.Writer, r Report, dockerfile string) error {
	if dockerfile == "" {
		dockerfile = "Dockerfile"
	}
	run := sarifRun{
		Tool:        sarifTool{sarifDriver{Name: r.Tool.Name, Version: r.Tool.Version, Rules: []sarifRule{}, Language: english}},
		Invocations: []sarifInvocation{{Successful: r.Verdict.Code() != CodeNotProved, ExitCode: r.Verdict.Code(), Why: Line(r.Line())}},
		Results:     []sarifResult{},
		Language:    english, Newlines: []string{"\n"},
	}
	for i, res := range r.Results {
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{
			ID: res.ID, Short: sarifText{res.Promise}, Help: sarifText{help(res)},
		})
		if res.Outcome == Holds || res.Waived {
			continue
		}
		run.Results = append(run.Results, sarifOf(res, i, dockerfile))
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(sarifLog{
		Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run},
	})
}

func sarifOf(res Result, index int, dockerfile string) sarifResult {
	level := "warning"
	saw := []string{res.Promise + ": " + string(res.Outcome)}
	if res.Outcome == Broken {
		level = "error"
	}
	if res.Reason != "" {
		saw = append(saw, res.Reason)
	}
	clauses := []string{res.ID}
	for _, b := range res.Breaks {
		saw = append(saw, b.Clause+": "+Clip(b.Saw, clipped))
		clauses = append(clauses, b.Clause)
	}
	at := sarifPhysical{sarifArtifact{dockerfile}, sarifRegion{1}}
	if l := res.Layer; l != nil && l.Line > 0 {
		at = sarifPhysical{sarifArtifact{l.File}, sarifRegion{l.Line}}
	}
	sum := sha256.Sum256([]byte(strings.Join(clauses, " ")))
	return sarifResult{
		RuleID: res.ID, RuleIndex: index, Level: level, Message: sarifText{Printable(strings.Join(saw, "\n"))},
		Locations: []sarifLocation{{at}}, Fingerprints: map[string]string{"promise/v1": hex.EncodeToString(sum[:])},
	}
}

// help is what a rule says of its usual causes.
func help(r Result) string {
	lines := []string{r.Promise + "."}
	if len(r.Clauses) > 0 {
		lines = append(lines, "Clauses: "+strings.Join(r.Clauses, ", ")+".")
	}
	for _, c := range r.Causes {
		lines = append(lines, c.Cause+": "+c.Fix)
	}
	return strings.Join(lines, "\n")
}
