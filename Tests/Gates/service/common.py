# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# What the checks of `lrng serve` share: a client of each protocol, and a service manager.
#
# Usage of what imports it: SCRIPT PROGRAM FOLDER ...

import os, socket, struct, subprocess, sys, time, traceback

program, folder = sys.argv[1:3]
egd, egd_pr, native, notification = (os.path.join(folder, name) for name in ("egd", "egd-pr", "native", "notify"))
failures = 0


def verdict(name, good, why=""):
    global failures
    print(("ok - " if good else "not ok - ") + name, flush=True)
    if not good:
        failures += 1
        if why:
            print("#   " + str(why).replace("\n", "\n#   "), flush=True)


def check(name):
    """Runs a function at once; it fails by an exception."""

    def run(body):
        try:
            body()
        except Exception as error:  # whatever it is, it is a failure
            verdict(name, False, "".join(traceback.format_exception(error)[-3:]))
        else:
            verdict(name, True)

    return run


def connect(path, timeout=20):
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # One that blocks waits for a place in the queue, as clients do; one with a time limit would be sent away.
    client.connect(path)
    client.settimeout(timeout)
    return client


def receive(client, count):
    data = b""
    while len(data) < count:
        part = client.recv(count - len(data))
        if not part:
            raise EOFError(f"{len(data)} of {count} bytes")
        data += part
    return data


def read(client, count, waiting=True):
    client.sendall(bytes([2 if waiting else 1, count]))
    return receive(client, count if waiting else receive(client, 1)[0])


def ask(client, operation, flags=0, payload=b"", identifier=1):
    client.sendall(struct.pack(">BBHII", 1, operation, flags, identifier, len(payload)) + payload)
    version, status, zero, number, length = struct.unpack(">BBHII", receive(client, 12))
    assert (version, zero, number) == (1, 0, identifier)
    return status, receive(client, length)


def metric(name):
    status, text = ask(connect(native), 7)
    assert status == 0 and text.endswith(b"# EOF\n")
    for line in text.decode().splitlines():
        if line.startswith(name + " "):
            return int(line.split()[1])
    raise KeyError(name)


def memory(process):
    with open(f"/proc/{process.pid}/status") as file:
        return int(next(line for line in file if line.startswith("VmRSS")).split()[1])


class Manager:
    """What systemd is to a service: it hears of its state. Now and then it hears nothing, like one that hangs."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(notification)
        self.heard = []

    def wait(self, word, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.socket.settimeout(max(0.01, end - time.monotonic()))
            try:
                message = self.socket.recv(4096).decode()
            except socket.timeout:
                break
            self.heard.append(message)
            if word in message:
                return message
        raise TimeoutError(f"no {word}, only {self.heard[-5:]}")

    def forget(self):
        """Makes room for what comes next."""
        self.socket.setblocking(False)
        try:
            while True:
                self.socket.recv(4096)
        except BlockingIOError:
            pass


manager = Manager()
log = open(os.path.join(folder, "log"), "ab")


def start(*options, **variables):
    manager.forget()
    return subprocess.Popen(
        [program, "serve", "--socket", native, "--egd-socket", egd, "--egd-pr-socket", egd_pr,
         "--seed-file", os.path.join(folder, "seed"), *options],
        env={**os.environ, "NOTIFY_SOCKET": notification, "WATCHDOG_USEC": "600000", **variables}, stderr=log)


def finish():
    sys.exit(failures > 0)
