// Package report says what was proved of an image, and what was not.
//
// A Report has one Result for each check that was selected, whatever became of it: a check that could
// not run is counted, with its reason. The Verdict is made of these counts alone. The writers (text,
// JSON, JUnit, SARIF) show the same report to different readers; none of them decides anything.
// What an image says (names, output, labels) is escaped before it reaches a terminal.
package report
