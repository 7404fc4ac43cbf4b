#!/usr/bin/env bash
# Measures the engine and prints a table, or one JSON line per measurement with --json.
# --help tells the options.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
dotnet build bench/Hydra.Bench -c Release -v quiet -nologo >&2
exec dotnet bench/Hydra.Bench/bin/Release/net10.0/Hydra.Bench.dll "$@"
