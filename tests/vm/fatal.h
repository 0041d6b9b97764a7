/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fatal.h: what ends the test program. Its lines so far have been written: standard output is line-buffered.
 */
#ifndef VM_FATAL_H
#define VM_FATAL_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline _Noreturn void
fail(const char *what)
{
	printf("fatal %s\n", what);
	exit(EXIT_FAILURE);
}

static inline _Noreturn void
die(const char *what)
{
	printf("fatal %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

#endif
