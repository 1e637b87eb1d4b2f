#!/usr/bin/env bash
# docs/settings.md is made by the programs themselves, from their option rows:
#
#   scripts/settings-doc.sh BIN-DIR            compare; exit 1 with the difference when it is outdated
#   scripts/settings-doc.sh BIN-DIR --write    write it
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"
doc=$(dirname "$(readlink -f "$0")")/../docs/settings.md

print() {
    cat <<'END'
# Settings

Made by `scripts/settings-doc.sh` from the option rows of the programs; do not edit.

Values come, highest first, from the command line (`--key=value`), the environment (`BECKON_<KEY>`,
dots as underscores, upper case) and a file of `key = value` lines (`--settings FILE`). An example
stands in `deploy/`.
END
    for service in beckon-config beckon-api beckon-notifier; do
        echo
        "$1/$service" --print-settings-md
    done
}

[ $# -ge 1 ] || die "usage: settings-doc.sh BIN-DIR [--write]"
if [ "${2-}" = --write ]; then
    print "$1" >"$doc.tmp"
    mv -f "$doc.tmp" "$doc"
else
    diff -u "$doc" <(print "$1") || die "docs/settings.md is not current: scripts/settings-doc.sh BIN-DIR --write"
fi
