#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# libFuzzer against the reader of ACVP prompts and what it accepts: no input may trap, touch foreign memory, take more than
# 10 s or grow the process. It starts from the vector sets, each cut to a test or two.
#
# Usage: fuzz.sh [--soak]     20 s; --soak: an hour, with the corpus of earlier runs, which is kept in .build-fuzz/corpus.
source "$(dirname "$0")/common.sh"

build=.build-fuzz
seconds=20
corpus=$scratch/corpus
if [[ ${1-} == --soak ]]; then
  seconds=3600
  corpus=$build/corpus
fi
mkdir -p "$build" "$corpus" "$scratch/seeds"

name="no prompt crashes the reader"
if ! command -v python3 >/dev/null; then
  skip "$name" "python3 is not installed (make deps)"
  finish
fi

mapfile -t core < <(find Sources/LRNGCore -name '*.swift' | sort)
mapfile -t acvp < <(find Sources/LRNGACVP -name '*.swift' | sort)
traits=()
while IFS= read -r trait; do traits+=("-D$trait"); done < <(package_traits)
c_module_map >"$build/module.modulemap"
flags=(
  -O -wmo -parse-as-library -swift-version 6 -warnings-as-errors -enable-testing "-sanitize=fuzzer,address"
  -Xcc "-fmodule-map-file=$build/module.modulemap" -module-cache-path "$build/modules" -I "$build"
)

# fuzzer PROGRAM FLAG...: links the fuzzer, compiled with the flags.
fuzzer() {
  local program=$1
  shift
  swiftc "${flags[@]}" "$@" -module-name Fuzzing -o "$program" Tests/Fuzzing/PromptFuzzer.swift \
    "$build/LRNGACVP.o" "$build/LRNGCore.o" "$build/CMemory.o" "$build"/accelerated-*.o
}

build_fuzzer() {
  compile_accelerated "$build" &&
    "$(tool clang)" -c -O1 -fsanitize=address -ISources/CMemory/include -o "$build/CMemory.o" Sources/CMemory/CMemory.c &&
    swiftc "${flags[@]}" "${traits[@]}" -module-name LRNGCore -emit-module-path "$build/LRNGCore.swiftmodule" \
      -c -o "$build/LRNGCore.o" "${core[@]}" &&
    swiftc "${flags[@]}" -module-name LRNGACVP -emit-module-path "$build/LRNGACVP.swiftmodule" \
      -c -o "$build/LRNGACVP.o" "${acvp[@]}" &&
    fuzzer "$build/fuzzer" &&
    fuzzer "$build/planted" -DPLANTED_CRASH
}
check "the fuzzer builds" build_fuzzer
((failures == 0)) || finish

python3 - "$scratch/seeds" Tests/LRNGACVPTests/Vectors/*/prompt.json <<'END'
import json, sys
target, *names = sys.argv[1:]
count = 0
def put(document):
    global count
    count += 1
    with open(f"{target}/{count}.json", "w") as file:
        json.dump(document, file, separators=(",", ":"))
for name in names:
    prompt = json.load(open(name))
    groups, kinds = [], set()
    for group in prompt["testGroups"]:
        kind = (group["testType"], group.get("direction"), group.get("mode"), group.get("derFunc"), group.get("reSeed"))
        if kind in kinds:
            continue
        kinds.add(kind)
        group["tests"] = sorted(group["tests"], key=lambda test: len(str(test)))[:1]
        put({**prompt, "testGroups": [group]})
        groups.append(group)
    put([{"acvVersion": "1.0"}, {**prompt, "testGroups": groups[:2]}])
END

# fuzz PROGRAM SECONDS LOG: runs it in the scratch folder, where it leaves what it found.
fuzz() {
  local program seeds=$scratch/seeds grown
  program=$(readlink -f "$1")
  grown=$(readlink -f "$corpus")
  (
    cd "$scratch"
    ASAN_OPTIONS=detect_leaks=0 "$program" -max_total_time="$2" -timeout=10 -rss_limit_mb=1024 -max_len=4096 \
      -dict="$root/Tests/Fuzzing/prompt.dict" -print_final_stats=1 -artifact_prefix="$scratch/" "$grown" "$seeds" >"$3" 2>&1
  )
}

# Without it, a fuzzer that tries nothing would pass.
control="the fuzzer finds a planted crash within a minute"
if ! fuzz "$build/planted" 60 "$scratch/planted.log" && compgen -G "$scratch/crash-*" >/dev/null; then
  ok "$control"
  rm "$scratch"/crash-*
else
  not_ok "$control"
  tail -n 15 "$scratch/planted.log" | explain
fi

status=0
fuzz "$build/fuzzer" "$seconds" "$scratch/fuzzer.log" || status=$?
runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$scratch/fuzzer.log")
if ((status == 0 && ${runs:-0} > 1000)); then
  ok "$name ($runs prompts in $seconds s)"
else
  not_ok "$name (exit status $status, ${runs:-0} prompts)"
  grep -E 'ERROR|SUMMARY|Fatal|Test unit' "$scratch/fuzzer.log" | explain || true
  tail -n 15 "$scratch/fuzzer.log" | explain
  # What was found outlives this run.
  find "$scratch" -maxdepth 1 -regextype egrep -regex '.*/(crash|timeout|oom|slow-unit)-.*' -exec cp {} "$build" \;
fi

finish
