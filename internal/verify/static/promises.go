package static

import (
	"archive/tar"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Promise is a part of the contract that can be judged from what an image holds.
type Promise struct {
	ID      string
	Promise string
	Clauses []string
	Look    func(i *Image) []Break
}

// Break is a clause found broken, and the entry of the history that brought it, -1 where that is not known.
type Break struct {
	Clause string
	Saw    string
	Entry  int
}

// Promises lists them.
func Promises() []Promise {
	return []Promise{
		{"static-entrypoint", "the entry point is init and wrapper, without command and user", []string{"IMG-01", "IMG-02"}, entrypoint},
		{"static-environment", "the image sets the documented environment", []string{"IMG-03", "IMG-04"}, environment},
		{"static-user", "hermes is 10000:10000 and its home is a volume", []string{"IMG-02", "IMG-07"}, home},
		{"static-programs", "init, front and supervision tools are executables of root", []string{"IMG-08", "IMG-12"}, programs},
		{"static-boot-scripts", "the boot scripts are there, executable, root's", []string{"IMG-09"}, bootScripts},
		{"static-tree", "hermes can write nothing of the install tree", []string{"IMG-12"}, tree},
		{"static-files", "what the agent needs of the install tree is there", []string{"IMG-11", "IMG-16", "IMG-18", "IMG-19"}, needed},
		{"static-privileges", "no file is setuid, setgid or has capabilities", []string{"RUN-14"}, privileges},
		{"static-credentials", "the image holds no credentials", []string{"IMG-12", "IMG-20"}, credentials},
	}
}

func entrypoint(i *Image) []Break {
	var found []Break
	want := []string{"/init", "/opt/hermes/docker/main-wrapper.sh"}
	if !slices.Equal(i.Config.Entrypoint, want) {
		found = append(found, Break{"IMG-01", fmt.Sprintf("the entry point is %q, not %q", i.Config.Entrypoint, want), i.instruction("ENTRYPOINT")})
	}
	if len(i.Config.Cmd) > 0 {
		found = append(found, Break{"IMG-02", fmt.Sprintf("there is a command, %q", i.Config.Cmd), i.instruction("CMD")})
	}
	if u := i.Config.User; u != "" && u != "hermes" && u != "root" && u != "0" {
		found = append(found, Break{"IMG-02", fmt.Sprintf("the user is %q", u), i.instruction("USER")})
	}
	return found
}

func environment(i *Image) []Break {
	var found []Break
	env := variables(i.Config.Env)
	for name, want := range map[string]string{
		"HERMES_HOME": "/opt/data", "HERMES_WRITE_SAFE_ROOT": "/opt/data", "HERMES_DISABLE_LAZY_INSTALLS": "1",
		"HERMES_WEB_DIST": "/opt/hermes/hermes_cli/web_dist", "HERMES_TUI_DIR": "/opt/hermes/ui-tui",
	} {
		if env[name] != want {
			found = append(found, Break{"IMG-03", fmt.Sprintf("%s is %q, not %q", name, env[name], want), i.instruction("ENV " + name)})
		}
	}
	if !strings.HasPrefix(env["PATH"], "/opt/hermes/bin:/opt/hermes/.venv/bin:") {
		found = append(found, Break{"IMG-04", fmt.Sprintf("PATH is %q; the image's own directories do not come first", env["PATH"]), i.instruction("ENV PATH")})
	}
	slices.SortFunc(found, func(a, b Break) int { return strings.Compare(a.Saw, b.Saw) })
	return found
}

func home(i *Image) []Break {
	var found []Break
	if _, is := i.Config.Volumes["/opt/data"]; !is {
		found = append(found, Break{"IMG-02", "/opt/data is no volume", -1})
	}
	if f, there := i.Files["/opt/data"]; there && (f.Type != tar.TypeDir || f.UID != 10000 || f.GID != 10000) {
		found = append(found, i.breakOf("IMG-07", "/opt/data", "it is no directory of 10000:10000: "+f.String()))
	}
	return found
}

func programs(i *Image) []Break {
	return i.executables("IMG-08", "/init", "/opt/hermes/bin/hermes", "/opt/hermes/docker/main-wrapper.sh",
		"/command/s6-svstat", "/command/s6-svc", "/command/s6-svscanctl", "/command/s6-setuidgid", "/command/with-contenv", "/command/s6-log")
}

func bootScripts(i *Image) []Break {
	return i.executables("IMG-09", "/etc/cont-init.d/01-hermes-setup", "/etc/cont-init.d/015-supervise-perms", "/etc/cont-init.d/02-reconcile-profiles")
}

// executables wants files that lead to regular ones of root, which everybody may execute and nobody else may change.
func (i *Image) executables(clause string, names ...string) []Break {
	var found []Break
	for _, name := range names {
		at, f, there := i.Resolve(name)
		switch {
		case !there:
			found = append(found, i.breakOf(clause, name, "it is not there"))
		case f.Type != tar.TypeReg && f.Type != tar.TypeLink:
			found = append(found, i.breakOf(clause, at, "it is no file: "+f.String()))
		case f.UID != 0 || f.Mode&0o022 != 0:
			found = append(found, i.breakOf(clause, at, "others than root may change it: "+f.String()))
		case f.Mode&0o111 != 0o111:
			found = append(found, i.breakOf(clause, at, "not everybody may execute it: "+f.String()))
		}
	}
	return found
}

func tree(i *Image) []Break {
	var found []Break
	const shown = 10
	for _, name := range i.Below("/opt/hermes") {
		f := i.Files[name]
		if f.Type != tar.TypeSymlink && (f.UID != 0 || f.Mode&0o022 != 0) {
			found = append(found, i.breakOf("IMG-12", name, "others than root may write to it: "+f.String()))
		}
		if len(found) == shown {
			break
		}
	}
	return found
}

func needed(i *Image) []Break {
	var found []Break
	for name, clause := range map[string]string{
		"/opt/hermes/LICENSE": "IMG-16", "/opt/hermes/ui-tui/dist/entry.js": "IMG-16", "/opt/hermes/scripts/docker_config_migrate.py": "IMG-16",
		"/opt/hermes/.env.example": "IMG-18", "/opt/hermes/cli-config.yaml.example": "IMG-18", "/opt/hermes/docker/SOUL.md": "IMG-18",
		"/opt/hermes/docker/entrypoint.sh": "IMG-11", "/opt/hermes/docker/stage2-hook.sh": "IMG-11", "/usr/bin/tini": "IMG-19",
	} {
		if _, f, there := i.Resolve(name); !there || f.Type == tar.TypeDir {
			found = append(found, i.breakOf(clause, name, "it is not there"))
		}
	}
	slices.SortFunc(found, func(a, b Break) int { return strings.Compare(a.Saw, b.Saw) })
	return found
}

func privileges(i *Image) []Break {
	var found []Break
	for _, name := range i.Below("/") {
		if f := i.Files[name]; f.Type != tar.TypeDir && f.Type != tar.TypeSymlink && (f.Mode&0o6000 != 0 || f.Caps) {
			found = append(found, i.breakOf("RUN-14", name, f.String()))
		}
	}
	return found
}

func credentials(i *Image) []Break {
	var found []Break
	for _, name := range i.Below("/opt", "/root", "/home") {
		base := path.Base(name)
		if i.Files[name].Type == tar.TypeDir || strings.Contains(name, "/site-packages/") || strings.Contains(name, "/node_modules/") {
			continue
		}
		if base == ".env" || base == "auth.json" || base == "id_rsa" || base == "id_ed25519" || base == ".netrc" || base == ".git-credentials" {
			found = append(found, i.breakOf("IMG-20", name, "a file of credentials"))
		}
	}
	return found
}

// breakOf is a break at a path, brought by the layer that left it.
func (i *Image) breakOf(clause, name, saw string) Break {
	entry := -1
	if f, there := i.Files[name]; there {
		if n, _, known := i.Entry(f.Layer); known {
			entry = n
		}
	}
	return Break{clause, name + ": " + saw, entry}
}
