#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# Clients of `lrng serve`, good and bad. Each check prints a line "ok - ..." or "not ok - ...".
#
# Usage: clients.py PROGRAM FOLDER

import os, random, resource, select, signal, socket, struct, subprocess, threading, time

from common import (
    ask, check, connect, egd, egd_pr, finish, folder, log, manager, memory, metric, native, notification, program, read,
    receive, start)

soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
daemon = start()


@check("the service manager hears that it is ready, seeded")
def ready():
    assert "STATUS=fully seeded" in manager.wait("READY=1")


@check("the watchdog is fed")
def watchdog():
    manager.wait("WATCHDOG=1", 5)


@check("a plain EGD client gets what it asks for, by each command")
def plain():
    client = connect(egd)
    client.sendall(b"\0")
    assert struct.unpack(">I", receive(client, 4))[0] > 0
    assert len(read(client, 255)) == 255
    assert len(read(client, 16, waiting=False)) == 16
    assert read(client, 0) == b""
    client.sendall(b"\3\0\x20\4abcd\4")
    assert int(receive(client, receive(client, 1)[0])) == daemon.pid
    blocks = {read(client, 32) for _ in range(1000)}
    assert len(blocks) == 1000


@check("entropy that an EGD client writes earns no credit, whoever writes it")
def credit():
    client = connect(egd)
    def auxiliary():
        return metric('lrng_source_entropy_bits{source="auxiliary"}')
    before = auxiliary()
    for _ in range(100):
        client.sendall(b"\3" + struct.pack(">HB", 2040, 255) + os.urandom(255))
    read(client, 1)
    assert auxiliary() <= before, (before, auxiliary())


@check("the socket for prediction resistance waits for fresh entropy and gives all that was asked for")
def prediction_resistance():
    client = connect(egd_pr)
    seeds = metric("lrng_seedings_total")
    assert len(read(client, 255)) == 255
    assert metric("lrng_seedings_total") - seeds >= 8


@check("the native socket: bytes, raw seed, status, metrics, reseed, self test, refusals")
def native_socket():
    client = connect(native)
    assert len(ask(client, 1, 0, struct.pack(">I", 65536))[1]) == 65536
    status, seed = ask(client, 2)
    assert status == 0 and struct.unpack("=Q", seed[:8])[0] == len(seed)
    assert b'"fullySeeded" : true' in ask(client, 6)[1]
    assert ask(client, 6, 16)[1].startswith(b"DRNG name: ")
    assert ask(client, 3, 0, struct.pack(">I", 8) + b"entropy")[0] == 0
    assert ask(client, 4)[0] == 0 and ask(client, 5)[0] == 0
    assert ask(client, 99)[0] == 2 and ask(client, 1)[0] == 1


def as_nobody(body):
    """Runs the body as another user; its result is an exit status."""
    child = os.fork()
    if child == 0:
        try:
            os.setgid(65534)
            os.setuid(65534)
            body()
            os._exit(0)
        except BaseException:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


if os.getuid() == 0:

    @check("who is not root may not credit, reseed or test, but may read and stir")
    def unprivileged():
        def body():
            client = connect(native)
            assert ask(client, 3, 0, struct.pack(">I", 1) + b"x")[0] == 3
            assert ask(client, 3, 0, struct.pack(">I", 0) + b"x")[0] == 0
            assert ask(client, 4)[0] == 3 and ask(client, 5)[0] == 3
            assert ask(client, 1, 0, struct.pack(">I", 32))[0] == 0 and ask(client, 6)[0] == 0
        assert as_nobody(body)

    @check("users share prediction resistance, however many connections one of them has")
    def shares():
        crowd = [connect(egd_pr, 60) for _ in range(100)]
        for client in crowd:
            client.sendall(b"\2\xff")
        def body():
            begun = time.monotonic()
            read(connect(egd_pr, 60), 96)
            # Three blocks, each after one of the crowd's 800.
            assert not select.select(crowd[50:], [], [], 0)[0]
        assert as_nobody(body)
        for client in crowd:
            client.close()


@check("2000 idle and 200 busy connections: nobody is kept waiting, memory is bounded")
def crowd():
    idle = [connect(egd) for _ in range(2000)]
    before = memory(daemon)
    busy = [connect(egd) for _ in range(200)]
    longest, done = 0, 0
    poll = select.poll()
    begun, pending = {}, {}
    by_number = {client.fileno(): client for client in busy}
    for client in busy:
        poll.register(client, select.POLLIN)
        client.sendall(b"\2\x40")
        begun[client.fileno()], pending[client.fileno()] = time.monotonic(), 64
    end = time.monotonic() + 3
    while time.monotonic() < end:
        for number, _ in poll.poll(100):
            data = by_number[number].recv(64)
            assert data
            pending[number] -= len(data)
            if pending[number] == 0:
                longest = max(longest, time.monotonic() - begun[number])
                done += 1
                by_number[number].sendall(b"\2\x40")
                begun[number], pending[number] = time.monotonic(), 64
    assert metric("lrng_connections") >= 2200
    print(f"# {done / 3:.0f} requests/s, the longest took {longest * 1000:.0f} ms, "
          f"{memory(daemon)} KiB ({memory(daemon) - before} KiB more than before)", flush=True)
    assert done > 200 and longest < 3
    assert memory(daemon) < 262144
    for client in idle + busy:
        client.close()


@check("a slow reader holds up nobody, and gets all that it asked for in the end")
def slow_reader():
    before = memory(daemon)
    slow = []
    for _ in range(50):
        client = connect(egd)
        client.setblocking(False)
        sent = 0
        try:
            while sent < 1 << 20:
                sent += client.send(b"\2\xff" * 512)
        except BlockingIOError:
            pass
        slow.append((client, sent))
    time.sleep(0.5)
    begun = time.monotonic()
    read(connect(egd), 255)
    assert time.monotonic() - begun < 2
    assert memory(daemon) - before < 65536, memory(daemon) - before
    client, sent = slow[0]
    client.settimeout(20)
    receive(client, sent // 2 * 255)


@check("a client that closes its sending half gets all its answers, then the end")
def half_closed():
    client = connect(egd)
    client.sendall(b"\2\x20" * 500)
    client.shutdown(socket.SHUT_WR)
    assert len(receive(client, 16000)) == 16000 and client.recv(1) == b""


@check("garbage ends its own connection and harms nobody")
def garbage():
    dice = random.Random(7)
    for path in (egd, native):
        for _ in range(300):
            client = connect(path, 5)
            try:
                client.sendall(bytes(dice.randrange(256) for _ in range(dice.randrange(1, 400))))
                if dice.random() < 0.5:
                    client.shutdown(socket.SHUT_WR)
                if dice.random() < 0.5:
                    client.settimeout(0.01)
                    client.recv(65536)
            except (BrokenPipeError, ConnectionResetError, socket.timeout):
                pass
            client.close()
    assert len(read(connect(egd), 32)) == 32
    assert ask(connect(native), 99)[0] == 2


if os.getuid() == 0:

    def found_in_memory(secret):
        """How often it stands in what the service can write to."""
        count = 0
        with open(f"/proc/{daemon.pid}/maps") as maps, open(f"/proc/{daemon.pid}/mem", "rb", 0) as content:
            for line in maps:
                places, permissions = line.split()[:2]
                if permissions.startswith("rw"):
                    begin, end = (int(place, 16) for place in places.split("-"))
                    try:
                        count += os.pread(content.fileno(), end - begin, begin).count(secret)
                    except OSError:  # a mapping that nobody may read
                        pass
        return count

    @check("what was served is nowhere in the memory of the service; what a client wrote last is found, so this looks well")
    def wiped():
        plain, slow, raw = connect(egd), connect(egd_pr), connect(native)
        served = [read(plain, 255), read(slow, 96), ask(raw, 1, 0, struct.pack(">I", 65536))[1], ask(raw, 2)[1]]
        mark = os.urandom(16)
        plain.sendall(b"\3\0\0\xff" + mark)
        time.sleep(0.3)
        assert found_in_memory(mark) > 0
        for secret in served:
            # A raw seed has zeroes for sources that gave nothing.
            pieces = [secret[place:place + 16] for place in range(0, len(secret) - 15, 16)]
            pieces = [piece for piece in pieces if len(set(piece)) > 8]
            assert pieces
            for piece in {pieces[0], pieces[len(pieces) // 2], pieces[-1]}:
                assert found_in_memory(piece) == 0, (len(secret), secret.find(piece))


@check("SIGHUP reads the configuration again, and the service manager hears of it")
def reload():
    manager.forget()
    daemon.send_signal(signal.SIGHUP)
    assert "MONOTONIC_USEC=" in manager.wait("RELOADING=1")
    manager.wait("READY=1")
    assert len(read(connect(egd), 32)) == 32


@check("a second service does not take the sockets of one that runs")
def occupied():
    second = subprocess.run([program, "serve", "--egd-socket", egd], capture_output=True, text=True, timeout=30)
    assert second.returncode == 69 and "another process listens" in second.stderr, second.stderr
    assert len(read(connect(egd), 32)) == 32


def draw(blocks, stop):
    """A client under load that comes back: short delays, never an old byte."""
    while not stop.is_set():
        try:
            client = connect(egd, 5)
            while not stop.is_set():
                blocks.append(read(client, 32))
        except OSError:
            time.sleep(0.01)
        except EOFError:
            pass


@check("killed under load and started again, it never repeats a byte")
def killed():
    global daemon
    blocks, stop = [], threading.Event()
    threads = [threading.Thread(target=draw, args=(blocks, stop)) for _ in range(4)]
    for thread in threads:
        thread.start()
    counts = []
    for _ in range(2):
        time.sleep(0.4)
        daemon.kill()
        daemon.wait()
        counts.append(len(blocks))
        # The socket files of the dead are there, and nobody listens.
        daemon = start()
        manager.wait("READY=1")
    time.sleep(0.4)
    stop.set()
    for thread in threads:
        thread.join()
    assert 0 < counts[0] < counts[1] < len(blocks), (counts, len(blocks))
    assert len(set(blocks)) == len(blocks)


@check("SIGTERM: open requests end, a seed is stored, the sockets go, the exit status is 0")
def terminated():
    seed = os.path.join(folder, "seed")
    before = open(seed, "rb").read()
    clients = [connect(egd_pr) for _ in range(20)]
    for client in clients:
        client.sendall(b"\2\xff")
    manager.forget()
    daemon.send_signal(signal.SIGTERM)
    assert daemon.wait(20) == 0
    manager.wait("STOPPING=1")
    after = open(seed, "rb").read()
    assert after != before and after.startswith(b"LRNG seed, creditable\n")
    assert not any(os.path.exists(path) for path in (egd, egd_pr, native))


def under_limit():
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))


@check("without descriptors it stops accepting, serves who is there, and goes on when others leave")
def descriptors():
    manager.forget()
    few = subprocess.Popen(
        [program, "serve", "--egd-socket", egd], env={**os.environ, "NOTIFY_SOCKET": notification}, stderr=log,
        preexec_fn=under_limit)
    manager.wait("READY=1")
    first = connect(egd)
    crowd = [connect(egd) for _ in range(120)]
    assert len(read(first, 32)) == 32
    crowd[-1].sendall(b"\2\x20")
    assert not select.select([crowd[-1]], [], [], 0.3)[0]
    for client in crowd[:-1]:
        client.close()
    assert len(receive(crowd[-1], 32)) == 32
    few.terminate()
    assert few.wait(20) == 0


def without_space():
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


@check("where nothing can be written, it serves, and says that there is no seed for the next start")
def full_disk():
    manager.forget()
    full = subprocess.Popen(
        [program, "serve", "--egd-socket", egd, "--seed-file", os.path.join(folder, "seed")],
        env={**os.environ, "NOTIFY_SOCKET": notification}, stderr=subprocess.PIPE, preexec_fn=without_space)
    manager.wait("READY=1")
    before = open(os.path.join(folder, "seed"), "rb").read()
    assert len(read(connect(egd), 32)) == 32
    full.terminate()
    said = full.communicate(timeout=20)[1].decode()
    assert full.returncode == 0
    assert "no seed stored for the next start" in said, said
    # What was there stays whole.
    assert open(os.path.join(folder, "seed"), "rb").read() == before


@check("sockets of a service manager are served and left alone")
def activation():
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(egd)
    listener.listen()
    script = 'exec 3<&%d; LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=egd exec "$0" serve' % listener.fileno()
    manager.forget()
    activated = subprocess.Popen(
        ["bash", "-c", script, program], pass_fds=[listener.fileno()], stderr=log,
        env={**os.environ, "NOTIFY_SOCKET": notification})
    manager.wait("READY=1")
    assert len(read(connect(egd), 32)) == 32
    activated.terminate()
    assert activated.wait(20) == 0 and os.path.exists(egd)


finish()
