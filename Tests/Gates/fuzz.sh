#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# libFuzzer against the reader of ACVP prompts and what it accepts, the protocols of the service, and the reader of the
# configuration file: no input may trap, touch foreign memory, take more than 10 s or grow the process. It starts from the
# vector sets, each cut to a test or two, and from the inputs stored in Tests/Fuzzing, which are run one by one before.
#
# Usage: fuzz.sh [--soak]     some seconds each; --soak: an hour each, with the inputs that earlier runs found, which are kept
#                             in .build-fuzz. A stored input is what reaches code that no other reaches:
#                             .build-fuzz/service-fuzzer -merge=1 Tests/Fuzzing/service .build-fuzz/service-corpus
source "$(dirname "$0")/common.sh"

build=.build-fuzz
seconds=16 service_seconds=8 configuration_seconds=6
corpus=$scratch/corpus
service_corpus=$scratch/service-corpus
configuration_corpus=$scratch/configuration-corpus
if [[ ${1-} == --soak ]]; then
  seconds=3600 service_seconds=3600 configuration_seconds=3600
  corpus=$build/corpus
  service_corpus=$build/service-corpus
  configuration_corpus=$build/configuration-corpus
fi
mkdir -p "$build" "$corpus" "$service_corpus" "$configuration_corpus" "$scratch/seeds"

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
printf 'module CLinux {\n  umbrella "%s"\n  export *\n}\n' "$root/Sources/CLinux/include" >>"$build/module.modulemap"
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
    "$(tool clang)" -c -O1 -fsanitize=address -ISources/CLinux/include -o "$build/CLinux.o" Sources/CLinux/CLinux.c &&
    swiftc "${flags[@]}" "${traits[@]}" -module-name LRNGCore -emit-module-path "$build/LRNGCore.swiftmodule" \
      -c -o "$build/LRNGCore.o" "${core[@]}" &&
    swiftc "${flags[@]}" -module-name LRNGACVP -emit-module-path "$build/LRNGACVP.swiftmodule" \
      -c -o "$build/LRNGACVP.o" "${acvp[@]}" &&
    fuzzer "$build/fuzzer" &&
    fuzzer "$build/planted" -DPLANTED_CRASH
}

# What stands alone: the parts of LRNG that it needs make a module of that name.
build_lrng() {
  swiftc "${flags[@]}" -module-name LRNG -emit-module-path "$build/LRNG.swiftmodule" -c -o "$build/LRNG.o" \
    Sources/LRNG/API/{QualityOfService,Configuration,LRNGError,Mechanisms}.swift Sources/LRNG/Service/ServiceMessage.swift \
    Sources/LRNG/System/Errno.swift
}

# fuzzer_of SOURCE PROGRAM OBJECT...: that program, and one with a planted crash.
fuzzer_of() {
  local source=$1 program=$2
  shift 2
  swiftc "${flags[@]}" -module-name Fuzzing -o "$program-fuzzer" "$source" "$@" &&
    swiftc "${flags[@]}" -DPLANTED_CRASH -module-name Fuzzing -o "$program-planted" "$source" "$@"
}

core_objects() { printf '%s\n' "$build/LRNG.o" "$build/LRNGCore.o" "$build"/{CMemory,CLinux}.o "$build"/accelerated-*.o; }

build_service_fuzzer() {
  local objects
  mapfile -t objects < <(core_objects)
  swiftc "${flags[@]}" -module-name LRNGService -emit-module-path "$build/LRNGService.swiftmodule" \
    -c -o "$build/LRNGService.o" Sources/LRNGService/Protocols/*.swift &&
    fuzzer_of Tests/Fuzzing/ServiceFuzzer.swift "$build/service" "$build/LRNGService.o" "${objects[@]}"
}

build_configuration_fuzzer() {
  local objects
  mapfile -t objects < <(core_objects)
  swiftc "${flags[@]}" -module-name ConfigurationReader -emit-module-path "$build/ConfigurationReader.swiftmodule" \
    -c -o "$build/ConfigurationReader.o" Sources/lrng/Configuration/{ConfigurationFile,ConfigurationKey,ServiceSettings}.swift \
    Sources/lrng/Failure.swift Sources/lrng/Input/InputFile.swift Sources/lrng/Output/{Interruption,StandardStreams}.swift &&
    fuzzer_of Tests/Fuzzing/ConfigurationFuzzer.swift "$build/configuration" "$build/ConfigurationReader.o" "${objects[@]}"
}
check "the fuzzer builds" build_fuzzer
check "what of the LRNG is fuzzed builds" build_lrng
check "the service's fuzzer builds" build_service_fuzzer
check "the configuration's fuzzer builds" build_configuration_fuzzer
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

# replay NAME PROGRAM FOLDER: each stored input by itself.
replay() {
  local log=$scratch/replay.log count
  count=$(find "$3" -type f | wc -l)
  if ((count > 0)) && ASAN_OPTIONS=detect_leaks=0 "$2" -timeout=10 -rss_limit_mb=1024 -artifact_prefix="$scratch/" \
    "$3"/* >"$log" 2>&1 && (($(grep -c '^Executed ' "$log") == count)); then
    ok "$1 ($count inputs)"
  else
    not_ok "$1"
    tail -n 15 "$log" | explain
  fi
}
replay "stored streams of clients do what they did" "$build/service-fuzzer" Tests/Fuzzing/service
replay "stored configuration files do what they did" "$build/configuration-fuzzer" Tests/Fuzzing/configuration

# fuzz PROGRAM SECONDS LOG [SEEDS CORPUS]: runs it in the scratch folder, where it leaves what it found.
fuzz() {
  local program seeds grown
  program=$(readlink -f "$1")
  seeds=$(readlink -f "${4:-$scratch/seeds}")
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
  "$build/service-fuzzer" "$build/service-planted" "$service_seconds" Tests/Fuzzing/service "$service_corpus"
verdict_on_fuzzer "no configuration file crashes its reader, and what is in force can be written again" "the configuration" \
  "$build/configuration-fuzzer" "$build/configuration-planted" "$configuration_seconds" Tests/Fuzzing/configuration \
  "$configuration_corpus"

finish
