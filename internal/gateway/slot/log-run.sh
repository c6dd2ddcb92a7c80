#!/command/with-contenv sh
# Output of the gateway of profile @PROFILE@: raw to the container's stdout, and with local timestamps to
# a rotated file. Another logger that holds the lock, or a file that hermes cannot write, must not
# stop the output: then it goes to stdout only.
case $HERMES_HOME in /*) ;; *) HERMES_HOME=/opt/data ;; esac
parent="$HERMES_HOME/logs/gateways"
log_dir="$parent/@PROFILE@"
drop=
if [ "$(id -u)" = 0 ]; then
  drop="s6-setuidgid @USER@"
  if [ ! -L "$HERMES_HOME/logs" ] && [ ! -L "$parent" ]; then
    chown -h @OWNER@ "$parent" 2>/dev/null
    chown -hR @OWNER@ "$log_dir" 2>/dev/null
  fi
fi
usable() {
  $drop mkdir -p "$log_dir" && $drop test -w "$log_dir" || return
  [ ! -e "$log_dir/current" ] || $drop test -w "$log_dir/current" || return
  $drop s6-setlock -n "$log_dir/lock" true
}
if ! usable 2>/dev/null; then
  echo "gateway @PROFILE@: cannot use $log_dir (not writable, or locked by another container); logging to stdout only" >&2
  exec $drop s6-log 1
fi
exec $drop s6-log 1 n10 s1000000 T "$log_dir"
