#!/usr/bin/env bash
# docs/settings.md and docs/phone-settings.md are made by the programs themselves, from their option
# rows and their drivers:
#
#   scripts/settings-doc.sh BIN-DIR            compare; exit 1 with the difference when one is outdated
#   scripts/settings-doc.sh BIN-DIR --write    write them
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"
docs=$(dirname "$(readlink -f "$0")")/../docs

print_settings() {
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

print_phone_settings() {
    cat <<'END'
# Settings of phones

Made by `scripts/settings-doc.sh` from the table of neutral settings and from what each driver fills; do not edit.

A setting means the same on every maker's phones. It is set in a layer (operator, tenant, site, profile, device, and for what is a
line's own, line), by the API or by `beckon setting set`; the layer nearest to the phone wins, unless one below has locked it. Default
`factory`: what nobody sets is written as the phone's factory value, so that what is taken out here goes from the phone too; where the
maker's driver must choose another value, its README says so (`libcommon/vendor/<maker>/README.md`). Default `kept`: a secret that
nobody sets is not written, since the factory's is known to everybody; the phone keeps the last one it was given.

Not here, because they belong to a registration: SIP server, outbound proxy, SIP transport and SRTP are the phone side of a PBX, user and
password those of an extension. Where a phone fetches from is Beckon's own. What a maker has beyond this page is set as a raw
parameter of a layer.

END
    "$1/beckon" setting list --markdown
    cat <<'END'

Parameters of a line are those of the first; names that count up stand as the first … the last. A maker with several dialects has the
names of all. `beckon explain` tells of one phone which of its settings have no parameter.
END
}

[ $# -ge 1 ] || die "usage: settings-doc.sh BIN-DIR [--write]"
for page in settings phone-settings; do
    if [ "${2-}" = --write ]; then
        "print_${page/-/_}" "$1" >"$docs/$page.md.tmp"
        mv -f "$docs/$page.md.tmp" "$docs/$page.md"
    else
        diff -u "$docs/$page.md" <("print_${page/-/_}" "$1") ||
            die "docs/$page.md is not current: scripts/settings-doc.sh BIN-DIR --write"
    fi
done
