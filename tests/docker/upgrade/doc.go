// Package upgrade proves that what the first landing left boots on the image under test, and back again: its volume,
// and images derived from it. The first landing is revision 839b3f6.
//
// The tests stand behind the build tag docker. HERMES_TEST_OLD_IMAGE names an image of the first landing, which
// then runs before and after. A machine that lacks one, as that of CI, has the volume as such an image left
// it, in what it wrote itself; the way back is then proved by what that image reads there.
package upgrade
