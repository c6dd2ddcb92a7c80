package recipes

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// deployDir holds the recipes as files.
const deployDir = "../../../deploy"

// manifests are the documents of the Kubernetes file.
type manifests struct {
	namespace   corev1.Namespace
	service     corev1.Service
	statefulSet appsv1.StatefulSet
}

// readManifests decodes them as Kubernetes does where it is told to be strict: a key that it does not know,
// or knows in another case, is an error.
func readManifests(t *testing.T) manifests {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(deployDir, "kubernetes", "hermes.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	found, err := parseManifests(text)
	if err != nil {
		t.Fatal(err)
	}
	if len(found.statefulSet.Spec.Template.Spec.Containers) != 1 {
		t.Fatalf("want one container, got %d", len(found.statefulSet.Spec.Template.Spec.Containers))
	}
	return found
}

func parseManifests(text []byte) (manifests, error) {
	var m manifests
	for document := range bytes.SplitSeq(text, []byte("\n---\n")) {
		var head struct {
			Kind string `json:"kind"`
		}
		if err := yaml.Unmarshal(document, &head); err != nil {
			return m, err
		}
		into, known := map[string]any{"Namespace": &m.namespace, "Service": &m.service, "StatefulSet": &m.statefulSet}[head.Kind]
		if !known {
			return m, fmt.Errorf("a document of the kind %q", head.Kind)
		}
		asJSON, err := yaml.YAMLToJSONStrict(document)
		if err != nil {
			return m, fmt.Errorf("%s: %w", head.Kind, err)
		}
		unknown, err := json.UnmarshalStrict(asJSON, into)
		if err := errors.Join(append(unknown, err)...); err != nil {
			return m, fmt.Errorf("%s: %w", head.Kind, err)
		}
	}
	return m, nil
}

func readPod(t *testing.T) corev1.PodSpec {
	t.Helper()
	return readManifests(t).statefulSet.Spec.Template.Spec
}

// emptyDir is the size of the named emptyDir, "" where there is none.
func emptyDir(p corev1.PodSpec, name string) string {
	for _, v := range p.Volumes {
		if v.Name == name && v.EmptyDir != nil && v.EmptyDir.SizeLimit != nil {
			return v.EmptyDir.SizeLimit.String()
		}
	}
	return ""
}
