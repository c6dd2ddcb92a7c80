package volumelock

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// Container is a container, by what the processes in it can find out.
type Container struct {
	Hostname string `json:"hostname"`
	ID       string `json:"container,omitempty"` // as engines print it, 12 digits
	Boot     string `json:"boot_id"`             // of the kernel
	Mounts   string `json:"mount_namespace"`     // docker exec shares it, each start has a new one
}

// Self is the container that this process runs in. What cannot be found out is "".
func Self() Container {
	name, _ := os.Hostname()
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	mounts, _ := os.Readlink("/proc/self/ns/mnt")
	table, _ := os.ReadFile("/proc/self/mountinfo")
	return Container{Hostname: name, ID: idIn(string(table)), Boot: strings.TrimSpace(string(boot)), Mounts: mounts}
}

// idIn finds the container's ID in its mount table: engines mount /etc/hostname and the like from a directory of that name.
func idIn(mountinfo string) string {
	found := regexp.MustCompile(`containers/([0-9a-f]{12})[0-9a-f]{52}/\S* /etc/(?:hostname|hosts|resolv\.conf) `).FindStringSubmatch(mountinfo)
	if found == nil {
		return ""
	}
	return found[1]
}

// String names the container as people can find it. It comes from a file of the volume, so it is quoted.
func (c Container) String() string {
	id := regexp.MustCompile(`^[0-9a-f]{12}$`).FindString(c.ID)
	switch {
	case id != "" && (c.Hostname == id || c.Hostname == ""):
		return id
	case id != "":
		return fmt.Sprintf("%s (hostname %s)", id, quoted(c.Hostname))
	case c.Hostname != "":
		return "hostname " + quoted(c.Hostname)
	}
	return "hostname unknown"
}

// Name is what "docker exec" and "docker stop" take for the container, or a word for it.
func (c Container) Name() string {
	switch {
	case regexp.MustCompile(`^[0-9a-f]{12}$`).MatchString(c.ID):
		return c.ID
	case regexp.MustCompile(`^[0-9a-f]{12}$`).MatchString(c.Hostname):
		return c.Hostname
	}
	return "CONTAINER"
}

// quoted bounds and escapes a hostname.
func quoted(name string) string {
	const most = 64
	if len(name) > most {
		name = name[:most] + "…"
	}
	return strconv.QuoteToASCII(name)
}
