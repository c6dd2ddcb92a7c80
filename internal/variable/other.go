package variable

func image() []Variable {
	return []Variable{
		{Name: "HERMES_WRITE_SAFE_ROOT", Kind: Path, Default: "/opt/data", Agent: true, Text: "Where its file tools may write."},
		{Name: "HERMES_DISABLE_LAZY_INSTALLS", Kind: Filled, Default: "1", Agent: true, Text: "Install no Python packages by itself."},
		{Name: "HERMES_LAZY_INSTALL_TARGET", Kind: Path, Default: "/opt/data/lazy-packages", Agent: true, Text: "Where it would."},
		{Name: "HERMES_WEB_DIST", Kind: Path, Default: "/opt/hermes/hermes_cli/web_dist", Agent: true, Text: "The dashboard's pages."},
		{Name: "HERMES_TUI_DIR", Kind: Path, Default: "/opt/hermes/ui-tui", Agent: true, Text: "Its terminal interface."},
		{Name: "PLAYWRIGHT_BROWSERS_PATH", Kind: Path, Default: "/opt/hermes/.playwright", Text: "Where the image's browser is."},
		{Name: "AGENT_BROWSER_ARGS", Kind: Text, Default: "--no-sandbox,--disable-dev-shm-usage", Text: "Flags of the browser; setup warns of a small `/dev/shm` where they lack `--disable-dev-shm-usage`."},
	}
}

func inner() []Variable {
	return []Variable{
		{Name: "HERMES_S6_SUPERVISED_CHILD", Kind: Filled, Text: "Set in the services of gateways: this `gateway run` is the supervised one."},
		{Name: "HERMES_GATEWAY_MAX_STARTS", Kind: Number, Default: "0", Text: "Set in the services of gateways: the agent's own brake is off, the init brakes."},
		{Name: "_HERMES_GATEWAY", Kind: Text, Text: "Set by the agent to 1 in what a gateway runs: `gateway stop` and `restart` are refused there."},
		{Name: "HERMES_CONTAINER_ENV", Kind: Text, Text: "Set by the agent's start-up hook: names of the variables that the container was given."},
		{Name: "S6_RUN_SIGNALLED", Kind: Text, Default: "1", Text: "Set for a service's `finish`: 1 if somebody asked the service for something since its start, else 0."},
		{Name: "HERMES_IMAGE_CACHE_DIR", Kind: Path, Text: "Set by the agent for the WhatsApp bridge: where pictures go."},
		{Name: "HERMES_AUDIO_CACHE_DIR", Kind: Path, Text: "Likewise, recordings."},
		{Name: "HERMES_DOCUMENT_CACHE_DIR", Kind: Path, Text: "Likewise, documents."},
	}
}

func build() []Variable {
	return []Variable{
		{Name: "BASE_IMAGE", Kind: Text, Text: "Image to build on, or `bootstrap` for Debian's packages; unset: the registry's Debian, else bootstrap."},
		{Name: "AGENT_SOURCE", Kind: Path, Text: "Folder or archive of the agent in place of the pinned source distribution."},
		{Name: "BROWSER_SOURCE", Kind: Text, Default: "debian", Text: "`debian` or `playwright`."},
		{Name: "VERSION", Kind: Text, Text: "Version of the image, for its labels and tags."},
		{Name: "HERMES_GIT_SHA", Kind: Text, Text: "Commit of the agent, which `hermes dump` shows."},
		{Name: "SOURCE_DATE_EPOCH", Kind: Number, Text: "Time of the repository's own files in the image, seconds since 1970."},
		{Name: "HERMES_TEST_IMAGE", Kind: Text, Default: "hermes-agent:dev", Text: "Image that `test:docker` tests."},
		{Name: "RUN", Kind: Text, Text: "Which tests `test:docker` runs, as `go test -run`."},
		{Name: "CHANNEL", Kind: Text, Text: "Other channels that a publication moves, separated by blanks."},
		{Name: "PUBLISH_IMAGE", Kind: Text, Text: "Image to publish in place of the one just built."},
		{Name: "CADUCEUS_REGISTRY_USERNAME", Kind: Text, Text: "Sign-in at the registry of a publication."},
		{Name: "CADUCEUS_REGISTRY_PASSWORD", Kind: Text, Text: "Its password."},
		{Name: "DOCKER_HOST", Kind: Text, Text: "The engine, as for docker."},
		{Name: "DOCKER_CONTEXT", Kind: Text, Text: "As for docker."},
		{Name: "DOCKER_CONFIG", Kind: Path, Default: "~/.docker", Text: "As for docker."},
		{Name: "DOCKER_TLS_VERIFY", Kind: Filled, Text: "As for docker."},
		{Name: "DOCKER_CERT_PATH", Kind: Path, Text: "As for docker."},
	}
}
