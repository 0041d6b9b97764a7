/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * harness.h: what the harnesses have in common.
 *
 * A harness is deterministic, opens nothing, reads no clock and returns 0. It says what must hold
 * by CHECK(), which ends the process, so that libFuzzer, AFL++ and the replay all see a finding.
 */
#ifndef PLK_FUZZ_HARNESS_H
#define PLK_FUZZ_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pktlock/span.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition) ((condition) ? (void)0 : check_failed(__FILE__, __LINE__, #condition))

_Noreturn static inline void
check_failed(const char *file, int line, const char *condition)
{
	(void)dprintf(STDERR_FILENO, "%s:%d: not so: %s\n", file, line, condition);
	abort();
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* What outputs hold before a call. */
#define MARK 0xa5
#define MARK_SIZE ((size_t)0xa5a5a5a5a5a5a5a5ULL)

static inline void
mark(void *p, size_t n)
{
	memset(p, MARK, n);
}

static inline bool
untouched(const void *p, size_t n)
{
	const uint8_t *byte = p;

	for (size_t i = 0; i < n; i++) {
		if (byte[i] != MARK)
			return false;
	}
	return true;
}

static inline bool
same_bytes(struct plk_span a, struct plk_span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Everything from @from on. */
static inline struct plk_span
tail_of(struct plk_span in, size_t from)
{
	return in.n > 0 ? (struct plk_span){in.p + from, in.n - from} : in;
}

/* Takes @n bytes from the front of @in into @out; zeros stand for what is not there. */
static inline void
take_bytes(struct plk_span *in, void *out, size_t n)
{
	size_t there = in->n < n ? in->n : n;

	memset(out, 0, n);
	if (there > 0)
		memcpy(out, in->p, there);
	*in = tail_of(*in, there);
}

static inline uint8_t
take_u8(struct plk_span *in)
{
	uint8_t v;

	take_bytes(in, &v, sizeof v);
	return v;
}

static inline uint16_t
take_u16(struct plk_span *in)
{
	uint8_t v[2];

	take_bytes(in, v, sizeof v);
	return (uint16_t)(v[0] << 8 | v[1]);
}

#endif
