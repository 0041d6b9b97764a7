/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The input is a slot of a TPACKET_V2 ring. Whatever stands in it, the frame lies in the slot behind its headers, and what is said of
 * it is what stands there.
 */
#include "wire/rxslot.h"

#include "harness.h"

#define SLOT_HDR 52 /* with the address */

static uint64_t
u32_at(struct plk_span slot, size_t at)
{
	uint32_t v;

	memcpy(&v, slot.p + at, sizeof v);
	return v;
}

static uint64_t
u16_at(struct plk_span slot, size_t at)
{
	uint16_t v;

	memcpy(&v, slot.p + at, sizeof v);
	return v;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct plk_span slot = {data, size};
	struct plk_rxpkt packet;
	enum plk_err err;
	uint64_t mac;

	mark(&packet, sizeof packet);
	err = plk_rxslot_parse(slot, &packet);
	if (err != PLK_OK)
		CHECK(untouched(&packet, sizeof packet));
	CHECK((err == PLK_E_SHORT) == (size < SLOT_HDR));
	if (err == PLK_E_SHORT)
		return 0;
	mac = u16_at(slot, 12);
	CHECK((err == PLK_OK) == (mac >= SLOT_HDR + PLK_VNET_HDR && mac + u32_at(slot, 8) <= size));
	if (err != PLK_OK)
		return 0;
	CHECK(packet.eth.p == data + mac && packet.eth.n == u32_at(slot, 8));
	CHECK(packet.vnet.n == PLK_VNET_HDR && packet.vnet.p + PLK_VNET_HDR == packet.eth.p);
	CHECK(packet.original == u32_at(slot, 4) && packet.room == mac - SLOT_HDR);
	CHECK(packet.time_ns == u32_at(slot, 16) * 1000000000 + u32_at(slot, 20));
	CHECK(packet.time_ns == plk_rxslot_time(data));
	CHECK(packet.pkttype == data[32 + 10]);
	CHECK(packet.tag.present || (packet.tag.tpid == 0 && packet.tag.tci == 0));
	return 0;
}
