# shellcheck shell=bash
# A PostgreSQL and a Redis of our own: on unix sockets only, data in one directory, processes known by
# pid. For run and bench. Sourced after lib.sh.
#
#   private_place DIR        decide where things lie; sets the variables below; says what is unusual
#   pg_start / pg_stop / pg_alive / pg_remove, redis_start / redis_stop / redis_alive

PG_BIN=/usr/lib/postgresql/15/bin
PG_USER=    # who runs it: we, or postgres when we are root, which initdb refuses
PG_DATA=    # data directory; everything is in its files, so that pg_ctl -D works by hand
PG_SOCKET=  # directory of the socket
PG_DSN=     # the administrator's connection string
REDIS_DIR=
REDIS_SOCKET=
PRIVATE_ELSEWHERE=() # directories outside of DIR

SOCKET_PATH_MAX=107 # sun_path has 108 bytes with its terminator (unix(7))

# In PostgreSQL's name: no environment of ours, and not from a directory it may not enter.
pg_as() {
    local as=()
    [ "$(id -u)" -ne 0 ] || as=(setpriv --reuid="$PG_USER" --regid="$PG_USER" --clear-groups)
    (cd / && exec env -i PATH=/usr/bin:/bin HOME=/ LC_ALL=C.UTF-8 "${as[@]}" "$@" 9>&-)
}

sql() {
    "$PG_BIN/psql" -X -q -A -t -v ON_ERROR_STOP=1 -d "$PG_DSN" "$@"
}

private_place() {
    local dir=$1 hash base short
    hash=$(printf '%s' "$dir" | sha256sum | cut -c1-12)
    PRIVATE_ELSEWHERE=()
    PG_USER=$(id -un 2>/dev/null || id -u)
    base=$dir
    case $dir in
    *[!A-Za-z0-9_./\ +,@%=:-]*) # pg_ctl hands its paths to a shell
        base=/var/tmp/beckon-$(id -u)-$hash
        say "the name of $dir has characters that pg_ctl cannot take: PostgreSQL's data is in $base"
        ;;
    esac
    if [ "$(id -u)" -eq 0 ]; then
        PG_USER=postgres
        id -u postgres >/dev/null 2>&1 || die "there is no user postgres; the package postgresql-15 makes it"
        if [ "$base" = "$dir" ] && { ! pg_as test -x "$dir" || ! pg_can_own "$dir"; }; then
            base=/var/tmp/beckon-0-$hash
            say "user postgres cannot work in $dir: PostgreSQL's data is in $base"
        fi
    fi
    if [ "$base" != "$dir" ]; then
        safe_dir "$base" 0711
        PRIVATE_ELSEWHERE+=("$base")
    fi
    PG_DATA=$base/pg/data
    PG_SOCKET=$base/pg/run
    REDIS_DIR=$dir/redis
    REDIS_SOCKET=$REDIS_DIR/redis.sock
    short=/tmp/beckon-$(id -u)-$hash
    if [ "$(bytes_of "$PG_SOCKET/.s.PGSQL.5432")" -gt $SOCKET_PATH_MAX ]; then
        safe_dir "$short" 0711
        PG_SOCKET=$short/pg
    fi
    if [ "$(bytes_of "$REDIS_SOCKET")" -gt $SOCKET_PATH_MAX ]; then
        safe_dir "$short" 0711
        REDIS_SOCKET=$short/redis.sock
    fi
    if [ -d "$short" ]; then
        PRIVATE_ELSEWHERE+=("$short")
        say "$dir is too long a path for a unix socket ($SOCKET_PATH_MAX bytes): sockets are in $short"
    fi
    PG_DSN="host=$(conninfo_quote "$PG_SOCKET") port=5432 dbname=beckon user=postgres"
}

# Does this file system let us give a directory away? Tried once, when it is new: one that is there
# may be another user's, and looking (--status) must not take it from him.
pg_can_own() {
    [ ! -e "$1/pg" ] || return 0
    mkdir -- "$1/pg" || return 1
    chown "$PG_USER:$PG_USER" -- "$1/pg" 2>/dev/null || { rmdir -- "$1/pg" && return 1; }
}

pg_dir() {
    mkdir -p -- "$1"
    [ ! -L "$1" ] && [ -d "$1" ] || die "$1 is in the way: not a directory"
    if [ "$(id -u)" -eq 0 ] && [ "$(stat -c %u -- "$1")" = 0 ]; then
        chown "$PG_USER:$PG_USER" -- "$1"
    fi
    [ "$(stat -c %u -- "$1")" = "$(id -u "$PG_USER")" ] ||
        die "$1 belongs to user id $(stat -c %u -- "$1"): this was started by somebody else before. Use that user, or remove it."
    chmod 0700 -- "$1"
}

# Processes of PostgreSQL that work in PG_DATA, whatever postmaster.pid says.
pg_processes() {
    local p
    for p in /proc/[0-9]*; do
        [ "$(readlink "$p/cwd" 2>/dev/null)" = "$PG_DATA" ] || continue
        case $(readlink "$p/exe" 2>/dev/null) in
        */postgres | */postgres\ \(deleted\)) printf '%s\n' "${p#/proc/}" ;;
        esac
    done
}

pg_alive() {
    local pid
    { read -r pid <"$PG_DATA/postmaster.pid"; } 2>/dev/null || return 1
    [ "$(readlink "/proc/$pid/cwd" 2>/dev/null)" = "$PG_DATA" ] && proc_start "$pid"
}

# A crash or a reboot leaves lock files whose number may be a stranger's by now, and a kill -9 of the
# postmaster leaves backends that hold the shared memory: PostgreSQL refuses to start beside either.
pg_clear_stale() {
    local orphans deadline=$((SECONDS + 20))
    ! pg_alive || return 0
    orphans=$(pg_processes)
    while [ -n "$orphans" ]; do
        # shellcheck disable=SC2086
        kill -QUIT $orphans 2>/dev/null || true
        [ "$SECONDS" -lt "$deadline" ] || die "processes of a killed PostgreSQL do not end:" $orphans
        sleep 0.1
        orphans=$(pg_processes)
    done
    rm -f -- "$PG_DATA/postmaster.pid" "$PG_SOCKET/.s.PGSQL.5432" "$PG_SOCKET/.s.PGSQL.5432.lock"
}

pg_write_settings() {
    local socket=${PG_SOCKET//\"/\"\"}
    socket=${socket//\'/\'\'}
    pg_as tee "$PG_DATA/beckon.conf" >/dev/null <<END
# Written by $PROG at every start.
listen_addresses = ''
port = 5432
unix_socket_directories = '"$socket"'
unix_socket_permissions = 0700
logging_collector = on
log_directory = 'log'
log_filename = 'postgresql-%a.log'
log_rotation_age = 1d
log_truncate_on_rotation = on
log_line_prefix = '%m [%p] %u@%d '
timezone = 'UTC'
log_timezone = 'UTC'
cluster_name = 'beckon'
END
}

pg_start() {
    [ -x "$PG_BIN/postgres" ] || die "$PG_BIN/postgres is missing: scripts/install.sh run"
    pg_dir "${PG_DATA%/data}"
    pg_dir "$PG_SOCKET"
    if [ ! -e "$PG_DATA/PG_VERSION" ]; then
        # Under another name first: what a Ctrl-C leaves half done is not taken for a cluster.
        rm -rf -- "$PG_DATA" "$PG_DATA.new"
        patiently pg_as "$PG_BIN/initdb" -D "$PG_DATA.new" -U postgres --auth=trust --encoding=UTF8 \
            --locale=C.UTF-8 --data-checksums >"$PG_LOG" 2>&1 ||
            die "initdb failed: $(tail -n 3 "$PG_LOG")"
        # Only who may enter the socket's directory (0700) gets as far as this file.
        pg_as tee "$PG_DATA.new/pg_hba.conf" >/dev/null <<<'local all all trust'
        pg_as tee -a "$PG_DATA.new/postgresql.conf" >/dev/null <<<"include 'beckon.conf'"
        mv -- "$PG_DATA.new" "$PG_DATA"
    fi
    [ "$(cat "$PG_DATA/PG_VERSION")" = 15 ] ||
        die "$PG_DATA is of PostgreSQL $(cat "$PG_DATA/PG_VERSION"), not 15. With --fresh it is made again."
    if pg_alive; then
        return 0
    fi
    pg_clear_stale
    pg_write_settings
    patiently pg_as "$PG_BIN/pg_ctl" -D "$PG_DATA" -s -w -t 60 start >"$PG_LOG" 2>&1 || {
        tail -n 5 "$PG_LOG" >&2
        die "PostgreSQL did not start; its log is in $PG_DATA/log"
    }
    if [ -z "$("$PG_BIN/psql" -X -q -A -t -d "${PG_DSN/dbname=beckon/dbname=postgres}" \
        -c "select 1 from pg_database where datname = 'beckon'")" ]; then
        "$PG_BIN/psql" -X -q -d "${PG_DSN/dbname=beckon/dbname=postgres}" -c 'create database beckon' ||
            die "the database beckon could not be made"
    fi
}

pg_stop() {
    if pg_alive; then
        pg_as "$PG_BIN/pg_ctl" -D "$PG_DATA" -s -w -t 60 -m fast stop >/dev/null 2>&1 ||
            pg_as "$PG_BIN/pg_ctl" -D "$PG_DATA" -s -w -t 20 -m immediate stop >/dev/null 2>&1 ||
            complain "PostgreSQL in $PG_DATA does not stop"
    fi
    [ ! -d "$PG_DATA" ] || pg_clear_stale
}

redis_alive() {
    pid_alive "$1/redis.pid"
}

# redis_start RUN_DIR LOG: a doorbell, a counter, a cache; nothing of it is kept.
redis_start() {
    local deadline=$((SECONDS + 10)) socket=${REDIS_SOCKET//\"/\\\"} dir=${REDIS_DIR//\"/\\\"}
    ! redis_alive "$1" || return 0
    mkdir -p -- "$REDIS_DIR" && chmod 0700 -- "$REDIS_DIR"
    local as=()
    if [ "$(id -u)" -eq 0 ] && { chown "$PG_USER:$PG_USER" -- "$REDIS_DIR" && pg_as test -x "$REDIS_DIR"; } 2>/dev/null; then
        as=(setpriv --reuid="$PG_USER" --regid="$PG_USER" --clear-groups) # and so may who serves as that user
    fi
    rm -f -- "$REDIS_SOCKET"
    cat >"$REDIS_DIR/redis.conf" <<END
# Written by $PROG at every start.
port 0
unixsocket "$socket"
unixsocketperm 700
dir "$dir"
save ""
appendonly no
maxmemory 64mb
maxmemory-policy noeviction
always-show-logo no
END
    spawn "$1/redis.pid" "$2" "${as[@]}" redis-server "$REDIS_DIR/redis.conf" || return 1
    until [ "$(redis-cli -s "$REDIS_SOCKET" ping 2>/dev/null)" = PONG ]; do
        [ "$SECONDS" -lt "$deadline" ] || die "Redis does not answer on $REDIS_SOCKET; its log: $2"
        redis_alive "$1" || die "Redis ended; its log: $2"
        sleep 0.05
    done
}

redis_stop() {
    halt "$1/redis.pid" 10
    rm -f -- "$REDIS_SOCKET"
}

# After both are stopped.
private_remove() {
    local dir
    rm -rf -- "$PG_DATA" "$PG_DATA.new" "$PG_SOCKET" "${PG_DATA%/data}" "$REDIS_DIR"
    for dir in "${PRIVATE_ELSEWHERE[@]}"; do
        rm -rf -- "$dir"
    done
}
