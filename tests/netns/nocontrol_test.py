# SPDX-License-Identifier: BSD-2-Clause
"""A build without libjansson refuses --control, rather than to have nobody listen there."""

import os

import plk


def test_refused(case):
    case.veth()
    for mode in ((), ("--check",)):
        case.refused(2, f"pktlockd: --control: 'punix:{case.path('ctl')}': this build has no control socket (libjansson) at byte 0\n",
                     f"--control=punix:{case.path('ctl')}", f"--remote=capture@punix:{case.path('c')}", *mode)
        plk.check(not os.path.lexists(case.path("ctl")), "a socket file was made")
    case.daemon(f"--remote=capture@punix:{case.path('c')}").stop()


if __name__ == "__main__":
    plk.main()
