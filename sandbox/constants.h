/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * constants.h: what the names in the system call lists (NAME.syscalls) mean.
 */
#ifndef PLK_SANDBOX_CONSTANTS_H
#define PLK_SANDBOX_CONSTANTS_H

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h> /* not the kernel's: musl has its own, and they exclude each other */
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sandbox/descriptors.h"

/* Newer than the headers that we build with. */
#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_GET_MDWE 66
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif
#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif

/* O_NOFOLLOW is another bit on each machine, and the filters of one are made on the other, too. What it is here is O_LARGEFILE
 * there, which changes nothing. */
#define PLK_NOFOLLOW_X86_64 0400000
#define PLK_NOFOLLOW_AARCH64 0100000

/* linux/threads.h: PID_MAX_LIMIT is 4194304 */
#define PLK_PID_LAST 4194303

#endif
