/* SPDX-License-Identifier: BSD-2-Clause */
#include "text/ipaddr.h"

#include <string.h>

#include <pktlock/fdnum.h>

#include "base/bytes.h"
#include "text/words.h"

#define GROUPS 8       /* of 16 bits in an IPv6 address */
#define GROUP_DIGITS 4 /* hexadecimal digits of a group at most */

static struct plk_span
after(struct plk_span in, size_t n)
{
	return (struct plk_span){in.p + n, in.n - n};
}

enum plk_err
plk_ipv4_parse(struct plk_span in, uint8_t *out)
{
	uint8_t addr[PLK_IPV4_BYTES];

	for (size_t i = 0; i < PLK_IPV4_BYTES; i++) {
		size_t n = plk_span_find(in, 0, '.');
		uint64_t octet;

		if (plk_number_parse((struct plk_span){in.p, n}, 255, &octet) != PLK_OK)
			return PLK_E_MALFORMED;
		addr[i] = (uint8_t)octet;
		if ((i < PLK_IPV4_BYTES - 1) != (n < in.n))
			return PLK_E_MALFORMED;
		in = n < in.n ? after(in, n + 1) : after(in, n);
	}
	memcpy(out, addr, sizeof addr);
	return PLK_OK;
}

void
plk_ipv4_print(struct plk_writer *w, const uint8_t *addr)
{
	for (size_t i = 0; i < PLK_IPV4_BYTES; i++) {
		if (i > 0)
			plk_writer_char(w, '.');
		plk_writer_dec(w, addr[i]);
	}
}

static enum plk_err
group_parse(struct plk_span in, uint8_t *out)
{
	unsigned value = 0;

	if (in.n < 1 || in.n > GROUP_DIGITS)
		return PLK_E_MALFORMED;
	for (size_t i = 0; i < in.n; i++) {
		int digit = plk_hex_value(in.p[i]);

		if (digit < 0)
			return PLK_E_MALFORMED;
		value = value << 4 | (unsigned)digit;
	}
	be16_store(out, (uint16_t)value);
	return PLK_OK;
}

/* One or more groups with ':' between them, the last two optionally as a dotted quad; at most @max bytes of address.
 * An empty @in is no group at all. Bytes of @out beyond *n may be written too. */
static enum plk_err
groups_parse(struct plk_span in, size_t max, uint8_t *out, size_t *n)
{
	size_t at = 0;

	while (in.n > 0) {
		size_t len = plk_span_find(in, 0, ':');
		struct plk_span group = {in.p, len};

		if (len == in.n && max - at >= PLK_IPV4_BYTES &&
		    plk_ipv4_parse(group, out + at) == PLK_OK) {
			*n = at + PLK_IPV4_BYTES;
			return PLK_OK;
		}
		if (max - at < 2 || group_parse(group, out + at) != PLK_OK)
			return PLK_E_MALFORMED;
		at += 2;
		if (len == in.n)
			break;
		in = after(in, len + 1);
		if (in.n == 0)
			return PLK_E_MALFORMED; /* a ':' that nothing follows */
	}
	*n = at;
	return PLK_OK;
}

/* Where "::" begins, or @in.n. */
static size_t
gap_find(struct plk_span in)
{
	for (size_t i = 0; i + 1 < in.n; i++) {
		if (in.p[i] == ':' && in.p[i + 1] == ':')
			return i;
	}
	return in.n;
}

static bool
has_dot(struct plk_span in)
{
	return plk_span_find(in, 0, '.') < in.n;
}

enum plk_err
plk_ipv6_parse(struct plk_span in, uint8_t *out)
{
	uint8_t head[PLK_IPV6_BYTES] = {0};
	uint8_t tail[PLK_IPV6_BYTES];
	size_t n_head;
	size_t n_tail = 0;
	size_t gap = gap_find(in);

	if (groups_parse((struct plk_span){in.p, gap}, sizeof head, head, &n_head) != PLK_OK)
		return PLK_E_MALFORMED;
	if (gap == in.n) {
		if (n_head != PLK_IPV6_BYTES)
			return PLK_E_MALFORMED;
		memcpy(out, head, sizeof head);
		return PLK_OK;
	}
	if (has_dot((struct plk_span){in.p, gap}) || n_head > PLK_IPV6_BYTES - 2)
		return PLK_E_MALFORMED; /* a dotted quad ends the address, and "::" stands for at least one group */
	if (groups_parse(after(in, gap + 2), PLK_IPV6_BYTES - 2 - n_head, tail, &n_tail) != PLK_OK)
		return PLK_E_MALFORMED;
	memset(head + n_head, 0, sizeof head - n_head);
	memcpy(head + sizeof head - n_tail, tail, n_tail);
	memcpy(out, head, sizeof head);
	return PLK_OK;
}

/* The longest run of two or more zero groups, the first of equals; *n is 0 if there is none. */
static void
zero_run(const uint8_t *addr, size_t *at, size_t *n)
{
	size_t run = 0;

	*at = 0;
	*n = 0;
	for (size_t i = 0; i < GROUPS; i++) {
		run = be16_load(addr + 2 * i) == 0 ? run + 1 : 0;
		if (run >= 2 && run > *n) {
			*n = run;
			*at = i + 1 - run;
		}
	}
}

static bool
is_v4_mapped(const uint8_t *addr)
{
	static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};

	return memcmp(addr, prefix, sizeof prefix) == 0;
}

void
plk_ipv6_print(struct plk_writer *w, const uint8_t *addr)
{
	size_t run_at;
	size_t run_n;

	if (is_v4_mapped(addr)) {
		plk_writer_str(w, "::ffff:");
		plk_ipv4_print(w, addr + 12);
		return;
	}
	zero_run(addr, &run_at, &run_n);
	for (size_t i = 0; i < GROUPS; i++) {
		if (run_n > 0 && i == run_at) {
			plk_writer_str(w, "::");
			i += run_n - 1;
			continue;
		}
		if (i > 0 && !(run_n > 0 && i == run_at + run_n))
			plk_writer_char(w, ':');
		plk_writer_hex(w, be16_load(addr + 2 * i), 1);
	}
}
