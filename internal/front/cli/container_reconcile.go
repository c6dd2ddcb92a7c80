package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"caduceus/internal/front/reconcile"
	"caduceus/internal/identity"
)

func (a *app) containerReconcile() *cobra.Command {
	return hidden("reconcile", "The boot script 02-reconcile-profiles: a slot for each profile", func(*cobra.Command, []string) error {
		account, err := a.account()
		if err != nil {
			return err
		}
		o := a.reconcileOptions(account)
		reconcile.MakeScandir(o)
		if err := a.Drop(account); err != nil { // the slots are hermes' to make
			fmt.Fprintf(a.Stderr, "reconcile: error: %v\n", err)
			return ended(1)
		}
		return ended(reconcile.Run(o))
	})
}

func (a *app) reconcileOptions(account identity.Account) reconcile.Options {
	return reconcile.Options{Environ: a.Environ, Account: account, Stdout: a.Stdout, Stderr: a.Stderr, Now: a.Now}
}
