#!/usr/bin/env bash
# Would it work on a machine that has nothing but Debian 12? Makes one with debootstrap, clones the tree
# into it, runs ./run --detach there and looks from inside with scripts/demo-check.sh. Needs root and
# some 2 GB below /var/tmp; takes minutes. Everything is removed at the end.
#
# Of a tree with changes that are not committed, the files as they are go in instead of a clone.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
. scripts/lib.sh
. scripts/debian.sh
need_proc

[ "$(id -u)" -eq 0 ] || die "a chroot needs root"
for tool in debootstrap git; do
    command -v $tool >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $tool \
        </dev/null >/dev/null || die "$tool is missing and could not be installed"
done

root=$(mktemp -d /var/tmp/beckon-chroot.XXXXXX)
chmod 755 "$root"

inside_processes() {
    local p
    for p in /proc/[0-9]*; do
        [ "$(readlink "$p/root" 2>/dev/null)" = "$root" ] && printf '%s\n' "${p#/proc/}"
    done
    return 0
}
clean_up() {
    local rc=$? left
    trap '' INT TERM HUP
    [ -z "$WAITED_PID" ] || kill -TERM "$WAITED_PID" 2>/dev/null || true
    left=$(inside_processes)
    # shellcheck disable=SC2086
    [ -z "$left" ] || { kill -TERM $left 2>/dev/null || true; sleep 2; }
    left=$(inside_processes)
    # shellcheck disable=SC2086
    [ -z "$left" ] || kill -KILL $left 2>/dev/null || true
    umount "$root/proc" 2>/dev/null || umount -l "$root/proc" 2>/dev/null || true
    rm -rf --one-file-system -- "$root" "$root.log"
    exit $rc
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

say "chroot: debootstrap"
debian_make "$root" "$root.log"
rm -f "$root.log"
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
mount -t proc proc "$root/proc"

# Under root's home, as people do it, and not root's: the hardest place to run from.
tree=/root/src/beckon
mkdir -p "$root/root/src"
if [ -z "$(git status --porcelain 2>/dev/null)" ] && git rev-parse -q --verify HEAD >/dev/null; then
    say "chroot: git clone of $(git rev-parse --short HEAD)"
    git clone -q --no-hardlinks . "$root$tree"
else
    say "chroot: files as they are, for not all is committed"
    mkdir -p "$root$tree"
    git ls-files -z -co --exclude-standard | tar -c --null -T - | tar -x -C "$root$tree"
fi
chown -R 12345:12345 "$root$tree"

inside() {
    chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}
passed=0
failed=0
judge() { # SENTENCE COMMAND…
    local what=$1 started=$SECONDS
    shift
    if patiently "$@" >"$root/said" 2>&1; then
        passed=$((passed + 1))
        say "ok      $what ($((SECONDS - started)) s)"
    else
        failed=$((failed + 1))
        tail -n 40 "$root/said"
        say "NOT ok  $what ($((SECONDS - started)) s)"
    fi
}
look() {
    local counts
    inside "$tree/scripts/demo-check.sh" | tee "$root/checks" || true
    counts=$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$root/checks")
    passed=$((passed + ${counts% *} + 0))
    failed=$((failed + ${counts#* } + 0))
    [ -n "$counts" ] || failed=$((failed + 1))
}
second_start_is_quick() {
    local started=$SECONDS
    inside "$tree/run" --detach && [ $((SECONDS - started)) -lt 10 ]
}
nothing_left() {
    local left
    left=$(inside_processes)
    [ -z "$left" ] || { say "still there: $(for p in $left; do tr '\0' ' ' <"/proc/$p/cmdline"; echo; done)" && return 1; }
}

judge "./run --detach on a machine with nothing but Debian 12" inside "$tree/run" --detach
[ "$failed" -gt 0 ] || look
judge "./run --stop" inside "$tree/run" --stop
judge "no process is left" nothing_left
judge "the second start takes less than 10 s" second_start_is_quick
judge "./run --status says that it runs" inside "$tree/run" --status
judge "./run --stop --fresh" inside "$tree/run" --stop --fresh
judge "no process is left" nothing_left
say "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
