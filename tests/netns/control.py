# SPDX-License-Identifier: BSD-2-Clause
"""A control client, byte for byte: JSON objects back to back, as unixctl of Open vSwitch has them."""

import json
import os
import select
import socket
import time

import plk


def request(method, *params, id=0):
    """As Open vSwitch's client writes it."""
    return json.dumps({"id": id, "method": method, "params": list(params)}, separators=(",", ":"), ensure_ascii=False).encode()


def result(text, id=0):
    return {"id": id, "result": text, "error": None}


def error(text, id=0):
    return {"id": id, "error": text}


class Control:
    """A connection. Answers are taken apart by Python's own parser, and every byte between them counts."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(plk.WAIT)
        self.sock.connect(path)
        self.buffer = b""

    def close(self):
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data)

    def _read(self, end):
        left = end - time.monotonic()
        poller = select.poll()  # unlike select(), for any number of descriptors
        poller.register(self.sock, select.POLLIN)
        if left <= 0 or not poller.poll(left * 1000):
            return None
        try:
            return self.sock.recv(65536)
        except ConnectionResetError:  # it had not read everything
            return b""

    def answer(self, seconds=plk.WAIT):
        """The next answer; nothing but the object itself may come."""
        end = time.monotonic() + seconds
        while True:
            if self.buffer:
                try:
                    text = self.buffer.decode()
                    answer, used = json.JSONDecoder().raw_decode(text)
                    self.buffer = text[used:].encode()
                    return answer
                except ValueError:
                    pass  # not all of it is there
            data = self._read(end)
            plk.check(data is not None, f"no answer within {seconds} s, only {self.buffer[:200]!r}")
            plk.check(data, f"closed, with {self.buffer[:200]!r} before it")
            self.buffer += data

    def ask(self, method, *params, id=0, seconds=plk.WAIT):
        self.send(request(method, *params, id=id))
        return self.answer(seconds)

    def done(self, method, *params):
        """The text of a result."""
        answer = self.ask(method, *params)
        plk.check("result" in answer, f"{method} {params}: {answer}")
        plk.equal(answer, result(answer["result"]), f"answer to {method}")
        return answer["result"]

    def refused(self, method, *params):
        """The text of an error."""
        answer = self.ask(method, *params)
        plk.check("result" not in answer, f"{method} {params}: {answer}")
        plk.equal(answer, error(answer["error"]), f"answer to {method}")
        return answer["error"]

    def closed(self, seconds=plk.WAIT):
        """It is closed, and nothing came before."""
        data = self._read(time.monotonic() + seconds)
        plk.equal(data, b"", "what came instead of the end")

    def quiet(self, seconds=0.2):
        plk.equal(self._read(time.monotonic() + seconds), None, "what came")


def has_control(bin_directory):
    """Whether this build has a control socket at all."""
    with open(os.path.join(bin_directory, "pktlockd-front"), "rb") as program:
        return b"list-commands" in program.read()
