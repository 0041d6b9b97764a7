/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/pcapng.h"

#include <string.h>

#include "base/bytes.h"

#define BYTE_ORDER_MAGIC 0x1a2b3c4dU
#define OPTION_HEAD 4
#define OPTION_END 4
#define FLAGS_OPTION (OPTION_HEAD + 4)
#define BLOCK_INTERFACE 1
#define BLOCK_STATISTICS 5
#define LINKTYPE_ETHERNET 1
#define OPT_SHB_USERAPPL 4
#define OPT_IF_NAME 2
#define OPT_IF_TSRESOL 9
#define OPT_IF_FILTER 11
#define OPT_IF_OS 12
#define OPT_EPB_FLAGS 2
#define OPT_ISB_IFRECV 4
#define OPT_ISB_IFDROP 5
#define OPT_ISB_OSDROP 7
#define OPT_ISB_USRDELIV 8
#define TSRESOL_NS 9

static size_t
padding(size_t n)
{
	return (4 - n % 4) % 4;
}

/* An option with its padding; nothing for an empty value. */
static void
option_put(struct plk_mspan out, size_t *at, uint16_t code, struct plk_span value)
{
	uint8_t *p = out.p + *at;
	size_t pad = padding(value.n);

	if (value.n == 0)
		return;
	host16_store(p, code);
	host16_store(p + 2, (uint16_t)value.n);
	memcpy(p + OPTION_HEAD, value.p, value.n);
	memset(p + OPTION_HEAD + value.n, 0, pad);
	*at += OPTION_HEAD + value.n + pad;
}

/* The end of the options, and the length of the block that began at @from. */
static void
block_end(struct plk_mspan out, size_t *at, size_t from)
{
	size_t length = *at - from + OPTION_END + 4;

	memset(out.p + *at, 0, OPTION_END);
	*at += OPTION_END;
	host32_store(out.p + from + 4, (uint32_t)length);
	host32_store(out.p + *at, (uint32_t)length);
	*at += 4;
}

static void
section_put(const struct plk_pcapng_start *start, struct plk_mspan out, size_t *at)
{
	uint8_t *p = out.p + *at;
	size_t from = *at;

	host32_store(p, PLK_PCAPNG_MAGIC);
	host32_store(p + 8, BYTE_ORDER_MAGIC);
	host16_store(p + 12, 1);
	host16_store(p + 14, 0);
	memset(p + 16, 0xff, 8);
	*at += 24;
	option_put(out, at, OPT_SHB_USERAPPL, start->userappl);
	block_end(out, at, from);
}

/* if_filter: one byte that says in which language, 0 for pcap's, and the text. */
static void
filter_put(struct plk_mspan out, size_t *at, struct plk_span filter)
{
	uint8_t value[PLK_PCAPNG_TEXT_MAX];

	if (filter.n == 0)
		return;
	value[0] = 0;
	memcpy(value + 1, filter.p, filter.n);
	option_put(out, at, OPT_IF_FILTER, (struct plk_span){value, filter.n + 1});
}

static void
interface_put(const struct plk_pcapng_start *start, struct plk_mspan out, size_t *at)
{
	static const uint8_t tsresol[1] = {TSRESOL_NS};
	uint8_t *p = out.p + *at;
	size_t from = *at;

	host32_store(p, BLOCK_INTERFACE);
	host16_store(p + 8, LINKTYPE_ETHERNET);
	host16_store(p + 10, 0);
	host32_store(p + 12, start->snaplen);
	*at += 16;
	option_put(out, at, OPT_IF_NAME, start->ifname);
	option_put(out, at, OPT_IF_TSRESOL, (struct plk_span){tsresol, sizeof tsresol});
	filter_put(out, at, start->filter);
	option_put(out, at, OPT_IF_OS, start->os);
	block_end(out, at, from);
}

enum plk_err
plk_pcapng_start_encode(const struct plk_pcapng_start *start, struct plk_mspan out, size_t *n)
{
	size_t at = 0;

	if (start->ifname.n > PLK_IFNAME_MAX || start->userappl.n > PLK_PCAPNG_TEXT_MAX ||
	    start->filter.n > PLK_PCAPNG_TEXT_MAX - 1 || start->os.n > PLK_PCAPNG_TEXT_MAX)
		return PLK_E_LIMIT;
	if (out.n < PLK_PCAPNG_START_MAX)
		return PLK_E_ROOM;
	section_put(start, out, &at);
	interface_put(start, out, &at);
	*n = at;
	return PLK_OK;
}

static void
time_put(uint8_t *p, uint64_t time_ns)
{
	host32_store(p, (uint32_t)(time_ns >> 32));
	host32_store(p + 4, (uint32_t)time_ns);
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
	host32_store(head, PLK_PCAPNG_PACKET);
	host32_store(head + 4, length);
	host32_store(head + 8, 0);
	time_put(head + 12, packet->time_ns);
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

static void
number_put(struct plk_mspan out, size_t *at, uint16_t code, uint64_t value)
{
	uint8_t bytes[sizeof value];

	memcpy(bytes, &value, sizeof value);
	option_put(out, at, code, (struct plk_span){bytes, sizeof bytes});
}

void
plk_pcapng_statistics_encode(const struct plk_pcapng_statistics *statistics, uint8_t *out)
{
	struct plk_mspan block = {out, PLK_PCAPNG_STATISTICS};
	size_t at = 20;

	host32_store(out, BLOCK_STATISTICS);
	host32_store(out + 8, 0);
	time_put(out + 12, statistics->time_ns);
	number_put(block, &at, OPT_ISB_IFRECV, statistics->received);
	number_put(block, &at, OPT_ISB_IFDROP, statistics->dropped);
	number_put(block, &at, OPT_ISB_OSDROP, statistics->os_dropped);
	number_put(block, &at, OPT_ISB_USRDELIV, statistics->delivered);
	block_end(block, &at, 0);
}
