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

# Hundreds of short processes on few processors: these take a fifth of their time, and none of what is tested.
export DOTNET_TieredPGO=0 DOTNET_EnableWriteXorExecute=0 DOTNET_ThreadPool_UnfairSemaphoreSpinLimit=0 \
    DOTNET_gcConcurrent=0

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

passed=0 failed=0 skipped=0 failures=() notes=() lanes=() servers=$(mktemp -d)
trap stop EXIT

stop() {
    ((${#lanes[@]})) && kill -- "${lanes[@]/#/-}" 2>/dev/null # What still runs, where the script is interrupted.
    tests/servers/postgresql.sh stop "$servers/postgresql"
    tests/servers/mariadb.sh stop "$servers/mariadb"
    tests/servers/mysql.sh stop "$servers/mysql"
    rm -rf "$servers"
}

# Ends the script: a run in which nothing ran is no success. What failed is named once more, next to the sum.
finish() {
    ((${#failures[@]} + ${#notes[@]})) && printf '%s\n' "${failures[@]}" "${notes[@]}"
    echo "$passed passed, $failed failed, $skipped skipped"
    exit $((failed > 0 || passed == 0))
}

# Runs the tests of a project: those that match the options. The log tells what failed and what it printed, the report
# beside it how long each took. What is to be told of them is noted there too, so that it may happen apart.
execute() {
    local name=$1 project=$2 log=artifacts/test/$1.log begun=$SECONDS
    "tests/$project/bin/Release/net10.0/$project" --no-ansi --progress off --timeout "$limit" \
        --results-directory artifacts/test --report-xunit-ctrf --report-xunit-ctrf-filename "$name.json" \
        --long-running 300 --xunit-diagnostics on "${@:3}" >"$log" 2>&1 </dev/null
    echo "$? $((SECONDS - begun))" >"artifacts/test/$name.end"
}

execute_all() {
    local project
    for project; do
        execute "$project" "$project" "${options[@]}"
    done
}

# Tells how they ended, and counts them.
tell() {
    local name=$1 log=artifacts/test/$1.log code took p f s told
    read -r code took <"artifacts/test/$name.end" || code=1 took=0
    rm -f "artifacts/test/$name.end"

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

# What the store for MySQL and MariaDB has to pass, on MySQL.
execute_on_mysql() {
    local mysql
    local tests=(--filter-class '*.MySqlConformanceTests' --filter-class '*.MySqlUserTests'
        --filter-class '*.MySqlContentionTests') # In which the two lock differently.
    mysql=$(tests/servers/mysql.sh start "$servers/mysql") || return 0
    if [[ -n ${HYDRA_FULL:-} ]]; then
        tests=(--filter-class '*.MySql*')
    fi

    export HYDRA_TEST_MYSQL=$mysql HYDRA_TEST_MYSQL_SCRIPT=mysql.sh
    execute Hydra.Stores.Tests.OnMySql Hydra.Stores.Tests "${tests[@]}"
    if [[ -n ${HYDRA_FULL:-} ]]; then
        execute Hydra.EntityFrameworkCore9.Tests.OnMySql Hydra.EntityFrameworkCore9.Tests "${tests[@]}"
        execute Hydra.Soak.OnMySql Hydra.Soak "${tests[@]}" --filter-class '*.MigrationTests'
    fi
}

# Without its packages, or on another processor, nothing else fails of it.
tell_on_mysql() {
    if [[ -e artifacts/test/Hydra.Stores.Tests.OnMySql.end ]]; then
        for project in Hydra.Stores.Tests Hydra.EntityFrameworkCore9.Tests Hydra.Soak; do
            [[ -e artifacts/test/$project.OnMySql.end ]] && tell "$project.OnMySql"
        done
    elif [[ -n ${HYDRA_FULL:-} ]]; then
        failures+=('No MySQL server could be started.')
        ((failed += 1))
    else
        notes+=('No MySQL server could be started, so nothing was run on MySQL itself.')
    fi
}

# Begins something of a lower priority, in a group of processes of its own, which ends with the script.
beside() {
    set -m
    (renice -n "$1" "$BASHPID" >/dev/null && "${@:2}") </dev/null &
    set +m
    lanes+=("$!")
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
rm -f artifacts/test/*.end

# Two projects take nearly all the time, much of which they wait for processes and servers. The others, and the
# simulation, which has a time of its own, get what they leave of the machine. A full run does one thing after another.
long=(Hydra.Soak Hydra.Stores.Tests) short=()
for project in tests/*/*.csproj; do
    name=$(basename "$project" .csproj)
    [[ " ${long[*]} Hydra.Simulation " == *" $name "* ]] || short+=("$name")
done

execute_short() {
    execute_all "${short[@]}"
    if ((!${#options[@]})) && [[ ${HYDRA_TEST_MYSQL_SCRIPT:-mariadb.sh} == mariadb.sh ]]; then
        execute_on_mysql
    fi
}

beside 5 execute_all Hydra.Simulation
[[ -n ${HYDRA_FULL:-} ]] || beside 5 execute_short
for project in "${long[@]}"; do
    execute_all "$project"
    tell "$project"
done
[[ -z ${HYDRA_FULL:-} ]] || execute_short
wait
for project in "${short[@]}" Hydra.Simulation; do
    tell "$project"
done
if ((!${#options[@]})) && [[ ${HYDRA_TEST_MYSQL_SCRIPT:-mariadb.sh} == mariadb.sh ]]; then
    tell_on_mysql
fi
finish
