#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Make a C table of remote strings and verdicts: remote_strings.py IN.json OUT.h"""
import json
import sys


def c_string(text):
    """A C string literal; every byte that is not plain is octal, which takes three digits at most."""
    plain = (c for c in text.encode())
    return '"' + "".join(chr(c) if chr(c).isalnum() and c < 128 else "\\%03o" % c for c in plain) + '"'


def main():
    source, target = sys.argv[1:]
    with open(source, encoding="utf-8") as f:
        rows = json.load(f)
    verdicts = {"accept": "true", "reject": "false"}
    with open(target, "w", encoding="ascii") as f:
        f.write("/* SPDX-License-Identifier: BSD-2-Clause */\n")
        for row in rows:
            f.write("{T(%s), %s},\n" % (c_string(row["s"]), verdicts[row["pktlock"]]))


if __name__ == "__main__":
    main()
