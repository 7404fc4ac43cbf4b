#!/usr/bin/env bash
# Measures the engine and prints a table, or one JSON line per measurement with --json.
# --help tells the options.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
dotnet build bench/Hydra.Bench -c Release -v quiet -nologo >&2
dotnet bench/Hydra.Bench/bin/Release/net10.0/Hydra.Bench.dll "$@" <&0 &
bench=$!

# When it is interrupted, the server that it has started is left running; its folder has the number of the process.
interrupted() {
    trap '' INT TERM HUP
    kill -TERM "$bench" 2>/dev/null || true
    wait "$bench" || true
    local folder
    for folder in "${TMPDIR:-/tmp}"/hydra-bench-*-"$bench"; do
        case $folder in
        */hydra-bench-postgresql-*) tests/servers/postgresql.sh stop "$folder" ;;
        */hydra-bench-mysql-*) tests/servers/mariadb.sh stop "$folder" ;;
        esac
    done
    exit "$1"
}
trap 'interrupted 129' HUP
trap 'interrupted 130' INT
trap 'interrupted 143' TERM
wait "$bench"
