/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spawn.h: starting our other programs.
 */
#ifndef PLK_OS_SPAWN_H
#define PLK_OS_SPAWN_H

#include <sys/types.h>

#include "os/identity.h"

/** struct plk_program - one of our programs, opened while we could, so that neither its directory's permissions nor an upgrade matter
 * @fd:   O_PATH
 * @name: argv[0]; static lifetime
 */
struct plk_program {
	int fd;
	const char *name;
};

/** plk_program_open() - find a program beside our own executable, else in the libexec directory
 * Return: 0 or -errno.
 */
int plk_program_open(const char *name, struct plk_program *out);

/** struct plk_spawn - how a child starts
 * @program: what it executes
 * @argv:    its arguments, argv[0] included
 * @envp:    its environment
 * @channel: becomes its descriptor 0: its channel to us
 * @null:    -1, or /dev/null, which becomes descriptors 1 and 2 (not in instrumented builds: sanitizers
 *           report there)
 * @pass:    descriptors that it gets beside, -1 for none at that place; borrowed
 * @n_pass:  how many of them
 * @pass_at: the number of the first; all of ours are outside of these numbers
 * @inherit: it keeps our inherited descriptors; else it has 0, 1 and 2 only
 * @assume:  NULL, or who it is to be
 * @keep:    what it keeps then
 */
struct plk_spawn {
	const struct plk_program *program;
	char *const *argv;
	char *const *envp;
	int channel;
	int null;
	const int *pass;
	size_t n_pass;
	int pass_at;
	bool inherit;
	const struct plk_identity *assume;
	enum plk_keep keep;
};

/** plk_spawn() - start a child
 * A child that cannot do what it should before it executes ends with status 127.
 * Return: its process ID or -errno.
 */
pid_t plk_spawn(const struct plk_spawn *how);

#endif
