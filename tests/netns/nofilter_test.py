# SPDX-License-Identifier: BSD-2-Clause
"""A build without libpcap refuses --filter, rather than to capture what nobody wants."""

import plk


def test_refused(case):
    case.veth()
    for mode in ((), ("--check",)):
        case.refused(2, "pktlockd: --filter: 'tcp port 80': not part of this build at byte 0\n",
                     f"--remote=capture@punix:{case.path('c')}", "--filter=tcp port 80", *mode)
    case.daemon(f"--remote=capture@punix:{case.path('c')}").stop()


if __name__ == "__main__":
    plk.main()
