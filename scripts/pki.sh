# shellcheck shell=bash
# Keys and certificates made with openssl, in the current directory: <name>.key and <name>.pem. What is
# there and good is kept. Sourced, behind lib.sh, with umask 077; PKI_SERVER_NAMES is what server
# certificates are for, as a subjectAltName: "DNS:localhost, IP:127.0.0.1". Leaves $work, a directory
# that is gone at the end.

# Phones that have not heard of NTP yet believe that it is the year of their firmware: the server's
# certificate must have begun long before.
begin=20150101000000Z
end=$(date -u -d '+10 years' +%Y%m%d%H%M%SZ)

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

cat >"$work/openssl.cnf" <<'END'
[req]
distinguished_name = dn
string_mask = utf8only
prompt = no
[dn]
[ca]
default_ca = it
[it]
default_md = sha256
policy = any
unique_subject = no
rand_serial = yes
preserve = yes
email_in_dn = no
copy_extensions = none
database = $ENV::CA_WORK/index.txt
new_certs_dir = $ENV::CA_WORK
[any]
countryName = optional
stateOrProvinceName = optional
localityName = optional
organizationName = optional
organizationalUnitName = optional
commonName = optional
serialNumber = optional
[v3_ca]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[v3_phone]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[v3_server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = $ENV::CA_SERVER
END
export CA_WORK=$work CA_SERVER=$PKI_SERVER_NAMES
: >"$work/index.txt"

# The month that is left tells whether a kept one is worth keeping.
is_good() {
    [ -s "$1.key" ] && [ -s "$1.pem" ] && openssl x509 -in "$1.pem" -noout -checkend 2592000 >/dev/null 2>&1
}

# Runs openssl quietly, and shows what it said when it failed.
quietly() {
    "$@" >"$work/said" 2>&1 || { cat "$work/said" >&2 && die "$1 $2 failed"; }
}

new_key() { # NAME ec|rsa
    case $2 in
    ec) quietly openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" ;;
    rsa) quietly openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$1.key" ;;
    esac
}

new_ca() { # NAME SUBJECT
    ! is_good "$1" || return 0
    new_key "$1" ec
    quietly openssl req -new -config "$work/openssl.cnf" -key "$1.key" -subj "$2" -out "$work/csr"
    quietly openssl ca -config "$work/openssl.cnf" -batch -notext -selfsign -keyfile "$1.key" \
        -in "$work/csr" -extensions v3_ca -startdate $begin -enddate "$end" -out "$work/crt"
    mv -f "$work/crt" "$1.pem"
    chmod 644 "$1.pem"
}

new_cert() { # NAME CA ec|rsa EXTENSIONS SUBJECT
    if is_good "$1" && openssl verify -CAfile "$2.pem" "$1.pem" >/dev/null 2>&1; then
        return 0
    fi
    new_key "$1" "$3"
    quietly openssl req -new -config "$work/openssl.cnf" -key "$1.key" -subj "$5" -out "$work/csr"
    quietly openssl ca -config "$work/openssl.cnf" -batch -notext -cert "$2.pem" -keyfile "$2.key" \
        -in "$work/csr" -extensions "$4" -startdate $begin -enddate "$end" -preserveDN -out "$work/crt"
    mv -f "$work/crt" "$1.pem"
    chmod 644 "$1.pem"
}
