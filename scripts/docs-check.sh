#!/usr/bin/env bash
# Do the files that README.md and docs/ name exist? Names in backquotes that begin with a folder of the
# tree; with <…> or * in them they are patterns of names and not looked at.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/.." || exit 2
bad=0
for doc in README.md docs/*.md docs/adr/*.md api-spec/*.md deploy/*/README.md docker/README.md migrations/README.md; do
    [ -e "$doc" ] || continue
    # shellcheck disable=SC2016
    while read -r name; do
        case $name in *[\<\*…]* | */NNNN_*) continue ;; esac
        [ -e "$name" ] || { echo "$doc: there is no $name" && bad=1; }
    done < <(grep -oE '`(\./|services/|libcommon/|tests/|docs/|scripts/|migrations/|deploy/|api-spec/|docker/)[^` ]*`' "$doc" | tr -d '`')
done
exit $bad
