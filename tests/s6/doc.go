// Package s6 drives the init's scandir mode with the real clients of Debian's
// s6 package, and compares it with the real s6-svscan: event strings, exit
// codes and status lines must be equal but for the deviations that the
// specification names.
//
// HERMES_TEST_INIT names another program to test in place of this init: it is
// started as "s6-svscan SCANDIR". What the specification marks as a
// deviation or an addition fails then, as it should: s6-svscan itself passes
// all but TestAppletPrintsLikeTheRealTool, TestCrashScripts, TestFinishKnowsTheGroup
// (2.11), TestLockModeKeepsASecondRunOut, TestOutputPrefix, TestScriptsOnNoexecMount
// and TestVanishedDirectoryIsStoppedAndForgotten. HERMES_TEST_PATIENCE bounds each wait (30s).
//
// It is not for units: each package tests its own. It needs s6 and execline on
// the machine and says so where they are missing.
//
// spec: SUP-98, SUP-99.
package s6
