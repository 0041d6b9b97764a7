# SPDX-License-Identifier: BSD-2-Clause
"""A network card and a network stack in one small file: what sits at the other end of an attach port in place of a VM.

It answers ARP requests and pings, and can ping. As a program:

    nic.py unix:PATH|tcp:ADDRESS:PORT --mac=MAC --ip=ADDRESS [--ping=ADDRESS]... [--count=N]

With --ping it pings each in turn and exits with 0 if all answered; without it answers until SIGTERM or SIGINT.
"""

import argparse
import os
import select
import signal
import socket
import struct
import sys
import threading
import time

import plk

ARP = 0x0806
IPV4 = 0x0800
ECHO_REPLY = 0
ECHO_REQUEST = 8


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def arp(operation, mac, ip, target_mac, target_ip):
    return struct.pack("!HHBBH6s4s6s4s", 1, IPV4, 6, 4, operation, mac, ip, target_mac, target_ip)


def echo(kind, identifier, sequence, payload):
    head = struct.pack("!BBHHH", kind, 0, 0, identifier, sequence)
    total = checksum(head + payload)
    return struct.pack("!BBHHH", kind, 0, total, identifier, sequence) + payload


def ipv4(source, target, payload):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 0, 0x4000, 64, 1, 0, source, target)
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


class Nic:
    """A card with one address. run() answers; it goes on in a thread of its own from start() to close()."""

    def __init__(self, client, mac, ip):
        self.client = client
        self.mac = mac
        self.ip = socket.inet_aton(ip)
        self.neighbours = {}
        self.replies = {}
        self.answered = 0
        self.frames = []  # all that came, for tests
        self.problem = None
        self._changed = threading.Condition()
        self._sending = threading.Lock()
        self._wake, self._end = os.pipe()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._thread.start()
        return self

    def close(self):
        os.write(self._end, b"!")
        self._thread.join()
        self.client.close()
        os.close(self._wake)
        os.close(self._end)

    def _run(self):
        try:
            while True:
                ready, _, _ = select.select([self.client.sock, self._wake], [], [])
                if self._wake in ready:
                    return
                while (data := self.client.recv(0)) is not None:
                    with self._changed:
                        self._receive(data)
                        self._changed.notify_all()
        except (plk.Failure, OSError) as error:
            with self._changed:
                self.problem = error
                self._changed.notify_all()

    def _send(self, target, ethertype, payload):
        data = target + self.mac + struct.pack("!H", ethertype) + payload
        with self._sending:
            self.client.send(data + b"\0" * (60 - len(data)))

    def _receive(self, data):
        self.frames.append(data)
        ethertype = plk.ethertype_of(data)
        if data[:6] not in (self.mac, plk.BROADCAST):
            return
        if ethertype == ARP and len(data) >= 42:
            self._receive_arp(data)
        elif ethertype == IPV4 and len(data) >= 42:
            self._receive_ipv4(data)

    def _receive_arp(self, data):
        _, _, _, _, operation, mac, ip, _, target = struct.unpack_from("!HHBBH6s4s6s4s", data, 14)
        if target != self.ip:
            return
        self.neighbours[ip] = mac
        if operation == 1:
            self._send(mac, ARP, arp(2, self.mac, self.ip, mac, ip))

    def _receive_ipv4(self, data):
        length, protocol, source, target = (
            struct.unpack_from("!H", data, 16)[0], data[23], data[26:30], data[30:34])
        message = data[34 : 14 + length]
        if target != self.ip or protocol != 1 or data[14] != 0x45 or len(message) < 8:
            return
        if checksum(data[14:34]) or checksum(message):
            raise plk.Failure(f"checksum of {data.hex()} is wrong")
        kind, _, _, identifier, sequence = struct.unpack_from("!BBHHH", message)
        if kind == ECHO_REQUEST:
            self.answered += 1
            self._send(data[6:12], IPV4, ipv4(self.ip, source, echo(ECHO_REPLY, identifier, sequence, message[8:])))
        elif kind == ECHO_REPLY:
            self.replies[source, identifier, sequence] = message[8:]

    def _wait(self, probe, seconds):
        with self._changed:
            self._changed.wait_for(lambda: self.problem or probe(), seconds)
            if self.problem:
                raise self.problem
            return probe()

    def resolve(self, ip):
        """The MAC address of a neighbour, asked for at most five times."""
        target = socket.inet_aton(ip)
        for _ in range(5):
            self._send(plk.BROADCAST, ARP, arp(1, self.mac, self.ip, bytes(6), target))
            mac = self._wait(lambda: self.neighbours.get(target), 0.5)
            if mac:
                return mac
        raise plk.Failure(f"nobody has {ip}")

    def ping(self, ip, sequence=1, size=56):
        """Pings once: the time that the answer took, in seconds."""
        mac = self.neighbours.get(socket.inet_aton(ip)) or self.resolve(ip)
        payload = bytes((sequence + i) & 0xFF for i in range(size))
        identifier = struct.unpack("!H", self.mac[4:])[0]
        key = (socket.inet_aton(ip), identifier, sequence)
        began = time.monotonic()
        self._send(mac, IPV4, ipv4(self.ip, key[0], echo(ECHO_REQUEST, identifier, sequence, payload)))
        if self._wait(lambda: key in self.replies, 2.0) is not True:
            raise plk.Failure(f"{ip} does not answer")
        took = time.monotonic() - began
        plk.equal(self.replies.pop(key), payload, f"payload of the answer of {ip}")
        return took


def connect(remote):
    kind, _, where = remote.partition(":")
    if kind == "unix":
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.connect(where)
        return sock
    address, _, port = where.rpartition(":")
    return socket.create_connection((address.strip("[]"), int(port)))


def main():
    parser = argparse.ArgumentParser(description="a network card that answers and sends pings")
    parser.add_argument("remote")
    parser.add_argument("--mac", required=True)
    parser.add_argument("--ip", required=True)
    parser.add_argument("--ping", action="append", default=[])
    parser.add_argument("--count", type=int, default=3)
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    nic = Nic(plk.Client(connect(args.remote)), bytes.fromhex(args.mac.replace(":", "")), args.ip).start()
    try:
        for ip in args.ping:
            for sequence in range(1, args.count + 1):
                took = nic.ping(ip, sequence)
                print(f"{args.ip} -> {ip}: answer {sequence} of {args.count} after {took * 1000:.3f} ms", flush=True)
        while not args.ping:
            time.sleep(0.2)
            if nic.problem:
                raise nic.problem
    except plk.Failure as failure:
        sys.exit(f"{args.ip}: {failure}")
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
