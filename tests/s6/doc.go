// Package s6 drives the init's scandir mode with the real clients of Debian's s6 package, and compares
// it with the real s6-svscan: event strings, exit codes and status lines are equal but for the
// deviations that the specification names (SUP-98). It needs s6 and execline on the machine and says so
// where they are missing.
//
// HERMES_TEST_INIT names another program to test, which is started as "s6-svscan SCANDIR". s6-svscan
// itself passes all tests but those of what the specification adds: TestAppletPrintsLikeTheRealTool,
// TestCrashTakesOverWhereFinishCannotRun, TestFinishGetsTheProcessGroup (2.11),
// TestLockModeKeepsASecondRunOut, TestEachLineOfOutputGetsThePrefix, TestAFloodOfOutputIsCut,
// TestScriptsRunOnANoexecMount and TestVanishedDirectoryIsStoppedAndForgotten.
//
// HERMES_TEST_PATIENCE bounds each wait (30s).
package s6
