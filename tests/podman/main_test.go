//go:build docker

package podman

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// personName is the account that the run makes.
const personName = "caduceus-podman"

// The run's engines, and the image in both of them: TestMain makes them once, since loading the image takes half a minute.
var (
	rootful, rootless engine
	image             string
)

func engines() []engine { return []engine{rootful, rootless} }

func TestMain(m *testing.M) { os.Exit(run(m)) } //nolint:forbidigo // how a TestMain ends

func run(m *testing.M) (code int) {
	dir, err := os.MkdirTemp("/var/tmp", "caduceus-podman-") // not /tmp, which may be memory
	if err != nil {
		return failed(err)
	}
	defer func() {
		if err := tearDown(dir); err != nil {
			code = failed(err)
		}
	}()
	if err := setUp(dir); err != nil {
		return failed(err)
	}
	return m.Run()
}

func failed(err error) int {
	fmt.Fprintln(os.Stderr, "podman:", err)
	return 1
}

// setUp makes a person, and gives the image to Podman as root has it and as the person has it.
func setUp(dir string) error {
	archive := os.Getenv("HERMES_TEST_ARCHIVE")
	if archive == "" || os.Geteuid() != 0 {
		return errors.New("these tests need root, and the image as an archive in HERMES_TEST_ARCHIVE: go tool mage test:podman")
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	if out, err := exec.Command("useradd", "--create-home", "--home-dir", dir+"/home", "--shell", "/bin/sh", personName).CombinedOutput(); err != nil {
		return fmt.Errorf("cannot make the account %s: %w: %s", personName, err, out)
	}
	account, err := user.Lookup(personName)
	if err != nil {
		return err
	}
	uid, errUID := strconv.ParseUint(account.Uid, 10, 32)
	gid, errGID := strconv.ParseUint(account.Gid, 10, 32)
	conf, err := containersConf()
	if err := errors.Join(err, errUID, errGID); err != nil {
		return err
	}
	for path, text := range map[string]string{
		"containers.conf":                      conf,
		"root/.keep":                           "",
		"run/.keep":                            "",
		"home/.config/containers/storage.conf": "[storage]\ndriver = \"overlay\"\n",
	} {
		path = filepath.Join(dir, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			return err
		}
	}
	for _, path := range []string{"run", "home/.config", "home/.config/containers"} {
		if err := os.Chown(filepath.Join(dir, path), int(uid), int(gid)); err != nil {
			return err
		}
	}
	if err := os.Chmod(dir+"/run", 0o700); err != nil {
		return err
	}
	common := []string{"PATH=" + os.Getenv("PATH"), "CONTAINERS_CONF=" + dir + "/containers.conf"}
	rootful = engine{
		name: "rootful", home: dir + "/root", env: append([]string{"HOME=" + dir + "/root"}, common...),
		flags: []string{"--root=" + dir + "/storage", "--runroot=" + dir + "/storage-run", "--storage-driver=overlay"},
	}
	rootless = engine{
		name: "rootless", home: dir + "/home", env: append([]string{"HOME=" + dir + "/home", "XDG_RUNTIME_DIR=" + dir + "/run"}, common...),
		person: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)},
	}
	return load(archive)
}

// containersConf is Podman's configuration: runc, since crun refuses control groups of both versions at once, and limits that a
// host without CAP_SYS_RESOURCE can set.
func containersConf() (string, error) {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		return "", err
	}
	n := min(files.Max, 4096)
	return fmt.Sprintf("[containers]\ndefault_ulimits = [\"nofile=%d:%[1]d\", \"nproc=%[1]d:%[1]d\"]\n[engine]\nruntime = \"runc\"\n"+
		"cgroup_manager = \"cgroupfs\"\nevents_logger = \"file\"\n", n), nil
}

// load gives the image to both engines at once.
func load(archive string) error {
	errs := make([]error, 2)
	var all sync.WaitGroup
	for i, e := range engines() {
		all.Go(func() {
			r := e.try(context.Background(), "load", "--quiet", "--input", archive)
			name, loaded := strings.CutPrefix(strings.TrimSpace(r.stdout), "Loaded image: ")
			if r.code != 0 || !loaded {
				errs[i] = fmt.Errorf("%s: %s", e.name, r)
			}
			if i == 0 {
				image = name
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// tearDown removes what the run made.
func tearDown(dir string) error {
	for _, e := range engines() {
		if e.name != "" {
			e.try(context.Background(), "rm", "--all", "--force", "--time=1")
		}
	}
	var errs []error
	if rootless.name != "" {
		rootless.try(context.Background(), "system", "migrate") // which ends the process that keeps the person's namespaces
	}
	if _, err := user.Lookup(personName); err == nil {
		if out, err := exec.Command("userdel", personName).CombinedOutput(); err != nil {
			errs = append(errs, fmt.Errorf("cannot remove the account %s: %w: %s", personName, err, out))
		}
	}
	_ = syscall.Unmount(dir+"/storage/overlay", syscall.MNT_DETACH) // a mount of itself, where Podman made one
	return errors.Join(append(errs, os.RemoveAll(dir))...)
}
