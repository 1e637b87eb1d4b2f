#!/usr/bin/env bash
# Keys and certificates for trying Beckon out: a CA that stands for Yealink's, phones made by it, a CA
# of our own with server certificates for this machine. What is there and good is kept.
#
#   scripts/demo-pki.sh DIR CN=MAC:NAME… SERIAL=MAC:NAME…
#
# CN= and SERIAL= are the two subjects that Yealink phones are known to carry (libcommon/vendor/yealink/README.md).
set -euo pipefail
umask 077
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
. "$here/lib.sh"

[ $# -ge 1 ] || die "usage: demo-pki.sh DIR [CN=MAC:NAME | SERIAL=MAC:NAME]…"
mkdir -p -- "$1"
cd -- "$1"
shift

# shellcheck disable=SC2034 # pki.sh reads it
PKI_SERVER_NAMES='DNS:localhost, IP:127.0.0.1, IP:::1'
. "$here/pki.sh"

new_ca vendor-ca "/C=CN/O=Beckon DEMO, stands for Yealink/CN=Yealink Equipment Issuing CA DEMO"
new_ca server-ca "/O=Beckon DEMO/CN=Beckon demo server CA"
new_cert server-ec server-ca ec v3_server "/CN=localhost"
new_cert server-rsa server-ca rsa v3_server "/CN=localhost"

for phone in "$@"; do
    mac=${phone#*=}
    name=${mac#*:}
    mac=${mac%%:*}
    case $phone in
    CN=*) subject="/CN=$mac" ;;
    SERIAL=*)
        subject="/C=CN/ST=FuJian/L=Xiamen/O=Yealink Network Technology Co., Ltd./OU=Yealink Equipment"
        subject+="/CN=yealink.com/serialNumber=ffffffff-ffff-ffff-fff0-$mac"
        ;;
    *) die "$phone: CN=MAC:NAME or SERIAL=MAC:NAME is wanted" ;;
    esac
    new_cert "$name" vendor-ca ec v3_phone "$subject"
done
