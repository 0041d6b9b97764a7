/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The input is a block of a TPACKET_V3 ring. Whatever stands in it, each frame lies in the block
 * behind its headers, and the walk goes forward and ends.
 */
#include "wire/rxblk.h"

#include "harness.h"

#define BLOCK_HDR 48
#define PACKET_HDR 68 /* with the address */

static void
packet_check(const struct plk_rxpkt *packet, struct plk_span block, const uint8_t *after)
{
	CHECK(packet->eth.p >= block.p + BLOCK_HDR || packet->eth.p >= block.p + PACKET_HDR);
	CHECK((size_t)(packet->eth.p - block.p) <= block.n);
	CHECK(packet->eth.n <= block.n - (size_t)(packet->eth.p - block.p));
	CHECK(packet->vnet.n == PLK_VNET_HDR && packet->vnet.p + PLK_VNET_HDR == packet->eth.p);
	CHECK(packet->vnet.p >= after);
	CHECK(packet->eth.p - packet->room >= after);
	CHECK(packet->tag.present || (packet->tag.tpid == 0 && packet->tag.tci == 0));
	CHECK(packet->time_ns <= UINT32_MAX * 1000000000ULL + UINT32_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plk_span block = {data, size};
	struct plk_rxblk walk;
	struct plk_rxpkt packet;
	size_t steps = 0;
	enum plk_err err;

	mark(&walk, sizeof walk);
	err = plk_rxblk_parse(block, &walk);
	CHECK(err == (size < BLOCK_HDR ? PLK_E_SHORT : PLK_OK));
	if (err != PLK_OK) {
		CHECK(untouched(&walk, sizeof walk));
		return 0;
	}
	for (;; steps++) {
		size_t at = walk.at; /* where this packet begins */

		mark(&packet, sizeof packet);
		err = plk_rxblk_next(&walk, &packet);
		if (err != PLK_OK)
			break;
		packet_check(&packet, block, block.p + at + PACKET_HDR);
		CHECK(steps <= size / PACKET_HDR);
	}
	CHECK(err == PLK_E_SHORT || err == PLK_E_MALFORMED);
	CHECK(untouched(&packet, sizeof packet));
	CHECK(plk_rxblk_next(&walk, &packet) == PLK_E_SHORT); /* it has ended */
	return 0;
}
