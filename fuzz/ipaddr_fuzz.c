/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The input is an address as text, and its first 16 bytes are an address as bytes. Oracles:
 * inet_pton(3) and inet_ntop(3).
 */
#include "text/ipaddr.h"

#include <arpa/inet.h>

#include "harness.h"

/* inet_pton() wants a C string: what has a NUL inside or is longer than any address is none. */
static bool
oracle(int family, struct plk_span in, uint8_t *addr)
{
	char text[INET6_ADDRSTRLEN + 1];

	if (in.n >= sizeof text || (in.n > 0 && memchr(in.p, 0, in.n)))
		return false;
	if (in.n > 0)
		memcpy(text, in.p, in.n);
	text[in.n] = '\0';
	return inet_pton(family, text, addr) == 1;
}

static void
text_check(int family, struct plk_span in)
{
	uint8_t want[PLK_IPV6_BYTES];
	uint8_t got[PLK_IPV6_BYTES];
	size_t n = family == AF_INET ? PLK_IPV4_BYTES : PLK_IPV6_BYTES;
	bool good = oracle(family, in, want);
	enum plk_err err;

	mark(got, sizeof got);
	err = family == AF_INET ? plk_ipv4_parse(in, got) : plk_ipv6_parse(in, got);
	CHECK(err == (good ? PLK_OK : PLK_E_MALFORMED));
	CHECK(good ? memcmp(got, want, n) == 0 : untouched(got, n));
	CHECK(untouched(got + n, sizeof got - n));
}

/* libc prints the "compatible" addresses, but for :: and ::X, as a dotted quad; RFC 5952 leaves
 * that open, and pktlock does not. */
static bool
is_compatible(const uint8_t *addr)
{
	static const uint8_t zeros[12];

	return memcmp(addr, zeros, sizeof zeros) == 0 && (addr[12] != 0 || addr[13] != 0);
}

static void
bytes_check(int family, const uint8_t *addr)
{
	size_t n = family == AF_INET ? PLK_IPV4_BYTES : PLK_IPV6_BYTES;
	char want[INET6_ADDRSTRLEN];
	uint8_t text[INET6_ADDRSTRLEN];
	uint8_t again[PLK_IPV6_BYTES];
	struct plk_writer w;

	plk_writer_init(&w, (struct plk_mspan){text, sizeof text});
	if (family == AF_INET)
		plk_ipv4_print(&w, addr);
	else
		plk_ipv6_print(&w, addr);
	CHECK(!w.full);
	CHECK(oracle(family, (struct plk_span){text, w.n}, again) && memcmp(again, addr, n) == 0);
	text_check(family, (struct plk_span){text, w.n});
	if (family == AF_INET6 && is_compatible(addr))
		return;
	CHECK(inet_ntop(family, addr, want, sizeof want));
	CHECK(w.n == strlen(want) && memcmp(text, want, w.n) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plk_span in = {data, size};
	uint8_t addr[PLK_IPV6_BYTES];

	text_check(AF_INET, in);
	text_check(AF_INET6, in);
	take_bytes(&in, addr, sizeof addr);
	bytes_check(AF_INET, addr);
	bytes_check(AF_INET6, addr);
	return 0;
}
