#!/usr/bin/env bash
# Walks docs/walk.md: what is indented there by four spaces, pasted into one shell, must work on what ./run
# started, and the job must be done. Prints what a reader would see.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
. scripts/lib.sh
[ -r var/demo/env ] || die "nothing runs here: ./run --detach starts it"
work=$(mktemp -d)
trap 'rm -rf -- "$work"; [ ! -s "$work.pid" ] || kill "$(cat "$work.pid")" 2>/dev/null || true; rm -f "$work.pid"' EXIT
{
    echo 'set -euo pipefail'
    sed -n 's/^    //p' docs/walk.md
} >"$work/walk"
# As pasted, but the phone must not outlive a walk that fails.
sed -i "s|^PHONE=\$!\$|&; echo \$! >$work.pid|" "$work/walk"
patiently timeout 120 bash "$work/walk" | tee "$work/said"
grep -q '"state": "done"' "$work/said" || die "the job of the walk is not done"
say "the walk of docs/walk.md works"
