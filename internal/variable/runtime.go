package variable

func setup() []Variable {
	return []Variable{
		{Name: "HERMES_HOME", Kind: Path, Default: "/opt/data", Text: "The data directory, called H elsewhere; absolute. Missing parents are created. A directory of the system, such as `/etc` or `/opt`, is refused: the default is used then."},
		{Name: "HERMES_UID", Kind: Number, Text: "Run as this uid, 1 to 4294967294 without 65535; needs a container started as root."},
		{Name: "HERMES_GID", Kind: Number, Text: "Run with this gid; as HERMES_UID."},
		{Name: "PUID", Kind: Number, Text: "Another name of HERMES_UID, which wins."},
		{Name: "PGID", Kind: Number, Text: "Another name of HERMES_GID, which wins."},
		{Name: "HERMES_ADOPT_VOLUME_OWNER", Kind: Loose, Text: "Without HERMES_UID and PUID: run as the owner of the data directory, unless that is root, nobody or hermes."},
		{Name: "HERMES_ALLOW_ANY_UID", Kind: Loose, Text: "Let `--user` name any uid; nothing is remapped or chowned then."},
		{Name: "HERMES_SKIP_CONFIG_MIGRATION", Kind: Loose, Text: "Leave an old `config.yaml` as it is."},
		{Name: "HERMES_AUTH_JSON_BOOTSTRAP", Kind: Text, Text: "Content of `auth.json`, written only where there is none."},
		{Name: "HERMES_AUTH_JSON_REBOOTSTRAP", Kind: Text, Text: "Content that replaces `providers.nous` of an `auth.json` whose session is dead or older."},
		{Name: "HERMES_GATEWAY_BOOTSTRAP_STATE", Kind: Text, Text: "Exactly `running`: on a volume without a recorded state, the default gateway starts at boot."},
		{Name: "HERMES_HOME_MODE", Kind: Text, Default: "0700", Agent: true, Text: "Mode that it gives the data directory."},
		{Name: "AGENT_BROWSER_EXECUTABLE_PATH", Kind: Path, Text: "Browser program; setup finds the image's own where this is unset."},
	}
}

func gateways() []Variable {
	return []Variable{
		{Name: "HERMES_GATEWAY_NO_SUPERVISE", Kind: Lower, Text: "`gateway run` is the gateway itself, and its exit code the container's; as `--no-supervise`."},
		{Name: "HERMES_GATEWAY_RESPECT_STOP", Kind: Loose, Text: "A gateway that was stopped stays down when a boot's command is `gateway run`."},
		{Name: "HERMES_ALLOW_ROOT_GATEWAY", Kind: Loose, Text: "Do not refuse a gateway that would run as root."},
		{Name: "GATEWAY_MULTIPLEX_PROFILES", Kind: Loose, Text: "One gateway serves all profiles, so those of named profiles are not started at boot. `0 false no off` overrule `gateway.multiplex_profiles` of `config.yaml`."},
		{Name: "HERMES_DOCKER_EXEC_AS_ROOT", Kind: Exact, Text: "`hermes`, called by root, stays root instead of becoming hermes."},
		{Name: "HERMES_ORIG_CWD", Kind: Path, Text: "Directory of the main program; else that of `docker run -w`."},
		{Name: "S6_PROFILE_GATEWAY_SCANDIR", Kind: Path, Default: "/run/service", Text: "Where the gateways' services are registered."},
		{Name: "HERMES_TINI_SHIM_TARGET", Kind: Path, Default: "/init", Text: "What `/usr/bin/tini`, kept for old command lines, runs."},
		{Name: "HERMES_TINI_SHIM_WRAPPER", Kind: Path, Default: "/opt/hermes/docker/main-wrapper.sh", Text: "The main program that it names."},
	}
}

func dashboard() []Variable {
	return []Variable{
		{Name: "HERMES_DASHBOARD", Kind: Exact, Text: "Run the dashboard, supervised, beside the main program."},
		{Name: "HERMES_DASHBOARD_HOST", Kind: Text, Default: "127.0.0.1", Text: "Address it binds; on any but loopback it needs a sign-in (below) and keeps its port closed without one."},
		{Name: "HERMES_DASHBOARD_PORT", Kind: Number, Default: "9119", Text: "Its port, 1 to 65535."},
		{Name: "HERMES_DASHBOARD_TUI", Kind: Exact, Text: "Offer the chat tab. Agent 0.19.0 has no switch to take it away: unset, a notice says that it stays."},
		{Name: "HERMES_DASHBOARD_INSECURE", Kind: Exact, Text: "Prints a warning and changes nothing."},
		{Name: "HERMES_DASHBOARD_BASIC_AUTH_USERNAME", Kind: Text, Agent: true, Text: "Sign-in by name and password."},
		{Name: "HERMES_DASHBOARD_BASIC_AUTH_PASSWORD", Kind: Text, Agent: true, Text: "The password, or use _PASSWORD_HASH."},
		{Name: "HERMES_DASHBOARD_OAUTH_CLIENT_ID", Kind: Text, Agent: true, Text: "Sign-in with a Nous account."},
		{Name: "HERMES_DASHBOARD_OIDC_ISSUER", Kind: Text, Agent: true, Text: "Sign-in with an OpenID Connect provider."},
		{Name: "HERMES_DASHBOARD_OIDC_CLIENT_ID", Kind: Text, Agent: true, Text: "The client of that provider."},
	}
}

func api() []Variable {
	return []Variable{
		{Name: "API_SERVER_ENABLED", Kind: Loose, Text: "Open the OpenAI-compatible API on port 8642. Not true: a key in the environment is kept from the agent, which would open the port for a key alone."},
		{Name: "API_SERVER_KEY", Kind: Text, Text: "The API's key, at least 16 characters; without one in environment or `.env`, setup adds one of 64 to `.env`."},
		{Name: "API_SERVER_HOST", Kind: Text, Default: "127.0.0.1", Agent: true, Text: "Address it binds; 0.0.0.0 to publish it."},
		{Name: "API_SERVER_PORT", Kind: Number, Default: "8642", Agent: true, Text: "Its port."},
		{Name: "API_SERVER_CORS_ORIGINS", Kind: Text, Agent: true, Text: "Origins that browsers may call it from, `*` for all."},
	}
}

func tools() []Variable {
	return []Variable{
		{Name: "HERMES_ALLOW_APT", Kind: Loose, Text: "Let hermes install Debian packages with `apt-get install`; a container started as root."},
	}
}

func bridge() []Variable {
	return []Variable{
		{Name: "WHATSAPP_MODE", Kind: Text, Default: "self-chat", Text: "`self-chat` or `bot`, where `--mode` is not given."},
		{Name: "WHATSAPP_REPLY_PREFIX", Kind: Text, Default: `⚕ *Hermes Agent*\n────────────\n`, Text: "Before each reply in self-chat mode; `\\n` is a line break, empty is none."},
		{Name: "WHATSAPP_FORWARD_OWNER_MESSAGES", Kind: Loose, Text: "Pass on what the owner writes in other chats, marked `fromOwner`."},
		{Name: "WHATSAPP_DM_POLICY", Kind: Text, Agent: true, Text: "Who may write to it; the bridge itself drops no sender."},
	}
}

func initial() []Variable {
	const ignored = "Accepted for old command lines, without effect; a notice says so."
	return []Variable{
		{Name: "S6_KEEP_ENV", Kind: Number, Default: "0", Text: "1: programs get the whole environment, and `with-contenv` changes nothing."},
		{Name: "S6_VERBOSITY", Kind: Number, Default: "2", Text: "0 errors, 1 warnings, 2 steps, 3 to 5 more."},
		{Name: "S6_BEHAVIOUR_IF_STAGE2_FAILS", Kind: Number, Default: "0", Text: "A failed boot script: 0 go on, 1 warn, 2 stop the container."},
		{Name: "S6_STAGE2_HOOK", Kind: Text, Text: "Command that runs before the boot scripts; split at blanks, no shell."},
		{Name: "S6_CMD_WAIT_FOR_SERVICES", Kind: Number, Default: "0", Text: "1: the main program waits until the services of `/etc/services.d` are up."},
		{Name: "S6_CMD_WAIT_FOR_SERVICES_MAXTIME", Kind: Millis, Default: "0", Text: "Limit of the boot's steps together; 0 is none."},
		{Name: "S6_SERVICES_GRACETIME", Kind: Millis, Default: "3000", Text: "How long services may take to stop."},
		{Name: "S6_KILL_GRACETIME", Kind: Millis, Default: "3000", Text: "How long what is left may take after its SIGTERM; at most 300000."},
		{Name: "S6_KILL_FINISH_MAXTIME", Kind: Millis, Default: "5000", Text: "Limit of each script of `/etc/cont-finish.d`; 0 is none."},
		{Name: "S6_CMD_ARG0", Kind: Text, Text: "Words put before the main program's."},
		{Name: "S6_CMD_RECEIVE_SIGNALS", Kind: Number, Default: "0", Text: "1: signals sent to the container go to the main program."},
		{Name: "S6_RUNTIME_PROFILE", Kind: Text, Text: "Take `/etc/cont-profile.d/NAME` in place of `/etc`."},
		{Name: "S6_RUNTIME_BUNDLEDIR", Kind: Path, Text: "Directory in place of `user-bundles.d`."},
		{Name: "S6_FIX_ATTRS_HIDDEN", Kind: Number, Default: "0", Text: "1: `/etc/fix-attrs.d` reaches hidden files, too."},
		{Name: "S6_SYNC_DISKS", Kind: Number, Default: "0", Text: "1: write caches to disk before the container ends."},
		{Name: "S6_WAIT_FOR_CLOSING_FD", Kind: Number, Default: "0", Text: "3 or more: begin once this descriptor is closed."},
		{Name: "S6_YES_I_WANT_A_WORLD_WRITABLE_RUN_BECAUSE_KUBERNETES", Kind: Number, Default: "0", Text: "1: accept a `/run` that everybody can write."},
		{Name: "S6_LOGGING", Kind: Number, Default: "0", Text: ignored},
		{Name: "S6_LOGGING_SCRIPT", Kind: Text, Default: "n20 s1000000 T", Text: ignored},
		{Name: "S6_CATCHALL_USER", Kind: Text, Default: "root", Text: ignored},
		{Name: "S6_CMD_USE_TERMINAL", Kind: Number, Default: "0", Text: ignored},
		{Name: "S6_READ_ONLY_ROOT", Kind: Number, Default: "0", Text: ignored},
	}
}
