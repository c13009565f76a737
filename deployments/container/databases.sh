#!/bin/sh
# Run once by the image of PostgreSQL, on an empty data folder: a role and a database for the hub, and for Prefect.
set -eu

make() {
    # The password comes on the standard input: a command line is read by everybody on the machine.
    psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres --quiet --set name="$1" <<SQL
\\set password \`cat ${SECRETS:-/run/secrets}/$2\`
CREATE ROLE :"name" LOGIN PASSWORD :'password' $3;
CREATE DATABASE :"name" OWNER :"name";
REVOKE CONNECT ON DATABASE :"name" FROM PUBLIC;
SQL
}

make boostez region_password CREATEDB # a restore fills a database beside the Region's and swaps the two
make prefect prefect_database_password ""
