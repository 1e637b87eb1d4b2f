#!/usr/bin/env bash
# Tell the PBX that ./run started of an account, or of its new password, which comes on standard input:
#
#   scripts/demo-account.sh USER DOMAIN <<<PASSWORD
set -euo pipefail
umask 077
here=$(dirname "$(readlink -f "$0")")
. "$here/lib.sh"
. "$here/kamailio.sh"
[ $# -eq 2 ] || die "usage: demo-account.sh USER DOMAIN, the password on standard input"
read -r password || true
[ -n "$password" ] || die "no password on standard input"
kamailio_account "$here/../var/demo/pbx" "$1" "$2" "$password"
