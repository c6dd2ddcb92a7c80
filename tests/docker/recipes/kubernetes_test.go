//go:build docker

package recipes

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// The manifest's container, with the flags of docker run that say the same: what
// the restricted profile takes away is away here, and it boots.
func TestAKubernetesPodBoots(t *testing.T) {
	u := newUser(t, "RUN-03", "RUN-04", "RUN-06", "HEALTH-01")
	pod := readPod(t)
	container := pod.Containers[0]
	u.kubeletVolume(".hermes", "2775", pod)
	for _, m := range container.VolumeMounts {
		if emptyDir(pod, m.Name) != "" {
			u.kubeletVolume(".emptydir-"+m.Name, "2777", pod)
		}
	}
	u.ok("docker run -d --name hermes " + strings.Join(dockerFlags(pod), " ") +
		" \"" + container.Image + "\" " + strings.Join(container.Args, " "))
	u.gateway("hermes", ".hermes")
	probe := strings.Join(container.LivenessProbe.Exec.Command, " ")
	u.untilOK("success of the probe", "docker exec hermes "+probe)

	status := u.ok("docker exec hermes grep -E '^(Uid|Cap(Prm|Bnd)|NoNewPrivs|Seccomp):' /proc/1/status")
	const want = "^Uid:\t10000\t10000\t10000\t10000\nCapPrm:\t0+\nCapBnd:\t0+\nNoNewPrivs:\t1\nSeccomp:\t2\n$"
	if !regexp.MustCompile(want).MatchString(status) {
		t.Errorf("want the restricted profile, got:\n%s", status)
	}
	if r := u.sh("docker exec hermes touch /opt/hermes/probe"); r.code == 0 {
		t.Error("want a read-only root")
	}
	// Supervision works there, too.
	u.ok("docker exec hermes hermes profile create coder")
	u.ok("docker exec hermes hermes -p coder gateway start")
	u.gateway("hermes", ".hermes/profiles/coder")
}

// kubeletVolume makes a directory as kubelet does: it gives a volume the fsGroup and its
// set-group-id bit, and all may write to an emptyDir, which is not sticky.
func (u *user) kubeletVolume(name, mode string, p corev1.PodSpec) {
	u.Helper()
	u.ok("mkdir -p ~/" + name)
	if err := os.Chown(u.file(name), -1, int(*p.SecurityContext.FSGroup)); err != nil {
		u.Skipf("only root can prepare a volume as kubelet does: %v", err)
	}
	u.ok("chmod " + mode + " ~/" + name) // after chown, which takes the bit
}

// dockerFlags are what kubelet would ask of the engine for the pod.
func dockerFlags(p corev1.PodSpec) []string {
	c, s := p.Containers[0], p.SecurityContext
	flags := []string{
		fmt.Sprintf("--user %d:%d", *s.RunAsUser, *s.RunAsGroup),
		fmt.Sprintf("--group-add %d", *s.FSGroup),
		"--memory " + strings.TrimSuffix(c.Resources.Limits.Memory().String(), "i"), "--cpus " + c.Resources.Limits.Cpu().String(),
	}
	if *c.SecurityContext.ReadOnlyRootFilesystem {
		flags = append(flags, "--read-only")
	}
	if !*c.SecurityContext.AllowPrivilegeEscalation {
		flags = append(flags, "--security-opt no-new-privileges")
	}
	for _, drop := range c.SecurityContext.Capabilities.Drop {
		flags = append(flags, "--cap-drop "+string(drop))
	}
	for _, e := range c.Env {
		flags = append(flags, "-e "+e.Name+"="+e.Value)
	}
	for _, m := range c.VolumeMounts {
		switch size := emptyDir(p, m.Name); {
		case size == "":
			flags = append(flags, "-v ~/.hermes:"+m.MountPath)
		case m.MountPath == "/dev/shm":
			flags = append(flags, "--shm-size "+strings.TrimSuffix(size, "i"))
		default: // no tmpfs of the engine's: some engines give it the mode of the image's directory
			flags = append(flags, "-v ~/.emptydir-"+m.Name+":"+m.MountPath)
		}
	}
	return flags
}
