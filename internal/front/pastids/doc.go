// Package pastids remembers which ids hermes had on a volume, so that what belonged to them can follow a change.
//
// The memory is a file of root's in the volume itself, as nothing else outlives the container. Hermes owns that directory:
// it may remove the file or move another one to its name, but not write it. So a file is believed only if it is root's,
// says its own inode number (a copy that root has made of what hermes had written does not), and names the owner of the
// volume, which only root can change (an older memory that was put back does not).
//
// It decides nothing about who hermes is (internal/identity), and gives nothing away (internal/front/setup).
//
// contract: WHO-02
package pastids
