package env

// Setup of users and volume.
const (
	Home                Path   = "HERMES_HOME=/opt/data"
	UID                 Number = "HERMES_UID"
	GID                 Number = "HERMES_GID"
	PUID                Number = "PUID"
	PGID                Number = "PGID"
	AdoptVolumeOwner    Loose  = "HERMES_ADOPT_VOLUME_OWNER"
	AllowAnyUID         Loose  = "HERMES_ALLOW_ANY_UID"
	AllowNewPrivileges  Loose  = "HERMES_ALLOW_NEW_PRIVILEGES"
	SkipConfigMigration Loose  = "HERMES_SKIP_CONFIG_MIGRATION"
	AuthBootstrap       Text   = "HERMES_AUTH_JSON_BOOTSTRAP"
	AuthRebootstrap     Text   = "HERMES_AUTH_JSON_REBOOTSTRAP"
	BootstrapState      Text   = "HERMES_GATEWAY_BOOTSTRAP_STATE"
	Browser             Path   = "AGENT_BROWSER_EXECUTABLE_PATH"
	Browsers            Path   = "PLAYWRIGHT_BROWSERS_PATH=/opt/hermes/.playwright"
	BrowserArgs         Text   = "AGENT_BROWSER_ARGS=--no-sandbox,--disable-dev-shm-usage"
	SafeRoot            Path   = "HERMES_WRITE_SAFE_ROOT=/opt/data"
	WebDist             Path   = "HERMES_WEB_DIST=/opt/hermes/hermes_cli/web_dist"
	TUIDir              Path   = "HERMES_TUI_DIR=/opt/hermes/ui-tui"
	DockerHost          Text   = "DOCKER_HOST"
	NpmCache            Path   = "npm_config_cache"
	UvCache             Path   = "UV_CACHE_DIR"
)

// Gateways, profiles and the main program.
const (
	NoSupervise       Lower  = "HERMES_GATEWAY_NO_SUPERVISE"
	RespectStop       Loose  = "HERMES_GATEWAY_RESPECT_STOP"
	AllowRootGateway  Loose  = "HERMES_ALLOW_ROOT_GATEWAY"
	MultiplexProfiles Loose  = "GATEWAY_MULTIPLEX_PROFILES"
	ExecAsRoot        Exact  = "HERMES_DOCKER_EXEC_AS_ROOT"
	WorkDir           Path   = "HERMES_ORIG_CWD"
	Scandir           Path   = "S6_PROFILE_GATEWAY_SCANDIR=/run/service"
	SupervisedChild   Filled = "HERMES_S6_SUPERVISED_CHILD"
	InsideGateway     Text   = "_HERMES_GATEWAY"
	AllowApt          Loose  = "HERMES_ALLOW_APT"
	AllowSharedVolume Loose  = "HERMES_ALLOW_SHARED_VOLUME"
)

// Dashboard, API server and bridge.
const (
	Dashboard         Exact  = "HERMES_DASHBOARD"
	DashboardHost     Text   = "HERMES_DASHBOARD_HOST=127.0.0.1"
	DashboardPort     Number = "HERMES_DASHBOARD_PORT=9119"
	DashboardTUI      Exact  = "HERMES_DASHBOARD_TUI"
	DashboardInsecure Exact  = "HERMES_DASHBOARD_INSECURE"
	DashboardUser     Text   = "HERMES_DASHBOARD_BASIC_AUTH_USERNAME"
	DashboardOAuth    Text   = "HERMES_DASHBOARD_OAUTH_CLIENT_ID"
	DashboardOIDC     Text   = "HERMES_DASHBOARD_OIDC_ISSUER"
	APIServer         Loose  = "API_SERVER_ENABLED"
	APIServerKey      Text   = "API_SERVER_KEY"
	APIServerHost     Text   = "API_SERVER_HOST=127.0.0.1"
	ForwardOwner      Loose  = "WHATSAPP_FORWARD_OWNER_MESSAGES"
)

// Init: what PID 1 honours.
const (
	KeepEnv          Number = "S6_KEEP_ENV=0"
	Verbosity        Number = "S6_VERBOSITY=2"
	IfStage2Fails    Number = "S6_BEHAVIOUR_IF_STAGE2_FAILS=0"
	Stage2Hook       Text   = "S6_STAGE2_HOOK"
	WaitForServices  Number = "S6_CMD_WAIT_FOR_SERVICES=0"
	WaitMax          Millis = "S6_CMD_WAIT_FOR_SERVICES_MAXTIME=0"
	ServicesGrace    Millis = "S6_SERVICES_GRACETIME=3000"
	KillGrace        Millis = "S6_KILL_GRACETIME=3000"
	FinishMax        Millis = "S6_KILL_FINISH_MAXTIME=5000"
	CmdArg0          Text   = "S6_CMD_ARG0"
	CmdSignals       Number = "S6_CMD_RECEIVE_SIGNALS=0"
	RuntimeProfile   Text   = "S6_RUNTIME_PROFILE"
	BundleDir        Path   = "S6_RUNTIME_BUNDLEDIR"
	FixHidden        Number = "S6_FIX_ATTRS_HIDDEN=0"
	SyncDisks        Number = "S6_SYNC_DISKS=0"
	ClosingFD        Number = "S6_WAIT_FOR_CLOSING_FD=0"
	WorldWritableRun Number = "S6_YES_I_WANT_A_WORLD_WRITABLE_RUN_BECAUSE_KUBERNETES=0"
)

// Init: what PID 1 accepts for old command lines, without effect.
const (
	Logging        Number = "S6_LOGGING=0"
	LoggingScript  Text   = "S6_LOGGING_SCRIPT=n20 s1000000 T"
	CatchallUser   Text   = "S6_CATCHALL_USER=root"
	CmdUseTerminal Number = "S6_CMD_USE_TERMINAL=0"
	ReadOnlyRoot   Number = "S6_READ_ONLY_ROOT=0"
)

// RunSignalled is set for the finish script of a service: 1 if somebody asked the service for something
// since its start, else 0. Where an init does not set it, that counts as 1.
const RunSignalled Text = "S6_RUN_SIGNALLED=1"

// RunWanted is set for the finish script of a service: 1 if the service was wanted up when it ended, else 0.
const RunWanted Text = "S6_RUN_WANTED=1"

// Switches lists the switches that people set, but for MultiplexProfiles, where a configuration file has
// a say: those whose wrong values the boot names.
func Switches() []Switch {
	return []Switch{
		AdoptVolumeOwner, AllowAnyUID, AllowNewPrivileges, SkipConfigMigration, NoSupervise, RespectStop, AllowRootGateway, ExecAsRoot,
		Dashboard, DashboardTUI, DashboardInsecure, APIServer, AllowApt, AllowSharedVolume, ForwardOwner,
	}
}
