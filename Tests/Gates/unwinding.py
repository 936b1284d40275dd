#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
"""Names the functions of Swift in a module that have instructions without unwinding data.

A livepatch goes live only when it can tell what is on every stack; a frame without such data keeps it waiting. Padding
between functions and before loops has none and needs none.

Usage: unwinding.py ORC DISASSEMBLY
       ORC is from objtool --dump=orc, DISASSEMBLY from llvm-objdump --disassemble --no-show-raw-insn --section .text
"""

import bisect
import re
import sys

ENTRY = re.compile(r"^\.text\+([0-9a-f]+):.*?\bsp:(\S+)")
HEADING = re.compile(r"^[0-9a-f]+ <(.*)>:$")
INSTRUCTION = re.compile(r"^ *([0-9a-f]+):\s+(\S+)")
SWIFT = re.compile(r"^(\$e|lrng_(host|child|jitter|generator|processor)_|lrng_expand$)")
PADDING = re.compile(r"^(nop|int3|data16|cs$)")

with open(sys.argv[1], encoding="utf-8") as orc:
    table = sorted((int(match[1], 16), match[2] != "(und)") for match in map(ENTRY.match, orc) if match)
starts = [start for start, _ in table]

name, covered, missing = "", 0, {}
with open(sys.argv[2], encoding="utf-8") as disassembly:
    for line in disassembly:
        if match := HEADING.match(line):
            name = match[1]
        elif SWIFT.match(name) and (match := INSTRUCTION.match(line)) and not PADDING.match(match[2]):
            at = bisect.bisect_right(starts, int(match[1], 16)) - 1
            if at >= 0 and table[at][1]:
                covered += 1
            else:
                missing[name] = missing.get(name, 0) + 1

for name, count in missing.items():
    print(count, name)
if covered == 0:
    print("no instruction of Swift has any")
