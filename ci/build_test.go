package main

import (
	"testing"

	"caduceus/ci/internal/dagger"

	"github.com/google/go-cmp/cmp"
)

func TestBuildArgsAreInTheOrderOfTheirNames(t *testing.T) {
	got := buildArgs(map[string]string{"VERSION": "1.2.3", "BASE_IMAGE": "debian:13.4"})
	want := []dagger.BuildArg{{Name: "BASE_IMAGE", Value: "debian:13.4"}, {Name: "VERSION", Value: "1.2.3"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if buildArgs(nil) != nil {
		t.Error("no arguments are some")
	}
}
