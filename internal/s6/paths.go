package s6

// Names inside a service directory and, the last one, inside a scandir.
//
// spec: SUP-05
const (
	SuperviseDir    = "supervise"
	EventDir        = "event"
	LogDir          = "log"
	LockFile        = "lock"
	ControlFile     = "control"
	StatusFile      = "status"
	TallyFile       = "death_tally"
	ServiceLockFile = "service-lock"
	EndsFile        = "ends"
	BackoffFile     = "backoff"
	UnstartedFile   = "unstarted"
	RecordFile      = "record"
	DownFile        = "down"
	KeepFile        = "leftovers-keep"
	RunFile         = "run"
	FinishFile      = "finish"
	SvscanDir       = ".s6-svscan"
)

// LockModeArgv0 is argv[0] of /init in lock mode (SUP-29).
const LockModeArgv0 = "s6-lock-fd"

// MaxNameLen is the longest NAME of a service.
const MaxNameLen = 251

// Subscriber fifos in event/ (SUP-21).
const (
	EventFifoPrefix  = "ftrig1"
	EventFifoNameLen = 39
)
