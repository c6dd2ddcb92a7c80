// Package local publishes an image of this host's Docker engine: it is what "mage publish" does.
//
// It collects the facts that package publish decides on (the image, the revision in git, the record of
// tests), takes the image out of the engine, and pushes it. The Dagger module has an engine of its own
// and uses package publish alone.
package local
