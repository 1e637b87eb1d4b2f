#!/usr/bin/env bash
# Once, when the database's volume is empty: the roles, their passwords, the database. Run by the
# image's entrypoint as the superuser; `migrate` does the rest.
set -euo pipefail
psql -v ON_ERROR_STOP=1 -q -U postgres -f /usr/share/beckon/roles.sql
for role in config api notifier operator migrator; do
    # "*:*:beckon:<role>:<password>", as libpq reads it
    password=$(cut -d : -f 5 "/run/secrets/pg_$role")
    [ -n "$password" ]
    psql -v ON_ERROR_STOP=1 -q -U postgres -v role="beckon_$role" -v password="$password" <<<"alter role :\"role\" password :'password'"
done
psql -v ON_ERROR_STOP=1 -q -U postgres \
    -c "create database beckon owner beckon_migrator encoding 'UTF8' locale 'C.UTF-8' template template0"
