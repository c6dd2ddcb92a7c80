#!/bin/bash
# usage: test-docker.sh "TARGET [ARGUMENT...]"...
# Runs mage's targets, each with its arguments, on the image in /image.tar, in a Docker engine of their own: started
# here, on a socket of this container alone, and gone with it. HERMES_TEST_IMAGE is the name
# under which the image is tested, IMAGE_ID what it has to be. What the targets made under the name SAVE_IMAGE, if that is
# set, is in the file SAVE_FILE afterwards.
set -uo pipefail
tmp=${TMPDIR:-/tmp}
log=$tmp/dockerd.log
groups=${CGROUPS:-/sys/fs/cgroup}

pid= # of dockerd
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null' EXIT

fail() {
    echo "docker-engine: $*"
    exit 125
}

# An engine needs the rights to mount and to divide the control groups that it is in.
privileges() {
    mkdir -p "$tmp/may-mount" && mount -t tmpfs none "$tmp/may-mount" 2>/dev/null && umount "$tmp/may-mount" ||
        fail "cannot mount anything here: the Dagger engine gives this container no root capabilities; allow" \
            '"security.insecure" in its configuration, and run it privileged'
    mount -o remount,rw "$groups" 2>/dev/null
    [ -e "$groups/cgroup.controllers" ] || return 0 # version 1: each controller is a hierarchy of its own
    # Version 2: a group that hands controllers down may hold no process itself.
    mkdir -p "$groups/tests" || fail "cannot make a control group: $groups is not writable"
    local pid controller
    for pid in $(cat "$groups/cgroup.procs"); do
        echo "$pid" >"$groups/tests/cgroup.procs"
    done 2>/dev/null # one that has ended meanwhile
    for controller in $(cat "$groups/cgroup.controllers"); do
        echo "+$controller" >>"$groups/cgroup.subtree_control" ||
            fail "cannot hand the controller $controller down to containers"
    done
}

# The MTU of the way out: behind a VPN or an overlay it is below the 1500 that Docker takes.
mtu() {
    local interface
    interface=$(awk '$2 == "00000000" { print $1; exit }' /proc/net/route)
    cat "/sys/class/net/${interface:-eth0}/mtu" 2>/dev/null || echo 1500
}

start() {
    local options=("--mtu=$(mtu)")
    # Networks that a test makes have an MTU of their own; Docker before 24 cannot set it here.
    ! dockerd --help | grep -q -- --default-network-opt ||
        options+=("--default-network-opt=bridge=com.docker.network.driver.mtu=$(mtu)")
    dockerd --host=unix:///var/run/docker.sock "${options[@]}" >"$log" 2>&1 &
    pid=$!
    for _ in $(seq 300); do
        ! docker version >/dev/null 2>&1 || return 0
        kill -0 "$pid" 2>/dev/null || fail "dockerd ended at its start: $(tail -n 1 "$log")"
        sleep 0.2
    done
    fail "dockerd did not answer within a minute: $(tail -n 1 "$log")"
}

load() {
    local out
    out=$(docker load --quiet --input /image.tar 2>&1) || fail "cannot load the image: $(tail -n 1 <<<"$out")"
    # A name for it: nothing that cleans up takes it for a left-over then.
    docker tag "$IMAGE_ID" "$HERMES_TEST_IMAGE" || fail "the archive does not hold $IMAGE_ID"
}

privileges
start
load
code=0
for target; do # one that fails hides nothing of the next
    go tool mage $target || code=$?
done
if [ "$code" -eq 0 ] && [ -n "${SAVE_IMAGE:-}" ]; then
    out=$(docker save --output "$SAVE_FILE" "$SAVE_IMAGE" 2>&1) || fail "cannot save $SAVE_IMAGE: $(tail -n 1 <<<"$out")"
fi
if ! kill -0 "$pid" 2>/dev/null; then
    echo "docker-engine: dockerd ended while the tests ran: $(tail -n 1 "$log")"
    [ "$code" -ne 0 ] || code=125
fi
exit "$code"
