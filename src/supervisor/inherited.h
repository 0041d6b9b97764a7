/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * inherited.h: what pktlockd was started with, and who of us gets it: the front all descriptors, and the variables that it reads.
 */
#ifndef PLK_SUPERVISOR_INHERITED_H
#define PLK_SUPERVISOR_INHERITED_H

#include <stddef.h>

#define PLK_INHERITED_MAX 2048 /* descriptors: 1024 connections may come back, beside listeners */
#define PLK_INHERITED_VARIABLES 7
#define PLK_EXIT_USAGE \
	2 /* what we were started with is wrong; the highest status that the front gives */

/** struct plk_inherited - zeroed is empty
 * @fds: descriptors from 3 on that our parent left open; ours are all CLOEXEC
 */
struct plk_inherited {
	int fds[PLK_INHERITED_MAX];
	size_t n;
};

/** plk_inherited_list() - find them, before anything else is opened; ends the process if there are too many
 * Return: 0 or -errno.
 */
int plk_inherited_list(struct plk_inherited *inherited);

/** plk_inherited_close() - they are the front's now */
void plk_inherited_close(struct plk_inherited *inherited);

/** plk_inherited_environment() - the front's environment: what it reads, as far as it is there
 * @out: room for PLK_INHERITED_VARIABLES and the NULL at the end
 */
void plk_inherited_environment(char **out);

/** plk_inherited_forget() - take these variables out of our environment, and NOTIFY_SOCKET, which is ours */
void plk_inherited_forget(void);

#endif
