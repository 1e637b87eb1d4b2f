# shellcheck shell=bash
# What run, test, bench and the scripts beside this file share: words to people, processes known by
# pid and start time, directories that are safe to use. Sourced, never run; needs nothing but bash,
# coreutils and a mounted /proc.

LC_ALL=C.UTF-8
export LC_ALL
# Somebody who sourced var/demo/env, or works with another database, must not steer the private one.
for name in "${!BECKON_@}" "${!PG@}"; do
    [ "$name" = BECKON_BUILD ] || unset "$name"
done
unset name

PROG=${0##*/}

say() {
    printf '%s\n' "$*"
}

complain() {
    printf '%s: %s\n' "$PROG" "$*" >&2
}

die() {
    complain "$@"
    exit 1
}

need_proc() {
    [ -r /proc/self/stat ] ||
        die "/proc is not mounted, and processes cannot be told apart without it: mount -t proc proc /proc"
}

# Text as one word of a POSIX shell.
shell_quote() {
    printf "'%s'" "${1//\'/\'\\\'\'}"
}

# Text as a value of a libpq connection string.
conninfo_quote() {
    local text=${1//\\/\\\\}
    printf "'%s'" "${text//\'/\\\'}"
}

# Text as a string literal of SQL.
sql_quote() {
    printf "'%s'" "${1//\'/\'\'}"
}

bytes_of() {
    local LC_ALL=C
    printf '%s' "${#1}"
}

# ---- long commands that a signal may interrupt ----------------------------------------------------

# bash runs a trap only after the command in front ends, so a long one goes to the background.
WAITED_PID=
patiently() {
    "$@" &
    WAITED_PID=$!
    local rc=0
    wait "$WAITED_PID" || rc=$?
    WAITED_PID=
    return "$rc"
}

# ---- processes ------------------------------------------------------------------------------------

# Start time of a living process, in clock ticks since boot: with the pid it names one process for as
# long as the machine runs. Fails for a dead one and for a zombie.
proc_start() {
    local line
    { IFS= read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
    line=${line##*) }
    # shellcheck disable=SC2086 # the fields are wanted as words
    set -- $line
    [ "$1" != Z ] && [ "$1" != X ] || return 1
    PROC_START=${20}
}

boot_id() {
    local id=unknown
    { IFS= read -r id </proc/sys/kernel/random/boot_id; } 2>/dev/null || true
    printf '%s' "$id"
}

# pid_write FILE PID
pid_write() {
    proc_start "$2" || return 1
    printf '%s %s %s\n' "$2" "$PROC_START" "$(boot_id)" >"$1.tmp" && mv -f "$1.tmp" "$1"
}

# The process of a pid file, in PROC_PID: fails when it is dead, of an earlier boot, or when the
# number belongs to somebody else by now.
pid_alive() {
    local pid start boot
    PROC_PID=
    { read -r pid start boot <"$1"; } 2>/dev/null || return 1
    case $pid in '' | *[!0-9]*) return 1 ;; esac
    [ "$boot" = "$(boot_id)" ] || return 1
    proc_start "$pid" && [ "$PROC_START" = "$start" ] || return 1
    PROC_PID=$pid
}

# spawn PIDFILE LOG COMMAND…: in a session of its own, so that Ctrl-C does not reach it before us and
# what it leaves behind can be found.
spawn() {
    local pid_file=$1 log=$2 pid
    shift 2
    [ ! -s "$log" ] || mv -f "$log" "$log.1"
    setsid "$@" >>"$log" 2>&1 </dev/null 9>&- &
    pid=$!
    disown "$pid" 2>/dev/null || true
    pid_write "$pid_file" "$pid" && return 0
    complain "${1##*/} ended at once; its last words ($log):"
    tail -n 5 "$log" >&2
    return 1
}

# halt PIDFILE SECONDS [PROGRAM]: TERM, and KILL when that was not heard. Then the same for processes
# of its session that run PROGRAM: workers whose master was killed.
halt() {
    local pid_file=$1 patience_s=$2 program=${3-} pid rest deadline member exe
    if pid_alive "$pid_file"; then
        pid=$PROC_PID
        kill -TERM "$pid" 2>/dev/null || true
        deadline=$((SECONDS + patience_s))
        while pid_alive "$pid_file"; do
            if [ "$SECONDS" -ge "$deadline" ]; then
                complain "process $pid did not end within $patience_s s; killing it"
                kill -KILL "$pid" 2>/dev/null || true
                sleep 0.2
                break
            fi
            sleep 0.05
        done
    fi
    if [ -n "$program" ] && { read -r pid rest <"$pid_file"; } 2>/dev/null; then
        for member in /proc/[0-9]*; do
            exe=$(readlink "$member/exe" 2>/dev/null) || continue
            [ "${exe% (deleted)}" = "$program" ] || continue
            session_is "${member#/proc/}" "$pid" && kill -KILL "${member#/proc/}" 2>/dev/null
        done
    fi
    rm -f "$pid_file"
}

session_is() {
    local line want=$2
    { IFS= read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
    # shellcheck disable=SC2086
    set -- ${line##*) }
    [ "$4" = "$want" ]
}

# ---- ports ----------------------------------------------------------------------------------------

# Is a TCP port free on every address? Listening sockets as the kernel lists them.
port_is_free() {
    local hex files=() f
    printf -v hex ':%04X' "$1"
    for f in /proc/net/tcp /proc/net/tcp6; do [ -r "$f" ] && files+=("$f"); done
    [ "${#files[@]}" -gt 0 ] || return 0
    ! awk -v port="$hex" '$4 == "0A" && substr($2, length($2) - 4) == port { found = 1 }
                          END { exit !found }' "${files[@]}"
}

# port_choose PREFERRED [NOT…]: the first free one from PREFERRED on.
port_choose() {
    local port=$1
    while [ "$port" -lt $(($1 + 200)) ]; do
        [[ " ${*:2} " != *" $port "* ]] && port_is_free "$port" && printf '%s' "$port" && return 0
        port=$((port + 1))
    done
    return 1
}

# ---- directories ----------------------------------------------------------------------------------

# safe_dir DIR MODE: ours, no symbolic link, not writable by others; made if missing. For names in
# /tmp and /var/tmp, where anybody may have been first.
safe_dir() {
    local dir=$1 mode=$2 seen
    mkdir -m "$mode" -- "$dir" 2>/dev/null || true
    [ ! -L "$dir" ] && [ -d "$dir" ] || die "$dir is in the way: not a directory of ours. Remove it and try again."
    seen=$(stat -c '%u' -- "$dir")
    [ "$seen" = "$(id -u)" ] ||
        die "$dir belongs to user id $seen, not to this one ($(id -u)). Remove it and try again."
    chmod "$mode" -- "$dir"
}
