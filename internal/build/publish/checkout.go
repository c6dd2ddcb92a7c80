package publish

import "caduceus/internal/host"

// Checkout is how the files lie beside their version control, for an engine that was given these files and no others.
type Checkout int

const (
	// Plain has no version control: an archive that was unpacked.
	Plain Checkout = iota
	// Worktree has a .git that leads elsewhere, as that of "git worktree" or a submodule does.
	Worktree
	// Clone has its repository with it.
	Clone
)

// CheckoutOf judges by .git: whether it is there, and whether it is a directory.
func CheckoutOf(there, directory bool) Checkout {
	switch {
	case directory:
		return Clone
	case there:
		return Worktree
	}
	return Plain
}

// noRevision is why a tree has no revision, and what to do about it.
func (c Checkout) noRevision(what string) error {
	p := &host.Problem{
		What: what, Cause: "this is not a git repository, so nothing says what the image was built from",
		Next: "publish from a clone",
	}
	if c == Worktree {
		p.Cause = "this is a worktree of git, whose repository lies elsewhere, so nothing says what the image was built from"
		p.Next = `publish from the clone itself, or give it with "--repository"`
	}
	return p
}
