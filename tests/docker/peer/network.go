package peer

import (
	"context"
	"fmt"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	"caduceus/tests/docker/harness"
)

// Network is a user-defined network, in which containers find each other by name.
type Network struct {
	name string
	api  client.APIClient
}

// NewNetwork makes a network that carries the run's label. name must be new in
// the run.
func NewNetwork(ctx context.Context, e *harness.Engine, name string) (*Network, error) {
	n := &Network{name: "caduceus-test-" + e.Run() + "-" + name, api: e.API()}
	_, err := n.api.NetworkCreate(ctx, n.name, client.NetworkCreateOptions{
		Driver: "bridge", Labels: map[string]string{harness.RunLabel: e.Run()},
	})
	if err != nil {
		return nil, fmt.Errorf("cannot create network %q: %w", n.name, err)
	}
	return n, nil
}

// Join makes a container start in the network.
func (n *Network) Join(h *container.HostConfig) { h.NetworkMode = container.NetworkMode(n.name) }

// connect puts a running container into the network under names of its own.
func (n *Network) connect(ctx context.Context, c *harness.Container, aliases []string) error {
	_, err := n.api.NetworkConnect(ctx, n.name, client.NetworkConnectOptions{
		Container: c.ID, EndpointConfig: &network.EndpointSettings{Aliases: aliases},
	})
	if err != nil {
		return fmt.Errorf("cannot connect %q to network %q: %w", c.Name, n.name, err)
	}
	return nil
}

// Close removes the network, whose containers must be gone. It works on after ctx
// has ended.
func (n *Network) Close(ctx context.Context) error {
	if _, err := n.api.NetworkRemove(context.WithoutCancel(ctx), n.name, client.NetworkRemoveOptions{}); err != nil {
		return fmt.Errorf("cannot remove network %q: %w", n.name, err)
	}
	return nil
}
