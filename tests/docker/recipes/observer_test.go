//go:build docker

package recipes

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"caduceus/internal/repo/pages"
	"caduceus/tests/docker/harness"

	"github.com/moby/moby/client"
)

// started waits until the containers that a command started are healthy, or have ended, and notes what they publish.
func (w *walk) started(s pages.Step) {
	all, err := docker.API().ContainerList(w.u.ctx, client.ContainerListOptions{Filters: client.Filters{}.Add("label", harness.RunLabel+"="+docker.Run())})
	if err != nil {
		w.u.Fatal(err)
	}
	for _, c := range all.Items {
		name := strings.TrimPrefix(strings.Join(c.Names, ""), "/")
		guide, ours := strings.CutPrefix(name, strings.ToLower(w.u.id)+"-")
		if !ours || w.from[c.ID] != "" {
			continue
		}
		w.from[c.ID] = guide
		if why := w.healthy(c.ID); why != "" {
			w.found = append(w.found, pages.Finding{Line: s.Line, Text: fmt.Sprintf("%s is not healthy: %s", guide, why)})
		}
		got, err := docker.API().ContainerInspect(w.u.ctx, c.ID, client.ContainerInspectOptions{})
		if err != nil {
			continue // gone already
		}
		for port, bindings := range got.Container.NetworkSettings.Ports {
			for _, b := range bindings {
				w.ports = append(w.ports, openPort{s.Line, c.ID, guide, port.String(), "127.0.0.1:" + b.HostPort})
			}
		}
	}
}

// healthy waits for the answer of the image's own health check, and says what it is where it is not a good one.
func (w *walk) healthy(container string) string {
	last := ""
	err := harness.Poll(w.u.ctx, "health", w.limit, func(ctx context.Context) (string, bool, error) {
		r := w.u.run(ctx, "docker exec "+container+" /command/hermes-health 2>&1")
		last = r.stdout
		ended := r.code != 0 && strings.TrimSpace(w.u.run(ctx, "docker inspect -f '{{.State.Running}}' "+container).stdout) != "true"
		return last, r.code == 0 || r.code == 126 || r.code == 127 || ended, nil // 127: an image of another kind
	})
	if err != nil {
		return last
	}
	return ""
}

// askPorts asks each published port from the host, where the reader is. A port at which nothing listens in the
// container is accepted by the engine and closed at once, so a connection proves nothing: an HTTP answer does.
func (w *walk) askPorts() {
	for _, p := range w.ports {
		err := harness.Poll(w.u.ctx, "answer", w.limit, func(ctx context.Context) (string, bool, error) {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.address+"/", nil)
			if err != nil {
				return "", false, err
			}
			answer, err := http.DefaultClient.Do(req)
			if err != nil {
				return err.Error(), false, nil
			}
			_ = answer.Body.Close()
			return answer.Status, true, nil
		})
		if err != nil {
			w.found = append(w.found, pages.Finding{Line: p.line, Text: fmt.Sprintf(
				"publishes port %s of %s, and nothing answers there from the host: %v", p.inside, p.name, err)})
		}
	}
	w.ports = nil
}
