package recipes

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"go.yaml.in/yaml/v4"
)

// deployDir holds the recipes as files.
const deployDir = "../../../deploy"

// pod is the template of the Kubernetes manifest, as far as we look at it.
type pod struct {
	Spec struct {
		AutomountServiceAccountToken  *bool `yaml:"automountServiceAccountToken"`
		EnableServiceLinks            *bool `yaml:"enableServiceLinks"`
		HostNetwork                   bool  `yaml:"hostNetwork"`
		HostPID                       bool  `yaml:"hostPID"`
		HostIPC                       bool  `yaml:"hostIPC"`
		TerminationGracePeriodSeconds int   `yaml:"terminationGracePeriodSeconds"`
		SecurityContext               struct {
			RunAsNonRoot   bool                  `yaml:"runAsNonRoot"`
			RunAsUser      int                   `yaml:"runAsUser"`
			RunAsGroup     int                   `yaml:"runAsGroup"`
			FSGroup        int                   `yaml:"fsGroup"`
			SeccompProfile struct{ Type string } `yaml:"seccompProfile"`
		} `yaml:"securityContext"`
		Containers []struct {
			Name, Image     string
			Args            []string
			Env             []struct{ Name, Value string }
			SecurityContext struct {
				AllowPrivilegeEscalation bool `yaml:"allowPrivilegeEscalation"`
				Privileged               bool
				ReadOnlyRootFilesystem   bool `yaml:"readOnlyRootFilesystem"`
				Capabilities             struct{ Add, Drop []string }
			} `yaml:"securityContext"`
			LivenessProbe probe `yaml:"livenessProbe"`
			StartupProbe  probe `yaml:"startupProbe"`
			Resources     struct{ Limits map[string]string }
			VolumeMounts  []struct {
				Name      string
				MountPath string `yaml:"mountPath"`
			} `yaml:"volumeMounts"`
		}
		Volumes []struct {
			Name     string
			EmptyDir *struct {
				SizeLimit string `yaml:"sizeLimit"`
			} `yaml:"emptyDir"`
			HostPath any `yaml:"hostPath"`
		}
	}
}

type probe struct{ Exec struct{ Command []string } }

// emptyDir is the size of the named emptyDir, "" where there is none.
func (p pod) emptyDir(name string) string {
	for _, v := range p.Spec.Volumes {
		if v.Name == name && v.EmptyDir != nil {
			return v.EmptyDir.SizeLimit
		}
	}
	return ""
}

// manifest is one document of the Kubernetes file.
type manifest struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Metadata   struct {
		Name, Namespace string
		Labels          map[string]string
	}
	Spec struct {
		Replicas             int
		ServiceName          string `yaml:"serviceName"`
		Selector             any
		Ports                []struct{ Port int }
		Template             pod
		VolumeClaimTemplates []struct{ Metadata struct{ Name string } } `yaml:"volumeClaimTemplates"`
	}
}

func readManifests(t *testing.T) map[string]manifest {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(deployDir, "kubernetes", "hermes.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]manifest{}
	for d := yaml.NewDecoder(bytes.NewReader(b)); ; {
		var m manifest
		if err := d.Decode(&m); errors.Is(err, io.EOF) {
			return found
		} else if err != nil {
			t.Fatal(err)
		}
		found[m.Kind] = m
	}
}

func readPod(t *testing.T) pod {
	t.Helper()
	p := readManifests(t)["StatefulSet"].Spec.Template
	if len(p.Spec.Containers) != 1 {
		t.Fatalf("want one container, got %d", len(p.Spec.Containers))
	}
	return p
}
