/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bytes.h: integers to and from bytes. The caller has checked that the bytes are there; alignment
 * does not matter.
 */
#ifndef PLK_BASE_BYTES_H
#define PLK_BASE_BYTES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <pktlock/span.h>

/* Whether @n bytes lie at @at: without adding lengths, which could wrap. */
static inline bool
span_has(struct plk_span in, size_t at, size_t n)
{
	return at <= in.n && n <= in.n - at;
}

static inline uint16_t
be16_load(const uint8_t *p)
{
	return (uint16_t)(((unsigned)p[0] << 8) | p[1]);
}

static inline uint32_t
be32_load(const uint8_t *p)
{
	return ((uint32_t)p[0] << 24) | ((uint32_t)p[1] << 16) | ((uint32_t)p[2] << 8) | p[3];
}

static inline void
be16_store(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void
be32_store(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

/* The machine's own byte order: virtio-net headers of AF_PACKET and TAP, pcapng of our own
 * making. */
static inline uint16_t
host16_load(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

static inline void
host16_store(uint8_t *p, uint16_t v)
{
	memcpy(p, &v, sizeof v);
}

static inline uint32_t
host32_load(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

static inline void
host32_store(uint8_t *p, uint32_t v)
{
	memcpy(p, &v, sizeof v);
}

#endif
