// Package setup is the boot scripts 01 and 015 in /etc/cont-init.d.
//
// Script 01 ([Run]) makes user and volume fit each other before the agent starts: it sets the ids of hermes, repairs
// ownership, seeds missing files, migrates an old configuration, and warns about what will not work. Script 015 ([Perms])
// lets hermes command the services of the image.
//
// What needs root is done first. It touches the volume only through held directories ([held]), never through a symbolic
// link. All other steps have the file rights of hermes. A step that fails becomes a warning, and the boot goes on. Setup
// may also be run again in a container that is up.
//
// The slots of gateways are made later, by internal/front/reconcile.
package setup
