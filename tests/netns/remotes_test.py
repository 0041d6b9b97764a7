# SPDX-License-Identifier: BSD-2-Clause
"""The remotes file at the start: what it says, whose it must be, and where it lies."""

import contextlib
import os
import pwd
import re
import socket

import plk


def service_uid():
    """The user that the daemon becomes."""
    try:
        return pwd.getpwnam("pktlock").pw_uid
    except KeyError:
        return pwd.getpwnam("nobody").pw_uid


def write(case, text, name="etc/remotes", mode=0o644):
    """A file in a directory of its own."""
    path = case.path(name)
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    with open(path, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())
    os.chmod(path, mode)
    return path


def refused(case, status, text, path, *args, **more):
    """The start ends with the whole line: "pktlockd: --remotes-file: PATH" and text."""
    refusal = case.refused(status, f"{path}{text}\n", f"--remotes-file={path}", *args, **more)
    complaint = [line for line in refusal.stderr.splitlines() if line.startswith("pktlockd: ")]
    plk.equal(complaint, [f"pktlockd: --remotes-file: {path}{text}"], "complaint")
    return refusal


# What it says


def test_serves(case):
    """Ports of the file are ports as others are."""
    case.veth()
    wire = case.wire()
    path = write(case, f"# captures\ncapture@punix:{case.path('c')}\n\ncapture@ptcp:0\ninject@punix:{case.path('i')}")
    daemon = case.daemon(f"--remotes-file={path}", f"--remote=capture@punix:{case.path('d')}")
    plk.equal(daemon.ready_remotes, 4, "remotes")
    clients = [case.connect(case.path("c")), case.connect(case.path("d")), case.connect(plk.tcp_address(daemon))]
    plk.sync(wire, *clients)
    wire.send(plk.frame(1))
    for client in clients:
        client.expect([plk.frame(1)])
    inject = case.connect(case.path("i"))
    inject.send(plk.frame(2))
    wire.expect([plk.frame(2)])
    daemon.stop()
    for name in "ci":
        plk.check(not os.path.exists(case.path(name)), f"{name} was left behind")


def test_empty(case):
    """A file without remotes is no error: they may come later."""
    case.veth()
    for text in ("", "# none yet\n"):
        daemon = case.daemon(f"--remotes-file={write(case, text)}")
        plk.equal(daemon.ready_remotes, 0, "remotes")
        daemon.stop()


def test_check(case):
    case.veth()
    path = write(case, f"#\ncapture@punix:{case.path('c')}\nattach,direction=in@ptcp:7\n")
    done = case.run(f"--remotes-file={path}", "--remote=inject@ptcp:8", "--check")
    plk.equal(done.status, 0, f"status ({done.stderr})")
    plk.equal(re.findall("^remote.*$", done.stdout, re.MULTILINE), [
        "remote inject@ptcp:8:127.0.0.1", f"remote capture@punix:{case.path('c')} line=2",
        "remote attach@ptcp:7:127.0.0.1 line=3", f"remotes-file {path}"], "plan")
    plk.check(not os.path.exists(case.path("c")), "--check made a socket")


ERRORS = (
    ("capture@pfd:3", 1, 9, "pfd: remotes can only be specified on the command line"),
    ("#\n\ninject@sd:client\n", 3, 8, "sd: remotes can only be specified on the command line"),
    ("capture@ptcp:7\n capture@ptcp:8\n", 2, 1, "blank before or behind the remote"),
    ("capture@ptcp:7\r\n", 1, 15, "line ends with a carriage return (save the file with Unix line ends)"),
    ("capture@ptcp:7\0\n", 1, 15, "line has a control character"),
    ("capture@ptcp:7 # mine\n", 1, 16, "a comment needs a line of its own"),
    ("capture@ptcp:7\ncapture@ptcp:65536\n", 2, 14, "port number out of range"),
    ("capture@ptcp:7\ninject@ptcp:7\n", 2, 8, "remote stands in the file already"),
    ("capture@ptcp:9\n", 1, 9, "remote stands on the command line already"),
    ("inject@ptcp:9:127.0.0.1\n", 1, 8, "remote stands on the command line already"),
    ("capture@unix:/x/y\nattach\x80@ptcp:7", 2, 1, "unknown role (capture, inject or attach)"),
)


def escaped(text):
    return "".join(chr(byte) if 0x20 <= byte < 0x7F and byte not in b"\\'" else f"\\x{byte:02x}" for byte in text)


def test_errors(case):
    """Line, column, text and reason; nothing was bound."""
    case.veth()
    for text, line, column, reason in ERRORS:
        data = text.encode("latin-1")
        path = write(case, data)
        shown = escaped(data.split(b"\n")[line - 1])
        for more in ((), ("--check",)):
            refused(case, 2, f":{line}:{column}: '{shown}': {reason}", path,
                    f"--remote=capture@punix:{case.path('d')}", "--remote=capture@ptcp:9", *more)
        plk.check(not os.path.exists(case.path("d")), "made a socket")


def test_too_many(case):
    case.veth()
    text = "".join(f"capture@ptcp:{number}\n" for number in range(1, 64))
    refused(case, 2, ":63:1: 'capture@ptcp:63': more than 64 remotes, with those of the command line", write(case, text),
            "--remote=capture@ptcp:1001", "--remote=capture@ptcp:1002")


def test_too_long(case):
    case.veth()
    line = "#" * 63 + "\n"
    refused(case, 2, ":16385:1: '': file is larger than 1 MiB", write(case, line * 16384 + "\n"))


def test_world_refuses(case):
    """What cannot be opened is said with its place, too, and ends with status 1."""
    case.veth()
    taken = case.tcp_listener().getsockname()[1]
    path = write(case, f"# taken\ncapture@ptcp:{taken}\n")
    refusal = case.refused(1, f"pktlockd: --remotes-file: {path}:2:14: 'capture@ptcp:{taken}': ", f"--remotes-file={path}")
    plk.check(re.search("Address (already )?in use", refusal.stderr), refusal.stderr)
    plk.check(" at byte " not in refusal.stderr, refusal.stderr)
    path = write(case, "capture@punix:/nowhere/c")
    refusal = case.refused(1, f"pktlockd: --remotes-file: {path}:1:15: 'capture@punix:/nowhere/c': ", f"--remotes-file={path}")
    plk.check("No such file or directory" in refusal.stderr, refusal.stderr)


# Whose it is, and what


def test_owner(case):
    """Root, or the user of the service, unless that is nobody: then it may be anybody's."""
    case.veth()
    path = write(case, "capture@ptcp:7777\n")
    user = 4711
    under = ["/usr/bin/setpriv", f"--reuid={user}", "--regid=7", "--clear-groups", "--inh-caps=+net_raw", "--ambient-caps=+net_raw"]
    os.chown(path, 12345, 0)
    refused(case, 2, f": belongs to uid 12345, and must be root's (chown root) or that of uid {user}", path, under=under)
    os.chown(path, user, 12345)
    case.daemon(f"--remotes-file={path}", under=under).stop()
    nobody = pwd.getpwnam("nobody").pw_uid
    under[1] = f"--reuid={nobody}"
    os.chown(path, nobody, 0)
    refusal = refused(case, 2, f": belongs to uid {nobody}, and must be root's (chown root)", path, under=under)
    plk.check("chown root) or" not in refusal.stderr, refusal.stderr)
    os.chown(path, 0, 0)
    case.daemon(f"--remotes-file={path}", under=under).stop()


def test_modes(case):
    case.veth()
    path = write(case, "capture@ptcp:7777\n")
    for mode in (0o664, 0o646):
        os.chmod(path, mode)
        refused(case, 2, ": may be written by its group or by others (chmod go-w)", path)
    uid = service_uid()
    for mode in (0o600, 0o640):
        os.chmod(path, mode)
        refused(case, 2, f": cannot be opened: Permission denied; the daemon's user must be able to read it: uid {uid}", path)
    os.chmod(path, 0o444)
    case.daemon(f"--remotes-file={path}").stop()


def test_symbolic_link(case):
    """Of the file; directories may be links."""
    case.veth()
    path = write(case, "capture@ptcp:7777\n")
    os.symlink(path, case.path("etc/link"))
    refused(case, 2, ": is a symbolic link: name the file itself", case.path("etc/link"))
    os.symlink(case.path("etc"), case.path("conf"))
    case.daemon(f"--remotes-file={case.path('conf/remotes')}").stop()


def test_no_regular_file(case):
    """None of these keeps the start waiting."""
    case.veth()
    os.mkdir(case.path("etc"))
    os.mkfifo(case.path("etc/fifo"))
    with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as sock:
        sock.bind(case.path("etc/socket"))
    os.mkdir(case.path("etc/directory"))
    os.mknod(case.path("etc/device"), 0o20644, os.makedev(1, 5))
    for name in ("fifo", "socket", "directory", "device"):
        os.chmod(case.path(f"etc/{name}"), 0o755)
        refused(case, 2, ": is not a regular file", case.path(f"etc/{name}"), seconds=2.0)


def test_missing(case):
    case.veth()
    os.mkdir(case.path("etc"))
    refused(case, 2, ": cannot be opened: No such file or directory", case.path("etc/remotes"))
    refused(case, 2, ": its directory cannot be opened: No such file or directory", case.path("nowhere/remotes"))
    refused(case, 2, ": its directory cannot be opened: Not a directory", write(case, "") + "/remotes")
    refused(case, 2, ": lies directly in /, all of which could be read then: give it a directory of its own", "/remotes")


def test_descriptor(case):
    """The front keeps the directory, at its number, and nothing of the file."""
    case.veth()
    path = write(case, "capture@ptcp:7777\n")
    daemon = case.daemon(f"--remotes-file={path}")
    there = f"/proc/{daemon.family['front']}/fd"
    plk.equal(os.readlink(f"{there}/6"), os.path.dirname(path), "descriptor 6")
    plk.check(path not in [os.readlink(f"{there}/{number}") for number in os.listdir(there)], "the file is still open")
    daemon.stop()
    daemon = case.daemon("--remote=capture@ptcp:7777")
    plk.equal(os.readlink(f"/proc/{daemon.family['front']}/fd/6"), "/dev/null", "descriptor 6 without a file")
    daemon.stop()


if __name__ == "__main__":
    plk.main()
