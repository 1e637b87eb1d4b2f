#!/usr/bin/env bash
# Debian packages for what the tree's commands need, and the minimum versions of the libraries that
# face the network. Called by run, test and bench with the names of sets:
#
#   scripts/install.sh build run        quick when nothing is missing (one dpkg-query)
#   scripts/install.sh --check build    changes nothing; exit 1 says what is missing or too old
#
# Asks nothing, starts no service that was not installed before, and keeps every configuration file.
set -euo pipefail
umask 022
cd "$(dirname "$(readlink -f "$0")")"
. ./lib.sh

declare -A SETS=(
    [build]="gcc libc6-dev cmake ninja-build pkg-config libh2o-evloop-dev libpq-dev libmimalloc-dev libssl-dev
             libjansson-dev libhiredis-dev libjwt-dev libre-dev libseccomp-dev libexpat1-dev"
    [run]="postgresql-15 redis-server kamailio kamailio-tls-modules openssl curl
           util-linux jq"
    [test]="tzdata libcmocka-dev clang clang-format clang-tidy libclang-rt-14-dev shellcheck git python3 python3-pytest
            python3-cryptography python3-psycopg2 python3-jwt python3-yaml python3-jsonschema
            testssl.sh slowhttptest faketime libfaketime"
    [bench]="nginx-light"
    [containers]="podman buildah runc catatonit netavark debootstrap openssl curl jq python3 python3-yaml"
)

# Below these, known holes are open. An older package is upgraded; apt brings its siblings along.
MINIMUM="libh2o-evloop0.13=2.2.5+dfsg2-7 libjansson4=2.14-2 libpq5=15.20-0+deb12u1
    postgresql-15=15.20-0+deb12u1 libssl3=3.0.22-1~deb12u2 openssl=3.0.22-1~deb12u2
    redis-server=5:7.0.15-1~deb12u10 libhiredis0.14=0.14.1-3 libjwt0=1.10.2-1+deb12u1 libre0=1.1.0-1"
# Not installed for their own sake, but bound to the version of one of the above.
SIBLINGS="libssl-dev libpq-dev libh2o-evloop-dev libjansson-dev libhiredis-dev libjwt-dev libre-dev postgresql-client-15 redis-tools"
# Started by their packages unless told otherwise.
SERVICES="postgresql redis-server kamailio nginx"

usage() {
    say "usage: scripts/install.sh [--check] SET…    sets: ${!SETS[*]}"
}

check_only=
packages=
for arg in "$@"; do
    case $arg in
    --check) check_only=1 ;;
    --help) usage && exit 0 ;;
    *)
        [ -n "${SETS[$arg]-}" ] || { usage >&2 && exit 2; }
        packages+=" ${SETS[$arg]}"
        ;;
    esac
done
[ -n "$packages" ] || { usage >&2 && exit 2; }

command -v dpkg-query >/dev/null ||
    die "this is not Debian (no dpkg-query). Install by hand what stands for:$packages"

declare -A VERSION=()
missing=()
outdated=()

look() {
    local name status version row
    VERSION=() missing=() outdated=()
    # shellcheck disable=SC2046,SC2086 # lists of names
    while read -r name status version; do
        [ "$status" = installed ] && VERSION[$name]=$version
    done < <(dpkg-query -W -f '${Package} ${db:Status-Status} ${Version}\n' \
        $packages $SIBLINGS $(printf '%s\n' $MINIMUM | sed 's/=.*//') 2>/dev/null)
    for name in $packages; do
        [ -n "${VERSION[$name]-}" ] || missing+=("$name")
    done
    for row in $MINIMUM; do
        name=${row%%=*}
        [ -n "${VERSION[$name]-}" ] || continue
        dpkg --compare-versions "${VERSION[$name]}" ge "${row#*=}" || outdated+=("$row")
    done
}

tell_outdated() {
    local row
    for row in "${outdated[@]}"; do
        complain "${row%%=*} is ${VERSION[${row%%=*}]}, older than ${row#*=}, which closes known holes"
    done
}

look
[ $((${#missing[@]} + ${#outdated[@]})) -gt 0 ] || exit 0
if [ -n "$check_only" ]; then
    [ "${#missing[@]}" -eq 0 ] || complain "missing: ${missing[*]}"
    tell_outdated
    exit 1
fi

# What the archive could not better a day ago is not asked for on every start.
tried=$(cd .. && pwd)/var/upgrade-tried
if [ "${#missing[@]}" -eq 0 ] && [ -n "$(find "$tried" -mtime -1 2>/dev/null)" ] &&
    [ "$(cat "$tried" 2>/dev/null)" = "$(printf '%s\n' "${outdated[@]}")" ]; then
    tell_outdated
    exit 0
fi

# As an ordinary user: the same script once more, as root, for everything below.
if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        exec sudo -n -- /usr/bin/env bash "$PWD/install.sh" "$@"
    fi
    if [ "${#missing[@]}" -eq 0 ]; then
        tell_outdated
        complain "going on without; as root, scripts/install.sh $* upgrades them"
        exit 0
    fi
    complain "missing: ${missing[*]}"
    die "not root, and sudo does not work here without a password. As root: scripts/install.sh $*"
fi

export DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true NEEDRESTART_SUSPEND=1 \
    APT_LISTCHANGES_FRONTEND=none UCF_FORCE_CONFFOLD=1
apt() {
    apt-get -qq -y --no-install-recommends -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
        -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@" </dev/null
}

policy=/usr/sbin/policy-rc.d
no_cluster=/etc/postgresql-common/createcluster.d/beckon-install.conf
made=()
log=
clean_up() {
    [ "${#made[@]}" -eq 0 ] || rm -f -- "${made[@]}"
    [ -z "$log" ] || rm -f -- "$log"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
log=$(mktemp)

# In a chroot or a container nothing may be started; on a machine, not what this call brings in.
quiet_services=
in_chroot() {
    [ ! -d /run/systemd/system ] || [ "$(stat -c %d:%i /)" != "$(stat -c %d:%i /proc/1/root/. 2>/dev/null)" ]
}
# A package that was installed before keeps its service: an upgrade may restart it.
for service in $SERVICES; do
    case $service in
    postgresql) owner=postgresql-common ;;
    nginx) owner=nginx-common ;;
    *) owner=$service ;;
    esac
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$owner" 2>/dev/null)" = installed ] ||
        quiet_services+=" $service"
done
if [ ! -e "$policy" ]; then
    if in_chroot; then
        pattern='*'
    else
        pattern=$(for s in $quiet_services; do printf '%s|%s.service|' "$s" "$s"; done)
        pattern=${pattern%|}
    fi
    if [ -n "$pattern" ]; then
        made+=("$policy")
        printf '#!/bin/sh\n# Made by scripts/install.sh, removed when it ends.\ncase $1 in %s) exit 101 ;; esac\nexit 0\n' \
            "$pattern" >"$policy"
        chmod 755 "$policy"
    fi
fi
if [ -z "${VERSION[postgresql-15]-}" ] && [ ! -e "$no_cluster" ]; then
    made+=("$no_cluster")
    mkdir -p "${no_cluster%/*}"
    printf '# Made by scripts/install.sh, removed when it ends.\ncreate_main_cluster = false\n' >"$no_cluster"
fi

[ "${#missing[@]}" -eq 0 ] || say "installing: ${missing[*]}"
apt_or_die() {
    apt "$@" >"$log" 2>&1 && return 0
    tail -n 25 "$log" >&2
    die "apt-get $1 failed; its last lines stand above"
}
apt_or_die update
[ "${#missing[@]}" -eq 0 ] || apt_or_die install "${missing[@]}"

look
if [ "${#outdated[@]}" -gt 0 ]; then
    upgrade=()
    for row in "${outdated[@]}"; do
        name=${row%%=*}
        candidate=$(apt-cache policy "$name" | awk '$1 == "Candidate:" { print $2 }')
        dpkg --compare-versions "$candidate" gt "${VERSION[$name]}" || continue
        say "upgrading: $name ${VERSION[$name]} -> $candidate (known holes are open below ${row#*=})"
        upgrade+=("$name")
    done
    if [ "${#upgrade[@]}" -gt 0 ]; then
        for name in $SIBLINGS; do
            [ -z "${VERSION[$name]-}" ] || upgrade+=("$name")
        done
        apt_or_die install --only-upgrade "${upgrade[@]}"
        look
    fi
fi
[ "${#missing[@]}" -eq 0 ] || die "still missing after apt-get install: ${missing[*]}"
if [ "${#outdated[@]}" -gt 0 ]; then
    tell_outdated
    complain "the sources of apt on this machine hold nothing newer: is the security archive among them?"
    mkdir -p "${tried%/*}" && printf '%s\n' "${outdated[@]}" >"$tried"
else
    rm -f "$tried"
fi

# What was brought in only for its program shall not start with the next boot either.
if [ -n "$quiet_services" ] && command -v systemctl >/dev/null; then
    for service in $quiet_services; do
        [ "$service" = postgresql ] || systemctl --quiet disable "$service" >/dev/null 2>&1 || true
    done
fi
