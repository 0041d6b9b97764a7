# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of the manual read: pages, in as much of mdoc(7) as they use, and the sources and programs that they are held against.

A check is a function that takes a Tree and returns complaints, lines of text. selftest.py gives it trees with a fault in them.
"""

import functools
import os
import re
import subprocess
import sys

PAGES = ["libpktlock.3", "pktlock-ports.7", "pktlock-security.7", "pktlock.1", "pktlockd.8"]

ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "TERM": "dumb"}


@functools.cache
def answer(*argv):
    """What a program answers, which is always the same."""
    return subprocess.run(
        argv, env=ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10, check=False
    )


class Tree:
    """root: the source; pages, completion: the directories of what is tested; bin: the programs"""

    def __init__(self, root, build, pages=None, completion=None):
        self.root = root
        self.build = build
        self.pages = pages or os.path.join(root, "src/man")
        self.completion = completion or os.path.join(root, "src/completion")

    def read(self, path):
        with open(os.path.join(self.root, path), encoding="utf-8") as file:
            return file.read()

    def page(self, name):
        with open(os.path.join(self.pages, name), encoding="utf-8") as file:
            return file.read()

    def run(self, program, *args):
        return answer(os.path.join(self.build, "bin", program), *args)

    def help(self, program, *args):
        return self.run(program, *args, "--help").stdout

    def limits(self):
        """The numbers of limits.h by their names."""
        found = re.findall(r"^#define (PLK_\w+) (\d+)\b", self.read("include/pktlock/limits.h"), re.M)
        return {name: int(number) for name, number in found}


def section(page, title, macro="Sh"):
    """What stands between a title and the next one of its kind, or of a higher one."""
    higher = "Sh" if macro == "Sh" else "Sh|Ss"
    match = re.search(rf"^\.{macro} {re.escape(title)}\n(.*?)(?=^\.(?:{higher}) |\Z)", page, re.M | re.S)
    return match[1] if match else ""


def items(text):
    """The lines of a list's items, without the macro."""
    return re.findall(r"^\.It (.*)$", text, re.M)


def item(text, begin):
    """What stands behind the item that begins so, up to the next."""
    match = re.search(rf"^\.It {re.escape(begin)}[^\n]*\n(.*?)(?=^\.It |^\.El|\Z)", text, re.M | re.S)
    return match[1] if match else ""


def flags(text):
    """Options in a text of mdoc, with their dashes; "Fl -" alone ends options."""
    return {"-" + name for name in re.findall(r"\bFl (-?\w[\w-]*)", text)}


def literals(page):
    """The lines of each literal display, as they are shown."""
    blocks = re.findall(r"^\.Bd -literal[^\n]*\n(.*?)^\.Ed$", page, re.M | re.S)
    return [[line.removeprefix("\\&").replace("\\e", "\\") for line in block.splitlines()] for block in blocks]


def plain(text):
    """Running text without macros: for words that a page has to have."""
    text = re.sub(r"^\.(?:[A-Z][a-z]) ?", "", text, flags=re.M)
    return re.sub(r"\s+", " ", text)


def options_of_help(text):
    return set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", text))


def differences(what, wanted, there):
    return [f"{what}: {name} is missing" for name in sorted(wanted - there)] + [
        f"{what}: {name} is not there any more" for name in sorted(there - wanted)
    ]


def main(checks):
    """NAME_test.py ROOT BUILD: all checks; names of those that are wanted may follow."""
    tree = Tree(sys.argv[1], sys.argv[2])
    complaints = []
    for check in checks:
        if len(sys.argv) > 3 and check.__name__ not in sys.argv[3:]:
            continue
        found = check(tree)
        print(f"{check.__name__}: {'ok' if not found else 'FAILED'}")
        complaints += found
    if complaints:
        sys.exit("\n".join(complaints))
