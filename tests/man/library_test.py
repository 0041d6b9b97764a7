# SPDX-License-Identifier: BSD-2-Clause
"""Whether libpktlock.3 has each public function as its header declares it, and whether its example compiles and does what it says."""

import os
import re
import shlex
import socket
import struct
import subprocess
import tempfile

from tree import ENVIRONMENT, differences, items, literals, main, section

PAGE = "libpktlock.3"


def normal(text):
    return re.sub(r"\s*([*(),])\s*", r"\1", " ".join(text.split()))


def declared(tree):
    """The prototypes of include/pktlock, by header."""
    found = {}
    for header in sorted(os.listdir(os.path.join(tree.root, "include/pktlock"))):
        text = re.sub(r"/\*.*?\*/", "", tree.read(f"include/pktlock/{header}"), flags=re.S)
        prototypes = re.findall(r"^PLK_PUBLIC\s+([^;]*);", text, re.M)
        found[header] = {normal(it.replace("PLK_MUST_USE", "")) for it in prototypes}
    return found


def shown(tree):
    """The prototypes of the synopsis, by header."""
    found = {}
    kind = header = None
    for line in section(tree.page(PAGE), "SYNOPSIS").splitlines():
        macro, rest = line.split(" ", 1)
        if macro == ".In":
            header = rest.removeprefix("pktlock/")
            found[header] = set()
        elif macro == ".Ft":
            kind = rest.strip('"')
        elif macro == ".Fn":
            name, *arguments = shlex.split(rest)
            found[header].add(normal(f"{kind} {name}({', '.join(arguments)})"))
    return found


def prototypes(tree):
    """Each header and function, and no others."""
    wanted = declared(tree)
    there = shown(tree)
    complaints = [] if sum(map(len, wanted.values())) > 25 else ["no public functions in include/pktlock"]
    complaints += differences(f"{PAGE}, headers", set(wanted), set(there))
    for header, functions in wanted.items():
        complaints += differences(f"{PAGE}, {header}", functions, there.get(header, set()))
    return complaints


def descriptions(tree):
    """Each function is described."""
    wanted = {re.search(r"(\w+)\(", it)[1] for functions in declared(tree).values() for it in functions}
    there = set(re.findall(r"\bFn (\w+)", " ".join(items(section(tree.page(PAGE), "DESCRIPTION")))))
    return differences(f"{PAGE}, DESCRIPTION", wanted, there)


def constants(tree):
    """Constants that the page names exist."""
    known = "".join(tree.read(f"include/pktlock/{it}") for it in os.listdir(os.path.join(tree.root, "include/pktlock")))
    words = set(re.findall(r"\bPLK_[A-Z0-9_]+\b", tree.page(PAGE)))
    return [f"{PAGE}: there is no {it}" for it in sorted(words) if not re.search(rf"\b{it}\b", known)]


def compiled(tree, work):
    """The example as a program, or None."""
    program = [block for block in literals(tree.page(PAGE)) if any(line.startswith("#include") for line in block)]
    source = os.path.join(work, "frames.c")
    with open(source, "w", encoding="utf-8") as file:
        file.write("\n".join(program[0] if program else []) + "\n")
    command = ["cc", "-Wall", "-Wextra", "-Wconversion", "-Werror", f"-I{tree.root}/include", "-o", f"{work}/frames", source]
    run = subprocess.run(
        [*command, f"{tree.build}/lib/libpktlock.a"], env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    return [] if run.returncode == 0 else [f"{PAGE}: the example does not compile", *run.stderr.splitlines()]


def answer(work, stream):
    """What the example prints and returns when a daemon sends this, in two pieces, and closes."""
    path = f"{work}/socket"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(path)
        listener.listen(1)
        listener.settimeout(10)
        with subprocess.Popen(
            [f"{work}/frames", f"unix:{path}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
        ) as program:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(stream[:7])
                connection.sendall(stream[7:])
            out, err = program.communicate(timeout=10)
    os.unlink(path)
    return program.returncode, out, err


def program(tree):
    """The example compiles, shows frames, and says what is wrong."""
    arp = bytes(12) + b"\x08\x06" + bytes(46)
    ip = bytes(12) + b"\x08\x00" + bytes(1500)
    stream = b"".join(struct.pack("!I", len(it)) + it for it in (arp, ip))
    lines = "60 bytes, type 0x0806\n1514 bytes, type 0x0800\n"
    wanted = {
        stream: (0, lines, ""),
        stream + stream[:20]: (0, lines, "the last frame is torn\n"),
        stream + struct.pack("!I", 13): (1, lines, "over the limit\n"),
    }
    with tempfile.TemporaryDirectory() as work:
        complaints = compiled(tree, work)
        if complaints:
            return complaints
        for sent, result in wanted.items():
            got = answer(work, sent)
            if got != result:
                complaints.append(f"{PAGE}: the example answered {got}, not {result}")
        run = subprocess.run([f"{work}/frames", "unix:run"], env=ENVIRONMENT, capture_output=True, text=True, check=False)
        if (run.returncode, run.stderr) != (2, "unix:run: path is not absolute at byte 5\n"):
            complaints.append(f"{PAGE}: the example says {run.stderr!r} of a bad remote")
    return complaints


CHECKS = [prototypes, descriptions, constants, program]

if __name__ == "__main__":
    main(CHECKS)
