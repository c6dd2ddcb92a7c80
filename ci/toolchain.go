package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"caduceus/ci/internal/dagger"
	"caduceus/internal/build/publish"
)

// toolchain is a container with Go and some of the repository's files; none means all.
func (m *Caduceus) toolchain(ctx context.Context, include ...string) (*dagger.Container, error) {
	from := m.GoImage
	if from == "" {
		spec, err := m.spec(ctx)
		if err != nil {
			return nil, err
		}
		from = "golang:" + spec.Go
	}
	c := dag.Container().From(from).
		WithMountedCache("/go/pkg/mod", dag.CacheVolume("caduceus-go-mod")).
		WithMountedCache("/root/.cache/go-build", dag.CacheVolume("caduceus-go-build")).
		WithEnvVariable("GOTOOLCHAIN", "local").
		WithDirectory("/src", m.Source, dagger.ContainerWithDirectoryOpts{Include: include}).
		WithWorkdir("/src")
	if m.CA != nil {
		c = c.WithMountedFile("/run/ca.crt", m.CA).WithEnvVariable("SSL_CERT_FILE", "/run/ca.crt")
	}
	return c, nil
}

// fresh keeps the engine from answering with an earlier run: a test that did not run
// proves nothing.
func fresh(c *dagger.Container) *dagger.Container {
	return c.WithEnvVariable("CADUCEUS_RUN", time.Now().UTC().Format(time.RFC3339Nano))
}

// export brings files of the repository to the module's own file system.
func (m *Caduceus) export(ctx context.Context, include ...string) (fs.FS, error) {
	dir, err := os.MkdirTemp("", "source-")
	if err != nil {
		return nil, err
	}
	if _, err := m.Source.Filter(dagger.DirectoryFilterOpts{Include: include}).Export(ctx, dir); err != nil {
		return nil, fmt.Errorf("cannot read the repository's files: %w", err)
	}
	return os.DirFS(dir), nil
}

// clone is the repository that the files are of.
func (m *Caduceus) clone() *dagger.GitRepository { return m.Repository.AsGit() }

// checkout is how the files lie beside their repository. The file .git of a worktree leads to a path of the caller's
// host, which the engine does not have.
func (m *Caduceus) checkout(ctx context.Context) (publish.Checkout, error) {
	there, err := m.Repository.Exists(ctx, ".git")
	if err != nil || !there {
		return publish.Plain, err
	}
	directory, err := m.Repository.Exists(ctx, ".git", dagger.DirectoryExistsOpts{ExpectedType: dagger.ExistsTypeDirectoryType})
	return publish.CheckoutOf(there, directory), err
}

// tree is the commit that is built, and the changes that are not in it; without a commit where the files are no clone.
func (m *Caduceus) tree(ctx context.Context) (publish.Tree, error) {
	if where, err := m.checkout(ctx); err != nil || where != publish.Clone {
		return publish.Tree{Checkout: where}, err
	}
	commit, err := m.clone().Head().Commit(ctx)
	if err != nil {
		return publish.Tree{}, fmt.Errorf("cannot read the repository's revision: %w", err)
	}
	tree := publish.Tree{Revision: commit}
	changes := m.clone().Uncommitted()
	for _, paths := range []func(context.Context) ([]string, error){changes.ModifiedPaths, changes.AddedPaths, changes.RemovedPaths} {
		more, err := paths(ctx)
		if err != nil {
			return publish.Tree{}, fmt.Errorf("cannot compare the repository with its revision: %w", err)
		}
		tree.Dirty = append(tree.Dirty, more...)
	}
	return tree, nil
}

// epoch is the time of the commit of a clone.
func (m *Caduceus) epoch(ctx context.Context) (time.Time, error) {
	c, err := m.toolchain(ctx, "go.mod")
	if err != nil {
		return time.Time{}, err
	}
	out, err := c.WithMountedDirectory("/repository", m.clone().Head().Tree()).
		WithExec([]string{"git", "-c", "safe.directory=*", "-C", "/repository", "log", "-1", "--format=%ct"}).Stdout(ctx)
	if err != nil {
		return time.Time{}, err
	}
	seconds, err := strconv.ParseInt(strings.TrimSpace(out), 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("cannot read the time of the commit: %w", err)
	}
	return time.Unix(seconds, 0), nil
}
