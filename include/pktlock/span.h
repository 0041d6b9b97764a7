/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * span.h: a range of bytes that knows its length.
 *
 * All parsers take a struct plk_span and never look beyond it. A span owns nothing: it is valid as
 * long as the memory it points into. An empty span may have a NULL pointer.
 */
#ifndef PKTLOCK_SPAN_H
#define PKTLOCK_SPAN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The caller must look at the result; what is ignored on purpose is cast to void, with the
 * reason. */
#define PLK_MUST_USE __attribute__((warn_unused_result))

/* What libpktlock exports; everything else is hidden. */
#define PLK_PUBLIC __attribute__((visibility("default")))

/** struct plk_span - borrowed bytes, read only
 * @p:  the first byte; may be NULL when @n is 0
 * @n:  length, bytes
 */
struct plk_span {
	const uint8_t *p;
	size_t n;
};

/** struct plk_mspan - borrowed bytes, writable
 * @p:  the first byte; may be NULL when @n is 0
 * @n:  length, bytes
 */
struct plk_mspan {
	uint8_t *p;
	size_t n;
};

#ifdef __cplusplus
}
#endif

#endif
