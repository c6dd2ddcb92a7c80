#!/command/with-contenv sh
# Output of the gateway of profile @PROFILE@: raw to the container's stdout, and with local timestamps to
# a rotated file. Another logger that holds the lock, or a file that hermes cannot write, must not
# stop the output: then it goes to stdout only. With -b no more is read while a write waits, so memory and files have
# a bound. On a full disk that would be for ever: main-hermes then ends this logger, which finds no room here, and
# ends it again when there is some.
# Beside a gateway that is down, the file is left to another container's logger: one that starts has this script look again.
# GOMAXPROCS=1 needs few threads, which count against a container's limit of processes.
export GOMAXPROCS=1
log_dir="${HERMES_HOME:-/opt/data}/logs/gateways/@PROFILE@"
usable() {
  mkdir -p "$log_dir" && test -w "$log_dir" || return
  [ ! -e "$log_dir/current" ] || test -w "$log_dir/current" || return
  s6-setlock -n "$log_dir/lock" true
}
room() {
  dd if=/dev/zero of="$log_dir/.room" bs=64k count=1 2>/dev/null
  full=$?
  rm -f "$log_dir/.room"
  return $full
}
[ ! -e no-room ] || rm no-room
case $(/command/s6-svstat -o wantedup .. 2>/dev/null) in
true) ;;
false) exec s6-log -b 1 ;;
*) [ ! -e ../down ] || exec s6-log -b 1 ;; # its supervisor has only begun
esac
if ! usable 2>/dev/null; then
  echo "gateway @PROFILE@: cannot use $log_dir (locked by another container, or not writable: hermes container doctor names the cause); logging to stdout only" >&2
  exec s6-log -b 1
fi
if ! room; then
  : >no-room
  echo "gateway @PROFILE@: there is no room in $log_dir; logging to stdout only until there is" >&2
  exec s6-log -b 1
fi
exec s6-log -b 1 n10 s1000000 T "$log_dir"
