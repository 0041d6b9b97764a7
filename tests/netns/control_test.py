# SPDX-License-Identifier: BSD-2-Clause
"""The control socket: its protocol byte for byte, who may use it, and what one client can have of it."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time

import plk
from control import Control, error, request, result

LIMIT = 65536  # bytes of a request
DEPTH = 16
CONNECTIONS = 32
RESERVED = 4
TIME = 10.0  # seconds for a request and for an answer
LIST = "The available commands are:\n"
UNKNOWN = '"%s" is not a valid command (use "list-commands" to see a list of valid commands)\n'
NOBODY = 4242  # a user that is not the daemon's


def start(case, *more, **options):
    case.veth()
    return case.daemon(f"--control=punix:{case.path('ctl')}", f"--remote=capture@punix:{case.path('c')}", *more, **options)


def client(case):
    return case.keep(Control(case.path("ctl")))


def test_requests(case):
    """Answers as Open vSwitch gives them: members, texts, newlines."""
    daemon = start(case)
    c = client(case)
    plk.check(re.fullmatch(r"pktlockd \d+\.\d+\.\d+\S*\n", c.done("version")), "version")
    lines = c.done("list-commands").splitlines(True)
    plk.equal(lines[0], LIST, "first line")
    names = [line[2:25].rstrip() for line in lines[1:]]
    plk.equal(names, sorted(names), "order of the commands")
    for name in ("exit", "list-commands", "log-level", "version"):
        plk.check(name in names, f"{name} is not listed")
    for line in lines[1:]:
        plk.check(re.fullmatch(r"  \S.{22} .*\n", line), f"not a row: {line!r}")
    plk.equal(c.refused("cmd/x", "a b"), UNKNOWN % "cmd/x", "unknown command")
    plk.equal(c.refused(""), UNKNOWN % "", "empty command")
    plk.equal(c.refused("Version"), UNKNOWN % "Version", "command in capitals")
    plk.equal(c.refused("log-level"), '"log-level" command requires at least 1 arguments\n', "too few")
    plk.equal(c.refused("version", "x"), '"version" command takes at most 0 arguments\n', "too many")
    plk.equal(c.refused("version", *["x"] * 1000), '"version" command takes at most 0 arguments\n', "far too many")
    for value in (1, None, True, [], {}, 1.5):
        plk.equal(c.refused("log-level", value), '"log-level" command has non-string argument\n', f"argument {value!r}")
    plk.equal(c.refused("log-level", "loud"), '"loud" is not a log level (error, warning, info or debug)\n', "no level")
    plk.equal(c.done("log-level", "info"), "", "log-level")
    daemon.stop()


def test_bytes(case):
    """Nothing stands between answers or after them; the id comes back as it was."""
    daemon = start(case)
    c = client(case)
    c.send(request("log-level", "info", id=7))
    plk.equal(c.sock.recv(4096), b'{"id":7,"result":"","error":null}', "bytes of a result")
    c.send(request("x"))
    plk.equal(c.sock.recv(4096), b'{"id":0,"error":"\\"x\\" is not a valid command (use \\"list-commands\\" to see a list of '
                                 b'valid commands)\\n"}', "bytes of an error")
    for id in (0, -1, 1.5, "x", "", "\u00e9\n", True, False, [], [1, [2]], {"a": {"b": None}}, 2**62):
        plk.equal(c.ask("log-level", "info", id=id), result("", id), f"id {id!r}")
    # members in any order, blanks anywhere between tokens
    c.send(b' \t\r\n{ "params" : [ ] ,\n"id" : "x",\t"method":"nope" }  \n')
    plk.equal(c.answer(), error(UNKNOWN % "nope", "x"), "request with blanks")
    c.quiet()
    daemon.stop()


def test_pieces(case):
    """Requests byte by byte, answers byte by byte, many at once: in order, each once."""
    daemon = start(case)
    c = client(case)
    for byte in request("nope", "\u20ac", id="\u00e9"):
        c.send(bytes([byte]))
        time.sleep(0.001)
    plk.equal(c.answer(), error(UNKNOWN % "nope", "\u00e9"), "request in pieces")
    c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    many = 300
    c.send(b"".join(request("list-commands" if i % 3 else "nope", id=i) for i in range(many)))
    for i in range(many):
        answer = c.answer()
        plk.equal(answer["id"], i, "id of an answer")
        plk.equal("result" in answer, bool(i % 3), "kind of an answer")
    # two and a half, then the rest
    whole = request("nope", id=1)
    c.send(whole * 2 + whole[:20])
    plk.equal([c.answer()["id"] for _ in range(2)], [1, 1], "answers to what is whole")
    c.quiet()
    c.send(whole[20:])
    plk.equal(c.answer(), error(UNKNOWN % "nope", 1), "answer to the rest")
    # who says that no more comes still gets his answers
    c.send(request("version", id=1) + request("nope", id=2))
    c.sock.shutdown(socket.SHUT_WR)
    plk.equal([c.answer()["id"] for _ in range(2)], [1, 2], "answers after the end")
    c.closed()
    daemon.stop()


NOT_JSON_RPC = {  # those first that the log has other words for: it says only so much
    "too deep": b'{"id":' + b"[" * DEPTH + b"]" * DEPTH + b',"method":"version","params":[]}',
    "array": b"[]",
    "string": b'"version"',
    "null": b"null",
    "number": b"1{",
    "garbage": b"GET / HTTP/1.0\r\n\r\n",
    "nul": b"\0",
    "byte order mark": b"\xef\xbb\xbf" + request("version"),
    "empty object": b"{}",
    "no id": b'{"method":"version","params":[]}',
    "id null": b'{"id":null,"method":"version","params":[]}',
    "no method": b'{"id":0,"params":[]}',
    "method that is no string": b'{"id":0,"method":1,"params":[]}',
    "no params": b'{"id":0,"method":"version"}',
    "params null": b'{"id":0,"method":"version","params":null}',
    "params that are an object": b'{"id":0,"method":"version","params":{}}',
    "extra member": b'{"id":0,"method":"version","params":[],"jsonrpc":"2.0"}',
    "answer": b'{"id":0,"result":"","error":null}',
    "member twice": b'{"id":0,"id":0,"method":"version","params":[]}',
    "nul escaped": b'{"id":0,"method":"version\\u0000","params":[]}',
    "nul in a parameter": b'{"id":0,"method":"log-level","params":["info\\u0000"]}',
    "surrogate alone": b'{"id":0,"method":"\\ud800","params":[]}',
    "not UTF-8": b'{"id":0,"method":"\xff","params":[]}',
    "newline in a string": b'{"id":0,"method":"a\nb","params":[]}',
    "wrong bracket": b'{"id":0,"method":"version","params":[}',
    "apostrophes": b"{'id':0,'method':'version','params':[]}",
    "comma too many": b'{"id":0,"method":"version","params":[],}',
    "comment": b'{/**/"id":0,"method":"version","params":[]}',
    "number too large": b'{"id":1e999,"method":"version","params":[]}',
    "leading zero": b'{"id":00,"method":"version","params":[]}',
    "far too deep": b'{"id":' + b"[" * 2000,
    "too long": b'{"id":0,"method":"' + b"x" * LIMIT + b'","params":[]}',
    "id too long": b'{"id":"' + b"x" * 5000 + b'","method":"version","params":[]}',
    "more values than there is memory": b'{"id":0,"method":"version","params":[' + b"{}," * 20000 + b"{}]}",
}


def test_not_json_rpc(case):
    """What is no request closes the connection without an answer, and says why in the log; others notice nothing."""
    daemon = start(case)
    other = client(case)
    for what, data in NOT_JSON_RPC.items():
        c = Control(case.path("ctl"))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it may be closed before all is sent
            c.send(data)
        try:
            c.closed()
        except plk.Failure as failure:
            raise plk.Failure(f"{what}: {failure}")
        c.close()
        plk.equal(other.done("log-level", "info"), "", f"another client's answer, after {what}")
    daemon.wait_log(r"warning: control client closed uid=0 pid=\d+ reason=not_json_rpc$")
    daemon.wait_log(r"warning: control client closed uid=0 pid=\d+ reason=too_long$")
    # what came before it is answered
    c = client(case)
    c.send(request("nope", id=1) + b"[]")
    plk.equal(c.answer(), error(UNKNOWN % "nope", 1), "answer before the end")
    c.closed()
    daemon.stop()


def test_limits(case):
    """The longest and the deepest request are answered."""
    daemon = start(case)
    c = client(case)
    empty = len(request(""))
    for id in ([[[[[[[[[[[[[[[]]]]]]]]]]]]]]], "x" * 4000):
        plk.equal(c.ask("log-level", "info", id=id), result("", id), "answer to a large id")
    answer = c.ask("x" * (LIMIT - empty))
    plk.equal(answer, error(UNKNOWN % ("x" * 500 + "...")), "answer to the longest request")
    plk.equal(c.ask("log-level", "x" * (LIMIT - len(request("log-level", "")))),
              error('"' + "x" * 500 + '..." is not a log level (error, warning, info or debug)\n'), "answer to the longest parameter")
    daemon.stop()


def test_nothing_raw(case):
    """Control characters of a client reach neither an answer nor the log as they are."""
    daemon = start(case)
    c = client(case)
    plk.equal(c.refused("\x1b[31m\x7f\u009b\u202e\u2028"),
              UNKNOWN % r"\x1b[31m\x7f\xc2\x9b\xe2\x80\xae\xe2\x80\xa8", "error about control characters")
    plk.equal(c.refused("log-level", "a\n'\x1b"), '"a\\x0a\'\\x1b" is not a log level (error, warning, info or debug)\n', "error")
    daemon.wait_log(r"control uid=0 pid=\d+ command=log-level 'a\\x0a\\x27\\x1b' refused: \"a\\x0a'\\x1b\" is not .*$")
    daemon.stop()


def test_changes_are_logged(case):
    daemon = start(case)
    c = client(case)
    c.done("log-level", "debug")
    daemon.wait_log(rf"info: control uid=0 pid={os.getpid()} command=log-level 'debug' done$")
    c.refused("log-level", "x uid=0")
    daemon.wait_log(rf"warning: control uid=0 pid={os.getpid()} command=log-level 'x\\x20uid=0' refused: \"x uid\\x3d0\" is not a log level .*\)$")
    c.refused("add-remote", "capture,slot=1 pid=1@'")
    daemon.wait_log(r"refused: 'capture,slot=1 pid\\x3d1@\\x27': unknown key at byte 8$")
    mark = daemon.mark()
    c.done("version")
    c.done("log-level", "error")
    c.done("log-level", "info")
    daemon.wait_log(r"command=log-level 'info' done$", after=mark)
    plk.equal(len(re.findall("control uid", daemon.stderr[mark:])), 1, "lines while only errors were logged")
    daemon.stop()


def test_changes_are_logged_each(case):
    """Who makes noise with one command hides no other, done or refused."""
    daemon = start(case)
    c = client(case)
    for _ in range(40):
        c.done("log-level", "info")
        c.refused("log-level", "loud")
    c.done("status", "off")
    c.refused("status", "maybe")
    daemon.wait_log(r"info: control uid=0 pid=\d+ command=status 'off' done$")
    daemon.wait_log(r"warning: control uid=0 pid=\d+ command=status 'maybe' refused: ")
    c.done("exit")
    daemon.ended(0)
    for what in ("info: 20 more suppressed: control done", "warning: 20 more suppressed: control refused"):
        daemon.wait_log(f"{what} command=log-level$")


def test_exit(case):
    """The answer comes first; then everything ends, as by a signal."""
    daemon = start(case)
    captures = case.connect(case.path("c"))
    c = client(case)
    plk.equal(c.ask("exit"), result(""), "answer to exit")
    daemon.ended(0)
    captures.wait_closed()
    c.closed()
    plk.check(not os.path.lexists(case.path("ctl")), "the control socket's file is left")
    daemon.wait_log(r"command=exit done$")
    daemon.last_books_check()


def test_inherited(case):
    """pfd: and sd:, and what is no such socket."""
    case.veth()
    remote = f"--remote=capture@punix:{case.path('c')}"
    listener = case.listener("ctl")
    daemon = case.daemon("--control=pfd:5", remote, fds={5: listener})
    client(case).done("version")
    daemon.stop()
    plk.check(os.path.lexists(case.path("ctl")), "somebody else's socket file was removed")
    daemon = case.daemon("--control=sd:ctl", remote, fds={3: listener}, listen=["ctl"])
    client(case).done("version")
    daemon.stop()

    other = case.listener("other")
    one, two = socket.socketpair()
    case.keep(one), case.keep(two)
    for number, thing, why, at in ((5, case.tcp_listener(), "socket is not AF_UNIX", 4), (5, one, "socket is connected, not listening", 4),
                                   (5, open("/dev/null"), "descriptor is not a socket", 4)):
        case.refused(2, f"pktlockd: --control: 'pfd:{number}': {why}", f"--control=pfd:{number}", remote, fds={number: case.keep(thing)})
    case.refused(2, "pktlockd: --control: 'pfd:77': descriptor is not open at byte 4", "--control=pfd:77", remote)
    case.refused(2, "pktlockd: --control: 'sd:x': no inherited descriptor has this name at byte 3", "--control=sd:x", remote,
                 fds={3: other}, listen=["y"])
    case.refused(2, "pktlockd: LISTEN_FDS: '4': descriptor is passed by LISTEN_FDS, but no option uses it", "--control=sd:x", remote,
                 fds={3: other, 4: listener}, listen=["x", "y"])
    for ours, theirs in (("pfd:5", "pfd:5"), ("pfd:5", "pfd:6")):
        case.refused(2, f"pktlockd: --control: '{ours}': socket is already used by another remote at byte 4", f"--control={ours}",
                     f"--remote=capture@{theirs}", fds={5: other, 6: other})


def test_file(case):
    """A socket file of our own: its mode, and what is there already."""
    daemon = start(case)
    plk.equal(os.stat(case.path("ctl")).st_mode & 0o7777, 0o660, "mode of the socket file")
    case.refused(1, f"pktlockd: --control: 'punix:{case.path('ctl')}': ", f"--control=punix:{case.path('ctl')}",
                 f"--remote=capture@punix:{case.path('d')}")
    client(case).done("version")
    daemon.stop()
    plk.check(not os.path.lexists(case.path("ctl")), "the control socket's file is left")
    case.refused(1, "pktlockd: --control: 'punix:/proc/ctl': ", "--control=punix:/proc/ctl", f"--remote=capture@punix:{case.path('d')}")


ASK = """
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
s.connect(sys.argv[1])
s.settimeout(5)
try:
    s.sendall(b'{"id":0,"method":"log-level","params":["info"]}')
    print(s.recv(100).decode() or "closed")
except (BrokenPipeError, ConnectionResetError):
    print("closed")
"""


def ask_as(case, *ids):
    return subprocess.run(["/usr/bin/setpriv", *ids, sys.executable, "-c", ASK, case.path("ctl")], check=True, capture_output=True, text=True,
                          timeout=plk.WAIT).stdout.strip()


def test_who_may(case):
    """Root, and whom the lists name: users, groups, also supplementary ones. Nobody else, whatever the file's mode."""
    daemon = start(case, f"--control-uid={NOBODY}+{NOBODY + 1}", f"--control-gid={NOBODY + 2}")
    os.chmod(case.path("ctl"), 0o666)
    done = '{"id":0,"result":"","error":null}'
    for ids, expected in (
        (["--reuid=0"], done),
        ([f"--reuid={NOBODY}", "--regid=7", "--clear-groups"], done),
        ([f"--reuid={NOBODY + 1}", "--regid=7", "--clear-groups"], done),
        (["--reuid=7", f"--regid={NOBODY + 2}", "--clear-groups"], done),
        (["--reuid=7", "--regid=7", f"--groups=8,{NOBODY + 2}"], done),
        (["--reuid=7", "--regid=7", "--clear-groups"], "closed"),
        (["--reuid=7", "--regid=0", "--groups=0"], "closed"),
        ([f"--reuid={NOBODY + 2}", f"--regid={NOBODY}", f"--groups={NOBODY + 1}"], "closed"),
    ):
        mark = daemon.mark()
        plk.equal(ask_as(case, *ids), expected, f"answer to {ids}")
        if expected == "closed":
            daemon.wait_log(r"warning: control client refused uid=\d+ pid=\d+ reason=not_allowed$", after=mark)
        else:
            daemon.wait_log(rf"control uid={ids[0].partition('=')[2]} pid=\d+ command=log-level 'info' done$", after=mark)
    daemon.stop()


def test_connections(case):
    """So many and no more; who leaves makes room."""
    daemon = start(case)
    clients = [client(case) for _ in range(CONNECTIONS)]
    for c in clients:
        c.done("version")
    too_many = client(case)
    too_many.closed()
    daemon.wait_log(r"warning: control client refused uid=0 pid=\d+ reason=too_many$")
    clients.pop().close()
    plk.poll_until(lambda: may_ask(case), "room for another")
    for c in clients:
        c.done("version")
    daemon.stop()


def may_ask(case):
    c = Control(case.path("ctl"))
    try:
        c.done("version")
        return True
    except (plk.Failure, BrokenPipeError, ConnectionResetError):
        return False
    finally:
        c.close()


def hold(case, n):
    """So many connections of another user, for as long as its standard input is open."""
    script = ("import socket,sys\ns=[socket.socket(socket.AF_UNIX) for _ in range(int(sys.argv[2]))]\nfor c in s: c.connect(sys.argv[1])\n"
              "print('there',flush=True)\nsys.stdin.read()\n")
    holder = subprocess.Popen(["/usr/bin/setpriv", f"--reuid={NOBODY}", "--regid=7", "--clear-groups", sys.executable, "-c", script, case.path("ctl"),
                               str(n)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    case.stack.callback(holder.communicate)
    plk.equal(holder.stdout.readline(), "there\n", "holder of connections")


def test_reserved_and_slow(case):
    """Another user cannot take all connections, and gives way when he asks nothing. A request that was begun must be sent in time, and
    an answer taken; who does nothing costs nothing."""
    daemon = start(case, f"--control-uid={NOBODY}")
    os.chmod(case.path("ctl"), 0o666)
    hold(case, CONNECTIONS + 10)
    idle, began, slow, deaf = (client(case) for _ in range(RESERVED))
    for c in (idle, began, slow, deaf):
        c.done("version")
    client(case).closed()
    daemon.wait_log(r"control client refused uid=0 pid=\d+ reason=too_many$")

    start_time = time.monotonic()
    began.send(b"{")
    deaf.sock.setblocking(False)
    with contextlib.suppress(BlockingIOError):  # more answers than any buffer holds
        for _ in range(20000):
            deaf.sock.send(request("list-commands"))
    for byte in request("version", "x" * 1000):
        slow.send(bytes([byte]))
        time.sleep(TIME / 200)
        if time.monotonic() - start_time > TIME - 1:
            break
    idle.done("version")
    began.closed(3)
    slow.closed(3)
    plk.check(TIME - 1 < time.monotonic() - start_time < TIME + 3, "they were closed in time")
    daemon.wait_log(r"control client closed uid=0 pid=\d+ reason=slow_request$", count=2)
    daemon.wait_log(r"control client closed uid=0 pid=\d+ reason=slow_answer$", 5)
    ticks = daemon.cpu_ticks()
    time.sleep(0.5)
    plk.check(daemon.cpu_ticks() - ticks <= 1, "idle clients cost processor time")
    for _ in range(RESERVED):
        client(case).done("version")
    daemon.wait_log(rf"control client closed uid={NOBODY} pid=\d+ reason=idle$")
    idle.done("version")
    daemon.stop()


def test_listener_of_others(case):
    """Another holder of an inherited control socket makes it block, or shuts it down: nobody waits, nobody is busy, and it is said once."""
    case.veth()
    listener = case.listener("ctl")
    daemon = case.daemon("--control=pfd:5", f"--remote=capture@punix:{case.path('c')}", fds={5: listener})
    listener.setblocking(True)
    c = client(case)
    c.done("version")
    plk.sync(case.wire(), case.connect(case.path("c")))
    listener.shutdown(socket.SHUT_RDWR)
    ticks = daemon.cpu_ticks()
    time.sleep(0.6)
    plk.check(daemon.cpu_ticks() - ticks <= 1, "the daemon is busy with a control socket that was shut down")
    c.done("version")
    plk.equal(len(daemon.wait_log(r"warning: cannot accept control clients: .*; trying again each second$")), 1, "lines")
    daemon.stop()


def test_stuck_worker(case):
    """A worker that does not do what a command wants of it is replaced, and others have their turn again."""
    daemon = start(case)
    c = client(case)
    c.done("version")
    os.kill(daemon.family["worker"], signal.SIGSTOP)
    plk.equal(c.done("status", "off"), "", "status")
    daemon.wait_log(r"error: worker does not do what it was told: .*; the worker will be replaced$")
    plk.equal(client(case).done("status"), "off\n", "status for another")
    daemon.wait_log("another worker serves$")
    plk.equal(c.done("status", "on"), "", "status")
    daemon.stop()


# Two answers that nobody takes, and one after the other that is taken late: the next request is there by then.
GREEDY = """
import socket, sys, threading, time
def connect():
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.connect(sys.argv[1])
    s.sendall(b'{"id":0,"method":"stats","params":["openmetrics"]}' * 100)
    return s
def take(s):
    while True:
        tail = b""
        time.sleep(0.5)
        while b'"error":null}' not in tail:
            tail = tail[-20:] + s.recv(1 << 20)
held = [connect() for _ in range(3)]
time.sleep(2)
threading.Thread(target=take, args=(held[0],), daemon=True).start()
print("there", flush=True)
sys.stdin.read()
"""


def test_long_answers(case):
    """Who holds all buffers for long answers takes none of the others' turns."""
    keys = "allow-uid=" + "+".join(str(4000000000 + i) for i in range(16))
    daemon = start(case, *(f"--remote=capture,{keys}@punix:{case.path(f'c{i}')}" for i in range(62)), f"--control-uid={NOBODY}")
    os.chmod(case.path("ctl"), 0o666)
    greedy = subprocess.Popen(["/usr/bin/setpriv", f"--reuid={NOBODY}", "--regid=7", "--clear-groups", sys.executable, "-c", GREEDY,
                               case.path("ctl")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    case.stack.callback(greedy.communicate)
    plk.equal(greedy.stdout.readline(), "there\n", "who holds buffers")
    c = client(case)
    plk.check("result" in c.ask("stats", "openmetrics", seconds=5), "no statistics")
    daemon.stop()


def test_service_user(case):
    """The service user may, unless that is nobody, who may be anybody."""
    case.veth()
    uid = 4711
    args = [f"--interface=e0", f"--control=punix:{case.path('ctl')}", f"--remote=capture@punix:{case.path('c')}"]
    daemon = case.daemon(*args[1:], under=["/usr/bin/setpriv", f"--reuid={uid}", "--regid=7", "--clear-groups", "--inh-caps=+net_raw",
                                           "--ambient-caps=+net_raw"])
    plk.equal(ask_as(case, f"--reuid={uid}", "--regid=7", "--clear-groups"), '{"id":0,"result":"","error":null}', "service user")
    daemon.stop()
    daemon = case.daemon(*args[1:])
    os.chmod(case.path("ctl"), 0o666)
    if "running as nobody" in daemon.stderr:
        plk.equal(ask_as(case, "--reuid=nobody", "--regid=nogroup", "--clear-groups"), "closed", "nobody")
    daemon.stop()


def test_check(case):
    """--check says where control clients would come, and makes nothing."""
    answer = case.run("--check", f"--control=punix:{case.path('c')}", "--control-uid=7", interface="missing0")
    plk.equal(answer.status, 0, f"status ({answer.stderr})")
    plk.check(f"control punix:{case.path('c')}\n" in answer.stdout, f"the plan does not say so: {answer.stdout!r}")
    plk.equal(os.listdir(case.dir), [], "files after --check")


if __name__ == "__main__":
    plk.main()
