#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Faults of the system under `lrng serve`, by faults.c between it and the C library: clients see short delays, never a byte
# twice, and none that no seed stands behind.
#
# Usage: faults.py PROGRAM FOLDER LIBRARY

import errno, mmap, os, select, signal, struct, sys, time

import common
from common import ask, check, connect, egd, egd_pr, finish, folder, manager, metric, native, start

library = sys.argv[3]
control = os.path.join(folder, "control")
names = ("accept", "getrandom", "sync", "boottime", "realtime")
with open(control, "wb") as file:
    file.write(bytes(8 * len(names)))
numbers = mmap.mmap(os.open(control, os.O_RDWR), 8 * len(names))
blocks = []


def fault(name, value):
    place = 8 * names.index(name)
    numbers[place:place + 8] = struct.pack("=q", value)


def begin(*options):
    return start(*options, LD_PRELOAD=library, LRNG_TEST_FAULTS=control)


def read(client, count):
    """A waiting read, whose bytes were never seen before."""
    block = common.read(client, count)
    blocks.append(block)
    return block


def is_silent(client, seconds):
    return not select.select([client], [], [], seconds)[0]


def seedings():
    return metric("lrng_seedings_total")


def grows(number, before, seconds=20):
    """Whether a number is greater within the time. Reading it makes requests, so that a reseed that is due is done."""
    client = connect(native)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert ask(client, 1, 0, struct.pack(">I", 32))[0] == 0
        if number() > before:
            return True
        time.sleep(0.05)
    return False


# No source but the kernel's generator, which can be taken away; and reseeds only when something asks for them.
sources = ("--source", "kernel", "--rate", "kernel=256")
daemon = begin(*sources)
manager.wait("READY=1")


@check("with the system's table of files full, who is connected is served, and others when there is room again")
def files():
    first = connect(egd)
    read(first, 32)
    fault("accept", errno.ENFILE)
    late = connect(egd)
    late.sendall(b"\2\x20")
    assert is_silent(late, 0.3)
    for _ in range(100):
        read(first, 32)
    fault("accept", 0)
    blocks.append(common.receive(late, 32))


@check("after suspend it reseeds, however short that was, and not without one")
def suspend():
    before = seedings()
    assert not grows(seedings, before, 0.5)
    fault("boottime", 30)
    assert grows(seedings, before)


@check("a clock that is set leads to a reseed, and keeps nobody waiting, forwards or backwards")
def clock():
    client = connect(egd)
    for ahead in (365 * 86400, -365 * 86400):
        before = seedings()
        fault("realtime", ahead)
        begun = time.monotonic()
        read(client, 32)
        assert time.monotonic() - begun < 5
        assert grows(seedings, before)
        manager.forget()
        manager.wait("WATCHDOG=1", 10)


@check("a source is unplugged: who waits for fresh entropy gets it when the source is back, and the others notice nothing")
def unplugged():
    client, waiting, hasty = connect(egd), connect(egd_pr), connect(egd_pr)
    fault("getrandom", errno.ENOSYS)
    waiting.sendall(b"\2\x40")
    assert is_silent(waiting, 0.5)
    for _ in range(100):
        read(client, 32)
    # Not waiting: no bytes rather than old ones, though others wait.
    assert common.read(hasty, 32, waiting=False) == b""
    status, nothing = ask(connect(native), 1, 1 | 2, struct.pack(">I", 32))
    assert status in (0, 4) and (status == 4 or nothing == b"")
    assert is_silent(waiting, 0)
    fault("getrandom", 0)
    blocks.append(common.receive(waiting, 64))


@check("a disk that takes nothing costs the seed for the next start, and no client")
def disk():
    seed = os.path.join(folder, "seed")
    before = open(seed, "rb").read()
    fault("sync", errno.ENOSPC)
    read(connect(egd), 32)
    daemon.terminate()
    assert daemon.wait(20) == 0
    assert open(seed, "rb").read() == before
    assert "no seed stored for the next start" in open(os.path.join(folder, "log")).read()
    fault("sync", 0)


@check("started without a source it gives nothing, and tells so who does not wait, until the source comes")
def unseeded():
    global daemon
    fault("getrandom", errno.ENOSYS)
    daemon = begin(*sources)
    for _ in range(200):
        if os.path.exists(native):
            break
        time.sleep(0.05)
    waiting, raw = connect(egd), connect(native)
    waiting.sendall(b"\2\x20")
    assert common.read(connect(egd), 32, waiting=False) == b""
    assert ask(raw, 1, 2, struct.pack(">I", 32))[0] == 4
    assert ask(raw, 2, 2)[0] == 4
    # Nor does a reload make it ready.
    daemon.send_signal(signal.SIGHUP)
    try:
        manager.wait("READY=1", 0.5)
        raise AssertionError("ready without a seed")
    except TimeoutError:
        pass
    assert is_silent(waiting, 0)
    fault("getrandom", 0)
    blocks.append(common.receive(waiting, 32))
    manager.wait("READY=1")
    daemon.terminate()
    assert daemon.wait(20) == 0


@check("through all of this no byte came twice")
def repetition():
    pieces = [block[start:start + 32] for block in blocks for start in range(0, len(block), 32)]
    assert len(pieces) > 200 and len(set(pieces)) == len(pieces)


if daemon.poll() is None:
    daemon.kill()
finish()
