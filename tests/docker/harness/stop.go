package harness

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/moby/moby/api/types/events"
	"github.com/moby/moby/client"
)

// Stopped is how a container ended.
type Stopped struct {
	Code   int           // as docker inspect reports it
	Took   time.Duration // of a stop, by the engine's clock: from its signal to the container's end
	Killed bool          // the grace of a stop was over, and the engine killed the container
}

// Stop does what docker stop does, with the engine's default grace of 10 s.
func (c *Container) Stop(ctx context.Context) (Stopped, error) { return c.stop(ctx, nil) }

// StopWithin does what docker stop -t does: the engine kills after grace.
func (c *Container) StopWithin(ctx context.Context, grace time.Duration) (Stopped, error) {
	return c.stop(ctx, &grace)
}

func (c *Container) stop(ctx context.Context, grace *time.Duration) (Stopped, error) {
	ctx, done := context.WithCancel(ctx)
	defer done()
	seen := c.engine.api.Events(ctx, client.EventsListOptions{
		Since: strconv.FormatInt(time.Now().Unix(), 10),
		Filters: client.Filters{}.Add("container", c.ID).
			Add("event", string(events.ActionKill), string(events.ActionDie)),
	})
	if err := c.inner.Stop(ctx, grace); err != nil {
		return Stopped{}, fmt.Errorf("cannot stop %q: %w", c.Name, err)
	}
	ended, err := c.ended(ctx)
	if err != nil {
		return Stopped{}, err
	}
	if ended.Took, ended.Killed, err = stopEvents(seen, 10*time.Second); err != nil {
		return Stopped{}, fmt.Errorf("cannot follow the stop of %q: %w", c.Name, err)
	}
	return ended, nil
}

// stopEvents reads the engine's events of a stop up to the container's end. limit is how late an event
// may be.
func stopEvents(seen client.EventsResult, limit time.Duration) (took time.Duration, killed bool, err error) {
	late := time.NewTimer(limit)
	defer late.Stop()
	var signalled int64
	for {
		select {
		case e := <-seen.Messages:
			switch {
			case e.Action == events.ActionDie && signalled > 0:
				return time.Duration(e.TimeNano - signalled), killed, nil
			case e.Action == events.ActionKill && signalled > 0:
				killed = killed || e.Actor.Attributes["signal"] == "9"
			case e.Action == events.ActionKill:
				signalled = e.TimeNano
			}
		case err := <-seen.Err:
			return 0, false, err
		case <-late.C:
			return 0, false, fmt.Errorf("the engine reported no end within %v", limit)
		}
	}
}

// Wait waits at most limit for the container to end by itself.
func (c *Container) Wait(ctx context.Context, limit time.Duration) (Stopped, error) {
	err := Poll(ctx, "end of container "+c.Name, limit, func(ctx context.Context) (string, bool, error) {
		got, err := c.Inspect(ctx)
		if err != nil {
			return "", false, err
		}
		return string(got.State.Status), !got.State.Running && got.State.Status != "created", nil
	})
	if err != nil {
		return Stopped{}, err
	}
	return c.ended(ctx)
}

func (c *Container) ended(ctx context.Context) (Stopped, error) {
	got, err := c.Inspect(ctx)
	if err != nil {
		return Stopped{}, err
	}
	return Stopped{Code: got.State.ExitCode}, nil
}
