#!/usr/bin/env bash
# A private MariaDB server for tests: a free loopback port, data in a temporary folder, nothing of it survives.
#   mariadb.sh start FOLDER   starts it, and prints a connection string; as root it installs MariaDB if need be
#   mariadb.sh stop FOLDER    stops it and removes the folder
#   mariadb.sh crash FOLDER   stops it in the middle of whatever it does; restart FOLDER starts it again as it was
# HYDRA_MARIADB_FSYNC=on makes commits durable, which benchmarks need and tests do not: without it they outlive the
# server, but not the machine.
set -euo pipefail
command=${1:?start or stop} folder=${2:?a folder}

# The server refuses to run as root; nobody else needs to exist for it.
as_server() { if ((EUID == 0)); then runuser -u nobody -- "$@"; else "$@"; fi; }

find_program() { command -v "$1" || { [[ -x /usr/sbin/$1 ]] && echo "/usr/sbin/$1"; }; }

install_programs() {
    if ((EUID != 0)); then
        echo 'MariaDB is missing, and only root can install it:' \
            'apt-get install mariadb-server-core mariadb-client-core' >&2
        exit 1
    fi
    # Only the programs: the package mariadb-server would also make a server that starts by itself. Some versions have
    # what mariadb-install-db calls, my_print_defaults, in the package of clients.
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
        mariadb-server-core mariadb-client-core; } >&2
}

# Below the ports of clients, one of which might otherwise get it while the server is down.
free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
    done
}

# Whoever may use the machine may use the server, like the private PostgreSQL one: a user without a password.
write_accounts() {
    cat >"$folder/accounts.sql" <<SQL
CREATE USER IF NOT EXISTS 'hydra'@'127.0.0.1';
GRANT ALL ON *.* TO 'hydra'@'127.0.0.1' WITH GRANT OPTION;
CREATE DATABASE IF NOT EXISTS hydra;
SQL
}

# A server that starts removes the temporary files of every other that shares its folder for them.
write_options() {
    cat >"$folder/my.cnf" <<CONF
[mariadbd]
datadir = $folder/data
tmpdir = $folder/tmp
socket = $folder/socket
pid-file = $folder/pid
log-error = $folder/server.log
init-file = $folder/accounts.sql
bind-address = 127.0.0.1
skip-name-resolve
max-connections = 400
innodb-buffer-pool-size = 256M
innodb-log-file-size = 128M
innodb-flush-log-at-trx-commit = 1
innodb-print-all-deadlocks = on
CONF
    [[ ${HYDRA_MARIADB_FSYNC:-off} == on ]] || cat >>"$folder/my.cnf" <<CONF
innodb-flush-method = nosync
sync-frm = 0
CONF
}

start() {
    { find_program mariadbd && find_program my_print_defaults; } >/dev/null || install_programs
    mkdir -p "$folder/tmp"
    ((EUID == 0)) && chown nobody "$folder" "$folder/tmp"
    cd "$folder"
    write_accounts
    write_options
    as_server mariadb-install-db --no-defaults --datadir="$folder/data" --auth-root-authentication-method=normal \
        --skip-test-db >"$folder/install.log" 2>&1 || { cat "$folder/install.log" >&2; exit 1; }
    local port
    for _ in 1 2 3 4 5; do # Another may have taken the port meanwhile.
        port=$(free_port)
        if run "$port"; then
            echo "$port" >"$folder/port"
            echo "Server=127.0.0.1;Port=$port;User ID=hydra;Database=hydra"
            return
        fi
    done
    cat "$folder/server.log" >&2
    exit 1
}

# Returns when it takes connections.
run() {
    as_server "$(find_program mariadbd)" --defaults-file="$folder/my.cnf" --port="$1" </dev/null >/dev/null 2>&1 &
    wait_until_open "$1" $!
}

# The init file runs before the first connection is let in.
wait_until_open() {
    for _ in $(seq 600); do
        [[ -s $folder/pid ]] && (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
        kill -0 "$2" 2>/dev/null || return 1
        sleep 0.1
    done
    return 1
}

crash() {
    local pid
    [[ -s $folder/pid ]] || return 0
    pid=$(<"$folder/pid")
    kill -KILL "$pid" 2>/dev/null || true
    while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
    rm -f "$folder/pid"
}

restart() {
    cd "$folder"
    run "$(<"$folder/port")"
}

stop() {
    crash
    rm -rf "$folder"
}

"$command"
