// Package recipes holds the tests that follow the user's guide to the letter:
// every docker run line, compose file, derived Dockerfile and command that it
// prints, and the files of deploy/.
//
// A recipe stands in a test as the guide prints it and is given to a shell. Only
// what would collide with the host is replaced: the image's name, container
// names, and the host's side of published ports, which becomes a free port of
// loopback; ~ is a temporary folder. Type user does that, and removes with the
// test whatever a recipe leaves behind.
//
// The tests need the docker client and its compose plugin, which they build from
// its published module where there is none; they stand behind the build tag
// docker. The checks of the form of deploy/ need no engine and are always run.
// What the image does beyond the guide's recipes is the business of package checks.
package recipes
