package recipes

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"
	corev1 "k8s.io/api/core/v1"
)

// guideImage is the name of the image in the agent's own guide.
const guideImage = "nousresearch/hermes-agent"

func TestTheComposeFilesAreSound(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(deployDir, "compose", "*", "docker-compose.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("want compose files, got %v (%v)", files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, wrong := range composeViolations(b) {
				t.Error(wrong)
			}
		})
	}
}

// The pages show the file of the quick start, so that a reader needs no clone.
func TestThePagesShowTheQuickStartsFile(t *testing.T) {
	file, err := os.ReadFile(filepath.Join(deployDir, "compose", "quick-start", "docker-compose.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"README.md", "docs/start/quick-start.md"} {
		page, err := os.ReadFile(filepath.Join(deployDir, "..", name))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(page), "```yaml\n# docker-compose.yaml\n"+string(file)+"```\n") {
			t.Errorf("%s: its block docker-compose.yaml is not deploy/compose/quick-start/docker-compose.yaml:\n%s", name, file)
		}
	}
}

// composeViolations returns what is wrong with a compose file of ours: unknown
// keys, two gateways on one folder, a host port used twice, an undeclared network.
func composeViolations(b []byte) []string {
	var file struct {
		Services map[string]struct {
			Image      string
			PullPolicy string `yaml:"pull_policy"`
			Build      struct {
				Context, Dockerfile string
				Args                map[string]string
			}
			ContainerName string `yaml:"container_name"`
			Restart       string
			Command       string
			Ports         []string
			Volumes       []string
			Environment   []string
			Networks      []string
			Deploy        struct {
				Resources struct{ Limits, Reservations map[string]any }
			}
		}
		Networks map[string]struct{ Driver string }
	}
	if err := yaml.Load(b, &file, yaml.WithKnownFields(true)); err != nil {
		return []string{err.Error()}
	}
	var wrong []string
	data, ports := map[string]string{}, map[string]string{}
	twice := func(seen map[string]string, what, service string) {
		if other, ok := seen[what]; ok {
			wrong = append(wrong, service+" and "+other+" share "+what)
		}
		seen[what] = service
	}
	for name, s := range file.Services {
		if s.Image == "" || s.ContainerName != name {
			wrong = append(wrong, name+" needs an image, and its own name as container_name")
		}
		if strings.Contains(s.Image+s.Build.Args["IMAGE"], "${IMAGE:?") == (s.PullPolicy == "") {
			wrong = append(wrong, name+" needs a pull_policy where it runs ${IMAGE:?…}, and nowhere else")
		}
		for _, v := range s.Volumes {
			if host, ok := strings.CutSuffix(v, ":/opt/data"); ok {
				twice(data, host, name)
			}
		}
		for _, p := range s.Ports {
			twice(ports, p[:strings.LastIndex(p, ":")], name)
		}
		for _, n := range s.Networks {
			if _, ok := file.Networks[n]; !ok {
				wrong = append(wrong, name+" is on the undeclared network "+n)
			}
		}
	}
	return wrong
}

func TestComposeFilesCanBeWrong(t *testing.T) {
	const ok = "services:\n  a: {image: x, container_name: a, volumes: ['~/h:/opt/data'], ports: ['1:1']}\n"
	for name, c := range map[string]struct{ file, says string }{
		"an unknown key":        {strings.Replace(ok, "ports", "prots", 1), "prots"},
		"one folder for two":    {ok + "  b: {image: x, container_name: b, volumes: ['~/h:/opt/data']}\n", "share ~/h"},
		"one port for two":      {ok + "  b: {image: x, container_name: b, ports: ['1:2']}\n", "share 1"},
		"an undeclared network": {ok + "  b: {image: x, container_name: b, networks: [n]}\n", "undeclared network n"},
		"no pull policy":        {strings.Replace(ok, "image: x", "image: '${IMAGE:?}'", 1), "pull_policy"},
		"no name":               {"services:\n  a: {image: x}\n", "container_name"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := strings.Join(composeViolations([]byte(c.file)), "\n"); !strings.Contains(got, c.says) {
				t.Errorf("want a violation with %q, got %q", c.says, got)
			}
		})
	}
	if got := composeViolations([]byte(ok)); got != nil {
		t.Errorf("want a good file good, got %v", got)
	}
}

// The restricted pod security profile, and what our image needs under it.
func TestTheKubernetesManifestIsRestricted(t *testing.T) {
	m := readManifests(t)
	if got := m.namespace.Labels["pod-security.kubernetes.io/enforce"]; got != "restricted" {
		t.Errorf("want the namespace to enforce the restricted profile, got %q", got)
	}
	if set := m.statefulSet.Spec; *set.Replicas != 1 || set.ServiceName != m.service.Name {
		t.Errorf("want one replica behind the service, got %+v", set)
	}
	p := readPod(t)
	s, c := p.SecurityContext, p.Containers[0]
	for what, ok := range map[string]bool{
		"runAsNonRoot as 10000":       *s.RunAsNonRoot && *s.RunAsUser == 10000 && *s.RunAsGroup == 10000 && *s.FSGroup == 10000,
		"seccomp RuntimeDefault":      s.SeccompProfile.Type == corev1.SeccompProfileTypeRuntimeDefault,
		"no privilege escalation":     !*c.SecurityContext.AllowPrivilegeEscalation && c.SecurityContext.Privileged == nil,
		"all capabilities dropped":    slices.Equal(c.SecurityContext.Capabilities.Drop, []corev1.Capability{"ALL"}) && c.SecurityContext.Capabilities.Add == nil,
		"read-only root":              *c.SecurityContext.ReadOnlyRootFilesystem,
		"nothing of the host":         !p.HostNetwork && !p.HostPID && !p.HostIPC,
		"no service account's token":  p.AutomountServiceAccountToken != nil && !*p.AutomountServiceAccountToken,
		"no variables of services":    p.EnableServiceLinks != nil && !*p.EnableServiceLinks,
		"more time than a stop takes": *p.TerminationGracePeriodSeconds >= 10,
		"killed for PID 1 alone":      slices.Equal(c.LivenessProbe.Exec.Command, []string{"/command/hermes-health", "--live"}),
		"a start-up probe, too":       slices.Equal(c.StartupProbe.Exec.Command, c.LivenessProbe.Exec.Command),
		"ready by the health check":   slices.Equal(c.ReadinessProbe.Exec.Command, []string{"/command/hermes-health"}),
		"any image, and our command":  c.Image == "${IMAGE}" && c.ImagePullPolicy == corev1.PullIfNotPresent && slices.Equal(c.Args, []string{"gateway", "run"}),
	} {
		if !ok {
			t.Errorf("want %s", what)
		}
	}
	writable := map[string]string{}
	for _, m := range c.VolumeMounts {
		writable[m.MountPath] = m.Name
	}
	if diff := cmp.Diff(map[string]string{"/opt/data": "data", "/run": "run", "/tmp": "tmp", "/dev/shm": "shm"}, writable); diff != "" {
		t.Error(diff)
	}
	for _, v := range p.Volumes {
		if v.EmptyDir == nil || v.HostPath != nil {
			t.Errorf("want volume %s to be an emptyDir", v.Name)
		}
	}
}

func TestKubernetesManifestCanBeWrong(t *testing.T) {
	const good = "kind: Namespace\nmetadata: {name: a}\n---\nkind: StatefulSet\nspec:\n  template:\n    spec:\n      hostPID: false\n"
	if _, err := parseManifests([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ old, other, says string }{
		"a misspelt key":    {"hostPID", "hostPid", `unknown field "spec.template.spec.hostPid"`},
		"a wrong type":      {"false", "[]", "cannot unmarshal array"},
		"a key given twice": {"hostPID: false\n", "hostPID: false\n      hostPID: true\n", "already set"},
		"an unknown kind":   {"kind: Namespace", "kind: Pod", `a document of the kind "Pod"`},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := parseManifests([]byte(strings.Replace(good, c.old, c.other, 1))); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("want %q, got %v", c.says, err)
			}
		})
	}
}

var unitLine = regexp.MustCompile(`^(\[[A-Z][a-z]+\]|[A-Z][A-Za-z]+=.+)$`)

// Keys of quadlet that the files use; a key that podman does not know is an
// error to it, so a misspelt one is to us.
func TestTheQuadletsUseKnownKeys(t *testing.T) {
	known := map[string][]string{
		"[Unit]": {"Description"},
		"[Container]": {
			"Image", "ContainerName", "Exec", "PublishPort", "Volume", "UserNS", "User", "Group", "NoNewPrivileges", "ShmSize",
			"PodmanArgs", "HealthCmd", "HealthInterval", "HealthTimeout", "HealthStartPeriod",
		},
		"[Service]": {"EnvironmentFile", "Restart", "TimeoutStartSec", "TimeoutStopSec", "ExecStartPre"},
		"[Install]": {"WantedBy"},
	}
	units := 0
	err := fs.WalkDir(os.DirFS(filepath.Join(deployDir, "quadlet")), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		units++
		b, err := os.ReadFile(filepath.Join(deployDir, "quadlet", path))
		if err != nil {
			return err
		}
		section, values := "", map[string]string{}
		for line := range strings.Lines(string(b)) {
			line = strings.TrimSpace(line)
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			key, value, assigned := strings.Cut(line, "=")
			switch {
			case !unitLine.MatchString(line):
				t.Errorf("%s: cannot read %q", path, line)
			case !assigned:
				section = line
			case !slices.Contains(known[section], key):
				t.Errorf("%s: %s does not know %s", path, section, key)
			default:
				values[section+key] = value
			}
		}
		if values["[Container]Image"] != "${IMAGE}" || values["[Service]EnvironmentFile"] == "" || values["[Container]Exec"] != "gateway run" ||
			!strings.Contains(values["[Container]Volume"], ":/opt/data") || values["[Container]HealthCmd"] != "/command/hermes-health" {
			t.Errorf("%s: want ${IMAGE} of a file, the command gateway run, its volume and the health check, got %v", path, values)
		}
		return nil
	})
	if err != nil || units == 0 {
		t.Errorf("want quadlet files, got %d (%v)", units, err)
	}
}
