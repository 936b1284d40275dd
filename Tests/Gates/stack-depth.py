#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
"""The stack that each function of an x86-64 object may need at most, read off its disassembly.

Every path through a function is followed with the stack pointer's distance from the return address; a call adds the eight
bytes of its own return address and what the callee needs, a jump to another function only the latter. What is not known is
said instead of guessed:

    BYTES FUNCTION          for each global function: bytes below its return address
    indirect FUNCTION       it calls through a pointer; what that needs is not in the sum
    recursive FUNCTION      it reaches itself; the sum has one round
    dynamic FUNCTION        it moves the stack pointer by something that is not a constant

Functions that are not in the object count as nothing.

Usage: stack-depth.py [--path FUNCTION] < output of llvm-objdump --disassemble --reloc --no-show-raw-insn
       --path lists instead the calls that make up the worst case of one function
"""

import re
import sys

HEADING = re.compile(r"^([0-9a-f]+) <(.*)>:$")
INSTRUCTION = re.compile(r"^ *([0-9a-f]+):\s+(\S+)\s*(.*)$")
RELOCATION = re.compile(r"^\s+[0-9a-f]+:\s+R_X86_64_(\S+)\s+(\S+)$")
CONSTANT = re.compile(r"^\$(-?0x[0-9a-f]+|-?\d+), ?%rsp$")
FROM_FRAME = re.compile(r"^(-?0x[0-9a-f]+)?\(%rbp\), ?%rsp$")
THUNK = "__x86_indirect_thunk"


class Function:
    def __init__(self):
        self.code = []  # [address, mnemonic, operands, symbol of the relocation]
        self.own = 0  # deepest point, calls aside
        self.calls = {}  # callee: depth of the deepest call, its return address included
        self.indirect = self.dynamic = False


def parse(lines):
    functions, current, starts = {}, None, {}
    for line in lines:
        line = line.split("#")[0].rstrip() if "R_X86" not in line else line.rstrip()
        if match := HEADING.match(line):
            starts[int(match[1], 16)] = match[2]
            current = functions.setdefault(match[2], Function())
        elif match := RELOCATION.match(line):
            if current and current.code:
                symbol, _, addend = match[2].partition("+")
                if symbol.startswith(".text"):
                    current.code[-1][3] = int(addend or "0", 16) + 4
                else:
                    current.code[-1][3] = re.sub(r"-0x4$", "", match[2])
        elif current and (match := INSTRUCTION.match(line)):
            current.code.append([int(match[1], 16), match[2], match[3].strip(), None])
    for function in functions.values():
        for step in function.code:
            if isinstance(step[3], int):
                step[3] = starts.get(step[3], ".text+%x" % step[3])
    return functions


def follow(function):
    """Fills in what the function needs itself and how deep it calls others."""
    code = function.code
    index = {step[0]: number for number, step in enumerate(code)}
    work, seen = [(0, 0, None)], {}
    while work:
        at, depth, frame = work.pop()
        # Each instruction is visited again only when it is reached with more on the stack than before.
        while at < len(code) and seen.get(at, -1) < depth:
            seen[at] = depth
            _, mnemonic, operands, symbol = code[at]
            name = mnemonic.rstrip("q") if mnemonic != "jmpq" else "jmp"
            if name in ("push", "pushf"):
                depth += 8
            elif name in ("pop", "popf"):
                depth -= 8
            elif name in ("sub", "add") and operands.endswith("%rsp"):
                if match := CONSTANT.match(operands):
                    depth += int(match[1], 0) * (1 if name == "sub" else -1)
                else:
                    function.dynamic = True
            elif name == "and" and operands.endswith("%rsp"):
                match = CONSTANT.match(operands)
                depth += -int(match[1], 0) - 8 if match else 0
            elif name == "mov" and operands.replace(" ", "") == "%rsp,%rbp":
                frame = depth
            elif name == "mov" and operands.replace(" ", "") == "%rbp,%rsp":
                depth = frame
            elif name == "lea" and operands.endswith("%rsp"):
                if (match := FROM_FRAME.match(operands)) and frame is not None:
                    depth = frame - int(match[1] or "0", 0)
                elif match := re.match(r"^(-?0x[0-9a-f]+)\(%rsp\), ?%rsp$", operands):
                    depth -= int(match[1], 0)
                else:
                    function.dynamic = True
            elif name == "leave":
                depth = frame - 8
            elif operands.endswith(", %rsp") or operands.endswith(",%rsp"):
                # A comparison or a store through it leaves it as it is.
                function.dynamic |= not name.startswith(("cmp", "test"))
            function.own = max(function.own, depth)

            if name == "call":
                call(function, symbol, operands, depth + 8)
            elif name.startswith("j"):
                target = re.match(r"^(0x[0-9a-f]+) ", operands)
                if symbol is not None:
                    if symbol != "__x86_return_thunk":
                        call(function, symbol, operands, depth)
                elif target and int(target[1], 16) in index:
                    work.append((index[int(target[1], 16)], depth, frame))
                else:
                    function.indirect = True
                if name == "jmp":
                    break
            elif name in ("ret", "ud2", "int3"):
                break
            at += 1


def call(function, symbol, operands, depth):
    if symbol is None or symbol.startswith(THUNK) or operands.startswith("*"):
        function.indirect = True
    else:
        function.calls[symbol] = max(depth, function.calls.get(symbol, 0))
    function.own = max(function.own, depth)


def main():
    sys.setrecursionlimit(10000)
    functions = parse(sys.stdin)
    for function in functions.values():
        follow(function)
    total, recursive, next_on_path = {}, set(), {}

    def need(name, above):
        if name not in functions:
            return 0
        if name in above:
            recursive.add(name)
            return 0
        if name not in total:
            worst = functions[name].own
            for callee, depth in functions[name].calls.items():
                below = depth + need(callee, above | {name})
                if below > worst:
                    worst, next_on_path[name] = below, callee
            total[name] = worst
        return total[name]

    if sys.argv[1:2] == ["--path"]:
        name = sys.argv[2]
        need(name, frozenset())
        while name in functions:
            print(total[name], functions[name].own, name)
            name = next_on_path.get(name)
        return
    for name in functions:
        if name.startswith("lrng_"):
            print(need(name, frozenset()), name)
    for name in sorted(total):
        if functions[name].indirect:
            print("indirect", name)
        if functions[name].dynamic:
            print("dynamic", name)
    for name in sorted(recursive):
        print("recursive", name)


main()
