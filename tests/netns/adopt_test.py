# SPDX-License-Identifier: BSD-2-Clause
"""What a service manager or a shell hands over: inherited descriptors, LISTEN_*, the command line."""

import os
import re
import socket
import time

import plk


def refused(case, text, *args, **more):
    """Status 2, the text on one line, and nothing was bound, made or opened."""
    refusal = case.refused(2, text, *args, **more)
    complaint = [line for line in refusal.stderr.splitlines() if "warning" not in line]
    plk.equal(len(complaint), 1, f"lines of complaint in {refusal.stderr!r}")
    return refusal


def untouched(case):
    """A fingerprint of the test's directory: names, inodes and modes."""
    found = {}
    for name in sorted(os.listdir(case.dir)):
        about = os.lstat(case.path(name))
        found[name] = (about.st_ino, about.st_mode, about.st_uid, about.st_gid)
    return found


# Adoption, one refusal each


# What each refusal says to do.
ADVICE = {
    "descriptor is not open": "; whoever starts pktlockd must pass it, as a socket unit or systemd-socket-activate does",
    "descriptor is not a socket": "; in a socket unit use ListenStream=",
    "need tcp=yes": "",
    "socket is not AF_UNIX": "; in a socket unit use ListenStream= with a path",
    "socket is not SOCK_STREAM": "; in a socket unit use ListenStream=",
    "socket is not listening": "; whoever passes it must call listen(2)",
    "socket is connected, not listening": "",  # its text has it
}


def check_refusal(case, text, thing, spec="capture@pfd:7", fds=None, advice=None):
    case.veth()
    before = untouched(case)
    fds = {7: thing} if fds is None else fds
    advice = ADVICE[text] if advice is None else advice
    refusal = refused(case, text, f"--remote={spec}", f"--remote=capture@punix:{case.path('mine')}", fds=fds)
    plk.check(f"'{spec}'" in refusal.stderr, f"does not quote {spec}: {refusal.stderr}")
    plk.check("--remote" in refusal.stderr, f"does not name the option: {refusal.stderr}")
    complaint = refusal.stderr.splitlines()[-1]
    plk.check(complaint.endswith(f" at byte {spec.index(':') + 1}{advice}"), f"no advice {advice!r}: {complaint}")
    plk.equal(untouched(case), before, "files before and after")


def test_not_open(case):
    check_refusal(case, "descriptor is not open", None, fds={})


def test_regular_file(case):
    with open(case.path("file"), "wb") as file:
        check_refusal(case, "descriptor is not a socket", file)


def test_pipe(case):
    reader, writer = os.pipe()
    check_refusal(case, "descriptor is not a socket", reader)
    os.close(reader)
    os.close(writer)


def test_inet_without_tcp(case):
    check_refusal(case, "need tcp=yes", case.tcp_listener())


def test_inet6_without_tcp(case):
    check_refusal(case, "need tcp=yes", case.tcp_listener(socket.AF_INET6))


def test_netlink_socket(case):
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as sock:
        check_refusal(case, "socket is not AF_UNIX", sock, "capture,tcp=yes@pfd:7")


def test_packet_socket(case):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sock:
        check_refusal(case, "socket is not AF_UNIX", sock)


def test_datagram(case):
    sock = case.keep(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
    sock.bind(case.path("d"))
    check_refusal(case, "socket is not SOCK_STREAM", sock)


def test_seqpacket(case):
    sock = case.keep(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
    sock.bind(case.path("s"))
    sock.listen()
    check_refusal(case, "socket is not SOCK_STREAM", sock)


def test_udp(case):
    sock = case.keep(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    check_refusal(case, "socket is not SOCK_STREAM", sock, "capture,tcp=yes@pfd:7")


def test_not_listening(case):
    sock = case.keep(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
    sock.bind(case.path("s"))
    check_refusal(case, "socket is not listening", sock)


def test_connected(case):
    one, two = socket.socketpair()
    case.keep(two)
    check_refusal(case, "socket is connected, not listening", case.keep(one))


def test_connected_tcp(case):
    listener = case.tcp_listener()
    sock = case.keep(socket.create_connection(listener.getsockname()))
    check_refusal(case, "socket is connected, not listening", sock, "capture,tcp=yes@pfd:7")


def test_same_socket_twice(case):
    listener = case.listener()
    case.veth()
    for second in ("7", "8"):  # the same number, and another number of the same socket
        refused(case, "already used by another remote at byte 11; each remote needs a socket of its own",
                "--remote=capture@pfd:7", f"--remote=inject@pfd:{second}",
                fds={7: listener, 8: listener})


# What is accepted


def test_adopted_tcp(case):
    case.veth()
    wire = case.wire()
    for family in (socket.AF_INET, socket.AF_INET6):
        listener = case.tcp_listener(family)
        daemon = case.daemon("--remote=capture,tcp=yes@pfd:3", fds={3: listener})
        client = case.connect(listener.getsockname()[:2])
        plk.sync(wire, client)
        daemon.stop()


def test_high_number(case):
    case.veth()
    daemon = case.daemon("--remote=capture@pfd:1000", fds={1000: case.listener()})
    plk.sync(case.wire(), case.connect(case.path("l.sock")))
    daemon.stop()


def test_adopted_file_stays(case):
    """The socket file is whose it was: there after the end, with its mode, and the listener still works."""
    case.veth()
    listener = case.listener(mode=0o624)
    before = untouched(case)
    daemon = case.daemon("--remote=capture@pfd:3", fds={3: listener})
    client = case.connect(case.path("l.sock"))
    plk.sync(case.wire(), client)
    plk.equal(untouched(case), before, "files while it runs")
    daemon.stop()
    plk.equal(untouched(case), before, "files after the stop")
    # Nobody shut it down: a connection can still be made and accepted.
    again = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    again.connect(case.path("l.sock"))
    listener.settimeout(1)
    listener.accept()[0].close()
    again.close()


def test_backlog_is_served(case):
    """Who connected before the daemon ran is served when it does: that is what socket activation is for."""
    case.veth()
    listener = case.listener()
    client = case.connect(case.path("l.sock"))
    daemon = case.daemon("--remote=capture@sd:early", fds={3: listener}, listen=["early"])
    plk.sync(case.wire(), client)
    daemon.stop()


def test_other_descriptors_are_closed(case):
    """A descriptor that no option names does not reach the children."""
    case.veth()
    reader, writer = os.pipe()
    inode = os.fstat(writer).st_ino
    daemon = case.daemon("--remote=capture@pfd:3", fds={3: case.listener(), 6: writer, 77: writer})
    for role, pid in daemon.family.items():
        for number in os.listdir(f"/proc/{pid}/fd"):
            target = os.readlink(f"/proc/{pid}/fd/{number}")
            plk.check(role == "supervisor" or target != f"pipe:[{inode}]", f"{role} has it as descriptor {number}")
    daemon.stop()
    os.close(reader)
    os.close(writer)


# LISTEN_*


def listeners(case, n):
    return {3 + i: case.listener(f"{i}.sock") for i in range(n)}


def test_listen_by_number(case):
    case.veth()
    wire = case.wire()
    daemon = case.daemon("--remote=capture@pfd:3", "--remote=inject@pfd:4", fds=listeners(case, 2), listen=2)
    plk.sync(wire, case.connect(case.path("0.sock")))
    injecting = case.connect(case.path("1.sock"))
    injecting.send(plk.frame(1, 60, plk.FAR, plk.NEAR))
    wire.expect([plk.frame(1, 60, plk.FAR, plk.NEAR)])
    daemon.stop()


def test_listen_by_name_in_any_order(case):
    """The order of socket units is not defined: a name is the same socket wherever it stands, and a number another one."""
    case.veth()
    wire = case.wire()
    sockets = {name: case.listener(name) for name in ("first-one", "second", "second.b")}
    for names in (("first-one", "second", "second.b"), ("second.b", "second", "first-one"), ("second", "second.b", "first-one")):
        by_number = names.index("second.b") + 3
        daemon = case.daemon("--remote=inject@sd:second", "--remote=capture@sd:first-one", f"--remote=capture@pfd:{by_number}",
                             fds={3 + i: sockets[name] for i, name in enumerate(names)}, listen=names)
        clients = [case.connect(case.path(name)) for name in ("first-one", "second.b")]
        plk.sync(wire, *clients)
        case.connect(case.path("second")).send(plk.frame(1, 60, plk.FAR, plk.NEAR))
        wire.expect([plk.frame(1, 60, plk.FAR, plk.NEAR)])
        daemon.stop()


def test_listen_with_tap(case):
    """An inherited TAP is a descriptor that an option claims, too."""
    tap = case.tap("t0")
    daemon = case.daemon("--remote=capture@sd:frames", fds={3: case.listener(), 4: tap}, listen=["frames", "tap"],
                         interface="tapfd:4")
    plk.sync(tap, case.connect(case.path("l.sock")))
    daemon.stop()


def test_number_outside_the_range(case):
    case.veth()
    pair = listeners(case, 2)
    for number in (5, 8):
        refused(case, "not among those that LISTEN_FDS passes at byte 12; those that it passes have the numbers from 3 on", "--remote=capture@pfd:3", "--remote=capture@pfd:4",
                f"--remote=capture@pfd:{number}", fds={**pair, number: case.listener(f"x{number}")}, listen=2)


def test_unclaimed(case):
    case.veth()
    pair = listeners(case, 2)
    refused(case, "no option uses it at byte 0; a --remote must have it (pfd:, sd:), or it must not be passed",
            "--remote=capture@pfd:3", fds=pair, listen=2)
    refused(case, "no option uses it", "--remote=capture@sd:b", fds=pair, listen=["a", "b"])


def test_names(case):
    case.veth()
    pair = listeners(case, 2)
    args = ("--remote=capture@pfd:3", "--remote=capture@pfd:4")
    for names in ("a", "a:b:c", "", ":a:"):
        text = "LISTEN_FDNAMES"
        refusal = refused(case, text, *args, fds=pair, listen=2, env={"LISTEN_FDNAMES": names})
        plk.check("exactly as many names" in refusal.stderr, refusal.stderr)
    refused(case, "no inherited descriptor has this name at byte 11; FileDescriptorName= of its socket unit gives a descriptor its name",
            "--remote=capture@sd:c", "--remote=capture@pfd:3",
            "--remote=capture@pfd:4", fds=pair, listen=["a", "b"])
    refused(case, "several inherited descriptors have this name at byte 11; each needs a socket unit of its own", "--remote=capture@sd:a", "--remote=capture@pfd:4",
            fds=pair, listen=["a", "a"])
    refused(case, "no inherited descriptor has this name", "--remote=capture@sd:a", *args, fds=pair, listen=2)
    refused(case, "no inherited descriptor has this name at byte 11; a service manager gives names (FileDescriptorName=), and none did: "
            "start the socket unit, or take the number (pfd:)", "--remote=capture@sd:a", fds=pair)


def test_listen_pid_of_another(case):
    """When LISTEN_PID is not pktlockd's, the variables are meant for somebody else."""
    case.veth()
    for environment in (
        {"LISTEN_PID": "1", "LISTEN_FDS": "1"},
        {"LISTEN_PID": "1", "LISTEN_FDS": "5", "LISTEN_FDNAMES": "just:three:names"},
        {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "0"},
    ):
        with case.listener("x") as listener:
            daemon = case.daemon("--remote=capture@pfd:3", fds={3: listener}, env=environment)
            daemon.stop()
        os.unlink(case.path("x"))
    refused(case, "no inherited descriptor has this name", "--remote=capture@sd:a", fds=listeners(case, 1),
            env={"LISTEN_PID": "1", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "a"})


# Becomes the rest of its arguments, with LISTEN_PIDFDID as that process has it, or one that it has not.
PIDFDID = """
import os, sys
fd = os.pidfd_open(os.getpid())
inode = os.fstat(fd).st_ino
os.environ["LISTEN_PIDFDID"] = sys.argv[1].format(inode, inode + 1)
os.execv(sys.argv[2], sys.argv[2:])
"""


def pidfd_inode(pid):
    fd = os.pidfd_open(pid)
    try:
        return os.fstat(fd).st_ino
    finally:
        os.close(fd)


def test_listen_pidfdid(case):
    """Where there is one, it says more than LISTEN_PID, which may be a number used again."""
    if pidfd_inode(os.getpid()) == pidfd_inode(1):
        print("     this kernel's pidfds have no inode of their own: LISTEN_PIDFDID is ignored, and not tested")
        return
    case.veth()
    fds = listeners(case, 1)

    def under(value):
        return ["/usr/bin/python3", "-c", PIDFDID, value]

    daemon = case.daemon("--remote=capture@sd:a", fds=fds, listen=["a"], under=under("{0}"))
    for role in ("front", "worker"):
        with open(f"/proc/{daemon.family[role]}/environ", "rb") as file:
            plk.equal(file.read().strip(b"\0"), b"", f"environment of the {role}")
    daemon.stop()
    for value in ("{1}", "0{0}", " {0}", "", "18446744073709551616"):
        refused(case, "no inherited descriptor has this name", "--remote=capture@sd:a", fds=fds, listen=["a"], under=under(value))


ACTIVATE = "/usr/bin/systemd-socket-activate"


def activated(case, *options, remote, **more):
    """A daemon started by the first connection."""
    daemon = case.daemon(f"--remote={remote}", under=[ACTIVATE, "-l", case.path("a.sock"), *options], ready=False, **more)
    plk.poll_until(lambda: os.path.exists(case.path("a.sock")), "the socket")
    return daemon


def test_socket_activate(case):
    """The real one: nothing runs before the first connection, which is served."""
    case.veth()
    for options, remote in ((["--fdname=client"], "capture@sd:client"), ([], "capture@pfd:3"),
                            (["-l", case.path("b.sock"), "--fdname=client:other"], "capture@sd:other")):
        more = ["--remote=capture@sd:client"] if "sd:other" in remote else []
        daemon = case.daemon(f"--remote={remote}", *more, under=[ACTIVATE, "-l", case.path("a.sock"), *options], ready=False)
        plk.poll_until(lambda: os.path.exists(case.path("a.sock")), "the socket")
        time.sleep(0.1)
        plk.check("pktlockd" not in daemon.stderr, f"runs already: {daemon.stderr}")
        client = case.connect(case.path("b.sock" if more else "a.sock"))
        daemon.wait_ready()
        plk.sync(case.wire(), client)
        daemon.stop()
        for path in ("a.sock", "b.sock"):
            if os.path.exists(case.path(path)):
                os.unlink(case.path(path))


def test_accept_yes(case):
    """A socket unit with Accept=yes passes one connection, not a listener: the advice says what to write instead."""
    case.veth()
    for options, remote, text in (
        (["--fdname=connection"], "capture@sd:client",
         "no inherited descriptor has this name at byte 11; one is called 'connection': set Accept=no in the socket unit"),
        ([], "capture@pfd:3", "socket is connected, not listening (Accept=yes in a socket unit? use Accept=no) at byte 12"),
        (["--fdname=client"], "capture@sd:client",
         "socket is connected, not listening (Accept=yes in a socket unit? use Accept=no) at byte 11"),
    ):
        daemon = activated(case, "--accept", *options, remote=remote)
        client = case.connect(case.path("a.sock"))
        daemon.wait_log(re.escape(f"pktlockd: --remote: '{remote}': {text}") + "$")
        client.wait_closed()
        daemon.kill()
        os.unlink(case.path("a.sock"))


def test_malformed_variables(case):
    case.veth()
    fds = listeners(case, 1)
    for value in ("", "0x1", "+1", "-1", " 1", "1 ", "01", "1.0", "one", "4294967297", "18446744073709551617"):
        refused(case, "LISTEN_FDS", "--remote=capture@pfd:3", fds=fds, listen=1, env={"LISTEN_FDS": value})
    for value in ("", "0x1", "+1", "-1", " 1", "1 ", "01", "one", "4294967297", "18446744073709551617"):
        refused(case, "LISTEN_PID", "--remote=capture@pfd:3", fds=fds, env={"LISTEN_FDS": "1", "LISTEN_PID": value})


def test_variables_do_not_go_on(case):
    """Broker and worker start with nothing in their environment, the front with LISTEN_* at most, and not for long."""
    case.veth()
    daemon = case.daemon("--remote=capture@sd:a", fds=listeners(case, 1), listen=["a"], env={"SECRET": "word"})
    for role in ("broker", "front", "worker"):
        with open(f"/proc/{daemon.family[role]}/environ", "rb") as file:
            text = file.read().strip(b"\0")
        plk.equal(text, b"", f"environment of the {role}")
    daemon.stop()


# The command line

LONG = "x" * 300

# The arguments, and what must be said: option, text, reason and offset.
BAD = [
    (["--interface=e0", "--remote=capture@pfd:4294967299"],
     "pktlockd: --remote: 'capture@pfd:4294967299': descriptor number out of range at byte 12"),
    (["--interface=e0", "--remote", "capture@pfd:4294967299"],
     "pktlockd: --remote: 'capture@pfd:4294967299': descriptor number out of range at byte 12"),
    (["--interface=e0", "--remote=capture@pfd:1048576"],
     "pktlockd: --remote: 'capture@pfd:1048576': descriptor number out of range at byte 12"),
    (["--interface=e0", "--remote=capture@pfd:"],
     "pktlockd: --remote: 'capture@pfd:': descriptor number is missing at byte 12"),
    (["--interface=e0", "--remote=capture@pfd:03"],
     "pktlockd: --remote: 'capture@pfd:03': descriptor number is not canonical decimal"),
    (["--interface=e0", "--remote=capture@pfd:+3"],
     "pktlockd: --remote: 'capture@pfd:+3': descriptor number is not canonical decimal"),
    (["--interface=e0", "--remote=capture@pfd: 3"],
     "pktlockd: --remote: 'capture@pfd: 3': descriptor number is not canonical decimal"),
    (["--interface=e0", "--remote=capture@pfd:0x3"], "descriptor number is not canonical decimal"),
    (["--interface=e0", "--remote=capture@pfd:3 "], "descriptor number is not canonical decimal"),
    (["--interface=e0", "--remote=capture@pfd:2"], "descriptors 0, 1 and 2 are standard input, output and error at byte 12"),
    (["--interface=e0", "--remote=capture@pfd"], "at byte 11"),
    (["--interface=e0", "--remote=capture@"], "'capture@': remote is missing at byte 8"),
    (["--interface=e0", "--remote=capture"], "'capture': '@' and a remote are missing after the role at byte 7"),
    (["--interface=e0", "--remote="], "--remote: '': role is missing (capture, inject or attach) at byte 0"),
    (["--interface=e0", "--remote=Capture@pfd:3"], "unknown role (capture, inject or attach) at byte 0"),
    (["--interface=e0", "--remote=capture@PFD:3"], "unknown kind of remote"),
    (["--interface=e0", "--remote=capture@ssl:3"], "unknown kind of remote"),
    (["--interface=e0", "--remote=capture,@pfd:3"], "key is missing at byte 8"),
    (["--interface=e0", "--remote=capture,colour=red@pfd:3"], "unknown key at byte 8"),
    (["--interface=e0", "--remote=capture,format=qemu,format=qemu@pfd:3"], "key is given twice at byte 20"),
    (["--interface=e0", "--remote=capture,format@pfd:3"], "key has no '=' and value"),
    (["--interface=e0", "--remote=capture,format=@pfd:3"], "value is missing at byte 15"),
    (["--interface=e0", "--remote=capture,format=QEMU@pfd:3"], "not one of the values of this key at byte 15"),
    (["--interface=e0", "--remote=inject,format=pcapng@pfd:3"], "value does not fit the role at byte 14"),
    (["--interface=e0", "--remote=inject,direction=in@pfd:3"], "key does not fit the role at byte 7"),
    (["--interface=e0", "--remote=capture,vnet-hdr=12@pfd:3"], "key does not fit the format at byte 8"),
    (["--interface=e0", "--remote=capture,format=vnet,vnet-hdr=11@pfd:3"], "at byte 29"),
    (["--interface=e0", "--remote=capture,tcp=yes@punix:/run/x"], "key does not fit the kind of remote at byte 8"),
    (["--interface=e0", "--remote=capture,max-clients=1@unix:/run/x"], "key does not fit the kind of remote at byte 8"),
    (["--interface=e0", "--remote=capture,max-clients=0@pfd:3"], "number out of range at byte 20"),
    (["--interface=e0", "--remote=capture,max-clients=1025@pfd:3"], "number out of range at byte 20"),
    (["--interface=e0", "--remote=capture@punix:run/x"], "path is not absolute at byte 14"),
    (["--interface=e0", "--remote=capture@punix:"], "path is missing at byte 14"),
    (["--interface=e0", "--remote=capture@punix:/run/../x"], "path has an empty, '.' or '..' component at byte"),
    (["--interface=e0", "--remote=capture@punix:/run/x/"], "path ends with '/' at byte"),
    (["--interface=e0", "--remote=capture@punix:/run/" + LONG], "path is longer than 107 bytes"),
    (["--interface=e0", "--remote=capture@punix:/run/a\nb"], "path has a control character"),
    (["--interface=e0", "--remote=capture@ptcp:65536"], "port number out of range at byte 13"),
    (["--interface=e0", "--remote=capture@ptcp:"], "port number is missing at byte 13"),
    (["--interface=e0", "--remote=capture@ptcp:1:localhost"], "address is neither a dotted quad nor"),
    (["--interface=e0", "--remote=capture@ptcp:1:[::1"], "no ']' ends it"),
    (["--interface=e0", "--remote=capture@tcp:127.0.0.1:0"], "port number out of range"),
    (["--interface=e0", "--remote=capture@tcp:127.0.0.01:1"], "address is neither a dotted quad nor"),
    (["--interface=e0", "--remote=capture@sd:"], "descriptor name is missing at byte 11"),
    (["--interface=e0", "--remote=capture@sd:a b"], "descriptor name is not 1 to 255 printable"),
    (["--interface=", "--remote=capture@pfd:3"], "--interface: '': interface name is missing at byte 0"),
    (["--interface=a23456789012345x", "--remote=capture@pfd:3"], "interface name is longer than 15 bytes"),
    (["--interface=..", "--remote=capture@pfd:3"], "interface name has '/', ':', a blank"),
    (["--interface=a/b", "--remote=capture@pfd:3"], "interface name has '/', ':', a blank"),
    (["--interface=tapfd:", "--remote=capture@pfd:3"], "descriptor number is missing at byte 6"),
    (["--interface=tapfd:1", "--remote=capture@pfd:3"], "descriptors 0, 1 and 2"),
    (["--interface=tapfd:x", "--remote=capture@pfd:3"], "descriptor number is not canonical decimal"),
    (["--remote=capture@pfd:3"], "--interface"),
    (["--interface=e0"], "--remote"),
    ([], "--interface"),
    (["--interface=e0", "--interface=e0", "--remote=capture@pfd:3"], "given twice"),
    (["--interface=e0", "--remote=capture@pfd:3", "more"], "unexpected argument"),
    (["--interface=e0", "--remote=capture@pfd:3", "--colour=red"], "unknown option"),
    (["--interface=e0", "--remote=capture@pfd:3", "-h"], "unknown option"),
    (["--interface=e0", "--rem=capture@pfd:3"], "unknown option"),
    (["--interface=e0", "--remote"], "needs a value"),
    (["--interface=e0", "--remote=capture@pfd:3", "--check=yes"], "takes no value"),
    (["--interface=e0", "--remote=capture@pfd:3", "--clients=0"], "--clients: '0': number out of range (1-1024) at byte 0"),
    (["--interface=e0", "--remote=capture@pfd:3", "--clients=1025"], "--clients: '1025': number out of range (1-1024) at byte 0"),
    (["--interface=e0", "--remote=capture@pfd:3", "--clients=1e2"], "number is not canonical decimal"),
    (["--interface=e0", "--remote=capture@pfd:3", "--queue=69639"], "--queue: '69639': number out of range (69640-16777216 bytes) at byte 0"),
    (["--interface=e0", "--remote=capture@pfd:3", "--queue=16777217"], "number out of range (69640-16777216 bytes) at byte 0"),
    (["--interface=e0", "--remote=capture@pfd:3", "--log-level=loud"], "--log-level: 'loud': not one of the values"),
    (["--interface=e0", "--remote-dir=/run"], "--remote: is missing"),
    (["--interface=e0", "--control=ptcp:7"], "--control: 'ptcp:7': does not tell who connects (control takes punix:, pfd: or sd:) at byte 0"),
    (["--interface=e0", "--control=unix:/c"], "--control: 'unix:/c': connects instead of listening"),
    (["--interface=e0", "--control=punix:c"], "--control: 'punix:c': path is not absolute at byte 6"),
    (["--interface=e0", "--remote=capture@pfd:3", "--control-uid=1"], "--control-uid: means nothing without --control"),
    (["--interface=e0", "--control=punix:/c", "--control-gid=1+x"], "--control-gid: '1+x': number is not canonical decimal"),
    (["--interface=e0", "--remotes-file=a"], "--remotes-file: 'a': path is not absolute at byte 0"),
    (["--interface=e0", "--remotes-file=/a", "--remote-dir=/b/"], "--remote-dir: '/b/': path ends with '/' at byte 0"),
]


def test_bad_command_lines(case):
    case.veth()
    failures = []
    listener = case.listener()
    for args, text in BAD:
        try:
            refusal = refused(case, text, *args, interface=None, fds={3: listener})
            plk.check(refusal.stderr.startswith("pktlockd: "), f"begins with {refusal.stderr[:20]!r}")
        except plk.Failure as failure:
            failures.append(f"{args}: {failure}")
    plk.check(not failures, "\n     ".join([f"{len(failures)} of {len(BAD)}", *failures]))


def test_peoples_bytes_are_escaped(case):
    """What is refused is quoted so that it cannot write on a terminal or begin a line of its own."""
    case.veth()
    for text in ("capture@punix:/a\x1b[31m", "cap\nture@pfd:3", "capture@sd:\xff\xfe", "capture@pfd:3\r\n", "'", "\\", "\x7f"):
        refusal = refused(case, "--remote", f"--remote={text}")
        for byte in refusal.stderr.rstrip("\n"):
            plk.check(byte.isprintable() and byte.isascii(), f"{byte!r} in {refusal.stderr!r} for {text!r}")
    refused(case, "unknown option", "--remote=capture@pfd:3", "--\x1b[0m=1")


def test_help_and_version(case):
    for option in ("--help", "--version"):
        for args in ([option], [option, "--nonsense"], ["--interface=e0", option, "--remote=x"]):
            answer = case.run(*args, interface=None)
            plk.equal((answer.status, answer.stderr), (0, ""), f"{args}: status and errors")
            plk.check(answer.stdout.endswith("\n"), f"{args}: {answer.stdout!r}")
    plk.check("pktlockd" in case.run("--version", interface=None).stdout, "the version does not name the program")
    text = case.run("--help", interface=None).stdout
    for word in ("--interface", "--remote", "--clients", "--queue", "--check", "--log-level", "--version", "--help", "--control",
                 "--remotes-file", "--remote-dir"):
        plk.check(word in text, f"--help does not mention {word}")


def test_check(case):
    """--check says what would be done, and does none of it; also without such an interface."""
    specs = [f"capture@punix:{case.path('p')}", "inject,format=vnet@ptcp:0:[::1]", f"attach@unix:{case.path('u')}"]
    for interface in ("e0", "missing0"):
        answer = case.run(*(f"--remote={spec}" for spec in specs), "--check", interface=interface)
        plk.equal(answer.status, 0, f"status ({answer.stderr})")
        plk.check(interface in answer.stdout, f"the plan does not name the interface: {answer.stdout!r}")
        for remote in (f"punix:{case.path('p')}", "ptcp:0:[::1]", f"unix:{case.path('u')}"):
            plk.check(remote in answer.stdout, f"the plan does not name {remote}: {answer.stdout!r}")
        plk.equal(os.listdir(case.dir), [], "files after --check")
    with open(case.path("r"), "w", encoding="ascii"):
        pass  # without remotes
    answer = case.run("--check", f"--remotes-file={case.path('r')}", f"--remote-dir={case.dir}", "--remote-dir=/run", interface="e0")
    plk.equal(answer.status, 0, f"status ({answer.stderr})")
    plan = f"remotes-file {case.path('r')}\nremote-dir {case.dir}\nremote-dir /run\n"
    plk.check(plan in answer.stdout, f"the plan does not say so: {answer.stdout!r}")
    case.refused(2, "descriptor number out of range at byte 12", "--remote=capture@pfd:4294967299", "--check")


def test_nothing_happens_before_the_last_word(case):
    """One wrong remote among good ones: nothing is bound and nobody is connected to."""
    case.veth()
    listener = case.listener("peer")
    before = untouched(case)
    refused(case, "at byte 12", f"--remote=capture@punix:{case.path('p')}", f"--remote=capture@unix:{case.path('peer')}",
            "--remote=capture@pfd:4294967299")
    refused(case, "descriptor is not open", f"--remote=capture@punix:{case.path('p')}",
            f"--remote=capture@unix:{case.path('peer')}", "--remote=capture@pfd:9")
    listener.settimeout(0.2)
    try:
        listener.accept()
        raise plk.Failure("the daemon connected")
    except TimeoutError:
        pass
    plk.equal(untouched(case), before, "files")


def test_port_in_use(case):
    """What the world refuses is status 1."""
    case.veth()
    listener = case.tcp_listener()
    port = listener.getsockname()[1]
    refusal = case.refused(1, "in use", f"--remote=capture@ptcp:{port}")
    plk.check(f"ptcp:{port}" in refusal.stderr, refusal.stderr)


def test_many_remotes(case):
    """64 remotes at once."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(*(f"--remote=capture@punix:{case.path(str(i))}" for i in range(64)))
    plk.equal(daemon.ready_remotes, 64, "remotes")
    plk.sync(wire, *(case.connect(case.path(str(i))) for i in (0, 31, 63)))
    daemon.stop()
    refused(case, "is given too often", *(f"--remote=capture@punix:{case.path(str(i))}" for i in range(65)))


if __name__ == "__main__":
    plk.main()
