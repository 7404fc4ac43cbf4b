#!/usr/bin/env bash
# A private MySQL server for tests: a free loopback port, data in a temporary folder, nothing of it survives.
#   mysql.sh start FOLDER   starts it, and prints a connection string; installs MySQL if need be
#   mysql.sh stop FOLDER    stops it and removes the folder
#   mysql.sh crash FOLDER   stops it in the middle of whatever it does; restart FOLDER starts it again as it was
#   mysql.sh install        only installs MySQL, so that a start does not have to
# HYDRA_MYSQL_FSYNC=on makes commits durable, which benchmarks need and tests do not: without it they outlive the
# server, but not the machine.
# Only Debian unstable has MySQL. Its packages come from the mirror of Debian that the machine uses, or that of
# HYDRA_DEBIAN_MIRROR. They are unpacked, with all the libraries that they need, into a folder of their own,
# HYDRA_MYSQL_PROGRAMS, and the server is started by the loader in there: nothing of the machine changes.
set -euo pipefail
command=${1:?start, stop, crash, restart or install} folder=${2:-}
[[ $command == install || -n $folder ]] || { echo 'A folder is missing.' >&2; exit 2; }

if ((EUID == 0)); then cache=/var/cache; else cache=${XDG_CACHE_HOME:-$HOME/.cache}; fi
programs=${HYDRA_MYSQL_PROGRAMS:-$cache/hydra-tests/mysql}

# The server refuses to run as root; nobody else needs to exist for it.
as_server() { if ((EUID == 0)); then runuser -u nobody -- "$@"; else "$@"; fi; }

mysqld() {
    local option=()
    [[ $1 != --*defaults* ]] || { option=("$1"); shift; }
    as_server "$programs/usr/lib64/ld-linux-x86-64.so.2" --library-path "$programs/usr/lib/x86_64-linux-gnu" \
        "$programs/usr/sbin/mysqld" "${option[@]}" --basedir="$programs/usr" "$@"
}

# One at a time, and it is there only once it is whole.
install() {
    [[ ! -e $programs/complete ]] || return 0
    mkdir -p "$(dirname "$programs")"
    exec 9>"$programs.lock"
    flock 9
    if [[ ! -e $programs/complete ]]; then
        rm -rf "$programs" "$programs.new"
        set +e
        (set -e; download "$programs.new"; unpack "$programs.new") >&2
        local code=$?
        set -e
        if ((code)); then
            rm -rf "$programs.new"
            echo "MySQL could not be installed: Debian's packages (unstable, main) are needed, and 400 MiB of disk." >&2
            exit 1
        fi
        mv "$programs.new" "$programs"
    fi
    exec 9>&-
}

# As if nothing were installed, so that all the libraries come along.
download() {
    local mirror=${HYDRA_DEBIAN_MIRROR:-}
    [[ -n $mirror ]] || mirror=$(apt-get indextargets --format '$(CREATED_BY) $(REPO_URI)' |
        sed -nE '/^Packages .*[/]debian[/]?$/ { s/^Packages //p; q }')
    [[ -n $mirror ]] || { echo 'The machine uses no mirror of Debian, and HYDRA_DEBIAN_MIRROR names none.'; exit 1; }
    mkdir -p "$1/apt/lists/partial" "$1/apt/archives/partial"
    cd "$1/apt"
    : >status
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror sid main" >sources
    cat >apt.conf <<CONF
Dir::Etc::sourcelist "$1/apt/sources";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State "$1/apt";
Dir::State::status "$1/apt/status";
Dir::Cache "$1/apt";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::Retries "3";
APT::Sandbox::User "root";
APT::Architecture "amd64";
CONF
    export APT_CONFIG=$1/apt/apt.conf
    apt-get update
    apt-get install --yes --download-only --no-install-recommends mysql-server-core
}

# Perl is only for scripts, and the rest for people and for character sets that nobody needs here.
unpack() {
    for package in "$1"/apt/archives/*.deb; do
        case $package in
            */perl* | */libperl* | */libdb5* | */libgdbm* | */libc-gconv*) ;;
            *) dpkg-deb --extract "$package" "$1" ;;
        esac
    done
    rm -rf "$1/apt" "$1/usr/bin" "$1/usr/share/doc" "$1/usr/share/man" "$1/usr/share/locale"
    chmod -R a+rX "$1"
    touch "$1/complete"
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

write_options() {
    cat >"$folder/my.cnf" <<CONF
[mysqld]
datadir = $folder/data
tmpdir = $folder/tmp
socket = $folder/socket
pid-file = $folder/pid
log-error = $folder/server.log
init-file = $folder/accounts.sql
secure-file-priv = $folder/tmp
bind-address = 127.0.0.1
mysqlx = OFF
skip-name-resolve
max-connections = 400
innodb-buffer-pool-size = 256M
innodb-redo-log-capacity = 256M
innodb-flush-log-at-trx-commit = 1
innodb-print-all-deadlocks = ON
CONF
    [[ ${HYDRA_MYSQL_FSYNC:-off} == on ]] || cat >>"$folder/my.cnf" <<CONF
innodb-flush-method = nosync
sync-binlog = 0
CONF
}

start() {
    install
    mkdir -p "$folder/tmp"
    ((EUID == 0)) && chown nobody "$folder" "$folder/tmp"
    cd "$folder"
    write_accounts
    write_options
    mysqld --no-defaults --initialize-insecure --datadir="$folder/data" --innodb-flush-method=nosync \
        </dev/null >"$folder/install.log" 2>&1 || { cat "$folder/install.log" >&2; exit 1; }
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
    mysqld --defaults-file="$folder/my.cnf" --port="$1" </dev/null >/dev/null 2>&1 &
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
