package held_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"caduceus/internal/held"
)

// Root writes into a directory of another user, who has put a link there.
func Example() {
	dir, err := os.MkdirTemp("", "held")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "state")); err != nil {
		fmt.Println(err)
		return
	}

	d, err := held.Open(dir, held.RefuseLinks)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = d.Close() }()
	err = d.WriteFile("state", []byte("up\n"), held.Write{Mode: 0o644})
	fmt.Println("through a link:", errors.Is(err, held.ErrLink))

	// By another rule the link itself is replaced, never its target.
	err = d.WithLinks(held.FollowOwn).WriteFile("state", []byte("up\n"), held.Write{Mode: 0o644})
	content, _ := d.ReadFile("state")
	fmt.Printf("%q, %v\n", content, err)
	// Output:
	// through a link: true
	// "up\n", <nil>
}
