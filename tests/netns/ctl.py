# SPDX-License-Identifier: BSD-2-Clause
"""Commands at the control socket, each over a connection of its own (control.py)."""

import contextlib

import control
import plk


class Refused(plk.Failure):
    """The daemon answered with an error."""


def ask(path, method, *params, seconds=10.0):
    """One command; returns the text of the result."""
    with contextlib.closing(control.Control(path)) as connection:
        return result(connection.ask(method, *params, seconds=seconds), 0)


def result(answer, number):
    plk.equal(answer.get("id"), number, "id of the answer")
    if "result" in answer:
        plk.equal(sorted(answer), ["error", "id", "result"], "members of the answer")
        plk.equal(answer["error"], None, "error beside a result")
        return answer["result"]
    plk.equal(sorted(answer), ["error", "id"], "members of the answer")
    raise Refused(answer["error"].rstrip("\n"))


def refused(path, text, method, *params):
    """The command is refused with a text that has @text in it; returns it."""
    try:
        got = ask(path, method, *params)
    except Refused as error:
        plk.check(text in str(error), f"{method} {params}: refused with {str(error)!r}, not {text!r}")
        return str(error)
    raise plk.Failure(f"{method} {params} was not refused: {got!r}")


def remotes(path):
    """list-remotes: what is said of each PORT-SPEC."""
    found = {}
    for line in ask(path, "list-remotes").splitlines():
        spec, *words = line.split(" ")
        found[spec] = dict(word.split("=", 1) for word in words)
    return found
