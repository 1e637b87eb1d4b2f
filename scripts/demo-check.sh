#!/usr/bin/env bash
# Is what ./run started what it promises to be? Judged from outside with curl and openssl alone:
#
#   scripts/demo-check.sh [var/demo/env]
#
# One line a check, "ok" or "NOT ok", then "N passed, N failed". Exit 1 when one failed.
set -uo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"

env=${1:-$(dirname "$(readlink -f "$0")")/../var/demo/env}
[ -r "$env" ] || die "$env is not there: ./run --detach makes it"
# shellcheck source=/dev/null
. "$env"
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
passed=0
failed=0

check() { # SENTENCE COMMAND…
    local what=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
        say "ok      $what"
    else
        failed=$((failed + 1))
        say "NOT ok  $what"
    fi
}

# fetch OUT CERT KEY URL [CURL-OPTION…]: the status in STATUS, 000 when there was no HTTP at all.
fetch() {
    local out=$1 cert=$2 key=$3 url=$4 id=()
    shift 4
    [ -z "$cert" ] || id=(--cert "$cert" --key "$key")
    : >"$work/$out.body"
    STATUS=$(curl -s -m 10 --cacert "$BECKON_SERVER_CA" "${id[@]}" -D "$work/$out.head" \
        -o "$work/$out.body" -w '%{http_code}' "$@" "$url" 2>/dev/null)
}

phone1=("$BECKON_PHONE_CERT" "$BECKON_PHONE_KEY")
own=$BECKON_CONFIG_URL/$BECKON_PHONE_MAC.cfg

status_is() { [ "$STATUS" = "$1" ]; }
holds() { grep -q "$2" "$work/$1.body"; }
no_config() { [ "$STATUS" != 200 ] && [ "$STATUS" != 304 ] && ! grep -q 'account\.' "$work/$1.body"; }
# What differs between two answers from one moment to the next does not count.
head_of() { tr -d '\r' <"$work/$1.head" | grep -vi '^date:'; }
same() { [ "$(head_of "$1")" = "$(head_of "$2")" ] && cmp -s "$work/$1.body" "$work/$2.body"; }

finds_nothing_wrong() {
    "$BECKON_BIN/beckon" check >"$work/check" 2>&1 || { cat "$work/check" && return 1; }
}

fetch own "${phone1[@]}" "$own"
check "phone 1 gets its file with its certificate" status_is 200
check "its file holds its account" holds own '^account\.1\.user_name'
etag=$(tr -d '\r' <"$work/own.head" | sed -n 's/^etag: *//Ip')
check "the answer has an ETag" [ -n "$etag" ]
fetch cached "${phone1[@]}" "$own" -H "If-None-Match: $etag"
check "with that ETag it is 304" status_is 304
fetch common "${phone1[@]}" "$BECKON_CONFIG_URL/y000000000096.cfg"
check "the common file of its model is there" status_is 200

fetch foreign "${phone1[@]}" "$BECKON_CONFIG_URL/$BECKON_PHONE2_MAC.cfg"
check "phone 2's file with phone 1's certificate is 404" status_is 404
fetch unknown "${phone1[@]}" "$BECKON_CONFIG_URL/805ec0123456.cfg"
check "an unknown MAC is 404" status_is 404
check "foreign and unknown cannot be told apart" same foreign unknown
fetch tenant "${phone1[@]}" "$BECKON_OTHER_URL/$BECKON_PHONE_MAC.cfg"
check "under another tenant's key it is 404" status_is 404
check "and looks like an unknown MAC" same tenant unknown
fetch nokey "${phone1[@]}" "${BECKON_CONFIG_URL%/*}/nosuchkey0000000/$BECKON_PHONE_MAC.cfg"
check "a key that nobody has looks like an unknown MAC" same nokey unknown

# make_cert NAME SUBJECT CA CA-KEY START END: a client certificate for the attempts below.
make_cert() {
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/$1.key" \
        -out "$work/csr" -subj "$2" 2>/dev/null
    rm -f "$work"/index.txt*
    : >"$work/index.txt"
    cat >"$work/ca.cnf" <<END
[ca]
default_ca = it
[it]
default_md = sha256
policy = any
preserve = yes
rand_serial = yes
database = $work/index.txt
new_certs_dir = $work
x509_extensions = client
[any]
commonName = optional
organizationName = optional
[client]
basicConstraints = CA:FALSE
extendedKeyUsage = clientAuth
END
    openssl ca -config "$work/ca.cnf" -batch -notext -cert "$3" -keyfile "$4" -in "$work/csr" \
        -startdate "$5" -enddate "$6" -preserveDN -out "$work/$1.pem" >/dev/null 2>&1
}
make_cert good "/CN=$BECKON_PHONE_MAC" "$BECKON_VENDOR_CA" "$BECKON_VENDOR_CA_KEY" 20200101000000Z 20400101000000Z
make_cert expired "/CN=$BECKON_PHONE_MAC" "$BECKON_VENDOR_CA" "$BECKON_VENDOR_CA_KEY" 20160101000000Z 20200101000000Z
make_cert generic "/CN=yealink.com" "$BECKON_VENDOR_CA" "$BECKON_VENDOR_CA_KEY" 20200101000000Z 20400101000000Z
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/stranger-ca.key" \
    -out "$work/stranger-ca.pem" -days 30 -subj "$(openssl x509 -in "$BECKON_VENDOR_CA" -noout -subject \
        -nameopt compat | sed 's/^subject=//')" 2>/dev/null ||
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/stranger-ca.key" \
        -out "$work/stranger-ca.pem" -days 30 -subj "/CN=Some CA" 2>/dev/null
make_cert stranger "/CN=$BECKON_PHONE_MAC" "$work/stranger-ca.pem" "$work/stranger-ca.key" 20200101000000Z 20400101000000Z
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/selfsigned.key" \
    -out "$work/selfsigned.pem" -days 30 -subj "/CN=$BECKON_PHONE_MAC" 2>/dev/null

for row in "expired:an expired certificate" "generic:a generic certificate" \
    "stranger:a certificate of another CA" "selfsigned:a self-signed certificate"; do
    name=${row%%:*}
    check "there is ${row#*:} to try with" [ -s "$work/$name.pem" ]
    fetch "$name" "$work/$name.pem" "$work/$name.key" "$own"
    check "${row#*:} gets no configuration" no_config "$name"
done
fetch none '' '' "$own"
check "no certificate, no HTTP" status_is 000

fetch h2 "${phone1[@]}" "$own" --http2
version=$(head -n 1 "$work/h2.head" | tr -d '\r')
check "HTTP/2 is not spoken" [ "$version" = "HTTP/1.1 200 OK" ]
check "/metrics answers" curl -s -f -m 5 -o /dev/null "$BECKON_METRICS_URL"
check "beckon check finds nothing wrong" finds_nothing_wrong

say "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
