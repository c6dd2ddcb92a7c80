# Builds the image. Targets: full, slim.
# BuildKit of Docker 20.10 must be able to read it: no syntax line, no heredocs.
#
# The stages slim and full stand last: if several stages build on one, that BuildKit
# writes the steps of the last of them into the history of all.
#
# The first layers are large and change seldom (Debian's packages, the agent's
# dependencies), the last ones are small and change often (this repository's own files).

ARG BASE_IMAGE=debian:13.4
ARG GO_IMAGE=golang:1.26.8-trixie
ARG BINARIES=source
ARG BROWSER_SOURCE=debian
ARG AGENT_SOURCE=image/locks/agent.lock
ARG CA=image/build/no-ca.crt

# ---- ca: CA certificates for downloads through a proxy that inspects TLS. They are mounted
# in single steps and end up in no layer. They are public, so a bind mount will do: the steps are
# cached by the content of the bundle.
FROM scratch AS ca
ARG CA
COPY ${CA} /ca.crt

# ---- system: the part of both variants that is Debian: packages, user, environment
FROM ${BASE_IMAGE} AS system
COPY image/build/dpkg-docs /etc/dpkg/dpkg.cfg.d/caduceus-docs
RUN --mount=type=bind,source=image/build/apt-install.sh,target=/tmp/apt-install.sh \
    /tmp/apt-install.sh \
      ca-certificates curl docker-cli execline git iproute2 iputils-ping libatomic1 libnss-cache libolm3 libportaudio2 \
      openssh-client procps python3 ripgrep rsync s6 tzdata xz-utils
RUN --mount=type=bind,source=image/build/system.sh,target=/tmp/system.sh /tmp/system.sh
ENV PATH=/opt/hermes/bin:/opt/hermes/.venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/data/.local/bin \
    HERMES_HOME=/opt/data \
    HERMES_WRITE_SAFE_ROOT=/opt/data \
    HERMES_DISABLE_LAZY_INSTALLS=1 \
    HERMES_LAZY_INSTALL_TARGET=/opt/data/lazy-packages \
    HERMES_WEB_DIST=/opt/hermes/hermes_cli/web_dist \
    HERMES_TUI_DIR=/opt/hermes/ui-tui \
    PLAYWRIGHT_BROWSERS_PATH=/opt/hermes/.playwright \
    AGENT_BROWSER_ARGS=--no-sandbox,--disable-dev-shm-usage \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
WORKDIR /opt/hermes
VOLUME /opt/data
ENTRYPOINT ["/init", "/opt/hermes/docker/main-wrapper.sh"]
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["/command/hermes-health"]

# ---- tools: compilers, uv and Node, for the following stages
FROM system AS tools
ENV UV_CACHE_DIR=/tmp/hermes-cache/uv \
    npm_config_cache=/tmp/hermes-cache/npm \
    npm_config_install_links=false
RUN --mount=type=bind,source=image/build/apt-install.sh,target=/tmp/apt-install.sh \
    /tmp/apt-install.sh cmake g++ gcc libolm-dev make python3-dev python3-venv
COPY image/build/with-ca.sh image/build/tools.sh image/locks/tools.lock /tmp/
RUN --mount=type=bind,from=ca,source=/ca.crt,target=/run/ca.crt /tmp/with-ca.sh /tmp/tools.sh /tmp/tools.lock

# ---- sqlite: the library of Python's sqlite3, and the shell, in place of Debian's
FROM tools AS sqlite
RUN --mount=type=bind,source=image/build/apt-install.sh,target=/tmp/apt-install.sh \
    /tmp/apt-install.sh libreadline-dev zlib1g-dev
COPY image/build/sqlite.sh image/locks/sqlite.lock /tmp/
RUN --mount=type=bind,from=ca,source=/ca.crt,target=/run/ca.crt /tmp/with-ca.sh /tmp/sqlite.sh /tmp/sqlite.lock

# ---- python: the agent's dependencies
FROM tools AS python
COPY image/build/python.sh image/locks/python.lock image/locks/build.lock /tmp/
RUN --mount=type=bind,from=ca,source=/ca.crt,target=/run/ca.crt --mount=type=cache,target=/tmp/hermes-cache/uv \
    /tmp/with-ca.sh /tmp/python.sh /tmp/python.lock /tmp/build.lock

# ---- agent: the agent, from its pinned source distribution or from AGENT_SOURCE
FROM python AS agent
ARG AGENT_SOURCE
COPY ${AGENT_SOURCE} /source/
COPY image/build/agent.sh /tmp/
RUN --mount=type=bind,from=ca,source=/ca.crt,target=/run/ca.crt /tmp/with-ca.sh /tmp/agent.sh /source /tmp/build.lock

# ---- npm: agent-browser and Playwright
FROM tools AS npm
COPY image/build/npm.sh image/locks/package.json image/locks/package-lock.json /tmp/
RUN --mount=type=bind,from=ca,source=/ca.crt,target=/run/ca.crt /tmp/with-ca.sh /tmp/npm.sh /tmp

# ---- bridge: npm packages of the WhatsApp bridge, and the bridge itself if the agent's source has one
FROM agent AS bridge
COPY rootfs/opt/hermes/scripts/whatsapp-bridge/package.json rootfs/opt/hermes/scripts/whatsapp-bridge/package-lock.json \
     rootfs/opt/hermes/scripts/whatsapp-bridge/.npmrc /ours/
COPY image/build/bridge.sh /tmp/
RUN --mount=type=bind,from=ca,source=/ca.crt,target=/run/ca.crt /tmp/with-ca.sh /tmp/bridge.sh /opt/hermes/scripts/whatsapp-bridge /ours

# ---- binaries: /init and hermes, from dist/ or compiled here
FROM scratch AS binaries-prebuilt
ARG TARGETARCH
COPY dist/linux-${TARGETARCH}/ /

FROM --platform=${BUILDPLATFORM} ${GO_IMAGE} AS compile
WORKDIR /src
COPY image/build/with-ca.sh /tmp/
COPY go.mod go.sum ./
RUN --mount=type=bind,from=ca,source=/ca.crt,target=/run/ca.crt /tmp/with-ca.sh go mod download
COPY cmd cmd
COPY internal internal
ARG TARGETARCH
ARG VERSION=dev
RUN --mount=type=cache,target=/root/.cache/go-build \
    export CGO_ENABLED=0 GOOS=linux GOARCH=${TARGETARCH} && \
    go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/init ./cmd/hermes-init && \
    go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/hermes ./cmd/hermes

FROM scratch AS binaries-source
COPY --from=compile /out/ /

FROM binaries-${BINARIES} AS binaries

# ---- overlay: this repository's own files, in one small layer
FROM system AS overlay
COPY rootfs/ /out/own/
COPY --from=binaries /init /out/own/init
COPY --from=binaries /hermes /out/own/opt/hermes/bin/hermes
COPY image/build/overlay.sh /tmp/
ARG HERMES_GIT_SHA
ARG SOURCE_DATE_EPOCH
RUN --mount=type=bind,from=bridge,source=/out/bridge,target=/tmp/bridge /tmp/overlay.sh /out/own /tmp/bridge

# ---- media: what full has more than slim
FROM system AS media
COPY image/build/dpkg-software-gl /etc/dpkg/dpkg.cfg.d/caduceus-software-gl
RUN --mount=type=bind,source=image/build/apt-install.sh,target=/tmp/apt-install.sh \
    /tmp/apt-install.sh ffmpeg fonts-liberation fonts-noto-color-emoji fonts-wqy-zenhei

# ---- browser: Chromium's headless shell, from Debian or from Playwright
FROM media AS browser-debian
RUN --mount=type=bind,source=image/build/apt-install.sh,target=/tmp/apt-install.sh \
    /tmp/apt-install.sh chromium-headless-shell
COPY --from=npm /out/browser/ /out/debian/ /

FROM media AS browser-playwright
COPY --from=npm /out/npm/ /out/browser/ /
COPY --from=tools /usr/local/ /usr/local/
COPY image/build/with-ca.sh /tmp/
RUN --mount=type=bind,from=ca,source=/ca.crt,target=/run/ca.crt npm_config_cache=/tmp/npm /tmp/with-ca.sh npx playwright install --with-deps --only-shell chromium && \
    chmod -R a+rX,go-w .playwright && rm -rf /tmp/* /var/lib/apt/lists/*

FROM browser-${BROWSER_SOURCE} AS browser

# ---- the two variants: they differ only in their base, and in one label that finish.sh also writes down
FROM system AS slim
ENV LANG=C.UTF-8 npm_config_install_links=false NODE_DISABLE_COMPILE_CACHE=1
COPY --from=tools /usr/local/ /usr/local/
COPY --from=sqlite /out/sqlite/ /
COPY --from=python /opt/hermes/.venv /opt/hermes/.venv
COPY --from=npm /out/npm/ /
COPY --from=agent /out/agent/ /
COPY --from=bridge /out/bridge/ /
COPY --from=overlay /out/own/ /
ARG VERSION=dev
ARG REVISION=unknown
RUN --mount=type=bind,source=image/build/finish.sh,target=/tmp/finish.sh /tmp/finish.sh slim
ARG BASE_IMAGE
ARG SOURCE=unknown
ARG AGENT_VERSION=unknown
LABEL caduceus.variant=slim \
      caduceus.agent.version=${AGENT_VERSION} \
      org.opencontainers.image.base.name=${BASE_IMAGE} \
      org.opencontainers.image.version=${VERSION} \
      org.opencontainers.image.revision=${REVISION} \
      org.opencontainers.image.source=${SOURCE}

FROM browser AS full
ENV LANG=C.UTF-8 npm_config_install_links=false NODE_DISABLE_COMPILE_CACHE=1
COPY --from=tools /usr/local/ /usr/local/
COPY --from=sqlite /out/sqlite/ /
COPY --from=python /opt/hermes/.venv /opt/hermes/.venv
COPY --from=npm /out/npm/ /
COPY --from=agent /out/agent/ /
COPY --from=bridge /out/bridge/ /
COPY --from=overlay /out/own/ /
ARG VERSION=dev
ARG REVISION=unknown
RUN --mount=type=bind,source=image/build/finish.sh,target=/tmp/finish.sh /tmp/finish.sh full
ARG BASE_IMAGE
ARG SOURCE=unknown
ARG AGENT_VERSION=unknown
LABEL caduceus.variant=full \
      caduceus.agent.version=${AGENT_VERSION} \
      org.opencontainers.image.base.name=${BASE_IMAGE} \
      org.opencontainers.image.version=${VERSION} \
      org.opencontainers.image.revision=${REVISION} \
      org.opencontainers.image.source=${SOURCE}
