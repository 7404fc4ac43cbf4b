#!/usr/bin/env bash
# Makes the documentation site in artifacts/docs/site: the API reference, from the code, and the pages of this
# repository. It needs only the .NET SDK; docfx comes as a local tool, pinned in .config/dotnet-tools.json.
# A broken link or cross reference is an error.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

# docfx takes the folder of its configuration for the root of the site, so the pages are copied beside it.
source=artifacts/docs/source
rm -rf artifacts/docs
mkdir -p $source/docs
cp ./*.md LICENSE docs/docfx.json $source
cp -r docs/*.md docs/guides docs/adr $source/docs
cp -r deploy $source
find samples \( -name bin -o -name obj \) -prune -o \( -name '*.cs' -o -name README.md \) \
    -exec cp --parents {} $source \;

# Prints a line for each page of a folder: its first heading and its name, in a form.
pages() {
    local page
    for page in "$1"/*.md; do
        printf -- "$2" "$(sed -n '/^# /{s/^# //p;q}' "$page")" "${page##*/}"
    done
}

pages $source/docs/guides '- name: "%s"\n  href: %s\n' >$source/docs/guides/toc.yml
pages $source/docs/adr '- name: "%s"\n  href: %s\n' >$source/docs/adr/toc.yml
{ printf '# Decisions\n\n'; pages $source/docs/adr '- [%s](%s)\n'; } >$source/docs/adr/index.md
printf -- '- name: %s\n  href: %s\n' Guides docs/guides/ API api/ Decisions docs/adr/ >$source/toc.yml

# The site begins with docs/README.md; a site has no links to folders.
sed -E 's#\]\(([^:)]*\))#](docs/\1#g; s#\]\(docs/\.\./#](#g' docs/README.md >$source/index.md
sed -i 's#](docs/adr)#](docs/adr/index.md)#' $source/README.md

dotnet tool restore >/dev/null
dotnet docfx metadata $source/docfx.json --warningsAsErrors
dotnet docfx build $source/docfx.json --warningsAsErrors
echo "The site is in artifacts/docs/site; see it with: dotnet docfx serve artifacts/docs/site"
