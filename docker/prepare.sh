#!/usr/bin/env bash
# What compose.yaml needs before the first start: secrets in files, and docker/.env that names them.
#
#   docker/prepare.sh [--secrets DIR] [--env FILE] HOST
#
# HOST is the name (or address) under which phones and admins reach this machine; [HOST:PORT] when phones come to
# another port than 443. What is there is kept: to replace a certificate by one of yours, overwrite it. Containers
# run as the user who calls this, or as 10001 when that is root, so that nobody else can read the files.
set -euo pipefail
umask 077
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
. "$here/../scripts/lib.sh"

secrets=$here/secrets env=$here/.env host=
while [ $# -gt 0 ]; do
    case $1 in
    --secrets | --env)
        [ $# -ge 2 ] || die "$1 wants a path"
        printf -v "${1#--}" '%s' "$(readlink -m -- "$2")"
        shift
        ;;
    -*) die "usage: docker/prepare.sh [--secrets DIR] [--env FILE] HOST" ;;
    *) host=$1 ;;
    esac
    shift
done
name=${host%:*} port=443
[ "$name" = "$host" ] || port=${host##*:}
[[ $name =~ ^[A-Za-z0-9.-]{1,253}$ && $port =~ ^[0-9]{1,5}$ ]] || die "usage: docker/prepare.sh [--secrets DIR] [--env FILE] HOST"
command -v openssl >/dev/null || die "openssl is missing"

uid=$(id -u) gid=$(id -g)
[ "$uid" -ne 0 ] || uid=10001 gid=10001
mkdir -p -- "$secrets"
cd -- "$secrets"

# fresh FILE COMMAND…: its output, unless the file is there; never half of it.
fresh() {
    local file=$1
    shift
    [ ! -s "$file" ] || return 0
    "$@" >"$file.new"
    mv -- "$file.new" "$file"
}
pgpass() { # ROLE, as libpq's password file
    printf '*:*:beckon:%s:%s\n' "$1" "$(openssl rand -hex 24)"
}
redis_acl() {
    local may='+ping +xadd +xread +pfadd +pfcount +incrby +expire'
    printf 'user default off\nuser beckon on #%s resetchannels ~beckon:* %s\n' \
        "$(tr -d '\n' <redis_password | sha256sum | cut -d ' ' -f 1)" "$may"
}

# Without this one no tenant's secrets can be read by anybody.
fresh master.key openssl rand -hex 32
fresh jwt.key openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256
fresh pg_postgres openssl rand -hex 24
for role in config api notifier operator migrator; do
    fresh pg_$role pgpass beckon_$role
done
fresh redis_password openssl rand -hex 24
redis_acl >redis_acl.new # always: what Beckon may do there follows what it does
mv -- redis_acl.new redis_acl

# Certificates of a CA of our own; phones have to be told of it, unless they do not check.
if [ ! -s server-ec.pem ] || [ ! -s server-rsa.pem ]; then
    # shellcheck disable=SC2034 # pki.sh reads it
    if [[ $name =~ ^[0-9.]+$ ]]; then PKI_SERVER_NAMES="IP:$name"; else PKI_SERVER_NAMES="DNS:$name"; fi
    . "$here/../scripts/pki.sh"
    new_ca server-ca "/O=Beckon/CN=Beckon server CA of $name"
    new_cert server-ec server-ca ec v3_server "/CN=$name"
    new_cert server-rsa server-ca rsa v3_server "/CN=$name"
fi

[ "$(id -u)" -ne 0 ] || chown -R -- "$uid:$gid" "$secrets"
# Mounted into containers as they are, whatever the umask of the checkout was.
chmod go+r -- "$here/redis.conf" "$here/../deploy/postgres/roles.sql"
chmod go+rx -- "$here/postgres-init.sh"
cat >"$env" <<END
# Written by docker/prepare.sh; read by docker compose.
BECKON_UID=$uid
BECKON_GID=$gid
BECKON_SECRETS=$secrets
BECKON_HOST=$host
BECKON_PHONE_PORT=$port
END
chmod 644 "$env"
say "secrets for $host in $secrets, settings in $env."
say "Keep a copy of $secrets/master.key elsewhere, and not beside the database's backups."
