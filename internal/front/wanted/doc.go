// Package wanted judges all that somebody asked this container for: gateways, their API server, the dashboard, and the
// services that the boot starts. What was asked for and is not there is a Verdict with its reason and a fix.
//
// The health check and the doctor say the same because both ask here. It is not about who supervises: package bootrecord
// is. It looks only, and as the health check it has to be quick: it reads a few small files, and asks one port at most.
package wanted
