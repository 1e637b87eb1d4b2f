# shellcheck shell=bash
# What a demo holds: a company with a PBX, three phones with lines and keys, and a second tenant to try
# isolation with. Through the command line only, as an operator would. Sourced by run; what is there
# already is left as it is, so that a start that was interrupted goes on where it stopped.

DEMO_PHONES=(
    # name mac model how-its-certificate-names-it
    "phone1 805ec0de0001 T54W CN"
    "phone2 805ec0de0002 T31P CN"
    "phone3 805ec0de0003 T46U SERIAL"
)
DEMO_OTHER_MAC=805ec0de00ff
# shellcheck disable=SC2034 # run writes it into the env file
DEMO_ADMIN=admin@demo.example
DEMO_DOMAIN=pbx.demo.example

demo_pki() { # DIR
    local row args=()
    for row in "${DEMO_PHONES[@]}"; do
        # shellcheck disable=SC2086
        set -- "$1" $row
        args+=("$5=$3:$2")
    done
    "$SCRIPTS/demo-pki.sh" "$1" "${args[@]}"
}

DEMO_HAVE=
demo_look() {
    DEMO_HAVE=$(sql -c "
        select 'tenant ' || name from app.tenant
        union all select 'pbx ' || t.name || ' ' || p.name from app.pbx p join app.tenant t using (tenant_id)
        union all select 'extension ' || t.name || ' ' || e.number
                    from app.extension e join app.tenant t using (tenant_id)
        union all select 'device ' || t.name || ' ' || replace(d.mac::text, ':', '')
                    from app.device d join app.tenant t using (tenant_id)
        union all select 'user ' || u.email from app.app_user u
        union all select 'setting ' || t.name || ' ' || jsonb_object_keys(t.settings) from app.tenant t
        union all select 'root ' || encode(sha256, 'hex') from app.trust_root")
}

have() {
    [[ $'\n'$DEMO_HAVE$'\n' == *$'\n'"$*"$'\n'* ]]
}

beckon() {
    local said
    said=$("$BIN/beckon" "$@" 2>&1) && return 0
    printf '%s\n' "$said" >&2
    die "beckon $1 ${2-} failed"
}

demo_tenant() { # NAME TITLE PBX-DOMAIN PBX-OPTION…
    have tenant "$1" || beckon tenant add "$1" --title "$2"
    have pbx "$1" main || beckon pbx add --tenant "$1" main --domain "$3" "${@:4}"
}

random_secret() {
    openssl rand -hex 12
}

# The PBX of the demo is told the account as well.
demo_extension() { # TENANT NUMBER NAME [PBX-DIR]
    local secret
    have extension "$1" "$2" && return 0
    secret=$(random_secret)
    [ -z "${4-}" ] || kamailio_account "$4" "$2" "$DEMO_DOMAIN" "$secret"
    beckon extension add --tenant "$1" --pbx main "$2" --display-name "$3" --secret-file - <<<"$secret"
}

# How Beckon reaches the PBX, and what phones are told of it: with the port it has today.
demo_pbx() { # PBX-DIR SIP-PORT
    local secret
    secret=$(random_secret)
    kamailio_account "$1" beckon "$DEMO_DOMAIN" "$secret"
    beckon pbx control --tenant demo main --address "127.0.0.1:$2" --username beckon --rate 20 \
        --in-flight 20 --secret-file - <<<"$secret"
    sql -v port="$2" <<<"update app.pbx set registrars = jsonb_build_array(jsonb_build_object(
            'host', '127.0.0.1', 'port', :port))
        where domain = '$DEMO_DOMAIN' and registrars -> 0 ->> 'port' is distinct from :'port'"
}

# Who signs in to the API; the password is made once and stands in a file only we may read.
demo_admin() { # PASSWORD-FILE
    [ -s "$1" ] || (umask 077 && random_secret >"$1")
    have user "$DEMO_ADMIN" ||
        beckon user add "$DEMO_ADMIN" --tenant demo --role admin --display-name "Demo admin" --password-file "$1"
}

demo_device() { # TENANT MAC MODEL LABEL OPTION…
    have device "$1" "$2" ||
        beckon device add --tenant "$1" "$2" --vendor yealink --model "$3" --label "$4" "${@:5}"
}

demo_data() { # PKI-DIR PBX-DIR SIP-PORT
    local print
    demo_look
    print=$(openssl x509 -in "$1/vendor-ca.pem" -noout -fingerprint -sha256)
    print=${print#*=}
    print=${print//:/}
    have root "${print,,}" || beckon trust-root import "$1/vendor-ca.pem" --maker yealink

    demo_tenant demo "Demo company" "$DEMO_DOMAIN" --registrar "127.0.0.1:$3" --transport udp
    demo_pbx "$2" "$3"
    have setting demo time.zone || beckon setting set --tenant demo time.zone=Europe/Berlin \
        time.ntp_servers=ntp.demo.example audio.codecs=g722,pcma,pcmu provisioning.at_boot=1 \
        provisioning.interval_min=720
    demo_extension demo 101 "Ada Reception" "$2"
    demo_extension demo 102 "Ben Workshop" "$2"
    demo_extension demo 103 "Cleo Home office" "$2"
    demo_device demo 805ec0de0001 T54W "Reception" --line 1=101 \
        --key line/1=line,line=1 --key "line/2=blf,line=1,value=102,label=Ben" \
        --key "line/3=blf,line=1,value=103,label=Cleo" \
        --key "line/4=speed_dial,line=1,value=0301234567,label=Taxi"
    demo_device demo 805ec0de0002 T31P "Workshop" --line 1=102 \
        --key line/1=line,line=1 --key "line/2=blf,line=1,value=101,label=Reception"
    demo_device demo 805ec0de0003 T46U "Home office" --line 1=103 --line 2=101 \
        --key line/1=line,line=1 --key line/2=line,line=2 \
        --key "line/3=park,line=1,value=*68,label=Park" --setting time.zone=Europe/Lisbon

    demo_tenant other "Another company" pbx.other.example --registrar sip1.pbx.other.example:5061 \
        --registrar sip2.pbx.other.example:5061 --transport tls --srtp optional
    demo_extension other 201 "Somebody else"
    demo_device other "$DEMO_OTHER_MAC" T54W "Not yours" --line 1=201 --key line/1=line,line=1
}

demo_tenant_key() { # TENANT
    sql -v name="$1" <<<"select k.tenant_key from app.tenant_key k join app.tenant t using (tenant_id)
        where t.name = :'name' and (k.valid_until is null or k.valid_until > now())
        order by k.valid_until desc nulls first, k.created_at desc limit 1"
}
