#!/usr/bin/env bash
# One change from end to end, on what ./run started: a new SIP secret for extension 101, on the PBX and in
# Beckon; phone 1 is called back through the PBX, fetches it, and the job is done. Says each step.
#
#   scripts/demo-change.sh [var/demo/env]
set -euo pipefail
umask 077
here=$(dirname "$(readlink -f "$0")")
. "$here/lib.sh"

env=${1:-$here/../var/demo/env}
[ -r "$env" ] || die "$env is not there: ./run --detach makes it"
# shellcheck source=/dev/null
. "$env"

# api METHOD PATH [JSON]: the answer's body; dies of any status that is no success.
api() {
    local answer status
    answer=$(curl -sS -m 10 --cacert "$BECKON_SERVER_CA" -X "$1" "$BECKON_API_URL$2" -w '\n%{http_code}' \
        -H "Authorization: Bearer ${token-}" ${3:+-H 'Content-Type: application/json' --data-binary "$3"})
    status=${answer##*$'\n'}
    answer=${answer%$'\n'*}
    case $status in
    2??) printf '%s' "$answer" ;;
    *) die "$1 $2: $status $answer" ;;
    esac
}

token=$(api POST /v1/auth/login "$(jq -n --arg e "$BECKON_ADMIN_EMAIL" --arg p "$BECKON_ADMIN_PASSWORD" \
    '{email: $e, password: $p}')" | jq -r .access_token)
say "signed in as $BECKON_ADMIN_EMAIL"

extension=$(api GET '/v1/extensions?number=101' | jq -r '.items[0].id')
device=$(api GET "/v1/devices?mac=$BECKON_PHONE_MAC" | jq -r '.items[0].id')
secret=$(openssl rand -hex 12)
"$here/demo-account.sh" 101 pbx.demo.example <<<"$secret"
api PATCH "/v1/extensions/$extension" "$(jq -n --arg s "$secret" '{secret: $s}')" >/dev/null
say "extension 101 has a new secret, on the PBX and in Beckon; phone 1 is pending since" \
    "$(api GET "/v1/devices/$device" | jq -r .pending_since)"

job=$(api POST /v1/jobs "$(jq -n --argjson d "$device" '{kind: "reprovision", device_id: $d}')" | jq -r .id)
deadline=$((SECONDS + 15))
while row=$(api GET "/v1/jobs/$job") && [ "$(jq -r '.times.ended == null' <<<"$row")" = true ]; do
    [ "$SECONDS" -lt "$deadline" ] || die "job $job is not over after 15 s: $row"
    sleep 0.1
done
say "job $job:"
jq '{state, outcome, times}' <<<"$row"

held=$(curl -sS -m 10 --cacert "$BECKON_SERVER_CA" --cert "$BECKON_PHONE_CERT" --key "$BECKON_PHONE_KEY" \
    "$BECKON_CONFIG_URL/$BECKON_PHONE_MAC.cfg" | sed -n 's/^account\.1\.password *= *//p')
[ "$(jq -r .state <<<"$row")" = "done" ] && [ "$held" = "$secret" ] || die "the phone does not hold the new secret"
say "phone 1 holds the new secret"
