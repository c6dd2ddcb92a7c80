// Package reference makes the pages of docs/reference from the code: the verbs of the hermes command
// from its command tree, the environment variables from their table, the targets of mage from the
// comments in magefiles/, the JSON objects from their schemas.
//
//	go test ./internal/repo/reference -update
//
// writes the pages; without -update the same test refuses pages that are not what the code says. The
// checks of the contract get their list of variables in the same way. People write the guide (docs/guide).
package reference
