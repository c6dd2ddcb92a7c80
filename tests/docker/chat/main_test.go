//go:build docker

package chat

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/log"

	"caduceus/tests/docker/harness"
	"caduceus/tests/docker/peer"
)

const (
	// parallel tests are as many as two cores can boot side by side; -parallel
	// overrides it.
	parallel = "3"
	// bootLimit is how long a container may take to its main program,
	// gatewayLimit to a running gateway, answerLimit a question to its answer, on
	// a loaded build host.
	bootLimit    = 60 * time.Second
	gatewayLimit = 120 * time.Second
	answerLimit  = 90 * time.Second
	// testLimit bounds one test, its polls included.
	testLimit = 6 * time.Minute
)

// The one connection of this test binary.
var (
	docker      *harness.Engine
	api         client.APIClient
	interrupted context.Context // ends with ^C, so that every wait ends and the sweep still happens
)

func TestMain(m *testing.M) { os.Exit(run(m)) } //nolint:forbidigo // without an engine there is nothing to run

func run(m *testing.M) int {
	flag.Parse()
	if !isSet("test.parallel") {
		if err := flag.Set("test.parallel", parallel); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 2
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	e, err := harness.Open(ctx, harness.Options{Image: os.Getenv("HERMES_TEST_IMAGE"), Run: os.Getenv("HERMES_TEST_RUN")})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	// What the harness has no use for: the keys and screen of a terminal.
	provider, err := testcontainers.NewDockerProvider(testcontainers.WithLogger(log.NewNoopLogger()))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	docker, api, interrupted = e, provider.Client(), ctx
	code := m.Run()
	if err := docker.Sweep(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "cannot clean up after the tests:", err)
		return max(code, 1)
	}
	return code
}

func isSet(name string) bool {
	found := false
	flag.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
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
var peerImage = sync.OnceValues(func() (string, error) { return peer.Build(interrupted, docker) })

// newTalk begins a test that proves clauses, beside others, with a model that
// answers at http://vllm:8000/v1 and at the other names given.
func newTalk(t *testing.T, clauses ...string) *talk {
	t.Helper()
	k := newSubject(t, clauses...)
	image, err := peerImage()
	k.must(err)
	k.network, err = peer.NewNetwork(k.ctx, docker, t.Name())
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
	for _, c := range clauses {
		t.Attr("clause", c)
	}
	ctx, stop := context.WithTimeout(interrupted, testLimit)
	k := &talk{T: t, ctx: ctx, subject: docker.Subject("")}
	t.Cleanup(func() {
		defer stop()
		if t.Failed() {
			k.keepEvidence()
		}
		if err := k.subject.Close(ctx); err != nil {
			t.Error(err)
		}
		if k.network == nil {
			return
		}
		if err := k.network.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return k
}

func (k *talk) must(err error) {
	k.Helper()
	if err != nil {
		k.Fatal(err)
	}
}

func (k *talk) keepEvidence() {
	if !isSet("test.artifacts") {
		k.Log("-artifacts keeps evidence of a failure")
		return
	}
	dir := k.ArtifactDir()
	if err := k.subject.Evidence(k.ctx, dir); err != nil {
		k.Log("some evidence is missing:", err)
	}
	k.Log("evidence is in", dir)
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
