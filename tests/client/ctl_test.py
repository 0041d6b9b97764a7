# SPDX-License-Identifier: BSD-2-Clause
"""pktlock ctl and pktlock stats, against control sockets that the tests play."""

import json
import time

import harness

DONE = b'{"id":0,"result":%s,"error":null}'
CONTROL = "neither an absolute path nor unix:PATH"

# what stands behind the command, what the daemon must get
REQUESTS = [
    (["version"], {"id": 0, "method": "version", "params": []}),
    (["add-remote", "capture@punix:/run/a b"], {"id": 0, "method": "add-remote", "params": ["capture@punix:/run/a b"]}),
    (["a", "", "\"\\\u20ac\n"], {"id": 0, "method": "a", "params": ["", "\"\\\u20ac\n"]}),
    (["--", "a", "--help"], {"id": 0, "method": "a", "params": ["--help"]}),
    (["a", *["x" * 500] * 63], {"id": 0, "method": "a", "params": ["x" * 500] * 63}),
]

# an answer, what is printed
RESULTS = [
    (DONE % b'""', b""),
    (DONE % b'"x\\ny\\n"', b"x\ny\n"),
    (DONE % b'"without"', b"without\n"),
    (b'{"result":"x\\n","id":0}', b"x\n"),
    (b' \n{ "error" : null , "id" : 0 , "result" : "x\\n" }trailing', b"x\n"),
    (DONE % b'"\\u20ac\\ttab \\\\ \'\\n"', "\u20ac\ttab \\ '\n".encode()),
    (DONE % b'"\\u001b[2J\\r\\b\\u007f\\u0085\\u009b\\u202e\\ufeff"',
     rb"\x1b[2J\x0d\x08\x7f\xc2\x85\xc2\x9b\xe2\x80\xae\xef\xbb\xbf" + b"\n"),
]

# an answer, what is said
ERRORS = [
    (b'{"id":0,"error":"no such remote\\n"}', ["no such remote"]),
    (b'{"id":0,"error":"no such remote"}', ["no such remote"]),
    (b'{"id":0,"result":null,"error":"a\\nb\\n"}', ["a", "b"]),
    (b'{"id":0,"error":""}', [""]),
    (b'{"id":0,"error":"\\u001b[2J\\u009b"}', [r"\x1b[2J\xc2\x9b"]),
    (b'{"id":0,"error":"' + b"x" * 5000 + b'"}', None),
]

NO_JSON = "the answer is no JSON: is this a control socket?"
NO_ANSWER = "the answer is not one to the request: is this a control socket?"
CLOSED = "closed without an answer: may you control this daemon (--control-uid=, --control-gid=)? Its log says why"
CUT = "closed within the answer: the daemon's log says why"

# what comes instead of an answer, what is said
BROKEN = [
    (b"", CLOSED),
    (b"{", CUT),
    (DONE[:-1] % b'"x"', CUT),
    (b" \n", CUT),
    (b"HTTP/1.0 400\r\n\r\n", NO_JSON),
    (b"\0\0\0\x3c", NO_JSON),
    (b"{]", NO_JSON),
    (b'{"id":0,"id":0,"result":"","error":null}', NO_JSON),
    (DONE % b'"\\u0000"', NO_JSON),
    (DONE % b'"\xff"', NO_JSON),
    (b'{"id":0,"result":"abc', CUT),
    (b"[" * 3000, NO_JSON),
    (b"[]", NO_ANSWER),
    (b"{}", NO_ANSWER),
    (b'{"id":0}', NO_ANSWER),
    (b'{"id":1,"result":"x","error":null}', NO_ANSWER),
    (b'{"id":"0","result":"x","error":null}', NO_ANSWER),
    (b'{"result":"x","error":null}', NO_ANSWER),
    (b'{"id":0,"result":1,"error":null}', NO_ANSWER),
    (b'{"id":0,"result":"x","error":"x"}', NO_ANSWER),
    (b'{"id":0,"result":null,"error":null}', NO_ANSWER),
    (b'{"id":0,"result":{},"error":"x"}', NO_ANSWER),
    (b'{"id":0,"method":"version","params":[]}', NO_ANSWER),
]

# all arguments, the message
USAGE = [
    (["ctl"], "ctl: CONTROL is missing"),
    (["ctl", "/run/x"], "ctl: COMMAND is missing"),
    (["ctl", "--timeout=0", "/run/x", "show"], "ctl: --timeout: '0': not a number of seconds from 1 to 3600"),
    (["ctl", "--timeout=3601", "/run/x", "show"], "ctl: --timeout: '3601': not a number of seconds from 1 to 3600"),
    (["ctl", "--timeout=1s", "/run/x", "show"], "ctl: --timeout: '1s': not a number of seconds from 1 to 3600"),
    (["ctl", "/run/x", "show", "--timeout"], "ctl: '--timeout': needs a value"),
    (["ctl", "/run/x", "a", "--json"], "ctl: '--json': unknown option"),
    (["ctl", "pktlockd", "show"], "ctl: 'pktlockd': " + CONTROL),
    (["ctl", "/run//x", "show"], None),
    (["ctl", "/", "show"], None),
    (["ctl", "/" + "x" * 107, "show"], "ctl: '/" + "x" * 107 + "': path is longer than 107 bytes at byte 0"),
    (["ctl", "/" + "x" * 3000, "show"], "ctl: '/" + "x" * 199 + "...': too long for a path"),
    (["ctl", "punix:/run/x", "show"], "ctl: 'punix:/run/x': " + CONTROL),
    (["ctl", "tcp:127.0.0.1:1", "show"], "ctl: 'tcp:127.0.0.1:1': " + CONTROL),
    (["ctl", "/run/x", b"a\xff"], r"ctl: 'a\xff': not UTF-8"),
    (["ctl", "/run/x", *["a"] * 65], "ctl: there are too many arguments"),
    (["stats"], "stats: CONTROL is missing"),
    (["stats", "/run/x", "xml"], "stats: 'xml': neither json nor openmetrics"),
    (["stats", "/run/x", "json", "json"], "stats: there is more than one format"),
]


class Ctl(harness.Case):
    def answered(self, args, answer, request=None, command="ctl", **options):
        """Run it against a daemon that answers so, and closes. (status, stdout, what is said)"""
        control = self.path("ctl")

        def play(connection):
            got = b""
            while True:
                piece = connection.recv(65536)
                self.assertTrue(piece, "no whole request: %r" % got)
                got += piece
                try:
                    text = json.loads(got)
                    break
                except ValueError:
                    pass
            if request is not None:
                self.assertEqual(text, request)
                self.assertEqual(got, json.dumps(request, separators=(",", ":"), ensure_ascii=False).encode())
            harness.send_all(connection, answer)

        daemon, _ = self.daemon(play, control)
        done = self.tool(command, control, *args, **options)
        daemon.close()
        said = done[2]
        for line in said.splitlines():
            self.assertTrue(line.startswith("pktlock: %s: " % control), said)
        return done[0], done[1], [line.removeprefix("pktlock: %s: " % control) for line in said.splitlines()]

    def test_requests(self):
        for args, request in REQUESTS:
            with self.subTest(args[:3]):
                self.assertEqual(self.answered(args, DONE % b'"x\\n"', request), (0, b"x\n", []))

    def test_stats(self):
        for args in ([], ["json"], ["openmetrics"]):
            request = {"id": 0, "method": "stats", "params": args}
            self.assertEqual(self.answered(args, DONE % b'"x\\n"', request, "stats"), (0, b"x\n", []))

    def test_results(self):
        for answer, printed in RESULTS:
            with self.subTest(answer):
                self.assertEqual(self.answered(["a"], answer), (0, printed, []))

    def test_errors(self):
        for answer, said in ERRORS:
            with self.subTest(answer[:60]):
                status, out, lines = self.answered(["a"], answer)
                self.assertEqual((status, out), (1, b""))
                if said is None:
                    self.assertRegex(lines[0], r"\Ax{900,1100}\.\.\.\Z")
                else:
                    self.assertEqual(lines, said)

    def test_broken(self):
        for answer, said in BROKEN:
            with self.subTest(answer[:60]):
                self.assertEqual(self.answered(["a"], answer), (1, b"", [said]))

    def test_large(self):
        """What is almost as long as an answer can be arrives whole, whatever characters fall onto the ends of pieces."""
        text = ("\u20ac\x1b" + "x" * 995 + "\n") * 3000
        answer = DONE % json.dumps(text, ensure_ascii=False).encode()
        self.assertEqual(self.answered(["a"], answer), (0, text.replace("\x1b", "\\x1b").encode(), []))

    def test_endless(self):
        said = ["the answer has no end: is this a control socket?"]
        self.assertEqual(self.answered(["a"], b'{"id":0,"result":"' + b"x" * (8 << 20)), (1, b"", said))

    def test_pieces(self):
        """An answer may come byte by byte, over longer than the time-out, and the connection stay open behind it."""
        answer = DONE % b'"x\\n"'

        def play(connection):
            connection.recv(4096)
            for byte in answer:
                connection.sendall(bytes([byte]))
                time.sleep(0.04)
            harness.until_closed(connection)

        daemon, control = self.daemon(play)
        self.assertEqual(self.tool("ctl", "--timeout=1", control, "a"), (0, b"x\n", ""))
        daemon.close()

    def test_silent(self):
        """Who does not answer is given up, with advice."""
        daemon, control = self.daemon(harness.until_closed)
        began = time.monotonic()
        status, out, err = self.tool("ctl", control, "a", "--timeout", "1")
        self.assertLess(time.monotonic() - began, 10)
        self.assertEqual((status, out), (1, b""))
        self.assertEqual(err, "pktlock: %s: no answer in time: is the daemon stopped, or busy with others? "
                              "--timeout= waits longer\n" % control)
        daemon.close()

    def test_nobody(self):
        status, out, err = self.tool("ctl", self.path("none"), "a")
        self.assertEqual((status, out), (1, b""))
        self.assertIn("pktlock: ctl: 'unix:%s': cannot connect: No such file or directory" % self.path("none"), err)
        self.assertIn("--control=", err)

    def test_usage(self):
        for args, message in USAGE:
            with self.subTest(args[:3]):
                status, out, err = self.tool(*args)
                self.assertEqual((status, out), (2, b""))
                if message:
                    self.assertEqual(err, "pktlock: %s; try 'pktlock %s --help'\n" % (message, args[0]))

    def test_output_fails(self):
        with open("/dev/full", "wb") as full:
            daemon, control = self.daemon(lambda connection: (connection.recv(4096), connection.sendall(DONE % b'"x"')))
            status, _, err = self.tool("ctl", control, "a", stdout=full)
            self.assertEqual((status, err), (1, "pktlock: ctl: standard output: No space left on device\n"))
            daemon.close()


if __name__ == "__main__":
    harness.main()
