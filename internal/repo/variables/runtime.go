package variables

import "caduceus/internal/env"

func setup() []Variable {
	return []Variable{
		row(env.Home, "The data directory (H in the contract); absolute. Missing parents are created. A directory of the system, such as `/etc` or `/var/lib`, and one whose parents hermes can exchange are refused: the default is used then."),
		row(env.UID, "Run as this uid, 1 to 4294967294 without 65535; needs a container started as root."),
		row(env.GID, "Run with this gid; as HERMES_UID."),
		row(env.PUID, "Another name of HERMES_UID, which wins."),
		row(env.PGID, "Another name of HERMES_GID, which wins."),
		row(env.AdoptVolumeOwner, "Without HERMES_UID and PUID: run as the owner of the data directory, unless that is root, nobody or hermes."),
		row(env.AllowAnyUID, "Let `--user` name any uid; nothing is remapped or chowned then."),
		row(env.AllowNewPrivileges, "Let programs of hermes gain rights by setuid, setgid and capability files, as `sudo` in a derived image: `no_new_privs` is not set."),
		row(env.SkipConfigMigration, "Leave an old `config.yaml` as it is."),
		row(env.AuthBootstrap, "Content of `auth.json`, written only where there is none."),
		row(env.AuthRebootstrap, "Content that replaces `providers.nous` of an `auth.json` whose session is dead or older."),
		row(env.BootstrapState, "Exactly `running`: on a volume without a recorded state, the default gateway starts at boot."),
		agents(env.Text("HERMES_HOME_MODE=0700"), "Mode that it gives the data directory."),
		row(env.Browser, "Browser program; setup finds the image's own where this is unset."),
	}
}

func gateways() []Variable {
	return []Variable{
		row(env.NoSupervise, "`gateway run` is the gateway itself, and its exit code the container's; as `--no-supervise`."),
		row(env.RespectStop, "A gateway that was stopped stays down when a boot's command is `gateway run`."),
		row(env.AllowRootGateway, "Do not refuse a gateway that would run as root."),
		row(env.AllowSharedVolume, "Run gateways, and set the volume up, although another running container has its gateways. Two on one volume damage its sessions and memories: only where you know that the other one has none."),
		row(env.MultiplexProfiles, "One gateway serves all profiles, so those of named profiles are not started at boot. `0 false no off` overrule `gateway.multiplex_profiles` of `config.yaml`."),
		row(env.ExecAsRoot, "`hermes`, called by root, stays root instead of becoming hermes."),
		row(env.WorkDir, "Directory of the main program; else that of `docker run -w`."),
		row(env.Scandir, "Where the gateways' services are registered."),
		row(env.Path("HERMES_TINI_SHIM_TARGET=/init"), "What `/usr/bin/tini`, kept for old command lines, runs."),
		row(env.Path("HERMES_TINI_SHIM_WRAPPER=/opt/hermes/docker/main-wrapper.sh"), "The main program that it names."),
	}
}

func dashboard() []Variable {
	return []Variable{
		row(env.Dashboard, "Run the dashboard, supervised, beside the main program."),
		row(env.DashboardHost, "Address it binds; on any but loopback it needs a sign-in (below) and keeps its port closed without one."),
		row(env.DashboardPort, "Its port, 1 to 65535."),
		row(env.DashboardTUI, "Offer the chat tab. Agent 0.19.0 has no switch to take it away: unset, a notice says that it stays."),
		row(env.DashboardInsecure, "Prints a warning and changes nothing."),
		agents(env.DashboardUser, "Sign-in by name and password."),
		agents(env.Text("HERMES_DASHBOARD_BASIC_AUTH_PASSWORD"), "The password, or use _PASSWORD_HASH."),
		agents(env.DashboardOAuth, "Sign-in with a Nous account."),
		agents(env.DashboardOIDC, "Sign-in with an OpenID Connect provider."),
		agents(env.Text("HERMES_DASHBOARD_OIDC_CLIENT_ID"), "The client of that provider."),
	}
}

func api() []Variable {
	return []Variable{
		row(env.APIServer, "Open the OpenAI-compatible API on port 8642. Not true: a key in the environment is kept from the agent, which would open the port for a key alone."),
		row(env.APIServerKey, "The API's key, at least 16 characters; without one in environment or `.env`, setup adds one of 64 to `.env`."),
		agents(env.Text("API_SERVER_HOST=127.0.0.1"), "Address it binds; 0.0.0.0 to publish it."),
		agents(env.Number("API_SERVER_PORT=8642"), "Its port."),
		agents(env.Text("API_SERVER_CORS_ORIGINS"), "Origins that browsers may call it from, `*` for all."),
	}
}

func tools() []Variable {
	return []Variable{
		row(env.AllowApt, "Let hermes install Debian packages with `apt-get install`; a container started as root."),
	}
}

func bridge() []Variable {
	return []Variable{
		row(env.Text("WHATSAPP_MODE=self-chat"), "`self-chat` or `bot`, where `--mode` is not given."),
		row(env.Text(`WHATSAPP_REPLY_PREFIX=⚕ *Hermes Agent*\n────────────\n`), "Before each reply in self-chat mode; `\\n` is a line break, empty is none."),
		row(env.ForwardOwner, "Pass on what the owner writes in other chats, marked `fromOwner`."),
		agents(env.Text("WHATSAPP_DM_POLICY"), "Who may write to it; the bridge itself drops no sender."),
	}
}

func initial() []Variable {
	const ignored = "Accepted for old command lines, without effect; a notice says so."
	return []Variable{
		row(env.KeepEnv, "1: programs get the whole environment, and `with-contenv` changes nothing."),
		row(env.Verbosity, "0 errors, 1 warnings, 2 steps, 3 to 5 more. Unset, it is 1 on a terminal, except for `gateway run`."),
		row(env.IfStage2Fails, "A failed boot script: 0 go on, 1 warn, 2 stop the container."),
		row(env.Stage2Hook, "Command that runs before the boot scripts; split at blanks, no shell."),
		row(env.WaitForServices, "1: the main program waits until the services of `/etc/services.d` are up."),
		row(env.WaitMax, "Limit of the boot's steps together; 0 is none."),
		row(env.ServicesGrace, "How long services may take to stop."),
		row(env.KillGrace, "How long what is left may take after its SIGTERM; at most 300000."),
		row(env.FinishMax, "Limit of each script of `/etc/cont-finish.d`; 0 is none."),
		row(env.CmdArg0, "Words put before the main program's."),
		row(env.CmdSignals, "1: signals sent to the container go to the main program."),
		row(env.RuntimeProfile, "Take `/etc/cont-profile.d/NAME` in place of `/etc`."),
		row(env.BundleDir, "Directory in place of `user-bundles.d`."),
		row(env.FixHidden, "1: `/etc/fix-attrs.d` also reaches hidden files."),
		row(env.SyncDisks, "1: write caches to disk before the container ends."),
		row(env.ClosingFD, "3 or more: begin once this descriptor is closed."),
		row(env.WorldWritableRun, "1: accept a `/run` that everybody can write."),
		row(env.Logging, ignored),
		row(env.LoggingScript, ignored),
		row(env.CatchallUser, ignored),
		row(env.CmdUseTerminal, ignored),
		row(env.ReadOnlyRoot, ignored),
	}
}
