# SPDX-License-Identifier: BSD-2-Clause
"""pktlock parse, --help, --version and the command line as a whole."""

import json
import os
import re

import harness

STRINGS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "remote-strings.json")

FD_SYNTAX = "descriptor number is not canonical decimal (no sign, blank, leading zero or other character)"
PFD = "pfd: remotes can only be specified on the command line"
SD = "sd: remotes can only be specified on the command line"

# arguments after "parse", what is printed
GOOD = [
    (["fd", "0"], "0"),
    (["fd", "3"], "3"),
    (["fd", "1048575"], "1048575"),
    (["--", "fd", "3"], "3"),
    (["fd", "--", "3"], "3"),
    (["fd", "--origin=control", "3"], "3"),
    (["remote", "pfd:3"], "pfd:3"),
    (["remote", "sd:client"], "sd:client"),
    (["remote", "punix:/run/a b"], "punix:/run/a b"),
    (["remote", "ptcp:16640"], "ptcp:16640:127.0.0.1"),
    (["remote", "tcp:[2001:DB8:0:0::1]:99"], "tcp:[2001:db8::1]:99"),
    (["remote", "--origin=cmdline", "pfd:3"], "pfd:3"),
    (["remote", "pfd:3", "--origin=cmdline"], "pfd:3"),
    (["remote", "--origin", "cmdline", "pfd:3"], "pfd:3"),
    (["--origin=file", "remote", "unix:/run/x"], "unix:/run/x"),
    (["remote", "unix:/run/x", "--origin", "control"], "unix:/run/x"),
    (["port", "capture@pfd:3"], "capture@pfd:3"),
    (["port", "attach,vlan=3+1,format=vnet,vnet-hdr=12@unix:/run/x"], "attach,format=vnet,vlan=1+3@unix:/run/x"),
    (["port", "--origin=file", "capture,format=pcapng@punix:/run/x@y"], "capture,format=pcapng@punix:/run/x@y"),
    (["port", "inject,vlan=" + "+".join(str(i) for i in range(4095)) + "@pfd:3"], None),
]

# arguments after "parse", kind and text as they are shown, reason, offset
BAD = [
    (["fd", ""], "fd: ''", "descriptor number is missing", 0),
    (["fd", "03"], "fd: '03'", FD_SYNTAX, 0),
    (["fd", " 3"], "fd: ' 3'", FD_SYNTAX, 0),
    (["fd", "--", "-3"], "fd: '-3'", FD_SYNTAX, 0),
    (["fd", "--", "--"], "fd: '--'", FD_SYNTAX, 0),
    (["fd", "1048576"], "fd: '1048576'", "descriptor number out of range", 0),
    (["remote", "pfd:4294967299"], "remote: 'pfd:4294967299'", "descriptor number out of range", 4),
    (["remote", "pfd:2"], "remote: 'pfd:2'", "descriptors 0, 1 and 2 are standard input, output and error", 4),
    (["remote", ""], "remote: ''", "remote is missing", 0),
    (["remote", "pfd:"], "remote: 'pfd:'", "descriptor number is missing", 4),
    (["remote", "unix:/run/a\x1b[2J'\\"], r"remote: 'unix:/run/a\x1b[2J\x27\x5c'", "path has a control character", 5),
    (["remote", "unix:/" + "a" * 300], "remote: 'unix:/" + "a" * 194 + "...'", "path is longer than 107 bytes", 5),
    (["remote", "--origin=file", "pfd:3"], "remote: 'pfd:3'", PFD, 0),
    (["remote", "--origin=control", "sd:x"], "remote: 'sd:x'", SD, 0),
    (["remote", "sd:x", "--origin=file"], "remote: 'sd:x'", SD, 0),
    (["remote", "--origin=file", "pfd:03"], "remote: 'pfd:03'", FD_SYNTAX, 4),
    (["port", "capture@pfd:5", "--origin=control"], "port: 'capture@pfd:5'", PFD, 8),
    (["port", "--origin=file", "capture,format=vnet@sd:x"], "port: 'capture,format=vnet@sd:x'", SD, 20),
    (["port", "capture@pfd:4294967299"], "port: 'capture@pfd:4294967299'", "descriptor number out of range", 12),
    (["port", "capture"], "port: 'capture'", "'@' and a remote are missing after the role", 7),
    (["port", "inject,latency=low@pfd:3"], "port: 'inject,latency=low@pfd:3'", "key does not fit the role", 7),
]

# all arguments, the message without its end
USAGE = [
    ([], "pktlock: the command is missing; try 'pktlock --help'"),
    (["frob"], "pktlock: 'frob': unknown command; try 'pktlock --help'"),
    (["frob\n"], r"pktlock: 'frob\x0a': unknown command; try 'pktlock --help'"),
    (["--frob"], "pktlock: '--frob': unknown option; try 'pktlock --help'"),
    (["-h"], "pktlock: '-h': unknown option; try 'pktlock --help'"),
    (["--version=1"], "pktlock: '--version=1': takes no value; try 'pktlock --help'"),
    (["parse"], "pktlock: parse: fd, remote or port is missing; try 'pktlock parse --help'"),
    (["parse", "fd"], "pktlock: parse: STRING is missing; try 'pktlock parse --help'"),
    (["parse", "fd", "3", "4"], "pktlock: parse: there is more than one STRING; try 'pktlock parse --help'"),
    (["parse", "fds", "3"], "pktlock: parse: 'fds': not one of fd, remote and port; try 'pktlock parse --help'"),
    (["parse", "fd", "-3"], "pktlock: parse: '-3': unknown option; try 'pktlock parse --help'"),
    (["parse", "fd", "3", "--orig=file"], "pktlock: parse: '--orig=file': unknown option; try 'pktlock parse --help'"),
    (["parse", "fd", "3", "--origin"], "pktlock: parse: '--origin': needs a value; try 'pktlock parse --help'"),
    (["parse", "fd", "3", "--origin=argv"],
     "pktlock: parse: --origin: 'argv': not one of cmdline, file and control; try 'pktlock parse --help'"),
    (["parse", "--origin=file", "--origin=file", "fd", "3"],
     "pktlock: parse: '--origin=file': is given twice; try 'pktlock parse --help'"),
]


class Parse(harness.Case):
    def test_good(self):
        for args, printed in GOOD:
            with self.subTest(args):
                status, out, err = self.tool("parse", *args)
                self.assertEqual((status, err), (0, ""))
                self.assertEqual(out.decode(), (args[-1] if printed is None else printed) + "\n")

    def test_bad(self):
        for args, shown, reason, at in BAD:
            with self.subTest(args):
                status, out, err = self.tool("parse", *args)
                self.assertEqual((status, out), (2, b""))
                self.assertEqual(err, "pktlock: parse %s: %s at byte %d\n" % (shown, reason, at))

    def test_usage(self):
        for args, message in USAGE:
            with self.subTest(args):
                self.assertEqual(self.tool(*args), (2, b"", message + "\n"))

    def test_shared_strings(self):
        with open(STRINGS, encoding="utf-8") as rows:
            rows = json.load(rows)
        self.assertGreater(len(rows), 50)
        for row in rows:
            with self.subTest(row["s"]):
                status, out, err = self.tool("parse", "remote", "--", row["s"])
                if row["pktlock"] == "accept":
                    self.assertEqual((status, err), (0, ""))
                    again = self.tool("parse", "remote", out.decode().rstrip("\n"))
                    self.assertEqual(again, (0, out, ""))
                else:
                    self.assertEqual((status, out), (2, b""))
                    self.assertRegex(err, r"\Apktlock: parse remote: '[ -~]*': [ -~]+ at byte \d+\n\Z")

    def test_not_utf8(self):
        status, out, err = self.tool("parse", "remote", b"unix:/run/\xff\xfe")
        self.assertEqual((status, out, err), (0, b"unix:/run/\xff\xfe\n", ""))
        status, out, err = self.tool("parse", "fd", b"\xff")
        self.assertEqual((status, err), (2, "pktlock: parse fd: '\\xff': %s at byte 0\n" % FD_SYNTAX))

    def test_help(self):
        for args, begin in (
            (["--help"], "usage: pktlock COMMAND"),
            (["capture", "--help"], "usage: pktlock capture REMOTE"),
            (["capture", "unix:/run/x", "-c", "1", "--help"], "usage: pktlock capture REMOTE"),
            (["replay", "--help"], "usage: pktlock replay REMOTE FILE"),
            (["parse", "--help"], "usage: pktlock parse fd|remote|port"),
            (["ctl", "--help"], "usage: pktlock ctl [--timeout=SECONDS] CONTROL COMMAND"),
            (["ctl", "/run/x", "show", "--help"], "usage: pktlock ctl"),
            (["stats", "--help"], "usage: pktlock stats [--timeout=SECONDS] CONTROL"),
        ):
            with self.subTest(args):
                status, out, err = self.tool(*args)
                self.assertEqual((status, err), (0, ""))
                self.assertTrue(out.decode().startswith(begin), out)
                self.assertLess(max(len(line) for line in out.decode().splitlines()), 100)

    def test_version(self):
        status, out, err = self.tool("--version")
        self.assertEqual((status, err), (0, ""))
        self.assertTrue(re.fullmatch(rb"pktlock \d+\.\d+\.\d+\n", out), out)

    def test_output_fails(self):
        with open("/dev/full", "wb") as full:
            for args in (["--help"], ["--version"], ["parse", "fd", "3"]):
                with self.subTest(args):
                    status, _, err = self.tool(*args, stdout=full)
                    self.assertEqual(status, 1)
                    self.assertIn("standard output: No space left on device", err)


if __name__ == "__main__":
    harness.main()
