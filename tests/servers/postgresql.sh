#!/usr/bin/env bash
# A private PostgreSQL server for tests: a free loopback port, data in a temporary folder, nothing of it survives.
#   postgresql.sh start FOLDER   starts it, and prints a connection string; as root it installs PostgreSQL if need be
#   postgresql.sh stop FOLDER    stops it and removes the folder
#   postgresql.sh crash FOLDER   stops it in the middle of whatever it does; restart FOLDER starts it again as it was
# HYDRA_POSTGRESQL_FSYNC=on makes commits durable, which benchmarks need and tests do not.
set -euo pipefail
command=${1:?start or stop} folder=${2:?a folder}

# The server refuses to run as root.
as_server() { if ((EUID == 0)); then runuser -u postgres -- "$@"; else "$@"; fi; }

find_programs() {
    local programs
    programs=$({ ls -d /usr/lib/postgresql/*/bin 2>/dev/null || true; } | sort -V | tail -n 1)
    [[ -n $programs ]] || programs=$(dirname "$(command -v pg_ctl || true)")
    [[ -x $programs/initdb ]] && echo "$programs"
}

install_programs() {
    if ((EUID != 0)); then
        echo 'PostgreSQL is missing, and only root can install it: apt-get install postgresql' >&2
        exit 1
    fi
    mkdir -p /etc/postgresql-common # Only the programs are wanted, no cluster that starts by itself.
    [[ -e /etc/postgresql-common/createcluster.conf ]] ||
        echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends postgresql; } >&2
}

# Below the ports of clients, one of which might otherwise get it while the server is down.
free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
    done
}

start() {
    programs=$(find_programs) || { install_programs && programs=$(find_programs); }
    mkdir -p "$folder"
    ((EUID == 0)) && chown postgres "$folder"
    cd "$folder"
    as_server "$programs/initdb" --pgdata="$folder/data" --username=hydra --auth=trust --encoding=UTF8 --no-locale \
        --no-sync >"$folder/initdb.log"
    cat >>"$folder/data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = '$folder'
max_connections = 400
shared_buffers = 128MB
fsync = ${HYDRA_POSTGRESQL_FSYNC:-off}
CONF
    for _ in 1 2 3 4 5; do # Another may have taken the port meanwhile.
        port=$(free_port)
        if as_server "$programs/pg_ctl" start --wait --pgdata="$folder/data" --log="$folder/server.log" \
            --options="-p $port" </dev/null >/dev/null 2>&1; then
            echo "$programs" >"$folder/programs"
            echo "$port" >"$folder/port"
            echo "Host=127.0.0.1;Port=$port;Username=hydra;Database=postgres"
            return
        fi
    done
    cat "$folder/server.log" >&2
    exit 1
}

control() { # The server's folder is where it may be.
    local action=$1
    shift
    cd "$folder"
    as_server "$(cat "$folder/programs")/pg_ctl" "$action" --pgdata="$folder/data" "$@" </dev/null >/dev/null
}

crash() { control stop --mode=immediate; }

restart() { control start --wait --log="$folder/server.log" --options="-p $(cat "$folder/port")"; }

stop() {
    [[ -e $folder/programs ]] || return 0
    cd /
    as_server "$(cat "$folder/programs")/pg_ctl" stop --mode=immediate --pgdata="$folder/data" >/dev/null || true
    rm -rf "$folder"
}

"$command"
