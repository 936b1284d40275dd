#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# What takes unoptimised code too long: a million samples of NIST's through the estimators, restart tests, the IID track, and
# how much memory an assessment takes.
source "$(dirname "$0")/common.sh"

check "lrng builds" swift build -c release --product lrng
((failures == 0)) || finish
lrng=.build/release/lrng
vectors=Tests/LRNGAssessmentTests/Vectors

# assessed NAME FILE OPTION...: runs lrng assess --json; fails with what it said.
assessed() {
  local name=$1 file=$2
  shift 2
  if timeout 300 "$lrng" assess "$@" --json >"$scratch/$file" 2>"$scratch/messages"; then return 0; fi
  not_ok "$name"
  explain <"$scratch/messages"
  return 1
}

# holds NAME PROGRAM ARGUMENT...: passes when the Python program prints nothing.
holds() {
  local name=$1
  shift
  python3 -c "$@" >"$scratch/objections" 2>&1 || true
  verdict "$name" "$scratch/objections"
}

name="estimates for a million bits differ by less than 1e-6 from those of NIST's program"
gzip -dc "$vectors/truerand_1bit.bin.gz" >"$scratch/truerand_1bit.bin"
if assessed "$name" bits.json "$scratch/truerand_1bit.bin" --bits 1; then
  # The program's names in the order of section 6.3, and this one's.
  holds "$name" '
import json, re, sys
found = json.load(open(sys.argv[1]))
wanted = {m[1]: float(m[2]) for m in re.finditer(r"^Literal (.*) Estimate: min entropy = (\S+)", open(sys.argv[2]).read(), re.M)}
names = {"Most Common Value": "mostCommonValue", "Collision": "collision", "Markov": "markov",
         "Compression": "compression", "t-Tuple": "tTuple", "LRS": "lrs", "MultiMCW Prediction": "multiMCW",
         "Lag Prediction": "lag", "MultiMMC Prediction": "multiMMC", "LZ78Y Prediction": "lz78y"}
if len(wanted) != 10: print("the reference has", len(wanted), "estimates")
for name, value in wanted.items():
    if not abs(found["estimators"][names[name]] - value) < 1e-6: print(name, found["estimators"][names[name]], value)
' "$scratch/bits.json" "$vectors/truerand_1bit.res"
fi

# Made by a recurrence that anybody can repeat. Expected: ea_non_iid, ea_restart (1.1.8) of NIST on the same file.
python3 - "$scratch/made" <<'END'
import random, sys
random.seed(5)
open(sys.argv[1], "wb").write(bytes(random.randrange(256) for _ in range(1000000)))
END

name="restart tests have the cutoff and the estimates of NIST's program"
if assessed "$name" restart.json "$scratch/made" --bits 8 --restart --initial-entropy 7.3; then
  holds "$name" '
import json, sys
restart = json.load(open(sys.argv[1]))["restart"]
check = restart["sanityCheck"]
if (check["cutoff"], check["maximumCountInRow"], check["passed"]) != (24, 16, True): print(check)
for key, value in (("hRows", 7.295390), ("hColumns", 7.353758), ("minEntropy", 7.295390)):
    if not abs(restart[key] - value) < 1e-6: print(key, restart[key], value)
' "$scratch/restart.json"
fi

# A restart matrix takes a thousand processes and half a minute; here it is the recording once more.
name="a bundle has the samples, their assessment, a report and the two documents with its numbers"
if "$lrng" record jitter --samples 1000000 -o "$scratch/noise.bin" 2>"$scratch/messages"; then
  cp "$scratch/noise.bin" "$scratch/restarts.bin"
  sed 's/"requestedSamples"/"restart" : { "rows" : 1000, "columns" : 1000 },\n  &/' "$scratch/noise.bin.json" \
    >"$scratch/restarts.bin.json"
  if "$lrng" bundle "$scratch/noise.bin" "$scratch/restarts.bin" -o "$scratch/esv" 2>"$scratch/messages" &&
    assessed "$name" noise.json "$scratch/noise.bin" --bits 8; then
    holds "$name" '
import json, os, sys
folder, recorded = sys.argv[1:3]
at = lambda name: os.path.join(folder, name)
wanted = ["EntropyAssessmentReport.md", "PublicUseDocument.md", "assessment.json", "raw-noise.bin", "raw-noise.bin.json",
          "report.html", "restart.bin", "restart.bin.json"]
if sorted(os.listdir(folder)) != wanted: print(sorted(os.listdir(folder)))
for name in ("raw-noise.bin", "restart.bin"):
    if open(at(name), "rb").read() != open(recorded, "rb").read(): print(name, "is not what was recorded")
found, alone = json.load(open(at("assessment.json"))), json.load(open(sys.argv[3]))
for key in ("estimators", "bitstring", "hOriginal", "hBitstring", "minEntropy"):
    if found[key] != alone[key]: print(key, found[key], alone[key])
# The claim of the Jitter RNG at its default rate.
if abs(found["restart"]["initialEntropy"] - min(1 / 3, alone["minEntropy"])) > 1e-12: print(found["restart"])
report = open(at("EntropyAssessmentReport.md")).read()
numbers = ["%.6f" % value for table in (found["estimators"], found["bitstring"]) for value in table.values()]
numbers += ["%.6f" % found["restart"][key] for key in ("hRows", "hColumns", "minEntropy")]
for number in numbers:
    if " %s |" % number not in report: print("the report lacks", number)
if not open(at("report.html")).read().startswith("<!doctype html>"): print("report.html is none")
' "$scratch/esv" "$scratch/noise.bin" "$scratch/noise.json"
  else
    not_ok "$name"
    explain <"$scratch/messages"
  fi
else
  not_ok "$name"
  explain <"$scratch/messages"
fi

name="a million samples of 8 bits take less than 1 GB of memory"
python3 -c '
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
if peak >= 10**9: print("it took", peak, "bytes")
' "$lrng" assess "$scratch/made" --bits 8 >"$scratch/objections" 2>&1 || echo "lrng failed" >>"$scratch/objections"
verdict "$name" "$scratch/objections"

name="the IID track accepts NIST's random bits, and not bits that tend to stay"
if assessed "$name" iid.json "$vectors/rand1_short.bin" --bits 1 --iid; then
  python3 - "$scratch/sticky" <<'END'
import random, sys
random.seed(6)
bit, bits = 0, []
for _ in range(6100):
    bit ^= random.random() < 0.3
    bits.append(int(bit))
open(sys.argv[1], "wb").write(bytes(bits))
END
  if assessed "$name" sticky.json "$scratch/sticky" --bits 1 --iid; then
    holds "$name" '
import json, sys
good, bad = (json.load(open(file))["iid"] for file in sys.argv[1:])
if not good["passed"]: print("random bits fail", good)
if bad["passed"] or bad["chiSquareIndependence"]["passed"]: print("sticky bits pass", bad)
' "$scratch/iid.json" "$scratch/sticky.json"
  fi
fi

finish
