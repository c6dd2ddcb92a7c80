//go:build docker

package chat

import (
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"

	"caduceus/tests/docker/harness"
	"caduceus/tests/docker/peer"
	"caduceus/tests/docker/suite"
)

const (
	// bootLimit is how long a container may take to its main program,
	// gatewayLimit to a running gateway, answerLimit a question to its answer, on
	// a loaded build host.
	bootLimit    = 60 * time.Second
	gatewayLimit = 120 * time.Second
	answerLimit  = 90 * time.Second
	// testLimit bounds one test, its polls included.
	testLimit = 6 * time.Minute
)

// docker is what the tests of this binary share.
var docker suite.Suite

func TestMain(m *testing.M) {
	os.Exit(docker.Main(m, suite.Options{})) //nolint:forbidigo // without an engine there is nothing to run
}

// fixture is one test's containers and, where the test has a model, the network that they share with it.
type fixture struct {
	*suite.Test
	network *peer.Network
	peer    *peer.Peer
	seen    int // questions that wantKey has looked at
}

// peerImage is built once for all tests.
var peerImage = sync.OnceValues(func() (string, error) { return peer.Build(docker.Interrupted, docker.Engine) })

// newFixtureWithModel begins a test that proves clauses, beside others, with a model that
// answers at http://vllm:8000/v1 and at the other names given.
func newFixtureWithModel(t *testing.T, clauses ...string) *fixture {
	t.Helper()
	f := newFixture(t, clauses...)
	image, err := peerImage()
	f.Must(err)
	f.network, err = peer.NewNetwork(f.Ctx, docker.Engine, t.Name())
	f.Must(err)
	// After the containers, which newFixture removes: clean-ups run backwards.
	f.peer, err = peer.Start(f.Ctx, f.Subject, image, f.network, "vllm", openAI, anthropic)
	f.Must(err)
	return f
}

// Names of the peer that the agent takes for the providers' own, so that it uses
// the keys that it keeps for them.
const (
	openAI    = "peer.openai.com"
	anthropic = "peer.anthropic.com"
)

// newFixture begins a test that needs no model.
func newFixture(t *testing.T, clauses ...string) *fixture {
	t.Helper()
	t.Parallel()
	f := &fixture{}
	t.Cleanup(func() { // after the containers, as clean-ups run backwards
		if f.network == nil {
			return
		}
		if err := f.network.Close(f.Ctx); err != nil {
			t.Error(err)
		}
	})
	f.Test = docker.Begin(t, testLimit, clauses...)
	return f
}

// start starts the image in the test's network.
func (f *fixture) start(spec harness.Spec) *harness.Container {
	f.Helper()
	if f.network != nil {
		given := spec.Host
		spec.Host = func(h *container.HostConfig) {
			f.network.Join(h)
			if given != nil {
				given(h)
			}
		}
	}
	c, err := f.Subject.Start(f.Ctx, spec)
	f.Must(err)
	return c
}

// asked are the questions that reached the model.
func (f *fixture) asked() string {
	f.Helper()
	list, err := f.peer.Requests(f.Ctx)
	f.Must(err)
	text := ""
	for _, r := range list {
		text += fmt.Sprintf("%s key=%q model=%q stream=%t tools=%d last=%q\n",
			r.Path, r.Key, r.Model, r.Stream, len(r.Tools), r.Messages[len(r.Messages)-1].Content)
	}
	return text
}
