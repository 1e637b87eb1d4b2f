#!/usr/bin/env bash
# Do the images build, and does Beckon run in them as docker/compose.yaml says? With Podman, as root, on a
# machine that needs no registry: the base image is made by debootstrap, PostgreSQL and Redis from Debian's
# packages (tests/containers). All containers share one pod, whose only network is its own loopback.
#
#   scripts/containers-check.sh [--fresh] [--clean]
#
#   --fresh   throw away what an earlier call kept, base image and layers, first
#   --clean   throw it away at the end
#
# Everything lies below var/containers, in a store and with settings of its own: this machine's Podman, its
# images and its configuration are not looked at. Ends with "N passed, N failed".
set -euo pipefail
umask 022
cd "$(dirname "$(readlink -f "$0")")/.."
. scripts/lib.sh
. scripts/debian.sh
need_proc

fresh='' clean=''
for arg in "$@"; do
    case $arg in
    --fresh) fresh=1 ;;
    --clean) clean=1 ;;
    *) die "usage: scripts/containers-check.sh [--fresh] [--clean]" ;;
    esac
done
[ "$(id -u)" -eq 0 ] || die "debootstrap and Podman's pod need root here"

BASE=docker.io/library/debian:bookworm-slim
OVER_BASE_MAX_MB=16
IMAGE_MAX_MB=130
READY_S=60

tree=$PWD
state=$tree/var/containers
log=$state/log
pod=
mkdir -p "$state" && chmod 0711 "$tree/var"
exec 9>>"$state/lock"
flock -n 9 || die "another containers-check.sh is at work in $state"

# ---- what is made, and how it goes ----------------------------------------------------------------

# Its own settings and store. crun does not start on every mix of cgroups, and Podman's default limits
# are above what root may set in some places.
write_settings() {
    mkdir -p "$log" "$state/work"
    cat >"$state/containers.conf" <<END
[containers]
default_ulimits = ["nofile=16384:16384", "nproc=16384:16384"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
tmp_dir = "$state/tmp"
static_dir = "$state/store/libpod"
volume_path = "$state/store/volumes"
[network]
network_backend = "netavark"
network_config_dir = "$state/networks"
END
    cat >"$state/storage.conf" <<END
[storage]
driver = "overlay"
graphroot = "$state/store"
runroot = "$state/run"
END
    export CONTAINERS_CONF=$state/containers.conf CONTAINERS_STORAGE_CONF=$state/storage.conf
    export DISABLE_HC_SYSTEMD=true # health is asked for here, not by timers of systemd
}

compose() {
    /usr/bin/python3 tests/containers/compose.py docker/compose.yaml "$state/work/env" "$@"
}

# Containers by the pod's id; then what volumes and keys held.
remove_containers() {
    local volume
    if [ -n "$pod" ]; then
        podman pod rm -f -t 5 "$pod" >/dev/null || complain "pod $pod could not be removed"
    fi
    pod=
    for volume in $(podman volume ls -q); do
        podman volume rm -f "$volume" >/dev/null || complain "volume $volume could not be removed"
    done
    rm -rf -- "$state/work"
}

remove_store() {
    local mounted
    # Deepest first; nothing below the store belongs to anybody else.
    while read -r mounted; do
        umount -- "$mounted"
    done < <(awk -v below="$state/" 'index($2, below) == 1 { print $2 }' /proc/mounts | sort -r)
    rm -rf --one-file-system -- "$state/store" "$state/run" "$state/tmp" "$state/networks" "$log"
}

leave() {
    local rc=$?
    trap - EXIT
    trap '' INT TERM HUP
    [ -z "$WAITED_PID" ] || kill -TERM "$WAITED_PID" 2>/dev/null || true
    remove_containers
    [ -z "$clean" ] || remove_store
    exit "$rc"
}

write_settings
# Of a call that was killed.
pod=$(podman pod ls -q --filter name='^beckon-check$')
remove_containers
[ -z "$fresh" ] || remove_store
write_settings
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

passed=0
failed=0
check() { # SENTENCE COMMAND…
    local what=$1 started=$SECONDS
    shift
    if patiently "$@" >"$state/work/said" 2>&1; then
        passed=$((passed + 1))
        say "ok      $what ($((SECONDS - started)) s)"
    else
        failed=$((failed + 1))
        tail -n 30 "$state/work/said"
        say "NOT ok  $what ($((SECONDS - started)) s)"
        return 1
    fi
}
finish() {
    say "$passed passed, $failed failed"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
    exit
}

# ---- images ---------------------------------------------------------------------------------------

# The official one leaves documents and translations out, of itself and of what is installed on it.
make_base() {
    local root=$state/work/base
    debian_make "$root" "$log/debootstrap.log"
    printf 'path-exclude /usr/share/%s/*\n' doc man info locale >"$root/etc/dpkg/dpkg.cfg.d/docker"
    rm -rf "$root"/usr/share/{doc,man,info,locale}/* "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* \
        "$root"/var/log/*
    tar -C "$root" -c . | podman import - "$BASE"
    rm -rf --one-file-system -- "$root"
}

build_image() { # TARGET IMAGE DOCKERFILE [OPTION…]
    local name=$1
    patiently buildah bud --layers --format docker --isolation chroot --network=host -f "$3" --target "$1" \
        -t "$2" "${@:4}" . >"$log/build-$name.log" 2>&1 || {
        tail -n 30 "$log/build-$name.log"
        return 1
    }
}

image_value() { # IMAGE TEMPLATE
    podman image inspect --format "$2" "$1"
}

is_small() { # IMAGE
    local bytes base
    bytes=$(image_value "$1" '{{.Size}}')
    base=$(image_value "$BASE" '{{.Size}}')
    size="$((bytes / 1000000)) MB, $(((bytes - base) / 100000))"
    size="${size:0:-1}.${size: -1} MB of it over the base"
    [ "$bytes" -le $((IMAGE_MAX_MB * 1000000)) ] && [ $((bytes - base)) -le $((OVER_BASE_MAX_MB * 1000000)) ]
}

# A number, since only of a number Kubernetes and others can tell that it is not root.
user_is_no_root() {
    [[ "$(image_value "$1" '{{.Config.User}}')" =~ ^[1-9][0-9]*:[1-9][0-9]*$ ]]
}

has_no_compiler() {
    ! podman run --rm --network=none --entrypoint bash "$1" -c 'command -v gcc ld cmake curl wget' | grep .
}

patiently scripts/install.sh containers || exit 1
docker/prepare.sh --secrets "$state/work/secrets" --env "$state/work/env" localhost >/dev/null
printf 'BECKON_EGRESS_%s=127.0.0.1\n' ALLOW CLEARTEXT >>"$state/work/env" # the pod is all the world there is
podman image exists "$BASE" || check "a base image by debootstrap" make_base || finish
while read -r target image <&3; do
    check "$image is built" build_image "$target" "localhost/$image" docker/Dockerfile || finish
    if is_small "localhost/$image"; then
        check "$image: $size" true
    else
        check "$image: $size; at most $OVER_BASE_MAX_MB over it, $IMAGE_MAX_MB in all" false || true
    fi
    check "$image does not run as root" user_is_no_root "localhost/$image" || true
    check "$image holds no tools to build or fetch with" has_no_compiler "localhost/$image" || true
done 3< <(compose build)
for image in postgres:15-bookworm redis:7-bookworm; do
    check "a stand-in for $image is built" \
        build_image "${image%:*}" "docker.io/library/$image" tests/containers/Dockerfile --ignorefile /dev/null || finish
done

# ---- one pod --------------------------------------------------------------------------------------

make_pod() {
    local volume options
    pod=$(podman pod create --name beckon-check --network=none)
    podman pod start "$pod" >/dev/null
    for volume in $(compose volumes); do
        mapfile -d '' options < <(compose volume "$volume")
        podman volume create "${options[@]}" "$volume" >/dev/null
    done
}

start() { # SERVICE
    local arguments
    mapfile -d '' arguments < <(compose create "$1")
    [ "${#arguments[@]}" -gt 0 ] || return 1
    podman run -d --pod "$pod" --name "$1" "${arguments[@]}"
}

tell() { # SERVICE: why it is not as it should
    podman logs --tail 20 "$1"
    return 1
}

is_running() {
    [ "$(podman inspect -f '{{.State.Running}}' "$1")" = true ]
}

comes_healthy() { # SERVICE
    local deadline=$((SECONDS + READY_S))
    until podman healthcheck run "$1" >/dev/null 2>&1; do
        is_running "$1" && [ "$SECONDS" -lt "$deadline" ] || tell "$1" || return 1
        sleep 0.2
    done
}

ends_well() { # SERVICE
    [ "$(podman wait "$1")" = 0 ] || tell "$1"
}

make_pod
services=$(compose services)
seen=
for service in $services; do
    # Whom it waits for stands before it, and is awaited in the state that compose.yaml asks for.
    while read -r other condition <&3; do
        [[ "$seen" != *" $other "* ]] || continue
        seen+=" $other "
        case $condition in
        service_healthy) check "$other is healthy" comes_healthy "$other" || finish ;;
        service_completed_successfully) check "$other ends with exit code 0" ends_well "$other" || finish ;;
        *) die "$service waits for $other in a way unknown here: $condition" ;;
        esac
    done 3< <(compose after "$service")
    check "$service starts" start "$service" || finish
done
SERVICES='config api notifier'
for service in $SERVICES; do
    check "$service is healthy: /readyz says 200" comes_healthy "$service" || finish
done

# ---- as hard as they are said to be ---------------------------------------------------------------

every_process_is_no_root() {
    local users
    users=$(podman top "$1" huser user | tail -n +2)
    [ -n "$users" ] && ! grep -wE 'root|0' <<<"$users"
}
has_no_capability() {
    podman exec "$1" cat /proc/1/status >"$state/work/status"
    grep -q '^NoNewPrivs:[[:space:]]*1$' "$state/work/status" && ! grep -E '^Cap(Inh|Prm|Eff|Bnd|Amb):.*[1-9a-f]' "$state/work/status"
}
cannot_write() {
    local place
    for place in / /tmp /etc /usr/bin /run /var/tmp; do
        ! podman exec "$1" bash -c ": >$place/x" 2>/dev/null || { say "$place is writable" && return 1; }
    done
}
for service in $SERVICES; do
    check "$service: no process of root's" every_process_is_no_root "$service" || true
    check "$service: no capability, and no way to new privileges" has_no_capability "$service" || true
    check "$service: its file system is read-only" cannot_write "$service" || true
done
for service in postgres redis; do
    check "$service: no process of root's" every_process_is_no_root "$service" || true
    check "$service: no capability, and no way to new privileges" has_no_capability "$service" || true
done
only_two_ports() {
    [ "$(compose ports)" = $'config 443:8443\napi 8444:8444' ]
}
check "only phones' and the API's ports are published" only_two_ports || true

# ---- from the first tenant to a job, as docker/README.md has it -----------------------------------

beckon() {
    local arguments
    mapfile -d '' arguments < <(compose create beckon)
    podman run --rm -i --pod "$pod" "${arguments[@]}" "$@"
}
# The pod's own loopback, from outside: its images have no curl.
infra=$(podman inspect -f '{{.State.Pid}}' "$(podman pod inspect -f '{{.InfraContainerID}}' "$pod")")
call() { # curl's arguments; the body goes to work/body, the status is printed
    nsenter --net --target "$infra" curl -sS -m 20 --cacert "$state/work/secrets/server-ca.pem" \
        -o "$state/work/body" -w '%{http_code}' "$@"
}
as_json() { # METHOD PATH [JSON]
    call -X "$1" -H 'Content-Type: application/json' -H "Authorization: Bearer ${token-}" \
        ${3:+--data-binary "$3"} "https://localhost:8444$2"
}

MAC=805ec0de0001
PASSWORD=$(openssl rand -hex 12)
first_tenant() {
    scripts/demo-pki.sh "$state/work/pki" CN=$MAC:phone
    beckon trust-root import - --maker yealink <"$state/work/pki/vendor-ca.pem"
    beckon tenant add acme --title "Acme" --json >"$state/work/tenant"
    beckon user add admin@acme.example --tenant acme --role admin --password-file - <<<"$PASSWORD"
    beckon pbx add --tenant acme main --domain pbx.acme.example --registrar 127.0.0.1:5060 --transport udp
    beckon pbx control --tenant acme main --address 127.0.0.1:5060 --username beckon --secret-file - <<<"$PASSWORD"
    beckon extension add --tenant acme --pbx main 101 --display-name Ada --secret-file - <<<"$(openssl rand -hex 12)"
    beckon device add --tenant acme $MAC --vendor yealink --model T54W --label Reception --line 1=101
}
nothing_is_wrong() {
    beckon check
}
# A new trust root is known to all workers in a moment, when they are told to look.
phone_fetches() {
    local key deadline=$((SECONDS + 20))
    key=$(jq -r .key "$state/work/tenant")
    podman kill --signal HUP config
    until [ "$(call --cert "$state/work/pki/phone.pem" --key "$state/work/pki/phone.key" \
        "https://localhost:8443/$key/$MAC.cfg")" = 200 ]; do
        [ "$SECONDS" -lt "$deadline" ] || tell config || return 1
        sleep 0.1
    done
    grep -q '^account\.1\.user_name' "$state/work/body"
}
no_certificate_no_http() {
    [ "$(call "https://localhost:8443/$(jq -r .key "$state/work/tenant")/$MAC.cfg" 2>/dev/null)" = 000 ]
}
sign_in() {
    [ "$(as_json POST /v1/auth/login "{\"email\": \"admin@acme.example\", \"password\": \"$PASSWORD\"}")" = 200 ] &&
        jq -r .access_token "$state/work/body" >"$state/work/token"
}
device_was_seen() {
    local deadline=$((SECONDS + 20))
    until [ "$(as_json GET /v1/devices)" = 200 ] &&
        jq -e '.items[0] | .last_visit_at != null and .pending_since == null' "$state/work/body" >/dev/null; do
        [ "$SECONDS" -lt "$deadline" ] || { cat "$state/work/body" && return 1; }
        sleep 0.1
    done
    jq '.items[0].id' "$state/work/body" >"$state/work/device"
}
notifier_sends_a_job() {
    local deadline=$((SECONDS + 20)) job
    as_json POST /v1/jobs "{\"kind\": \"reprovision\", \"device_id\": $(cat "$state/work/device")}" >/dev/null
    job=$(jq .id "$state/work/body")
    # No PBX listens there: what counts is that the notifier tried, and that the API tells.
    until [ "$(as_json GET "/v1/jobs/$job")" = 200 ] && jq -e '.times.sent != null' "$state/work/body" >/dev/null; do
        [ "$SECONDS" -lt "$deadline" ] || { cat "$state/work/body" && return 1; }
        sleep 0.1
    done
}
redis_is_up() {
    local deadline=$((SECONDS + 20))
    until [ "$(call http://127.0.0.1:9103/metrics)" = 200 ] && grep -q '^beckon_redis_up.* 1$' "$state/work/body"; do
        [ "$SECONDS" -lt "$deadline" ] || { grep redis "$state/work/body" && return 1; }
        sleep 0.1
    done
}
backs_up() {
    podman exec postgres bash -c 'PGPASSWORD=$(cat /run/secrets/pg_postgres) pg_dump -U postgres -Fc beckon' >"$state/work/dump"
    [ "$(head -c 5 "$state/work/dump")" = PGDMP ] && [ "$(stat -c %s "$state/work/dump")" -gt 100000 ]
}
# Into an empty database beside it.
restores() {
    podman exec -i postgres bash -c 'export PGPASSWORD=$(cat /run/secrets/pg_postgres)
        createdb -U postgres -O beckon_migrator -E UTF8 -l C.UTF-8 -T template0 again &&
        pg_restore -U postgres -d again --exit-on-error &&
        psql -U postgres -X -A -t -d again -c "select name from app.tenant"' <"$state/work/dump" >"$state/work/restored"
    [ "$(cat "$state/work/restored")" = acme ]
}
migrates_again() {
    local arguments
    mapfile -d '' arguments < <(compose create migrate)
    podman run --rm --pod "$pod" "${arguments[@]}"
}

check "the first tenant, with a phone and an admin, by the command line" first_tenant || finish
check "beckon check finds nothing wrong" nothing_is_wrong || true
check "the phone gets its file with its certificate" phone_fetches || true
check "no certificate, no HTTP" no_certificate_no_http || true
check "the admin signs in to the API" sign_in && token=$(cat "$state/work/token")
check "and sees that the phone was there" device_was_seen || true
check "the notifier hears Redis" redis_is_up || true
check "a job is sent by the notifier" notifier_sends_a_job || true
check "the database is backed up" backs_up || true
check "and restored" restores || true
check "migrating again changes nothing" migrates_again || true

# ---- the end --------------------------------------------------------------------------------------

drains() { # SERVICE: SIGTERM is heard, long before the KILL that would make it 137
    podman stop "$1" && [ "$(podman inspect -f '{{.State.ExitCode}}' "$1")" = 0 ] || tell "$1"
}
for service in $SERVICES redis postgres; do
    check "$service ends with exit code 0 when told to" drains "$service" || true
done
nothing_is_left() {
    remove_containers
    [ -z "$(podman ps -aq)$(podman pod ls -q)$(podman volume ls -q)" ]
}
mkdir -p "$state/work"
check "nothing is left of them" nothing_is_left || true
finish
