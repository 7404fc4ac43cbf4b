#!/usr/bin/env bash
# Runs every test on a machine that has only the .NET SDK. The last line is the sum: N passed, N failed, N skipped.
# PostgreSQL and MariaDB are installed when they are missing, and a private server of each is started, unless
# HYDRA_TEST_POSTGRESQL and HYDRA_TEST_MYSQL are connection strings of some. What the store for MySQL and MariaDB has to
# pass is run on MariaDB, and part of it once more on a private MySQL, which tests/servers/mysql.sh installs.
#   --full            also the long runs (HYDRA_FULL=1), and all of that on MySQL too
#   --mysql           on MySQL instead of MariaDB, whatever of it is run
#   --filter QUERY    only the tests an xunit query matches, for example '/*/*/TidyTests/*'
#   --no-build        what ./build.sh built is up to date
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 TESTINGPLATFORM_TELEMETRY_OPTOUT=1

build=1 limit=20m options=()
while (($#)); do
    case $1 in
        --full) export HYDRA_FULL=1; limit=4h ;;
        --mysql) export HYDRA_TEST_MYSQL_SCRIPT=mysql.sh ;;
        --filter) options+=(--filter-query "${2:?--filter needs a query}" --ignore-exit-code 8); shift ;; # 8: no match.
        --no-build) build=0 ;;
        *) echo "Unknown option: $1" >&2; exit 2 ;;
    esac
    shift
done

passed=0 failed=0 skipped=0 failures=() servers=$(mktemp -d)
trap 'stop_servers' EXIT

stop_servers() {
    tests/servers/postgresql.sh stop "$servers/postgresql"
    tests/servers/mariadb.sh stop "$servers/mariadb"
    tests/servers/mysql.sh stop "$servers/mysql"
    rm -rf "$servers"
}

# Ends the script: a run in which nothing ran is no success. What failed is named once more, next to the sum.
finish() {
    ((${#failures[@]})) && printf '%s\n' "${failures[@]}"
    echo "$passed passed, $failed failed, $skipped skipped"
    exit $((failed > 0 || passed == 0))
}

# Runs the tests of a project: those that match the options. The log tells what failed and what it printed, the report
# beside it how long each took.
run() { run_as "$1" "$1" "${options[@]}"; }

run_as() {
    execute "$@"
    tell "$1"
}

# Runs them: what is to be told of them is noted beside the log, so that it may happen apart.
execute() {
    local name=$1 project=$2 log=artifacts/test/$1.log begun=$SECONDS
    "tests/$project/bin/Release/net10.0/$project" --no-ansi --progress off --timeout "$limit" \
        --results-directory artifacts/test --report-xunit-ctrf --report-xunit-ctrf-filename "$name.json" \
        --long-running 300 --xunit-diagnostics on "${@:3}" >"$log" 2>&1 </dev/null
    echo "$? $((SECONDS - begun))" >"artifacts/test/$name.end"
}

# Tells how they ended, and counts them.
tell() {
    local name=$1 log=artifacts/test/$1.log code took p f s told
    read -r code took <"artifacts/test/$name.end"
    rm "artifacts/test/$name.end"

    p=$(number succeeded "$log") f=$(number failed "$log") s=$(number skipped "$log")
    ((code != 0 && f == 0)) && f=1 # It crashed, hung or found no test.

    ((passed += p, failed += f, skipped += s))
    printf '%-34s %5d passed %5d failed %5d skipped %5d s   %s\n' "$name" "$p" "$f" "$s" "$took" "$log"
    sed -n 's/^figures: /    /p' "$log"
    ((f)) || return 0

    # The failures with what they printed, or how the log ends, when it tells of none.
    told=$(grep '^failed ' "$log") && awk '/^[^ ]/ { shown = /^failed / } shown' "$log" || tail -n 200 "$log"
    failures+=("${told:-$name ended with exit code $code.}")
}

# What has just passed on MariaDB, on MySQL. Without its packages, or on another processor, nothing else fails of it.
run_on_mysql() {
    local mysql tests=(--filter-class '*.MySqlConformanceTests' --filter-class '*.MySqlUserTests')
    mysql=$(tests/servers/mysql.sh start "$servers/mysql") || {
        echo 'No MySQL server could be started, so nothing was run on it.'
        [[ -z ${HYDRA_FULL:-} ]] || { failures+=('No MySQL server could be started.'); ((failed += 1)); }
        return 0
    }
    if [[ -n ${HYDRA_FULL:-} ]]; then
        tests=(--filter-class '*.MySql*')
    fi

    export HYDRA_TEST_MYSQL=$mysql HYDRA_TEST_MYSQL_SCRIPT=mysql.sh
    run_as Hydra.Stores.Tests.OnMySql Hydra.Stores.Tests "${tests[@]}"
    if [[ -n ${HYDRA_FULL:-} ]]; then
        run_as Hydra.EntityFrameworkCore9.Tests.OnMySql Hydra.EntityFrameworkCore9.Tests "${tests[@]}"
        run_as Hydra.Soak.OnMySql Hydra.Soak "${tests[@]}" --filter-class '*.MigrationTests'
    fi
}

# The last number of a name in a log; 0 when there is none.
number() { sed -nE "s/^ +$1: ([0-9]+)$/\1/p" "$2" | tail -n 1 | grep . || echo 0; }

if ((build)) && ! dotnet build Hydra.slnx --configuration Release --verbosity quiet </dev/null; then
    echo 'The build failed, so no test ran.'
    finish
fi

# One test lets the system call trace answer for a file system that has become read-only, another sets the clocks of
# single processes; without these tools they are skipped.
if ((EUID == 0)) && ! { command -v strace && command -v faketime; } >/dev/null; then
    apt-get install --yes --no-install-recommends strace faketime >/dev/null 2>&1 ||
        { apt-get update && apt-get install --yes --no-install-recommends strace faketime; } >/dev/null 2>&1
fi

chmod 755 "$servers" # The servers run as other users.
if [[ -z ${HYDRA_TEST_POSTGRESQL:-} ]]; then
    HYDRA_TEST_POSTGRESQL=$(tests/servers/postgresql.sh start "$servers/postgresql") || {
        echo 'No PostgreSQL server could be started, so no test ran.'
        finish
    }
    export HYDRA_TEST_POSTGRESQL
fi
if [[ -z ${HYDRA_TEST_MYSQL:-} ]]; then
    script=${HYDRA_TEST_MYSQL_SCRIPT:-mariadb.sh}
    HYDRA_TEST_MYSQL=$("tests/servers/$script" start "$servers/${script%.sh}") || {
        echo "No server could be started by $script, so no test ran."
        finish
    }
    export HYDRA_TEST_MYSQL
fi

mkdir -p artifacts/test

# The simulation has a time of its own. It gets what the others leave of the machine, which wait for processes a lot.
(renice -n 19 "$BASHPID" >/dev/null && execute Hydra.Simulation Hydra.Simulation "${options[@]}") &
for project in tests/*/*.csproj; do
    name=$(basename "$project" .csproj)
    [[ $name == Hydra.Simulation ]] || run "$name"
done
wait
tell Hydra.Simulation
if ((!${#options[@]})) && [[ ${HYDRA_TEST_MYSQL_SCRIPT:-mariadb.sh} == mariadb.sh ]]; then
    run_on_mysql
fi
finish
