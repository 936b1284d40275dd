#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# libFuzzer against the reader of ACVP prompts and what it accepts, and against the protocols of the service: no input may
# trap, touch foreign memory, take more than 10 s or grow the process. It starts from the vector sets, each cut to a test or
# two, and from requests of each kind.
#
# Usage: fuzz.sh [--soak]     20 s and 10 s; --soak: an hour each, with the corpus of earlier runs, which is kept in
#                             .build-fuzz/corpus and .build-fuzz/service-corpus.
source "$(dirname "$0")/common.sh"

build=.build-fuzz
seconds=20
service_seconds=10
corpus=$scratch/corpus
service_corpus=$scratch/service-corpus
if [[ ${1-} == --soak ]]; then
  seconds=3600
  service_seconds=3600
  corpus=$build/corpus
  service_corpus=$build/service-corpus
fi
mkdir -p "$build" "$corpus" "$service_corpus" "$scratch/seeds" "$scratch/service-seeds"

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

# The protocols stand alone: the parts of LRNG that they need make a module of that name.
service_fuzzer() {
  local program=$1
  shift
  swiftc "${flags[@]}" "$@" -module-name Fuzzing -o "$program" Tests/Fuzzing/ServiceFuzzer.swift \
    "$build/LRNGService.o" "$build/LRNG.o"
}

build_service_fuzzer() {
  swiftc "${flags[@]}" -module-name LRNG -emit-module-path "$build/LRNG.swiftmodule" -c -o "$build/LRNG.o" \
    Sources/LRNG/API/QualityOfService.swift Sources/LRNG/Service/ServiceMessage.swift &&
    swiftc "${flags[@]}" -module-name LRNGService -emit-module-path "$build/LRNGService.swiftmodule" \
      -c -o "$build/LRNGService.o" Sources/LRNGService/Protocols/*.swift &&
    service_fuzzer "$build/service-fuzzer" &&
    service_fuzzer "$build/service-planted" -DPLANTED_CRASH
}
check "the fuzzer builds" build_fuzzer
check "the service's fuzzer builds" build_service_fuzzer
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

python3 - "$scratch/service-seeds" <<'END'
import struct, sys
def message(operation, flags=0, payload=b"", version=1):
    return struct.pack(">BBHII", version, operation, flags, 7, len(payload)) + payload
number = struct.pack(">I", 32)
seeds = [b"\0", b"\1\x20", b"\2\xff", b"\3\0\x20\4abcd", b"\4", b"\0\1\5\2\7\3\0\0\1x\4",
         message(1, 0, number), message(1, 1, number), message(1, 6, number), message(2), message(2, 10),
         message(3, 0, number + b"data"), message(4), message(6), message(6, 16), message(7),
         message(99), message(4, version=2), message(1, 0, number) + message(6) + message(3, 0, number)]
for index, seed in enumerate(seeds):
    for cut in (0, 6):
        with open(f"{sys.argv[1]}/{index}-{cut}", "wb") as file:
            file.write(bytes([cut]) + seed)
END

# fuzz PROGRAM SECONDS LOG [SEEDS CORPUS]: runs it in the scratch folder, where it leaves what it found.
fuzz() {
  local program seeds=${4:-$scratch/seeds} grown
  program=$(readlink -f "$1")
  grown=$(readlink -f "${5:-$corpus}")
  (
    cd "$scratch"
    ASAN_OPTIONS=detect_leaks=0 "$program" -max_total_time="$2" -timeout=10 -rss_limit_mb=1024 -max_len=4096 \
      -dict="$root/Tests/Fuzzing/prompt.dict" -print_final_stats=1 -artifact_prefix="$scratch/" "$grown" "$seeds" >"$3" 2>&1
  )
}

# verdict_on_fuzzer NAME WHAT PROGRAM PLANTED SECONDS [SEEDS CORPUS]: the fuzzer finds what is planted, and nothing else.
verdict_on_fuzzer() {
  local name=$1 what=$2 program=$3 planted=$4 time=$5 control status=0 runs
  shift 5
  # Without it, a fuzzer that tries nothing would pass.
  control="the fuzzer of $what finds a planted crash within a minute"
  if ! fuzz "$planted" 60 "$scratch/planted.log" "$@" && compgen -G "$scratch/crash-*" >/dev/null; then
    ok "$control"
    rm "$scratch"/crash-*
  else
    not_ok "$control"
    tail -n 15 "$scratch/planted.log" | explain
  fi

  fuzz "$program" "$time" "$scratch/fuzzer.log" "$@" || status=$?
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$scratch/fuzzer.log")
  if ((status == 0 && ${runs:-0} > 1000)); then
    ok "$name ($runs inputs in $time s)"
  else
    not_ok "$name (exit status $status, ${runs:-0} inputs)"
    grep -E 'ERROR|SUMMARY|Fatal|Test unit' "$scratch/fuzzer.log" | explain || true
    tail -n 15 "$scratch/fuzzer.log" | explain
    # What was found outlives this run.
    find "$scratch" -maxdepth 1 -regextype egrep -regex '.*/(crash|timeout|oom|slow-unit)-.*' -exec mv {} "$build" \;
  fi
}

verdict_on_fuzzer "$name" prompts "$build/fuzzer" "$build/planted" "$seconds"
verdict_on_fuzzer "no client's bytes crash the service's protocols, and pieces say what the whole says" "the protocols" \
  "$build/service-fuzzer" "$build/service-planted" "$service_seconds" "$scratch/service-seeds" "$service_corpus"

finish
