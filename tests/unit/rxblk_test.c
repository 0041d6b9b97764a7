/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/rxblk.h"

#include <linux/if_packet.h>
#include <string.h>

#include "rows.h"

#define BLOCK 512
#define HDR sizeof(struct tpacket3_hdr)
#define MAC 92 /* where the kernel puts a frame behind a header of 10 bytes */

/* One packet of a block as the kernel writes it; fields out of place make the negative rows. */
struct packet {
	uint32_t next;
	uint32_t snaplen;
	uint32_t len;
	uint16_t mac;
	uint32_t status;
	uint16_t tci;
	uint16_t tpid;
	uint8_t pkttype;
	bool unfilled;
};

static uint8_t block[BLOCK];

static void
block_begin(uint32_t n, uint32_t first)
{
	struct tpacket_block_desc desc = {0};

	memset(block, 0, sizeof block);
	desc.hdr.bh1.num_pkts = n;
	desc.hdr.bh1.offset_to_first_pkt = first;
	memcpy(block, &desc, sizeof desc);
}

static void
packet_put(size_t at, const struct packet *packet)
{
	const struct tpacket3_hdr hdr = {
		.tp_next_offset = packet->next,
		.tp_snaplen = packet->snaplen,
		.tp_len = packet->len,
		.tp_mac = packet->mac,
		.tp_status = packet->status | (packet->unfilled ? 0 : TP_STATUS_USER),
		.tp_sec = 7,
		.tp_nsec = 5,
		.hv1 = {.tp_vlan_tci = packet->tci, .tp_vlan_tpid = packet->tpid},
	};
	const struct sockaddr_ll from = {.sll_pkttype = packet->pkttype};

	memcpy(block + at, &hdr, sizeof hdr);
	memcpy(block + at + HDR, &from, sizeof from);
}

static void
test_walk(void **state)
{
	struct plk_rxblk walk;
	struct plk_rxpkt packet;

	(void)state;
	block_begin(2, 48);
	packet_put(
		48,
		&(struct packet){
			.next = 160, .snaplen = 60, .len = 60, .mac = MAC, .pkttype = PACKET_HOST});
	packet_put(208, &(struct packet){.snaplen = 20,
					 .len = 1000,
					 .mac = MAC,
					 .status = TP_STATUS_VLAN_VALID | TP_STATUS_VLAN_TPID_VALID,
					 .tci = 0x2005,
					 .tpid = 0x88a8,
					 .pkttype = PACKET_OUTGOING});
	block[48 + MAC] = 0xaa;
	assert_int_equal(plk_rxblk_parse((struct plk_span){block, BLOCK}, &walk), PLK_OK);
	assert_int_equal(plk_rxblk_next(&walk, &packet), PLK_OK);
	assert_ptr_equal(packet.eth.p, block + 48 + MAC);
	assert_int_equal(packet.eth.n, 60);
	assert_ptr_equal(packet.vnet.p, block + 48 + MAC - 10);
	assert_int_equal(packet.vnet.n, 10);
	assert_int_equal(packet.original, 60);
	assert_int_equal(packet.pkttype, PACKET_HOST);
	assert_false(packet.tag.present);
	assert_int_equal(packet.time_ns, 7000000005);
	assert_int_equal(plk_rxblk_next(&walk, &packet), PLK_OK);
	assert_int_equal(packet.original, 1000);
	assert_int_equal(packet.pkttype, PACKET_OUTGOING);
	assert_true(packet.tag.present);
	assert_int_equal(packet.tag.tpid, 0x88a8);
	assert_int_equal(packet.tag.tci, 0x2005);
	assert_int_equal(plk_rxblk_next(&walk, &packet), PLK_E_SHORT);
	assert_int_equal(plk_rxblk_next(&walk, &packet), PLK_E_SHORT);
}

/* What the kernel began and gave up is skipped, whatever stands there. */
static void
test_unfilled(void **state)
{
	const struct packet before = {
		.next = 160, .snaplen = 60, .len = 60, .mac = MAC, .unfilled = true};
	const struct packet fresh = {.next = 80, .unfilled = true};
	struct plk_rxblk walk;
	struct plk_rxpkt packet;

	(void)state;
	block_begin(4, 48);
	packet_put(48, &fresh);
	packet_put(128, &before);
	packet_put(288, &(struct packet){.next = 112, .snaplen = 20, .len = 21, .mac = MAC});
	packet_put(400, &(struct packet){.unfilled = true});
	assert_int_equal(plk_rxblk_parse((struct plk_span){block, BLOCK}, &walk), PLK_OK);
	assert_int_equal(plk_rxblk_next(&walk, &packet), PLK_OK);
	assert_ptr_equal(packet.eth.p, block + 288 + MAC);
	assert_int_equal(packet.original, 21);
	assert_int_equal(plk_rxblk_next(&walk, &packet), PLK_E_SHORT);
	assert_int_equal(plk_rxblk_next(&walk, &packet), PLK_E_SHORT);
}

struct bad {
	const char *what;
	uint32_t n;
	uint32_t first;
	struct packet packet;
	enum plk_err err;
	enum plk_err then;
};

#define FINE .snaplen = 60, .len = 60, .mac = MAC

/* clang-format off */
static const struct bad bads[] = {
	{"no packets", 0, 48, {FINE}, PLK_E_SHORT, PLK_E_SHORT},
	{"first outside", 1, BLOCK, {FINE}, PLK_E_MALFORMED, PLK_E_SHORT},
	{"first near the end", 1, BLOCK - 8, {FINE}, PLK_E_MALFORMED, PLK_E_SHORT},
	{"first far outside", 1, UINT32_MAX, {FINE}, PLK_E_MALFORMED, PLK_E_SHORT},
	{"mac before the header", 1, 48, {.snaplen = 60, .len = 60, .mac = 0}, PLK_E_MALFORMED, PLK_E_SHORT},
	{"mac in the header", 1, 48, {.snaplen = 60, .len = 60, .mac = 77}, PLK_E_MALFORMED, PLK_E_SHORT},
	{"mac outside", 1, 48, {.snaplen = 60, .len = 60, .mac = BLOCK}, PLK_E_MALFORMED, PLK_E_SHORT},
	{"snaplen outside", 1, 48, {.snaplen = BLOCK, .len = 60, .mac = MAC}, PLK_E_MALFORMED, PLK_E_SHORT},
	{"snaplen huge", 1, 48, {.snaplen = UINT32_MAX, .len = 60, .mac = MAC}, PLK_E_MALFORMED, PLK_E_SHORT},
	{"one byte too many", 1, 48, {.snaplen = BLOCK - 48 - MAC + 1, .len = 1, .mac = MAC}, PLK_E_MALFORMED, PLK_E_SHORT},
	{"exactly to the end", 1, 48, {.snaplen = BLOCK - 48 - MAC, .len = 1, .mac = MAC}, PLK_OK, PLK_E_SHORT},
	{"empty frame", 1, 48, {.mac = MAC}, PLK_OK, PLK_E_SHORT},
	{"empty frame at the end", 1, 48, {.mac = BLOCK - 48}, PLK_OK, PLK_E_SHORT},
	{"mac right behind the headers", 1, 48, {.snaplen = 60, .len = 60, .mac = 78}, PLK_OK, PLK_E_SHORT},
	{"first outside, two are said", 2, BLOCK, {FINE}, PLK_E_MALFORMED, PLK_E_SHORT},
	{"one is said, but next leads on", 1, 48, {.next = 200, FINE}, PLK_OK, PLK_E_SHORT},
	{"next right behind the header, not filled", 2, 48, {.next = 68, FINE}, PLK_OK, PLK_E_SHORT},
	{"snaplen wraps with mac", 1, 48, {.snaplen = UINT32_MAX - MAC + 1, .len = 60, .mac = MAC}, PLK_E_MALFORMED, PLK_E_SHORT},
	{"next leads back", 2, 48, {.next = UINT32_MAX - 47, FINE}, PLK_OK, PLK_E_MALFORMED},
	{"next is 0, but more are said", 2, 48, {FINE}, PLK_OK, PLK_E_MALFORMED},
	{"next is itself, nearly", 9, 48, {.next = 4, FINE}, PLK_OK, PLK_E_MALFORMED},
	{"next outside", 2, 48, {.next = BLOCK, FINE}, PLK_OK, PLK_E_MALFORMED},
	{"next far outside", 2, 48, {.next = UINT32_MAX, FINE}, PLK_OK, PLK_E_MALFORMED},
	{"next leads to nothing", 2, 48, {.next = 400, FINE}, PLK_OK, PLK_E_MALFORMED},
	{"next leads to zeros, not filled", 2, 48, {.next = 200, FINE}, PLK_OK, PLK_E_SHORT},
};
/* clang-format on */

static void
test_lies(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "blocks that lie");
	for (size_t i = 0; i < COUNT(bads); i++) {
		struct plk_span exact;
		struct plk_rxblk walk;
		struct plk_rxpkt packet;

		row_begin_text(&r, "%s", bads[i].what);
		block_begin(bads[i].n, bads[i].first);
		packet_put(48, &bads[i].packet);
		exact = exact_new(block, BLOCK);
		assert_int_equal(plk_rxblk_parse(exact, &walk), PLK_OK);
		mark(&packet, sizeof packet);
		row_err(&r, plk_rxblk_next(&walk, &packet), bads[i].err);
		if (bads[i].err != PLK_OK)
			row_true(&r, "untouched", untouched(&packet, sizeof packet));
		row_err(&r, plk_rxblk_next(&walk, &packet), bads[i].then);
		exact_free(exact);
	}
	rows_end_strict(&r);
}

static void
test_short(void **state)
{
	struct plk_rxblk walk;

	(void)state;
	block_begin(1, 48);
	assert_int_equal(plk_rxblk_parse((struct plk_span){NULL, 0}, &walk), PLK_E_SHORT);
	assert_int_equal(
		plk_rxblk_parse((struct plk_span){block, sizeof(struct tpacket_block_desc) - 1},
				&walk),
		PLK_E_SHORT);
}

static void
test_tag(void **state)
{
	(void)state;
	assert_false(plk_tag_from_status(0, 5, 0x8100).present);
	assert_false(plk_tag_from_status(TP_STATUS_VLAN_TPID_VALID, 5, 0x8100).present);
	assert_true(plk_tag_from_status(TP_STATUS_VLAN_VALID, 0, 0).present); /* priority tag */
	assert_int_equal(plk_tag_from_status(TP_STATUS_VLAN_VALID, 5, 0x88a8).tpid, 0x8100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walk), cmocka_unit_test(test_unfilled),
		cmocka_unit_test(test_lies), cmocka_unit_test(test_short),
		cmocka_unit_test(test_tag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
