package setup

import (
	"context"
	"path"

	"caduceus/internal/launch"
)

// warnAboutNode warns about a Node.js that an installation on the host has left in the volume: the agent prefers it.
//
// contract: TOOL-17
func (j *job) warnAboutNode(context.Context, *volume) error {
	dir := path.Join(j.home, "node")
	for _, program := range []string{dir + "/bin/node", dir + "/node"} {
		if launch.Executable(j.inRoot(program)) == nil {
			j.warn("%s outranks the image's Node.js for the agent; move %s away to use the image's", program, dir)
			break
		}
	}
	return nil
}
