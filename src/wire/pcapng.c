/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/pcapng.h"

#include <string.h>

#include "base/bytes.h"

#define BYTE_ORDER_MAGIC 0x1a2b3c4dU
#define SECTION_BYTES 28
#define OPTION_HEAD 4
#define OPTION_END 4
#define FLAGS_OPTION (OPTION_HEAD + 4)
#define BLOCK_INTERFACE 1
#define BLOCK_PACKET 6
#define LINKTYPE_ETHERNET 1
#define OPT_IF_NAME 2
#define OPT_IF_TSRESOL 9
#define OPT_EPB_FLAGS 2
#define TSRESOL_NS 9

static size_t
padding(size_t n)
{
	return (4 - n % 4) % 4;
}

static void
section_put(uint8_t *p)
{
	host32_store(p, PLK_PCAPNG_MAGIC);
	host32_store(p + 4, SECTION_BYTES);
	host32_store(p + 8, BYTE_ORDER_MAGIC);
	host16_store(p + 12, 1);
	host16_store(p + 14, 0);
	memset(p + 16, 0xff, 8);
	host32_store(p + 24, SECTION_BYTES);
}

/* An option with its padding; returns its length. */
static size_t
option_put(uint8_t *p, uint16_t code, struct plk_span value)
{
	size_t pad = padding(value.n);

	host16_store(p, code);
	host16_store(p + 2, (uint16_t)value.n);
	memcpy(p + OPTION_HEAD, value.p, value.n);
	memset(p + OPTION_HEAD + value.n, 0, pad);
	return OPTION_HEAD + value.n + pad;
}

enum plk_err
plk_pcapng_start_encode(struct plk_span ifname, uint32_t snaplen, struct plk_mspan out, size_t *n)
{
	static const uint8_t tsresol[1] = {TSRESOL_NS};
	uint8_t *block;
	size_t at = 16;

	if (ifname.n > PLK_IFNAME_MAX)
		return PLK_E_LIMIT;
	if (out.n < PLK_PCAPNG_START_MAX)
		return PLK_E_ROOM;
	block = out.p + SECTION_BYTES;
	section_put(out.p);
	host32_store(block, BLOCK_INTERFACE);
	host16_store(block + 8, LINKTYPE_ETHERNET);
	host16_store(block + 10, 0);
	host32_store(block + 12, snaplen);
	if (ifname.n > 0)
		at += option_put(block + at, OPT_IF_NAME, ifname);
	at += option_put(block + at, OPT_IF_TSRESOL, (struct plk_span){tsresol, sizeof tsresol});
	memset(block + at, 0, OPTION_END);
	at += OPTION_END + 4;
	host32_store(block + 4, (uint32_t)at);
	host32_store(block + at - 4, (uint32_t)at);
	*n = SECTION_BYTES + at;
	return PLK_OK;
}

enum plk_err
plk_pcapng_packet_encode(const struct plk_pcapng_packet *packet, uint8_t *head, uint8_t *tail,
			 size_t *n_tail)
{
	size_t pad = padding(packet->captured);
	size_t options = packet->flow == PLK_PCAPNG_FLOW_UNKNOWN ? 0 : FLAGS_OPTION + OPTION_END;
	size_t after = pad + options + 4;
	uint32_t length;

	if (packet->captured > PLK_SNAPLEN_MAX)
		return PLK_E_LIMIT;
	length = (uint32_t)(PLK_PCAPNG_HEAD + packet->captured + after);
	host32_store(head, BLOCK_PACKET);
	host32_store(head + 4, length);
	host32_store(head + 8, 0);
	host32_store(head + 12, (uint32_t)(packet->time_ns >> 32));
	host32_store(head + 16, (uint32_t)packet->time_ns);
	host32_store(head + 20, packet->captured);
	host32_store(head + 24, packet->original);
	memset(tail, 0, after);
	if (options > 0) {
		host16_store(tail + pad, OPT_EPB_FLAGS);
		host16_store(tail + pad + 2, 4);
		host32_store(tail + pad + OPTION_HEAD, (uint32_t)packet->flow);
	}
	host32_store(tail + pad + options, length);
	*n_tail = after;
	return PLK_OK;
}
