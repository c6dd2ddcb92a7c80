//go:build docker

package chat

import (
	"context"
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

// talk is one test's containers, in a network of their own.
type talk struct {
	*testing.T
	ctx     context.Context
	subject *harness.Subject
	network *peer.Network
	peer    *peer.Peer
	seen    int // questions that wantKey has looked at
}

// peerImage is built once for all tests.
var peerImage = sync.OnceValues(func() (string, error) { return peer.Build(docker.Interrupted, docker.Engine) })

// newTalk begins a test that proves clauses, beside others, with a model that
// answers at http://vllm:8000/v1 and at the other names given.
func newTalk(t *testing.T, clauses ...string) *talk {
	t.Helper()
	k := newSubject(t, clauses...)
	image, err := peerImage()
	k.must(err)
	k.network, err = peer.NewNetwork(k.ctx, docker.Engine, t.Name())
	k.must(err)
	// After the containers, which newSubject removes: clean-ups run backwards.
	k.peer, err = peer.Start(k.ctx, k.subject, image, k.network, "vllm", openAI, anthropic)
	k.must(err)
	return k
}

// Names of the peer that the agent takes for the providers' own, so that it uses
// the keys that it keeps for them.
const (
	openAI    = "peer.openai.com"
	anthropic = "peer.anthropic.com"
)

// newSubject begins a test that needs no model.
func newSubject(t *testing.T, clauses ...string) *talk {
	t.Helper()
	t.Parallel()
	k := &talk{T: t}
	t.Cleanup(func() { // after the containers, as clean-ups run backwards
		if k.network == nil {
			return
		}
		if err := k.network.Close(k.ctx); err != nil {
			t.Error(err)
		}
	})
	k.ctx, k.subject = docker.Begin(t, testLimit, clauses...)
	return k
}

func (k *talk) must(err error) {
	k.Helper()
	if err != nil {
		k.Fatal(err)
	}
}

// start starts the image in the test's network.
func (k *talk) start(spec harness.Spec) *harness.Container {
	k.Helper()
	if k.network != nil {
		given := spec.Host
		spec.Host = func(h *container.HostConfig) {
			k.network.Join(h)
			if given != nil {
				given(h)
			}
		}
	}
	c, err := k.subject.Start(k.ctx, spec)
	k.must(err)
	return c
}

// asked are the questions that reached the model.
func (k *talk) asked() string {
	k.Helper()
	list, err := k.peer.Requests(k.ctx)
	k.must(err)
	text := ""
	for _, r := range list {
		text += fmt.Sprintf("%s key=%q model=%q stream=%t tools=%d last=%q\n",
			r.Path, r.Key, r.Model, r.Stream, len(r.Tools), r.Messages[len(r.Messages)-1].Content)
	}
	return text
}
