#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# The vector sets of Tests/LRNGACVPTests/Vectors through the optimised program, with what takes too long for unoptimised
# tests: Monte Carlo chains of 100 000 steps, and messages of gigabytes in constant memory.
#
# Usage: acvp.sh [--soak]     --soak hashes the messages of 2, 4 and 8 GiB, too, and not only that of 1 GiB.
source "$(dirname "$0")/common.sh"

vectors=Tests/LRNGACVPTests/Vectors
lrng=.build/release/lrng
largest=$((1 << 30))
[[ ${1-} != --soak ]] || largest=$((8 << 30))

if ! command -v python3 >/dev/null; then
  skip "vector sets get the answers that the server expects" "python3 is not installed (make deps)"
  finish
fi
check "lrng builds" swift build -c release --product lrng
((failures == 0)) || finish

# Compares two JSON files by their values.
cat >"$scratch/equal.py" <<'END'
import json, sys
response, expected = (json.load(open(name)) for name in sys.argv[1:])
if response != expected:
    for given, wanted in zip(response["testGroups"], expected["testGroups"]):
        for test, answer in zip(given["tests"], wanted["tests"]):
            if test != answer:
                sys.exit(f"error: test {answer['tcId']} of group {wanted['tgId']}: {str(test)[:200]}")
    sys.exit("error: the responses differ")
END

# Leaves out messages longer than BYTES, and the answers to them.
cat >"$scratch/shorten.py" <<'END'
import json, sys
limit, prompt, expected, target = int(sys.argv[1]), *sys.argv[2:]
prompt, expected = json.load(open(prompt)), json.load(open(expected))
kept = set()
for group in prompt["testGroups"]:
    group["tests"] = [t for t in group["tests"] if t.get("largeMsg", {}).get("fullLength", 0) <= 8 * limit]
    kept.update(test["tcId"] for test in group["tests"])
for group in expected["testGroups"]:
    group["tests"] = [test for test in group["tests"] if test["tcId"] in kept]
json.dump(prompt, open(target + "/prompt.json", "w"))
json.dump(expected, open(target + "/expectedResults.json", "w"))
END

# answers DIRECTORY: whether the program answers a vector set as expected, within 64 MiB of memory.
answers() (
  ulimit -d 65536
  "$lrng" acvp "$1/prompt.json" >"$scratch/response.json" &&
    python3 "$scratch/equal.py" "$scratch/response.json" "$1/expectedResults.json"
)

for set in "$vectors"/*/; do
  name=$(basename "$set")
  mkdir "$scratch/$name"
  python3 "$scratch/shorten.py" "$largest" "$set/prompt.json" "$set/expectedResults.json" "$scratch/$name"
  check "$name: every answer is the expected one" answers "$scratch/$name"
done

# The comparison would notice a wrong answer.
twisted=$scratch/HMAC-SHA2-256-1.0
sed -i '0,/"mac": "./s//"mac": "X/' "$twisted/expectedResults.json"
if answers "$twisted" >/dev/null 2>&1; then
  not_ok "a wrong answer is noticed"
else
  ok "a wrong answer is noticed"
fi

# What the program registers is JSON, and names what it answers.
registers() {
  "$lrng" acvp --registration >"$scratch/registration.json"
  python3 - "$scratch/registration.json" "$scratch"/*/prompt.json <<'END'
import json, sys
registration, *prompts = (json.load(open(name)) for name in sys.argv[1:])
known = {(entry["algorithm"], entry["revision"]) for entry in registration[1]["algorithms"]}
missing = {(prompt["algorithm"], prompt["revision"]) for prompt in prompts} - known
if missing:
    sys.exit(f"error: not registered: {missing}")
END
}
check "everything that is answered is registered" registers

finish
