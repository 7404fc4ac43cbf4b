#!/usr/bin/env bash
# Plants one mistake after the other into the engine and tells which of them the tests notice: the last line is the sum.
#   tests/mutants/run.sh [--check] [PATTERN ...]
#   PATTERN           only the mutants whose file or name it matches, for example 'pipeline' or 'sql-*'
#   --check           only see that each mutant can still be planted: what it replaces is in its file exactly once
# The mistakes stand in the *.txt beside this script. It works in a copy of the tree, and leaves the tree alone.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 TESTINGPLATFORM_TELEMETRY_OPTOUT=1

check=0 patterns=() names=() killed=0 explained=0 survivors=() broken=() few=()
for argument; do
    if [[ $argument == --check ]]; then check=1; else patterns+=("$argument"); fi
done

declare -A area file old new why tests

# Reads the mutants of one area: which tests are to find them, then what each replaces by what.
read_area() {
    local area_name name='' line
    area_name=$(basename "$1" .txt)
    while IFS= read -r line; do
        case $line in
            'tests '*) tests[$area_name]+="${line#tests }"$'\n' ;;
            'mutant '*) name=${line#mutant } names+=("$name") area[$name]=$area_name old[$name]='' new[$name]='' ;;
            'file '*) file[$name]=${line#file } ;;
            'survives '*) why[$name]+="${line#survives } " ;;
            '- '*) old[$name]+="${old[$name]:+$'\n'}${line#- }" ;;
            '+ '*) new[$name]+="${new[$name]:+$'\n'}${line#+ }" ;;
        esac
    done <"$1"
}

wanted() {
    ((${#patterns[@]} == 0)) && return 0
    local pattern
    for pattern in "${patterns[@]}"; do
        # shellcheck disable=SC2053
        [[ $1 == $pattern || ${area[$1]} == $pattern ]] && return 0
    done
    return 1
}

# Puts a mutant's text in the place of what it replaces: PLAIN is the file in a tree without it, PLANTED with it.
plant() {
    local text parts
    [[ -f $2/${file[$1]} ]] || return 1
    IFS= read -r -d '' text <"$2/${file[$1]}"
    parts=${text//"${old[$1]}"/}
    ((${#text} - ${#parts} == ${#old[$1]})) || return 1
    PLAIN=$text PLANTED=${text/"${old[$1]}"/"${new[$1]}"}
}

build() {
    dotnet build "$@" --configuration Release --verbosity quiet -p:RunAnalyzers=false -p:TreatWarningsAsErrors=false \
        -p:EnforceCodeStyleInBuild=false -p:GenerateDocumentationFile=false </dev/null >"$copy/build.log" 2>&1
}

# Gives the tests that use a library this one of its builds.
hand_out() {
    local project place
    for project in "${!projects[@]}"; do
        place=$copy/tests/$project/bin/Release/net10.0/$(basename "$1")
        if [[ -f $place ]]; then cp "$1" "$place"; fi
    done
}

# Runs the tests of an area until some fail, and tells which; whoever hangs has failed as well.
failing() {
    local project classes filters class
    while read -r project classes; do
        filters=()
        for class in $classes; do filters+=(--filter-class "$class"); done
        (cd "$copy" && timeout --kill-after 5 300 \
            "tests/$project/bin/Release/net10.0/$project" --no-ansi --progress off --stop-on-fail on \
            "${filters[@]}" >"$copy/test.log" 2>&1 </dev/null) || {
            sed -nE 's/^failed ([^ (]+).*/\1/p' "$copy/test.log" | grep -m 1 . || echo "$project, which ended or hung"
            return
        }
    done < <(printf '%s' "${tests[$1]}")
}

set -f # Patterns of classes are for the tests, not for the shell.
for list in $(set +f; echo tests/mutants/*.txt); do read_area "$list"; done

todo=()
for name in "${names[@]}"; do
    wanted "$name" || continue
    todo+=("$name")
    plant "$name" . || broken+=("$name cannot be planted: what it replaces is not in ${file[$name]} exactly once")
done
if ((${#broken[@]})); then printf '%s\n' "${broken[@]}"; exit 1; fi
if ((check)); then echo "${#todo[@]} mutants can be planted"; exit 0; fi

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z --cached --others --exclude-standard | tar --null --files-from - --create | tar --extract --directory "$copy"

# The tests are built once, and must pass on what is to be spoilt.
declare -A projects areas
for name in "${todo[@]}"; do areas[${area[$name]}]=1; done
for name in "${!areas[@]}"; do
    while read -r project _; do projects[$project]=1; done < <(printf '%s' "${tests[$name]}")
done
for project in "${!projects[@]}"; do
    build "$copy/tests/$project" || { cat "$copy/build.log"; exit 1; }
done
mkdir "$copy/clean"
for library in $(set +f; echo "$copy"/tests/*/bin/Release/net10.0/Hydra*.dll); do cp "$library" "$copy/clean"; done

for name in "${!areas[@]}"; do
    [[ -z $(failing "$name") ]] || { cat "$copy/test.log"; echo "The tests of $name fail without any mutant."; exit 1; }
done

declare -A counts kills
for name in "${todo[@]}"; do
    source=$(cut -d/ -f1,2 <<<"${file[$name]}") library=$(cut -d/ -f2 <<<"${file[$name]}")
    begun=$SECONDS
    plant "$name" "$copy"
    printf '%s' "$PLANTED" >"$copy/${file[$name]}"
    if build "$copy/$source" --no-restore --no-dependencies; then
        hand_out "$copy/$source/bin/Release/net10.0/$library.dll"
        list=${area[$name]}
        counts[$list]=$((${counts[$list]:-0} + 1))
        test=$(failing "$list")
        if [[ -n $test ]]; then
            verdict="killed by $test"; ((killed++)); kills[$list]=$((${kills[$list]:-0} + 1))
        elif [[ -n ${why[$name]:-} ]]; then
            verdict="survived: ${why[$name]}"; ((explained++))
        else
            verdict='SURVIVED'; survivors+=("$name")
        fi
    else
        verdict='DOES NOT COMPILE'; broken+=("$name"); grep -m 3 'error' "$copy/build.log"
    fi
    printf '%-62s %4d s   %s\n' "$name" $((SECONDS - begun)) "$verdict"
    # The copy is as it was before the next one comes.
    printf '%s' "$PLAIN" >"$copy/${file[$name]}"
    hand_out "$copy/clean/$library.dll"
done

for name in "${!counts[@]}"; do
    printf '%s: %d of %d killed\n' "$name" "${kills[$name]:-0}" "${counts[$name]}"
    # Of a whole list, few may survive, whatever the reason.
    ((${#patterns[@]} && ${counts[$name]} < $(grep -c '^mutant ' "tests/mutants/$name.txt"))) ||
        ((100 * ${kills[$name]:-0} >= 85 * ${counts[$name]})) || few+=("$name: less than 85% are killed")
done
((${#few[@]})) && printf '%s\n' "${few[@]}"
((${#survivors[@]})) && printf 'survived: %s\n' "${survivors[@]}"
total=$((${#todo[@]} - ${#broken[@]}))
echo "$total mutants, $killed killed, $explained survived with a reason, ${#survivors[@]} without:" \
    "$((total ? 100 * killed / total : 0))% killed"
exit $((${#survivors[@]} > 0 || ${#broken[@]} > 0 || ${#few[@]} > 0))
