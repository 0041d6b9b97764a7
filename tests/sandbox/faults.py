# SPDX-License-Identifier: BSD-2-Clause
"""Who decides what becomes of system calls (see fault.c)."""

import contextlib
import errno
import fcntl
import os
import select
import socket
import struct
import sys
import threading

import plk

NOTIF_RECV = 0xC0502100  # linux/seccomp.h
NOTIF_SEND = 0xC0182101
CONTINUE = 1


def tool_path(name):
    """The value of --NAME=PATH."""
    return next(os.path.abspath(arg.partition("=")[2]) for arg in sys.argv if arg.startswith(f"--{name}="))


def program_of(pid):
    with contextlib.suppress(OSError):
        return os.path.basename(os.readlink(f"/proc/{pid}/exe")).removesuffix(" (deleted)")
    return "?"


def role_of(pid):
    """What a process is now: "broker", ..., "supervisor", and "child" for one that the supervisor has forked."""
    name = program_of(pid)
    if name != "pktlockd":
        return name.removeprefix("pktlockd-")
    with contextlib.suppress(OSError):
        if program_of(plk.stat_fields(pid)[1]) == "pktlockd":
            return "child"
    return "supervisor"


class Faults:
    """Calls of some names, of all processes that a daemon has.

    decide: called with (pid, name, arguments) for each; returns 0 or the error to fail with
    under:  for plk.Daemon(under=)
    hits:   what has failed: [(pid, name), ...]
    """

    def __init__(self, case, *names):
        self.decide = lambda pid, name, args: 0
        self.hits = []
        self.failure = None
        path = case.path("faults")
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(path)
        self.listener.listen()
        self.stop, self.tell = os.pipe()
        self.under = [tool_path("fault"), path, ",".join(names)]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        self.path = path

    def _serve(self):
        try:
            if self.listener not in select.select([self.listener, self.stop], [], [])[0]:
                return
            with self.listener.accept()[0] as sock:
                text, fds, _, _ = socket.recv_fds(sock, 4096, 1)
            names = {int(number): name for name, number in (word.split("=") for word in text.decode().split(",") if word)}
            self._answer(fds[0], names)
            os.close(fds[0])
        except Exception as error:  # pylint: disable=broad-except
            self.failure = error

    def _answer(self, fd, names):
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        poll.register(self.stop, select.POLLIN)
        while True:
            ready = dict(poll.poll())
            if self.stop in ready or ready.get(fd, 0) & (select.POLLHUP | select.POLLERR):
                return
            request = bytearray(80)
            try:
                fcntl.ioctl(fd, NOTIF_RECV, request)
                number, pid, _, nr, _, _, *args = struct.unpack("=QIIiIQ6Q", request)
                error = self.decide(pid, names[nr], args)
                if error:
                    self.hits.append((pid, names[nr]))
                fcntl.ioctl(fd, NOTIF_SEND, struct.pack("=QqiI", number, 0, -error, 0 if error else CONTINUE))
            except OSError as problem:
                if problem.errno not in (errno.ENOENT, errno.EINTR):  # it was killed meanwhile
                    raise

    def close(self):
        """Only when the daemon has ended: who asks nobody is told ENOSYS."""
        os.write(self.tell, b"!")
        self.thread.join(2)
        self.listener.close()
        os.close(self.stop)
        os.close(self.tell)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)
        plk.check(self.failure is None, f"while answering: {self.failure!r}")
