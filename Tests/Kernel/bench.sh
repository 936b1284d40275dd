#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# `make bench-kernel`: what requests and events cost in instructions, on the stock kernel and with the LRNG in its place, in
# the same virtual machine. Prints a table for each kernel, and writes .build/kernel/bench.md and bench.json.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source Kernel/Build/releases.sh

mapfile -t releases < <(all_releases)
((${#releases[@]} > 0)) || {
  # shellcheck disable=SC2016
  printf 'error: no kernel: run `make deps`\n' >&2
  exit 69
}
Kernel/Build/modules.sh >&2
Tests/Kernel/build.sh >&2
rows=.build/kernel/bench.rows
: >"$rows"
for release in "${releases[@]}"; do
  printf 'bench: Linux %s\n' "$release" >&2
  Tests/Kernel/vm.sh --release "$release" --icount --timeout 600 bench | sed -n "s/^row /$release /p" | sort -u >>"$rows"
done

python3 - "$rows" .build/kernel/bench.md .build/kernel/bench.json <<'PYTHON'
import json, sys
costs, order = {}, {}
for line in open(sys.argv[1]):
    release, world, name, size, cost = line.split()
    key = (name, int(size))
    world_costs = costs.setdefault(release, {}).setdefault(key, {})
    # A row may be there twice, from two looks at the log.
    world_costs[world] = min(float(cost), world_costs.get(world, float("inf")))
names = ["getppid", "getrandom", "/dev/urandom", "/dev/random", "get_random_bytes", "get_random_u32", "get_random_u64",
         "interrupt", "scheduler_event"]
titles = {"interrupt": "interrupt, whole path", "scheduler_event": "context switch, the LRNG's part"}
text, data = [], []
for release, table in costs.items():
    text += [f"Linux {release}, instructions:", "", "| request | bytes | stock | LRNG | LRNG / stock |", "|---|---|---|---|---|"]
    for key in sorted(table, key=lambda key: (names.index(key[0]), key[1])):
        stock, lrng = table[key].get("stock"), table[key].get("lrng")
        show = lambda cost: "" if cost is None else f"{cost:,.0f}" if cost >= 1000 else f"{cost:,.1f}".removesuffix(".0")
        ratio = f"{lrng / stock:.2f}" if stock and lrng else ""
        text.append(f"| {titles.get(key[0], key[0])} | {key[1] or ''} | {show(stock)} | {show(lrng)} | {ratio} |")
        data.append({"kernel": release, "name": key[0], "bytes": key[1], "stock": stock, "lrng": lrng})
    text.append("")
open(sys.argv[2], "w").write("\n".join(text))
json.dump(data, open(sys.argv[3], "w"), indent=1)
print("\n".join(text))
PYTHON
