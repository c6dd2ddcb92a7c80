package base

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// suite is the Debian release of the base.
const suite = "trixie"

// overlayFile is a file laid over what mmdebstrap leaves.
type overlayFile struct {
	mode int64
	text string
}

// overlay is what makes a bootstrapped tree behave as Debian's image does in a
// container: no service starts, no downloaded package stays, small indexes.
func overlay() map[string]overlayFile {
	return map[string]overlayFile{
		"usr/sbin/policy-rc.d": {0o755, "#!/bin/sh\n# A package that is installed must not start its service here.\nexit 101\n"},
		"etc/apt/apt.conf.d/docker-clean": {0o644, "// Keep no downloaded package and no binary cache: they would end in a layer.\n" +
			clean("DPkg::Post-Invoke") + clean("APT::Update::Post-Invoke") +
			"Dir::Cache::pkgcache \"\";\nDir::Cache::srcpkgcache \"\";\n"},
		"etc/apt/apt.conf.d/docker-gzip-indexes":        {0o644, "// Indexes stay compressed on disk.\nAcquire::GzipIndexes \"true\";\n"},
		"etc/apt/apt.conf.d/docker-no-languages":        {0o644, "// No translated package descriptions.\nAcquire::Languages \"none\";\n"},
		"etc/apt/apt.conf.d/docker-autoremove-suggests": {0o644, "// A package that is only suggested does not survive autoremove.\nApt::AutoRemove::SuggestsImportant \"false\";\n"},
		"etc/dpkg/dpkg.cfg.d/docker-apt-speedup":        {0o644, "# A layer is written whole or not at all: no sync after each file.\nforce-unsafe-io\n"},
	}
}

func clean(hook string) string {
	return hook + ` { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"; };` + "\n"
}

// dropped reports whether a path of the bootstrapped tree does not belong to an image:
// what the engine supplies, what names the build host, and the tool's leftovers.
func dropped(name string) bool {
	switch name {
	case "etc/hostname", "etc/resolv.conf", "etc/apt/sources.list", "var/cache/ldconfig/aux-cache":
		return true
	}
	in := func(dir string) bool { return strings.HasPrefix(name, dir+"/") }
	return in("dev") || in("var/lib/apt/lists") || in("etc/apt/apt.conf.d") && strings.Contains(path.Base(name), "mmdebstrap") ||
		path.Dir(name) == "var/cache/apt" && strings.HasSuffix(name, ".bin") ||
		in("var/log") && strings.HasSuffix(name, ".log")
}

// recipe identifies what this program does to the tree. It changes when the
// overlay, the bootstrap's arguments or the rules above do.
func recipe() string {
	h := sha256.New()
	fmt.Fprintln(h, "v1", suite, bootstrapArgs)
	files := overlay()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintln(h, name, files[name].mode, files[name].text)
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}
