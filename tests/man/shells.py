# SPDX-License-Identifier: BSD-2-Clause
"""Shells that are asked what they would complete: bash's function by itself, and both shells as a person has them, on a terminal."""

import os
import pty
import select
import shutil
import signal
import subprocess
import tempfile
import time

from tree import ENVIRONMENT

LIMIT_S = 20
BREAKS = " \t\n\"'><=;|&(:@" # COMP_WORDBREAKS as bash has it

# One line of input is one command line; an answer ends with an empty line.
DRIVER = r"""
. "$1"
while IFS= read -r COMP_LINE; do
	COMP_POINT=${#COMP_LINE}
	_pktlock
	for word in "${COMPREPLY[@]}"; do
		printf '%s\n' "$word"
	done
	printf '\n'
done
"""


def last_word(line):
    return line.rsplit(" ", 1)[1]


class Bash:
    """The function of a file, driven as bash would, without readline."""

    def __init__(self, tree, flags=()):
        path = os.path.join(tree.completion, "pktlock.bash")
        self.shell = subprocess.Popen(
            ["bash", "--norc", *flags, "-c", DRIVER, "bash", path],
            env=ENVIRONMENT | {"COMP_WORDBREAKS": BREAKS},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
        )

    def ask(self, line):
        """The words that could stand in place of the last one."""
        self.shell.stdin.write(line + "\n")
        self.shell.stdin.flush()
        words = []
        while (word := self.shell.stdout.readline().rstrip("\n")):
            words.append(word)
        last = last_word(line)
        kept = last[: max(last.rfind(it) for it in BREAKS) + 1].removesuffix("@")
        return {kept + word for word in words}

    def close(self):
        self.shell.stdin.close()
        self.shell.wait(timeout=LIMIT_S)
        self.shell.stdout.close()


class Terminal:
    """A shell on a terminal, in a directory of its own."""

    def __init__(self, argv, init):
        self.dir = tempfile.mkdtemp()
        with open(f"{self.dir}/init", "w", encoding="utf-8") as file:
            file.write(init.replace("@DIR@", self.dir))
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(self.dir)
            os.execvpe(argv[0], argv, ENVIRONMENT | {"HOME": self.dir, "PS1": "", "HISTFILE": ""})
        self.type(f" . {self.dir}/init; : > ready\n")
        self.wait("ready")

    def type(self, text):
        os.write(self.fd, text.encode())

    def wait(self, name, end=""):
        """The contents of a file, once it is there and ends so."""
        path = os.path.join(self.dir, name)
        until = time.monotonic() + LIMIT_S
        while True:
            if select.select([self.fd], [], [], 0.005)[0]:
                os.read(self.fd, 65536)
            if os.path.exists(path):
                with open(path, encoding="utf-8") as file:
                    text = file.read()
                if text.endswith(end):
                    os.unlink(path)
                    return text
            if time.monotonic() > until:
                raise TimeoutError(f"{name}: the shell does not answer")

    def line(self, text):
        """What the line becomes that is typed, tabs and all."""
        self.type(text)
        self.type("\x05'\x01printf '%s.' '\x05 >line\n") # in quotes, as an argument
        return self.wait("line", ".")[:-1]

    def close(self):
        os.close(self.fd)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        shutil.rmtree(self.dir)


def bash_terminal(init):
    """init: how completion gets there"""
    return Terminal(["bash", "--norc", "--noprofile", "-i"], init)


ZSH = """
fpath=(@COMPLETION@ $fpath)
autoload -Uz compinit
compinit -u -d @DIR@/dump
compadd() {
	local -a hits
	if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\\ * ]]; then
		builtin compadd -A hits "$@"
		print -rl -- $IPREFIX$^hits >>@DIR@/hits
	fi
	builtin compadd "$@"
}
ask() {
	zle list-choices
	print -r -- // >>@DIR@/hits
}
zle -N ask
bindkey '^X^A' ask
"""


class Zsh(Terminal):
    def __init__(self, tree):
        super().__init__(["zsh", "-f", "-i"], ZSH.replace("@COMPLETION@", tree.completion))

    def ask(self, line):
        """The words that could stand in place of the last one; of paths their last component."""
        self.type(f"\x15{line}\x18\x01")
        return {word for word in self.wait("hits", "//\n").splitlines() if word not in ("", "//")}
