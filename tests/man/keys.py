# SPDX-License-Identifier: BSD-2-Clause
"""The keys of a port, as src/text/port.c has them, and as the program reads them."""

import re

# How the columns "roles", "formats" and "remotes" of the source's table are called in the page.
CALLED = {
    "TO_CLIENT": "not inject",
    "FROM_CLIENT": "not capture",
    "BIT(PLK_FORMAT_VNET)": "vnet",
    "BIT(PLK_FORMAT_PCAPNG)": "pcapng",
    "PASSIVE": "passive",
    "MAYBE_UNIX": "Unix",
    "INHERITED": "pfd:, sd:",
}
ROLES = ["capture", "inject", "attach"]


class Key:
    """words: its values, where they can be listed; where: for what it is, in the words of the page"""

    def __init__(self, name, columns, words):
        self.name = name
        self.columns = columns
        self.words = words
        self.where = ", ".join(CALLED[column] for column in columns if column != "ALL") or "all"

    def roles(self):
        return [role for role in ROLES if f"not {role}" not in self.where]

    def port(self, value, role=None):
        """A PORT-SPEC for which the key is."""
        form = f"format={self.where}," if self.where in ("vnet", "pcapng") else ""
        return f"{role or self.roles()[0]},{form}{self.name}={value}@pfd:3"


def strings(text):
    return set(re.findall(r'"([^"]*)"', text))


def source(tree):
    """name -> Key"""
    text = tree.read("src/text/port.c")
    rows = re.findall(r'^\t\{"([\w-]+)", (\S+), (\S+), (\S+), (\w+), \w+\},$', text, re.M)
    lists = {name: strings(values) for name, values in re.findall(r"^static const char \*const (\w+)\[.*?\] = \{(.*?)\};", text, re.M)}
    found = {}
    for name, roles, formats, remotes, read in rows:
        body = re.search(rf"^{read}\(.*?^\}}", text, re.M | re.S)[0]
        words = set()
        for values in re.findall(r"\bwords\[\] = \{(.*?)\};", body):
            words |= strings(values)
        for called in re.findall(r"word_read\(value, (\w+),", body):
            words |= lists.get(called, set())
        found[name] = Key(name, [roles, formats, remotes], words)
    if len(found) < 10 or not found["format"].words:
        raise AssertionError("the table of keys in src/text/port.c is not read any more")
    return found


def parses(tree, port):
    return tree.run("pktlock", "parse", "port", port).returncode == 0


def range_check(tree, key, low, high):
    wanted = {low - 1: False, low: True, high: True, high + 1: False}
    if low == 0:
        del wanted[-1]
    return [f"{number}: not as the page says" for number, good in wanted.items() if parses(tree, key.port(number)) != good]


def default_check(tree, key, default):
    """What the canonical form leaves out. "X; ROLE: Y" is X, and Y for that role."""
    complaints = []
    for role in key.roles():
        match = re.search(rf"; {role}: (\S+)", default)
        value = match[1] if match else default.split(";")[0]
        run = tree.run("pktlock", "parse", "port", key.port(value, role))
        if run.returncode != 0 or f"{key.name}=" in run.stdout:
            complaints.append(f"{value} is not what {role} has without it")
    return complaints


def row(tree, key, where, values, default):
    """A row of the page's table."""
    complaints = [] if where == key.where else [f"is for {key.where}"]
    numbers = re.match(r"(\d+)-(\d+)", values)
    if numbers:
        return complaints + range_check(tree, key, int(numbers[1]), int(numbers[2]))
    if key.words:
        if set(values.split(" | ")) != key.words:
            complaints.append(f"has the values {sorted(key.words)}")
        if default.split(";")[0] in key.words:
            complaints += default_check(tree, key, default)
    return complaints
