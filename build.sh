#!/usr/bin/env bash
# Builds everything in Release with warnings as errors, and checks the formatting.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

dotnet restore Hydra.slnx
dotnet build Hydra.slnx --configuration Release --no-restore
dotnet format Hydra.slnx --verify-no-changes --no-restore --verbosity quiet
