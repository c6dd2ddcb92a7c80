// Package toolcache decides where npx and uvx keep what they fetch. They execute it there, so it has to be a place where that is
// possible.
//
// It makes nothing: setup makes the directories, and the front names them to what runs as hermes. Root has caches of its own, in
// /root, and is never told of these.
//
// contract: TOOL-19
package toolcache
