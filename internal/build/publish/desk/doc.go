// Package desk is what "mage publish" does: it collects the facts that package publish
// decides on from the Docker engine, git and the record of tests, takes the image out
// of the engine, and pushes it.
//
// Everything that can be decided without an engine is in package publish; here are the
// programs that it needs. It is not used by the Dagger module, which gets the image and
// the revision from its own engine.
package desk
