/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * segments: cut superframes with src/wire/segment.c, for segment_test.py to compare with what the kernel makes of them.
 *
 * Input, again and again: u32 length, virtio-net header of 10 bytes, superframe (the length counts both). Output for each: u32
 * number of pieces, then each as u32 length and bytes. Integers are in the machine's byte order. Ends with 1 if one cannot be cut.
 */
#include <stdio.h>
#include <string.h>

#include "wire/segment.h"

static uint8_t record[PLK_VNET_HDR + 131072];

static int
put(const void *p, size_t n)
{
	return fwrite(p, 1, n, stdout) == n ? 0 : -1;
}

static int
put_number(size_t n)
{
	const uint32_t value = (uint32_t)n;

	return put(&value, sizeof value);
}

static int
cut(struct plk_span eth, const struct plk_vnet *vnet)
{
	static struct plk_segment segment;
	const struct plk_tag none = {.present = false};
	struct plk_pieces piece;
	enum plk_err err = plk_segment_init(&segment, eth, &none, vnet, PLK_SEGMENT_CSUM_FULL);

	if (err != PLK_OK) {
		(void)fprintf(stderr, "segments: %s\n", plk_err_text(err));
		return -1;
	}
	if (put_number(plk_segment_count(&segment)) < 0)
		return -1;
	while (plk_segment_next(&segment, &piece) == PLK_OK) {
		if (put_number(piece.bytes) < 0)
			return -1;
		for (size_t i = 0; i < piece.n; i++) {
			if (put(piece.part[i].p, piece.part[i].n) < 0)
				return -1;
		}
	}
	return 0;
}

int
main(void)
{
	uint32_t n;

	while (fread(&n, sizeof n, 1, stdin) == 1) {
		struct plk_vnet vnet;

		if (n < PLK_VNET_HDR || n > sizeof record || fread(record, n, 1, stdin) != 1)
			return 1;
		if (plk_vnet_parse((struct plk_span){record, PLK_VNET_HDR}, &vnet) != PLK_OK ||
		    cut((struct plk_span){record + PLK_VNET_HDR, n - PLK_VNET_HDR}, &vnet) < 0)
			return 1;
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
