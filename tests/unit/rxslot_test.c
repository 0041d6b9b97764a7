/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/rxslot.h"

#include <linux/if_packet.h>
#include <string.h>

#include "rows.h"

#define SLOT 256
#define MAC 76 /* where the kernel puts a frame behind a header of 10 bytes */

struct row {
	const char *what;
	size_t slot_n;
	uint32_t snaplen;
	uint32_t len;
	uint16_t mac;
	uint32_t status;
	enum plk_err err;
};

/* clang-format off */
static const struct row rows[] = {
	{"a frame", SLOT, 60, 60, MAC, 0, PLK_OK},
	{"a tag beside it", SLOT, 60, 60, MAC, TP_STATUS_VLAN_VALID | TP_STATUS_VLAN_TPID_VALID, PLK_OK},
	{"cut short", SLOT, 60, 9000, MAC, 0, PLK_OK},
	{"an empty frame", SLOT, 0, 0, MAC, 0, PLK_OK},
	{"an empty frame at the end", SLOT, 0, 0, SLOT, 0, PLK_OK},
	{"to the end", SLOT, SLOT - MAC, SLOT - MAC, MAC, 0, PLK_OK},
	{"right behind the headers", SLOT, 60, 60, 62, 0, PLK_OK},
	{"no slot", 0, 60, 60, MAC, 0, PLK_E_SHORT},
	{"half a header", 20, 60, 60, MAC, 0, PLK_E_SHORT},
	{"no address", 32, 60, 60, MAC, 0, PLK_E_SHORT},
	{"a byte of the address is missing", 51, 60, 60, MAC, 0, PLK_E_SHORT},
	{"headers only", 52, 60, 60, MAC, 0, PLK_E_MALFORMED},
	{"a byte too long", SLOT, SLOT - MAC + 1, 60, MAC, 0, PLK_E_MALFORMED},
	{"much too long", SLOT, UINT32_MAX, 60, MAC, 0, PLK_E_MALFORMED},
	{"the end wraps", SLOT, UINT32_MAX - MAC + 1, 60, MAC, 0, PLK_E_MALFORMED},
	{"in the address", SLOT, 60, 60, 61, 0, PLK_E_MALFORMED},
	{"in the header", SLOT, 60, 60, 0, 0, PLK_E_MALFORMED},
	{"beyond the slot", SLOT, 0, 0, SLOT + 1, 0, PLK_E_MALFORMED},
	{"far beyond the slot", SLOT, 60, 60, UINT16_MAX, 0, PLK_E_MALFORMED},
};
/* clang-format on */

static void
slot_make(uint8_t *slot, const struct row *row)
{
	const struct tpacket2_hdr hdr = {
		.tp_status = TP_STATUS_USER | row->status,
		.tp_len = row->len,
		.tp_snaplen = row->snaplen,
		.tp_mac = row->mac,
		.tp_sec = 7,
		.tp_nsec = 5,
		.tp_vlan_tci = 0x2005,
		.tp_vlan_tpid = 0x88a8,
	};
	const struct sockaddr_ll from = {.sll_pkttype = PACKET_OUTGOING};

	memset(slot, 0, SLOT);
	memcpy(slot, &hdr, sizeof hdr);
	memcpy(slot + sizeof hdr, &from, sizeof from);
}

static void
good_check(struct rows *r, const struct row *row, struct plk_span slot,
	   const struct plk_rxpkt *packet)
{
	row_true(r, "place", packet->eth.p == slot.p + row->mac);
	row_number(r, "bytes", packet->eth.n, row->snaplen);
	row_true(r, "header", packet->vnet.p == packet->eth.p - 10 && packet->vnet.n == 10);
	row_number(r, "original", packet->original, row->len);
	row_number(r, "type", packet->pkttype, PACKET_OUTGOING);
	row_number(r, "time", packet->time_ns, 7000000005);
	row_number(r, "room", packet->room, row->mac - 52U);
	row_true(r, "tag", packet->tag.present == (row->status != 0));
	row_number(r, "tpid", packet->tag.tpid, row->status != 0 ? 0x88a8 : 0);
}

static void
test_parse(void **state)
{
	uint8_t bytes[SLOT];
	struct rows r;

	(void)state;
	rows_begin(&r, "slots");
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct plk_rxpkt packet;
		struct plk_span slot;

		row_begin_text(&r, "%s", rows[i].what);
		slot_make(bytes, &rows[i]);
		slot = exact_new(bytes, rows[i].slot_n);
		mark(&packet, sizeof packet);
		row_err(&r, plk_rxslot_parse(slot, &packet), rows[i].err);
		if (rows[i].err == PLK_OK)
			good_check(&r, &rows[i], slot, &packet);
		else
			row_true(&r, "untouched", untouched(&packet, sizeof packet));
		exact_free(slot);
	}
	rows_end_strict(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
