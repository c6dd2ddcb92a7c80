package variables

import "caduceus/internal/env"

func image() []Variable {
	return []Variable{
		agents(env.SafeRoot, "Where its file tools may write, directories with colons between them; empty: everywhere. It follows HERMES_HOME unless it is set."),
		agents(env.Filled("HERMES_DISABLE_LAZY_INSTALLS=1"), "Install no Python packages by itself."),
		agents(env.Path("HERMES_LAZY_INSTALL_TARGET=/opt/data/lazy-packages"), "Where it would."),
		agents(env.WebDist, "The dashboard's pages."),
		agents(env.TUIDir, "Its terminal interface."),
		row(env.NpmCache, "Where npm and npx keep what they fetch; the image says `/tmp/hermes-cache/npm`, and `H/cache/tools/npm` where `/tmp` executes nothing."),
		row(env.UvCache, "The same for uv and uvx: `/tmp/hermes-cache/uv`, `H/cache/tools/uv`."),
		row(env.Browsers, "Where the image's browser is."),
		row(env.BrowserArgs, "Flags of the browser; setup warns of a small `/dev/shm` where they lack `--disable-dev-shm-usage`."),
	}
}

func inner() []Variable {
	return []Variable{
		row(env.SupervisedChild, "Set in the services of gateways: this `gateway run` is the supervised one."),
		row(env.Number("HERMES_GATEWAY_MAX_STARTS=0"), "Set in the services of gateways: the agent's own brake is off, the init brakes."),
		row(env.InsideGateway, "Set by the agent to 1 in what a gateway runs: `gateway stop` and `restart` are refused there."),
		row(env.Text("HERMES_CONTAINER_ENV"), "Set by the agent's start-up hook: names of the variables that the container was given."),
		row(env.Text("HERMES_COMMAND_ENV"), "Set by it in processes of other profiles than the container's own: those that were given to one command alone."),
		row(env.RunSignalled, "Set for a service's `finish`: 1 if somebody asked the service for something since its start, else 0."),
		row(env.RunWanted, "Set for a service's `finish`: 1 if the service was wanted up when it ended, else 0."),
		row(env.Path("HERMES_IMAGE_CACHE_DIR"), "Set by the agent for the WhatsApp bridge: where pictures go."),
		row(env.Path("HERMES_AUDIO_CACHE_DIR"), "Likewise, recordings."),
		row(env.Path("HERMES_DOCUMENT_CACHE_DIR"), "Likewise, documents."),
	}
}

func build() []Variable {
	return []Variable{
		row(env.Text("BASE_IMAGE"), "Image to build on, or `bootstrap` for Debian's packages; unset: the registry's Debian, else bootstrap."),
		row(env.Path("AGENT_SOURCE"), "Folder or archive of the agent in place of the pinned source distribution."),
		row(env.Text("BROWSER_SOURCE=debian"), "`debian` or `playwright`."),
		row(env.Text("VERSION"), "Version of the image, for its labels and tags."),
		row(env.Text("REVISION"), "What `build:verify` names as its revision where the files lie in no clone; the Dagger module sets it."),
		row(env.Text("HERMES_GIT_SHA"), "Commit of the agent, which `hermes dump` shows."),
		row(env.Number("SOURCE_DATE_EPOCH"), "Time of the repository's own files in the image, seconds since 1970."),
		row(env.Text("HERMES_TEST_IMAGE=hermes-agent:dev"), "Image that `test:docker` and `test:podman` test."),
		row(env.Path("HERMES_TEST_VERIFIER"), "`hermes-verify` for this host, with which the tests on Podman prove the image; `test:podman` sets it."),
		row(env.Path("HERMES_TEST_ARCHIVE"), "Archive of the image, as `docker save` writes it, that the tests on Podman load; `test:podman` sets it."),
		row(env.Text("RUN"), "Which tests `test:docker` runs, as `go test -run`."),
		row(env.Text("HERMES_TEST_TIER"), "Up to which tier `test:docker` runs the contract's checks, and nothing else: smoke, core or full; all tests by default."),
		row(env.Text("CHANNEL"), "Other channels that a publication moves, separated by blanks."),
		row(env.Text("PUBLISH_IMAGE"), "Image to publish in place of the one just built."),
		row(env.Text("CADUCEUS_REGISTRY_USERNAME"), "Sign-in at the registry of a publication."),
		row(env.Text("CADUCEUS_REGISTRY_PASSWORD"), "Its password."),
		row(env.DockerHost, "The engine, as for docker."),
		row(env.Text("DOCKER_CONTEXT"), "As for docker."),
		row(env.Path("DOCKER_CONFIG=~/.docker"), "As for docker."),
		row(env.Filled("DOCKER_TLS_VERIFY"), "As for docker."),
		row(env.Path("DOCKER_CERT_PATH"), "As for docker."),
	}
}
