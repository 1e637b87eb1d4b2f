# shellcheck shell=bash
# A clean Debian 12 in a directory, with packages from where this machine has its own. Sourced, behind
# lib.sh; needs root and debootstrap.

# debian_make ROOT LOG
debian_make() {
    local root=$1 log=$2 sources mirror file
    # shellcheck disable=SC2016 # apt's own variables
    sources=$(apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)|$(ORIGIN)|$(CODENAME)' \
        'Identifier: Packages' | sed -n 's/|Debian|bookworm[a-z-]*$//p' | sort -u)
    mirror=$(sed -n 's/^deb \([^ ]*\) bookworm main$/\1/p' <<<"$sources" | head -n 1)
    [ -n "$mirror" ] || die "the sources of apt on this machine do not name Debian 12 (after apt-get update?)"
    patiently debootstrap --variant=minbase --include=ca-certificates bookworm "$root" "$mirror" >"$log" 2>&1 || {
        tail -n 10 "$log" >&2
        die "debootstrap failed"
    }
    printf '%s\n' "$sources" >"$root/etc/apt/sources.list"
    # How apt reaches its sources here: proxy, certificates, dates.
    for file in $(grep -lE '^[^/#]*Acquire' /etc/apt/apt.conf /etc/apt/apt.conf.d/* 2>/dev/null); do
        cp "$file" "$root/etc/apt/apt.conf.d/"
    done
    if compgen -G '/usr/local/share/ca-certificates/*.crt' >/dev/null; then
        cp /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/"
        chroot "$root" update-ca-certificates >/dev/null 2>&1
    fi
}
