/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sandbox.h: the last gate of each process: a list of system calls; any other kills the process.
 *
 * The lists are the files NAME.syscalls beside this one. They are generated from the comments
 * "#syscalls:NAME call..." that stand where a call is made (collect.sh); the build fails when they
 * differ.
 *
 * Should: be entered last, before the first byte of a peer. Mustn't: be best effort: a process that
 * cannot enter it ends.
 */
#ifndef PLK_SANDBOX_SANDBOX_H
#define PLK_SANDBOX_SANDBOX_H

/** enum plk_sandbox - whose list */
enum plk_sandbox {
	PLK_SANDBOX_SUPERVISOR, /* its own calls and all that a worker does from exec on */
	PLK_SANDBOX_FRONT,
	PLK_SANDBOX_BROKER,
	PLK_SANDBOX_WORKER,
};

/** plk_sandbox_enter() - permit the list and nothing else, for ever
 * A call that is not permitted, and any call of a foreign architecture or of x32, kills the process
 * (SIGSYS).
 * Return: 0 or -errno.
 */
int plk_sandbox_enter(enum plk_sandbox who);

#endif
