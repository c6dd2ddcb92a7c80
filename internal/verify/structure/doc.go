// Package structure reads the test files of container-structure-test, schema 2.0.0, and evaluates them.
//
// Defaults and comparisons are theirs, also where they surprise: a file test without shouldExist wants the file,
// uid and gid -1 stand for any, a command test without exitCode wants 0, expectations are regular expressions that may
// match anywhere, and $NAME in commands and paths is the image's own variable. What differs is what an image can
// do about it: files are looked at by the probe and not through the image, and an unknown key is an error that names it.
// Licence tests and bind mounts are not evaluated: such a test counts as not run.
package structure
