// Package main is the Dagger module of the image: the same build, tests and publication
// as "go tool mage", on any Dagger engine.
//
// A function here maps its arguments to a call and nothing else. What is decided (build
// arguments, verdicts, tags, refusals) is in packages image, verdict and publish of the root
// module, where it is tested without an engine. Every function that builds gives the one
// Dockerfile to the engine.
package main
