// Package embedded holds the probe as hermes-verify carries it, a program for each architecture.
//
// "go tool mage build:verify" compiles them into bin before it compiles hermes-verify. A hermes-verify that was compiled
// without them, as by go build alone, says so when it needs one.
package embedded
