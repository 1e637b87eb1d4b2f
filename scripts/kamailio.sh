# shellcheck shell=bash
# A Kamailio of our own as the tenants' PBX: on loopback, in one private directory, known by pid, run by
# whoever runs this. For run. Sourced after lib.sh.
#
#   kamailio_start RUN_DIR LOG DIR PORT   answers on 127.0.0.1:PORT, UDP and TCP, when it returns; 1: it ended
#   kamailio_stop / kamailio_alive RUN_DIR
#   kamailio_account DIR USER DOMAIN PASSWORD   adds an account or changes its password: at once where it
#                                               runs, and for the next start
#
# deploy/kamailio/kamailio.cfg says what it does. Its control account in each domain is the user beckon.

KAMAILIO_CFG=$(dirname "${BASH_SOURCE[0]}")/../deploy/kamailio/kamailio.cfg
KAMAILIO=/usr/sbin/kamailio

kamailio_alive() {
    pid_alive "$1/kamailio.pid"
}

# What kamcmd is to do comes on stdin: arguments of a process are for everybody to read. From the
# directory itself, as a longer path may not fit into a unix socket's name.
kamailio_command() {
    (cd -- "$1" && kamcmd -s unixs:ctl 2>/dev/null)
}

kamailio_start() {
    local run=$1 log=$2 dir=$3 port=$4 deadline=$((SECONDS + 20))
    ! kamailio_alive "$run" || return 0
    [ -x "$KAMAILIO" ] || die "$KAMAILIO is missing: scripts/install.sh run"
    mkdir -p -- "$dir" && chmod 0700 -- "$dir"
    rm -f -- "$dir/ctl"
    cp -- "$KAMAILIO_CFG" "$dir/kamailio.cfg" # it looks for accounts.cfg beside itself
    [ -e "$dir/accounts.cfg" ] || : >"$dir/accounts.cfg"
    spawn "$run/kamailio.pid" "$log" "$KAMAILIO" -f "$dir/kamailio.cfg" -DD -E -w "$dir" -Y "$dir" \
        -P "$dir/kamailio.pid" -m 64 -M 8 -A "SIP_PORT=$port" || return 1
    until [[ $(kamailio_command "$dir" <<<core.uptime) == *uptime:* ]]; do
        kamailio_alive "$run" || return 1
        [ "$SECONDS" -lt "$deadline" ] || die "Kamailio does not answer in $dir; its log: $log"
        sleep 0.05
    done
}

kamailio_stop() {
    halt "$1/kamailio.pid" 10 "$KAMAILIO"
}

# HA1 of RFC 7616 3.4.2: what the PBX keeps instead of the password.
kamailio_ha1() {
    printf '%s:%s:%s' "$1" "$2" "$3" | md5sum | cut -d' ' -f1
}

kamailio_account() {
    local dir=$1 user=$2 domain=$3 ha1 address=$2@$3
    case $user$domain in
    '' | *[!A-Za-z0-9._+-]*) die "\"$address\" is not an account Kamailio can be told of" ;;
    esac
    ha1=$(kamailio_ha1 "$user" "$domain" "$4")
    mkdir -p -- "$dir" && chmod 0700 -- "$dir"
    {
        grep -v -F -- "(account=>$address)" "$dir/accounts.cfg" 2>/dev/null || true
        # shellcheck disable=SC2016 # Kamailio's variable, not ours
        printf '$sht(account=>%s) = "%s";\n' "$address" "$ha1"
    } >"$dir/accounts.cfg.new"
    mv -f -- "$dir/accounts.cfg.new" "$dir/accounts.cfg"
    [ -S "$dir/ctl" ] || return 0
    # s: it is text, though it may consist of digits only.
    [[ $(kamailio_command "$dir" <<<"htable.sets account $address s:$ha1") == *"Key set"* ]] ||
        complain "Kamailio in $dir does not run; it learns of $address at its next start"
}
