package pipeline

import "testing"

func TestShellScriptsAreKnownByTheirFirstLine(t *testing.T) {
	for first, want := range map[string]string{
		"#!/bin/sh":                      "sh",
		"#!/command/with-contenv sh":     "sh",
		"#!/usr/bin/env bash":            "bash",
		"#! /bin/bash -e":                "bash",
		"#!/usr/bin/python3":             "",
		"#!/command/execlineb -P":        "",
		"# a comment that mentions sh":   "",
		"":                               "",
		"#!/command/s6-setuidgid hermes": "",
	} {
		if got := interpreter(first); got != want {
			t.Errorf("interpreter(%q): want %q, got %q", first, want, got)
		}
	}
}
