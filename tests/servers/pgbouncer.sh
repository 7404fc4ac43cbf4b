#!/usr/bin/env bash
# A private pgbouncer in transaction mode for tests, before a server that trusts everybody on this machine.
#   pgbouncer.sh start FOLDER PORT   starts it before the server at that port, and prints a connection string; as root
#                                    it installs pgbouncer if need be
#   pgbouncer.sh restart FOLDER      stops it in the middle of whatever it does, and starts it at the same port
#   pgbouncer.sh stop FOLDER         stops it and removes the folder
#   pgbouncer.sh version FOLDER      prints its version
set -euo pipefail
command=${1:?start or stop} folder=${2:?a folder}

as_other() { if ((EUID == 0)); then runuser -u nobody -- "$@"; else "$@"; fi; } # It refuses to run as root.

install_program() {
    if ((EUID != 0)); then
        echo 'pgbouncer is missing, and only root can install it: apt-get install pgbouncer' >&2
        exit 1
    fi
    # Where services start by themselves, this one must not: only the program is wanted.
    { apt-get update && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
        pgbouncer; } >&2
}

# Below the ports of clients, one of which might otherwise get it while the server is down.
free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
    done
}

# It goes into the background before it listens, and only its log tells that it does.
listens() {
    for _ in {1..300}; do
        grep -qs "listening on 127.0.0.1:$1" "$folder/pgbouncer.log" && return
        grep -qs FATAL "$folder/pgbouncer.log" && break
        sleep 0.1
    done
    return 1
}

find_program() { PATH=$PATH:/usr/sbin:/sbin command -v pgbouncer; }

version() { "$program" --version | sed -n 's/^PgBouncer //p'; }

# From 1.21 on it follows prepared statements, if it is told to.
follow_prepared() {
    [[ $(printf '1.21\n%s\n' "$(version)" | sort -V | head -n 1) != 1.21 ]] || echo 'max_prepared_statements = 200'
}

# At a port, with the settings in the folder.
run() {
    if ((EUID == 0)); then chown -R nobody "$folder"; fi
    rm -f "$folder/pgbouncer.log" "$folder/pgbouncer.pid"
    as_other "$program" --daemon --quiet "$folder/pgbouncer.ini" </dev/null >/dev/null 2>&1 && listens "$1"
}

start() {
    local server=${3:?the port of the server} port
    mkdir -p "$folder"
    echo '"hydra" ""' >"$folder/users" # Others are looked up, as roles come and go.
    for _ in 1 2 3 4 5; do # Another may have taken the port meanwhile.
        port=$(free_port)
        cat >"$folder/pgbouncer.ini" <<CONF
[databases]
* = host=127.0.0.1 port=$server auth_user=hydra
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $port
unix_socket_dir =
auth_type = trust
auth_file = $folder/users
auth_query = SELECT rolname, '' FROM pg_catalog.pg_roles WHERE rolname = \$1
pool_mode = transaction
max_client_conn = 1000
default_pool_size = 10
server_idle_timeout = 2
logfile = $folder/pgbouncer.log
pidfile = $folder/pgbouncer.pid
$(follow_prepared)
CONF
        if run "$port"; then
            echo "Host=127.0.0.1;Port=$port;Username=hydra;Database=postgres"
            return
        fi
    done
    cat "$folder/pgbouncer.log" >&2
    exit 1
}

restart() {
    local port
    port=$(sed -n 's/^listen_port = //p' "$folder/pgbouncer.ini")
    kill -KILL "$(cat "$folder/pgbouncer.pid")"
    while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do sleep 0.05; done
    run "$port"
}

stop() {
    [[ -e $folder/pgbouncer.pid ]] && kill -INT "$(cat "$folder/pgbouncer.pid")" 2>/dev/null
    rm -rf "$folder"
}

program=$(find_program) || { install_program && program=$(find_program); }
"$command" "$@"
