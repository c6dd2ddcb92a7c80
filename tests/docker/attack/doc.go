// Package attack takes the part of a hermes that was talked into something: each test does what an attacker
// would do in a container, and wants nothing of it to work. A file is one kind of attack with its siblings.
//
// Each test was red on the image of revision 839b3f6, before there was something to stop it, or says why not.
// The tests stand behind the build tag docker. What holds without an attacker is proved by package checks.
package attack
