// Package pipeline is what the mage targets do: build the image's two variants from
// the one Dockerfile, run the tests and the linters, and tell on screen what happened.
//
// It supplies arguments to the Dockerfile and judges what comes out; decisions (which
// failure a build log shows, what a test run proves) are functions of text, apart from
// the commands that yield the text. It is not a second description of the image, and
// it never tags an image that was not built whole and found within its budget.
package pipeline
