/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/csum.h"

#include "base/bytes.h"

/* The sum is the same in any byte order, but for the order of its own two bytes (RFC 1071 section 2 (B)). */
static uint16_t
swap_if_little(uint16_t word)
{
	uint8_t bytes[2];

	host16_store(bytes, word);
	return be16_load(bytes);
}

uint64_t
plk_csum_add(uint64_t sum, struct plk_span in)
{
	const uint8_t *p = in.p;
	size_t n = in.n;
	uint64_t more[3] = {0, 0, 0};

	/* 32 bits at a time: 2^16 is 1 in one's complement, and 64 bits hold the carries of 2^32 words. Four sums, since each addition
	 * waits for the one before it. */
	for (; n >= 16; p += 16, n -= 16) {
		sum += host32_load(p);
		more[0] += host32_load(p + 4);
		more[1] += host32_load(p + 8);
		more[2] += host32_load(p + 12);
	}
	sum += more[0] + more[1] + more[2];
	for (; n >= 4; p += 4, n -= 4)
		sum += host32_load(p);
	if (n >= 2) {
		sum += host16_load(p);
		p += 2;
		n -= 2;
	}
	if (n > 0) {
		const uint8_t last[2] = {p[0], 0};

		sum += host16_load(last);
	}
	return sum;
}

uint64_t
plk_csum_add16(uint64_t sum, uint16_t word)
{
	return sum + swap_if_little(word);
}

uint16_t
plk_csum_fold(uint64_t sum)
{
	while (sum > UINT16_MAX)
		sum = (sum & UINT16_MAX) + (sum >> 16);
	return swap_if_little((uint16_t)sum);
}

uint16_t
plk_csum(struct plk_span in)
{
	return (uint16_t)~plk_csum_fold(plk_csum_add(0, in));
}
