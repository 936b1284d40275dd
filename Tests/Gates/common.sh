# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# What the gates share. A gate is an executable script in this folder; it prints one line for each check,
#
#   ok - NAME
#   not ok - NAME
#   skip - NAME: REASON          (the check could not be made here; it counts neither way)
#   # anything that helps to understand the line above
#
# and exits non-zero if a check failed. `make test` runs every gate and adds the lines up.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"

failures=0

ok() { printf 'ok - %s\n' "$1"; }

not_ok() {
  printf 'not ok - %s\n' "$1"
  failures=$((failures + 1))
}

skip() { printf 'skip - %s: %s\n' "$1" "$2"; }

# Prints standard input as comments, at most 40 lines of it.
explain() { head -n 40 | sed 's/^/#   /'; }

# verdict NAME FILE: passes when FILE is empty, which holds one line for each objection.
verdict() {
  if [[ -s $2 ]]; then
    not_ok "$1"
    explain <"$2"
  else
    ok "$1"
  fi
}

# check NAME COMMAND...: passes when the command succeeds; shows the end of its output when it does not.
check() {
  local name=$1 log
  log=$(mktemp "$scratch/check.XXXXXX")
  shift
  if "$@" >"$log" 2>&1; then
    ok "$name"
  else
    not_ok "$name"
    grep -E 'error|warning' "$log" | sort -u | explain || true
    tail -n 15 "$log" | explain
  fi
  rm -f "$log"
}

# A folder of this run that vanishes with it.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# tool NAME: the program of the Swift toolchain, or else the one in PATH.
tool() {
  local beside
  beside=$(dirname "$(readlink -f "$(command -v swift)")")/$1
  if [[ -x $beside ]]; then printf '%s\n' "$beside"; else command -v "$1"; fi
}

# The files of the project: what git knows or would add, or everything when this is no clone.
project_files() {
  if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    git ls-files --cached --others --exclude-standard | while IFS= read -r file; do
      [[ ! -f $file ]] || printf '%s\n' "$file"
    done
  else
    find . -path './.build*' -prune -o -type f -print | sed 's,^\./,,'
  fi
}

# The names of all traits, one a line, as Package.swift gives them.
package_traits() {
  sed -n '/^let traits/,/^\]/s/^ *("\([A-Za-z0-9]*\)",.*/\1/p' Package.swift
}

# The module maps of the C headers of the core and of the gates' host, for swiftc without the package manager.
c_module_map() {
  printf 'module CAccelerated {\n  umbrella "%s"\n  export *\n}\n' "$root/Sources/CAccelerated/include"
  printf 'module CMemory {\n  umbrella "%s"\n  export *\n}\n' "$root/Sources/CMemory/include"
  printf 'module CEmbeddedHost {\n  umbrella "%s"\n  export *\n}\n' "$root/Tests/Gates/EmbeddedHost/include"
}

# What Embedded Swift needs beside -target, as the build of a kernel module has it, less what is only for x86.
embedded_flags=(
  -enable-experimental-feature Embedded -wmo -parse-as-library
  -Xfrontend -disable-stack-protector -Xcc -ffreestanding
)

# compile_core TRIPLE OBJECT FLAG...: LRNGCore with all traits, and the host that gives its generic half some types, as
# one module with a section for each function.
compile_core() {
  local triple=$1 object=$2 sources traits=() trait
  shift 2
  mapfile -t sources < <(find Sources/LRNGCore Tests/Gates/EmbeddedHost -name '*.swift' | sort)
  while IFS= read -r trait; do traits+=("-D$trait"); done < <(package_traits)
  c_module_map >"$scratch/module.modulemap"
  swiftc -target "$triple" "${embedded_flags[@]}" -O -Xfrontend -function-sections \
    -Xfrontend -disable-llvm-merge-functions-pass -swift-version 6 -warnings-as-errors \
    -module-name LRNGCore "${traits[@]}" -Xcc "-fmodule-map-file=$scratch/module.modulemap" \
    -module-cache-path .build-embedded/modules "$@" -o "$object" "${sources[@]}"
}

# swift_tests WHAT OPTION...: package tests, which pass when there are some and none fails.
swift_tests() {
  local what=$1 log=$scratch/tests.log report=$scratch/tests.xml status=0 cases=0
  shift
  rm -f "$report"
  swift test --disable-xctest --xunit-output "$report" "$@" >"$log" 2>&1 || status=$?
  [[ ! -f $report ]] || cases=$(grep -c '<testcase ' "$report" || true)
  if ((status == 0 && cases > 0)); then
    ok "the $cases tests of $what pass"
  else
    not_ok "the tests of $what pass (exit status $status, $cases tests)"
    { grep -E '✘|Fatal error|error: ' "$log" || tail -n 20 "$log"; } | sort -u | explain
  fi
}

# compile_accelerated FOLDER: the objects of the vector code, which code for Linux is linked with.
compile_accelerated() {
  local file
  for file in Sources/CAccelerated/*.c; do
    "$(tool clang)" -O2 -c -o "$1/accelerated-$(basename "$file" .c).o" "$file" || return
  done
}

# compile_probes WORLD OBJECT SOURCE...: probes and the part of the core that they probe, as one optimised module that runs
# here: compiled for Linux, or for Embedded Swift as a kernel module has it.
compile_probes() {
  local world=$1 object=$2 flags=()
  shift 2
  [[ $world == Linux ]] || flags=(-target x86_64-unknown-none-elf "${embedded_flags[@]}")
  c_module_map >"$scratch/module.modulemap"
  printf 'module Observer {\n  header "%s"\n  export *\n}\n' "$root/Tests/Gates/wiping/Observer.h" \
    >"$scratch/observer.modulemap"
  swiftc "${flags[@]}" -O -wmo -parse-as-library -swift-version 6 -strict-memory-safety -module-name LRNGCore \
    -Xcc "-fmodule-map-file=$scratch/module.modulemap" -Xcc "-fmodule-map-file=$scratch/observer.modulemap" \
    -c -o "$object" "$@"
}

# link_core OBJECT LINKED: keeps what the public functions of the core and the functions of the host reach, as the build
# of a kernel module does. (Hashing is not among it: every enum has it, and with it a random seed.)
link_core() {
  local roots
  mapfile -t roots < <(
    "$(tool llvm-nm)" --defined-only --extern-only "$1" |
      sed -n 's/^[0-9a-f]* T \(\$e8LRNGCore.*\|host_.*\)/-u\1/p' | grep -vE 'Hasher|9hashValue'
  )
  "$(tool ld.lld)" -r --gc-sections "${roots[@]}" -o "$2" "$1"
}

# traps_in OBJECT: a line "COUNT FUNCTION" for each function with traps. Those of the runtime are ends of roads that need
# allocations.
traps_in() {
  "$(tool llvm-objdump)" --disassemble --no-show-raw-insn "$1" |
    awk '/^[0-9a-f]+ <.*>:$/ { name = substr($2, 2, length($2) - 3) } $2 == "ud2" { print name }' |
    grep -vE '^_?swift_' | swift demangle --compact --simplified | sort | uniq -c |
    sed 's/^ *\([0-9]*\) /\1 /' || true
}

# update_traps REVIEWED TRAPS: rewrites the list of reviewed traps after TRAPS, which traps_in printed. Headings stay, with
# the functions under them that still have traps; new ones go under "Not reviewed yet".
update_traps() {
  : >"$scratch/new"
  awk '
    FNR == NR { count = $1; sub(/^[0-9]+ /, ""); now[$0] = count; next }
    /^[0-9]/ { sub(/^[0-9]+ /, ""); if ($0 in now) { print now[$0], $0; delete now[$0] }; next }
    /^# Not reviewed yet/ { exit }
    { print }
    END { for (name in now) print now[name], name | "sort -k2 >\"'"$scratch/new"'\"" }
  ' "$2" "$1" >"$scratch/list"
  sed -i -e :a -e '/^\n*$/{$d;N;ba' -e '}' "$scratch/list"
  if [[ -s $scratch/new ]]; then
    printf '\n# Not reviewed yet.\n' >>"$scratch/list"
    cat "$scratch/new" >>"$scratch/list"
  fi
  cp "$scratch/list" "$1"
  printf '# %s rewritten\n' "$1"
}

# verdict_on_traps NAME REVIEWED TRAPS: passes when no function has more traps than were reviewed.
verdict_on_traps() {
  local pending
  awk '
    FNR == NR { if (/^[0-9]/) { count = $1; sub(/^[0-9]+ /, ""); allowed[$0] = count }; next }
    { count = $1; sub(/^[0-9]+ /, "")
      if (count > allowed[$0] + 0) printf "%d traps, %d reviewed: %s\n", count, allowed[$0], $0 }
  ' "$2" "$3" >"$scratch/unreviewed"
  verdict "$1" "$scratch/unreviewed"
  if [[ -s $scratch/unreviewed ]]; then
    explain <<TEXT
A trap is a kernel panic. First try to lose it: &+ where wrap is meant, a check that throws a typed error, an index
the compiler can prove. If no input can reach it, run \`$0 --update\` and move the new lines of
$2 under a heading that says why.
TEXT
  fi
  pending=$(sed -n '/^# Not reviewed yet/,$p' "$2" | grep -c '^[0-9]' || true)
  ((pending == 0)) || printf '# %s functions with traps are listed as not reviewed yet\n' "$pending"
}

finish() { exit $((failures > 0)); }
