// Package pipeline is what the mage targets do: build both variants of the image from the one Dockerfile,
// and run tests and linters.
//
// It supplies arguments to the Dockerfile and judges what comes out. Decisions (which failure a build log
// shows, what a test run proves) are functions of text, apart from the commands that yield the text. An
// image gets its name only when it was built whole and is within its budget.
package pipeline
