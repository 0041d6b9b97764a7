# SPDX-License-Identifier: BSD-2-Clause
"""Rounds, medians, ratios of one round, and how they are shown.

A section measures several variants, each once in each round, so that what disturbs the machine for seconds disturbs them
all. What is compared is compared within a round; of the rounds' ratios the median counts.
"""

import statistics
import sys
import time

import lab
import plk


class Column:
    """One figure of a measurement, by its key."""

    def __init__(self, key, title, form="{:.2f}"):
        self.key = key
        self.title = title
        self.form = form


class Goal:
    """What was promised: a value of one round, from {variant: {key: figure}}, and the bound."""

    def __init__(self, text, value, at_least=None, at_most=None, form="{:.2f}"):
        self.text = text
        self.value = value
        self.at_least = at_least
        self.at_most = at_most
        self.form = form

    def holds(self, value):
        return value >= self.at_least if self.at_least is not None else value <= self.at_most

    @property
    def bound(self):
        sign, bound = (">=", self.at_least) if self.at_least is not None else ("<=", self.at_most)
        return f"{sign} {bound:g}"


class Section:
    """Variants that are measured in turn.

    variants: {name: function(case) that returns {key: figure}}
    needs:    {program: Debian package}
    """

    def __init__(self, name, title, columns, variants, goals=(), needs=None, rounds=None):
        self.name = name
        self.title = title
        self.columns = columns
        self.variants = variants
        self.goals = goals
        self.needs = needs or {}
        self.most_rounds = rounds
        self.rounds = []  # [{variant: {key: figure}}]
        self.problems = []
        self.seconds = 0.0

    def run(self, rounds, chosen=None):
        began = time.monotonic()
        for number in range(min(rounds, self.most_rounds or rounds)):
            self.rounds.append({})
            for name, function in self.variants.items():
                if not chosen or any(word in name for word in chosen):
                    self._measure(number, name, function)
        self.seconds = time.monotonic() - began

    def _measure(self, number, name, function):
        progress(f"  {self.name} round {number + 1}: {name}")
        try:
            with lab.fresh("bench") as case:
                self.rounds[-1][name] = function(case)
        except (plk.Failure, OSError, ValueError) as error:
            self.problems.append(f"{name}, round {number + 1}: {error}")
        progress("")

    def values(self, variant, key):
        return [found[variant][key] for found in self.rounds if found.get(variant, {}).get(key) is not None]

    def results(self):
        """[(goal, [value of each round])]"""
        found = []
        for goal in self.goals:
            values = []
            for one in self.rounds:
                try:
                    values.append(goal.value(one))
                except (KeyError, ZeroDivisionError):
                    continue
            if values:
                found.append((goal, values))
        return found

    def show(self):
        print(f"\n== {self.name}: {self.title} ({len(self.rounds)} rounds, {self.seconds:.0f} s)")
        rows = [["", *(column.title for column in self.columns)]]
        for variant in self.variants:
            row = [spread(self.values(variant, column.key), column.form) for column in self.columns]
            if any(row):
                rows.append([variant, *row])
        print_table(rows)
        goals = [["goal", "bound", "median", "min-max", ""]]
        for goal, values in self.results():
            median = statistics.median(values)
            limits = f"{goal.form.format(min(values))}-{goal.form.format(max(values))}"
            goals.append([goal.text, goal.bound, goal.form.format(median), limits, "met" if goal.holds(median) else "NOT MET"])
        if len(goals) > 1:
            print()
            print_table(goals)
        for problem in self.problems:
            print(f"  FAILED {problem}")

    def data(self):
        return {
            "title": self.title,
            "seconds": round(self.seconds, 1),
            "rounds": self.rounds,
            "medians": {
                variant: {column.key: statistics.median(values)
                          for column in self.columns if (values := self.values(variant, column.key))}
                for variant in self.variants
            },
            "goals": [
                {"text": goal.text, "bound": goal.bound, "median": statistics.median(values), "min": min(values),
                 "max": max(values), "met": goal.holds(statistics.median(values))}
                for goal, values in self.results()
            ],
            "problems": self.problems,
        }  # fmt: skip


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def spread(values, form):
    """The median, and between which values it lies."""
    if not values:
        return ""
    middle = form.format(statistics.median(values))
    low, high = form.format(min(values)), form.format(max(values))
    return middle if low == high else f"{middle} ({low}-{high})"


def print_table(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]
        print(f"  {'  '.join(cells)}".rstrip())
