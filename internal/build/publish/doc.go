// Package publish decides whether an image may be published, and under which names, and pushes it.
//
// The decisions are functions of values: Decide looks at the image, the repository and the record of tests;
// Plan.Moves looks at what the registry has. The effects stand beside them: Pack makes an OCI image of an
// engine's archive, Push writes it by digest and names it last, so that nothing half-pushed has a name.
// Both mage (package local) and the Dagger module call this package. It never starts a program.
package publish
