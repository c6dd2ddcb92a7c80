package identity_test

import (
	"fmt"

	"caduceus/internal/env"
	"caduceus/internal/identity"
)

// The operator asks for a uid with a variable and leaves the gid to the image.
func ExampleDecideRemap() {
	hermes := identity.Account{Name: identity.Hermes, UID: 10000, GID: 10000}
	environ := env.Environ{"HERMES_UID=1000", "HERMES_GID=staff"}
	r := identity.DecideRemap(environ, hermes, nil)
	fmt.Println(*r.UID, r.GID == nil)
	fmt.Println(r.Ignored[0])
	// Output:
	// 1000 true
	// ignoring HERMES_GID="staff": not a number
}

// With the fallback files, a name would lead a program of the C library to other ids.
func ExampleAccount_Spec() {
	a := identity.Account{Name: identity.Hermes, UID: 1000, GID: 100}
	fmt.Println(a.Spec())
	a.Fallback = true
	fmt.Println(a.Spec())
	// Output:
	// hermes
	// 1000:100
}
