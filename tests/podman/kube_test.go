//go:build docker

package podman

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"sigs.k8s.io/yaml"

	"caduceus/internal/clause"
)

const (
	manifest = "../../deploy/kubernetes/hermes.yaml"
	podName  = "hermes-pod" // the Quadlet unit has a container "hermes"
)

// object is a Kubernetes object, as far as this test looks.
type object map[string]any

func (o object) at(keys ...string) object {
	for _, key := range keys {
		inner, _ := o[key].(map[string]any)
		o = inner
	}
	return o
}

// podOf makes what Podman can play of the StatefulSet: the pod of its template, and the claims for its volumes. Ports stay out:
// Podman would open them on this host. So do a person's limits, which take systemd to hand down control groups.
func podOf(t *testing.T, e engine) []byte {
	t.Helper()
	text, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	for document := range bytes.SplitSeq(text, []byte("\n---\n")) {
		var set object
		if err := yaml.Unmarshal(document, &set); err != nil {
			t.Fatal(err)
		}
		if set["kind"] != "StatefulSet" {
			continue
		}
		pod := set.at("spec", "template")
		pod["apiVersion"], pod["kind"] = "v1", "Pod"
		pod.at("metadata")["name"] = podName
		spec := pod.at("spec")
		container, _ := spec["containers"].([]any)[0].(map[string]any)
		container["image"] = image
		container["imagePullPolicy"] = "Never"
		delete(container, "ports")
		if e.person != nil {
			delete(container, "resources")
		}
		volumes, _ := spec["volumes"].([]any)
		var out bytes.Buffer
		claims, _ := set.at("spec")["volumeClaimTemplates"].([]any)
		for _, c := range claims {
			claim, _ := c.(map[string]any)
			claim["apiVersion"], claim["kind"] = "v1", "PersistentVolumeClaim"
			name := object(claim).at("metadata")["name"]
			volumes = append(volumes, map[string]any{"name": name, "persistentVolumeClaim": map[string]any{"claimName": name}})
			write(t, &out, claim)
		}
		spec["volumes"] = volumes
		write(t, &out, pod)
		return out.Bytes()
	}
	t.Fatalf("%s has no StatefulSet", manifest)
	return nil
}

func write(t *testing.T, out *bytes.Buffer, document any) {
	t.Helper()
	text, err := yaml.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	out.WriteString("---\n")
	out.Write(text)
}

func TestTheKubernetesManifestPlays(t *testing.T) {
	t.Parallel()
	clause.Proves(t, "POD-03")
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(e.data(t), "pod.yaml")
			if err := os.WriteFile(file, podOf(t, e), 0o644); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { e.try(context.WithoutCancel(t.Context()), "kube", "down", file) })
			e.ok(t, "kube", "play", "--network=none", file)
			c := e.found(t, podName+"-hermes")
			c.up("default")
			c.healthy() // of the liveness probe
			status := c.does("grep", "-E", "^(Uid|CapPrm|CapBnd|NoNewPrivs):", "/proc/1/status")
			const want = "^Uid:\t10000\t10000\t10000\t10000\nCapPrm:\t0+\nCapBnd:\t0+\nNoNewPrivs:\t1\n$"
			if !regexp.MustCompile(want).MatchString(status) {
				t.Errorf("want the restricted profile, got:\n%s", status)
			}
			if r := c.exec("touch", "/opt/hermes/probe"); r.code == 0 {
				t.Error("want a read-only root")
			}
			c.does("hermes", "profile", "create", "coder")
			c.does("hermes", "-p", "coder", "gateway", "start")
			c.up("coder")
			e.ok(t, "kube", "down", file)
			e.ok(t, "volume", "rm", "data")
		})
	}
}
