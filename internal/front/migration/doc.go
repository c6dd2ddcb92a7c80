// Package migration remembers on the volume which configuration could not be brought up to date, so that a boot says it once, and
// tries again only when something has changed.
//
// It migrates nothing itself: the agent does, called by package setup.
//
// contract: SETUP-43
package migration
