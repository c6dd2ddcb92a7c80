// Package rc reads service definitions in the source format of s6-rc, as
// images keep them below /etc/s6-overlay/s6-rc.d, and orders them.
//
// Read returns a Plan in which every name is known, bundles are dissolved into
// the services they mean, and no service needs itself. Walk visits services
// as soon as those before them are done.
//
// There is no compiled database and no live state as s6-rc has them: what needs
// them (pipelines, changes at run time) is refused by name.
//
// spec: SUP-64
package rc
