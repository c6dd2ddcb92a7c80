package doctor

import (
	"context"

	"caduceus/internal/front/migration"
	"caduceus/internal/held"
	"caduceus/internal/identity"
)

// migrations looks for a configuration that the boot could not bring up to date, and that is as it was.
//
// contract: SETUP-43
func migrations(_ context.Context, c Container) []Finding {
	root := c.Home.Root()
	home, err := held.Open(root, held.RefuseLinks)
	if err != nil {
		return nil // what volume says
	}
	defer func() { _ = home.Close() }() // nothing was written through it
	var found []Finding
	c.asHermes(func(identity.Account) {
		if failure, ok := migration.Read(home); ok && failure.State == migration.StateOf(root) {
			found = one("config.yaml", failure.Cause, failure.Fix)
		}
	})
	return found
}
