/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/claims.h"

#include <string.h>

#include "rows.h"

#define S "\x02\0\0\0\0\x02" /* the Ethernet source */
#define X "\x02\0\0\0\0\x0a" /* other addresses of the sender's */
#define Y "\x02\0\0\0\0\x0b"
#define ADDRS "\x02\0\0\0\0\x01" S
#define TAG "\x81\0\x20\x64" /* priority 1, VID 100 */
#define PRIORITY "\x81\0\xe0\0"
#define ATAG "\x88\xa8\0\x05"
#define A6 "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"
#define ADDR6 "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x0a"
#define PAD "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

#define ARP_HEAD(hw, type, p) hw "\x08\0" type p
#define ETHER_ARP ARP_HEAD("\0\1", "\6", "\4")
#define ARP_TAIL "\xc0\0\2\1\0\0\0\0\0\0\xc0\0\2\2"
#define ARP(op) "\x08\x06" ETHER_ARP "\0" op X ARP_TAIL

#define IP6(n, next) "\x60\0\0\0\0" n next "\xff" A6
#define V6(n, next) ADDRS "\x86\xdd" IP6(n, next)
#define OPTIONS(next) next "\0\1\4\0\0\0\0"
#define FRAGMENT(next, offset) next "\0" offset "\0\0\0\7"
#define ICMP(type) type "\0\xab\xcd"
#define RS ICMP("\x85") "\0\0\0\0"
#define RA ICMP("\x86") "\x40\0\7\x08\0\0\0\0\0\0\0\0"
#define NS ICMP("\x87") "\0\0\0\0" ADDR6
#define NA ICMP("\x88") "\x20\0\0\0" ADDR6
#define REDIRECT ICMP("\x89") "\0\0\0\0" ADDR6 ADDR6
#define SOURCE(mac) "\1\1" mac
#define TARGET(mac) "\2\1" mac
#define NONCE "\x0e\1abcdef"
#define MTU "\5\1\0\0\0\0\5\xdc"
#define PREFIX "\3\4\x40\xc0\0\0\0\1\0\0\0\1\0\0\0\0" ADDR6

#define SNAP "\xaa\xaa\3\0\0\0"
#define TUNNEL "\xaa\xaa\3\0\0\xf8"

#define NO_CSUM   \
	{         \
		0 \
	}
#define CSUM(start, offset)                                                                  \
	{                                                                                    \
		.flags = PLK_VNET_NEEDS_CSUM, .csum_start = (start), .csum_offset = (offset) \
	}

/* What the claims are, each a letter and the last byte of the address. */
struct row {
	const char *in;
	size_t n;
	struct plk_vnet vnet;
	enum plk_err err;
	const char *want;
};

/* clang-format off */
static const struct row claims_rows[] = {
	{T(ADDRS "\x88\xb5"), NO_CSUM, PLK_OK, "E2"},
	{T(ADDRS "\x08\0junk"), NO_CSUM, PLK_OK, "E2"}, /* IPv4 is not looked at */
	{T(ADDRS "\0\x26\x42\x42\3xxxx"), NO_CSUM, PLK_OK, "E2"}, /* LLC: spanning tree */
	{T(ADDRS "\0\x26" SNAP "\x80\x9b" "xxxx"), NO_CSUM, PLK_OK, "E2"},
	{T(ADDRS "\0\x26\xaa\xaa\3\0\0\x0c\x08\x06"), NO_CSUM, PLK_OK, "E2"}, /* another's OUI */
	{T(ADDRS "\0\x26" SNAP "\x08"), NO_CSUM, PLK_OK, "E2"},
	{T(ADDRS "\x88\xb5" SNAP "\x08\x06"), NO_CSUM, PLK_OK, "E2"}, /* an EtherType, not a length */
	{T(ADDRS ARP("\1")), NO_CSUM, PLK_OK, "E2 Aa"},
	{T(ADDRS ARP("\2") PAD), NO_CSUM, PLK_OK, "E2 Aa"},
	{T(ADDRS ARP("\x63")), NO_CSUM, PLK_OK, "E2 Aa"},
	{T(ADDRS TAG ARP("\1")), NO_CSUM, PLK_OK, "E2 Aa"},
	{T(ADDRS PRIORITY TAG ATAG TAG TAG ARP("\1")), NO_CSUM, PLK_OK, "E2 Aa"},
	{T(ADDRS "\x80\x35" ETHER_ARP "\0\3" X ARP_TAIL), NO_CSUM, PLK_OK, "E2 Aa"},
	{T(ADDRS "\x08\x06" ARP_HEAD("\0\6", "\6", "\4") "\0\1" X ARP_TAIL), NO_CSUM, PLK_OK, "E2 Aa"},
	{T(ADDRS "\x08\x06" ARP_HEAD("\0\1", "\6", "\0") "\0\1" X S), NO_CSUM, PLK_OK, "E2 Aa"},
	{T(V6("\0", "\x3b")), NO_CSUM, PLK_OK, "E2"},
	{T(V6("\x08", "\x3a") "\x80\0\xab\xcd\0\0\0\0"), NO_CSUM, PLK_OK, "E2"}, /* echo */
	{T(V6("\x08", "\x3a") "\x84\0\xab\xcd\0\0\0\0"), NO_CSUM, PLK_OK, "E2"}, /* one below */
	{T(V6("\x08", "\x3a") "\x8a\0\xab\xcd\0\0\0\0"), NO_CSUM, PLK_OK, "E2"}, /* one above */
	{T(V6("\x08", "\x3a") "\x80\0\xab\xcd\0\0\0\0"), CSUM(54, 2), PLK_OK, "E2"},
	{T(V6("\x08", "\x3a") RS), NO_CSUM, PLK_OK, "E2"}, /* from the unspecified address */
	{T(V6("\x10", "\x3a") RS SOURCE(X)), NO_CSUM, PLK_OK, "E2 Na"},
	{T(V6("\x10", "\x3a") RS SOURCE(X)), CSUM(54, 2), PLK_OK, "E2 Na"},
	{T(V6("\x40", "\x3a") RA MTU PREFIX SOURCE(X)), NO_CSUM, PLK_OK, "E2 Na"},
	{T(V6("\x20", "\x3a") NS SOURCE(X)), NO_CSUM, PLK_OK, "E2 Na"},
	{T(V6("\x30", "\x3a") NS SOURCE(X) NONCE SOURCE(Y)), NO_CSUM, PLK_OK, "E2 Na Nb"}, /* two of a type */
	{T(V6("\x20", "\x3a") NA TARGET(X)), NO_CSUM, PLK_OK, "E2 Na"},
	{T(V6("\x28", "\x3a") NA TARGET(X) SOURCE(Y)), NO_CSUM, PLK_OK, "E2 Na Nb"}, /* one of another message */
	{T(V6("\x20", "\x3a") NA TARGET(X) SOURCE(Y)), NO_CSUM, PLK_OK, "E2 Na"}, /* behind the end is no option */
	{T(V6("\x18", "\x3a") NA), NO_CSUM, PLK_OK, "E2"},
	{T(V6("\x30", "\x3a") REDIRECT TARGET(X)), NO_CSUM, PLK_OK, "E2 Na"},
	{T(V6("\x28", "\0") OPTIONS("\x3a") NA TARGET(X)), NO_CSUM, PLK_OK, "E2 Na"},
	{T(V6("\x30", "\x3c") OPTIONS("\x2b") OPTIONS("\x3a") NA TARGET(X)), NO_CSUM, PLK_OK, "E2 Na"},
	{T(ADDRS TAG "\x86\xdd" IP6("\x20", "\x3a") NA TARGET(X)), NO_CSUM, PLK_OK, "E2 Na"},
	{T(V6("\x10", "\x2c") FRAGMENT("\x3a", "\0\1") "\x80\0\xab\xcd\0\0\0\0"), NO_CSUM, PLK_OK, "E2"}, /* of a long ping */
	{T(V6("\x10", "\x2c") FRAGMENT("\x3a", "\0\x08") "\x88\0\xab\xcd\0\0\0\0"), NO_CSUM, PLK_OK, "E2"}, /* its middle */
	{T(V6("\xff", "\x2c") FRAGMENT("\x3a", "\0\x09") "\x88"), NO_CSUM, PLK_OK, "E2"},
	{T(V6("\x10", "\x2c") FRAGMENT("\x11", "\0\1") "\x88\0\xab\xcd\0\0\0\0"), NO_CSUM, PLK_OK, "E2"},

	{T(""), NO_CSUM, PLK_E_SHORT, ""},
	{T(ADDRS), NO_CSUM, PLK_E_SHORT, ""},
	{T(ADDRS "\x08"), NO_CSUM, PLK_E_SHORT, ""},
	{T(ADDRS "\x81\0"), NO_CSUM, PLK_E_CLAIM_TAG, ""},
	{T(ADDRS TAG), NO_CSUM, PLK_E_CLAIM_TAG, ""},
	{T(ADDRS TAG "\x08"), NO_CSUM, PLK_E_CLAIM_TAG, ""},
	{T(ADDRS TAG ATAG "\x08"), NO_CSUM, PLK_E_CLAIM_TAG, ""},
	{T(ADDRS "\x91\0\0\1" ARP("\1")), NO_CSUM, PLK_E_CLAIM_TAG, ""},
	{T(ADDRS TAG "\x92\0\0\1" ARP("\1")), NO_CSUM, PLK_E_CLAIM_TAG, ""},
	{T(ADDRS "\x93\0"), NO_CSUM, PLK_E_CLAIM_TAG, ""},
	{T(ADDRS "\0\x24" SNAP ARP("\1")), NO_CSUM, PLK_E_CLAIM_SNAP, ""},
	{T(ADDRS "\0\0" SNAP ARP("\1")), NO_CSUM, PLK_E_CLAIM_SNAP, ""},
	{T(ADDRS "\5\xff" TUNNEL ARP("\1")), NO_CSUM, PLK_E_CLAIM_SNAP, ""},
	{T(ADDRS TAG "\0\x24" SNAP ARP("\1")), NO_CSUM, PLK_E_CLAIM_SNAP, ""},
	{T(ADDRS "\0\x24" SNAP "\x80\x35" ETHER_ARP), NO_CSUM, PLK_E_CLAIM_SNAP, ""},
	{T(ADDRS "\0\x24" SNAP "\x86\xdd"), NO_CSUM, PLK_E_CLAIM_SNAP, ""},
	{T(ADDRS "\0\x24" SNAP TAG ARP("\1")), NO_CSUM, PLK_E_CLAIM_SNAP, ""},
	{T(ADDRS "\0\x24" SNAP ATAG), NO_CSUM, PLK_E_CLAIM_SNAP, ""},
	{T(ADDRS "\0\x24" SNAP "\x91\0\0\1" ARP("\1")), NO_CSUM, PLK_E_CLAIM_SNAP, ""},
	{T(ADDRS "\0\x24" SNAP "\0\0" ETHER_ARP), CSUM(14, 6), PLK_E_CLAIM_CSUM, ""}, /* the EtherType is written */
	{T(ADDRS "\0\x24\x42\x42\3xxxx"), CSUM(14, 4), PLK_E_CLAIM_CSUM, ""},
	{T(ADDRS ARP("\1")), CSUM(14, 8), PLK_E_CLAIM_CSUM, ""}, /* over the sender's address */
	{T(ADDRS TAG ARP("\1")), CSUM(40, 0), PLK_E_CLAIM_CSUM, ""},
	{T(ADDRS "\x08\x06"), NO_CSUM, PLK_E_CLAIM_ARP, ""},
	{T(ADDRS "\x08\x06\0\1\x08\0\6\4\0"), NO_CSUM, PLK_E_CLAIM_ARP, ""},
	{T(ADDRS "\x08\x06" ETHER_ARP "\0\1"), NO_CSUM, PLK_E_CLAIM_ARP, ""},
	{T(ADDRS "\x08\x06" ETHER_ARP "\0\1" X), NO_CSUM, PLK_E_CLAIM_ARP, ""},
	{T(ADDRS "\x08\x06" ETHER_ARP "\0\1" X "\xc0\0\2\1\0\0\0\0\0\0\xc0\0\2"), NO_CSUM, PLK_E_CLAIM_ARP, ""},
	{T(ADDRS "\x08\x06" ARP_HEAD("\0\1", "\6", "\5") "\0\1" X ARP_TAIL), NO_CSUM, PLK_E_CLAIM_ARP, ""},
	{T(ADDRS "\x08\x06" ARP_HEAD("\0\1", "\5", "\4") "\0\1" X ARP_TAIL), NO_CSUM, PLK_E_CLAIM_ARP, ""},
	{T(ADDRS "\x08\x06" ARP_HEAD("\0\1", "\0", "\4") "\0\1" X ARP_TAIL), NO_CSUM, PLK_E_CLAIM_ARP, ""},
	{T(ADDRS "\x08\x06" ARP_HEAD("\0\1", "\x08", "\4") "\0\1" X ARP_TAIL PAD), NO_CSUM, PLK_E_CLAIM_ARP, ""},
	{T(ADDRS "\x08\x06" ARP_HEAD("\0\x18", "\6", "\4") "\0\1" X ARP_TAIL), NO_CSUM, PLK_E_CLAIM_ARP, ""},
	{T(ADDRS "\x08\x06" ARP_HEAD("\1\1", "\6", "\4") "\0\1" X ARP_TAIL), NO_CSUM, PLK_E_CLAIM_ARP, ""},
	{T(ADDRS "\x80\x35" ARP_HEAD("\0\1", "\6", "\xff") "\0\3" X ARP_TAIL), NO_CSUM, PLK_E_CLAIM_ARP, ""},
	{T(ADDRS "\x86\xdd"), NO_CSUM, PLK_E_CLAIM_ND, ""},
	{T(ADDRS "\x86\xdd\x60\0\0\0\0\0\x3a\xff" ADDR6), NO_CSUM, PLK_E_CLAIM_ND, ""},
	{T(ADDRS "\x86\xdd\x40\0\0\0\0\x20\x3a\xff" A6 NA TARGET(X)), NO_CSUM, PLK_E_CLAIM_ND, ""},
	{T(V6("\x20", "\0") "\x3a\1\1\4\0\0\0\0"), NO_CSUM, PLK_E_CLAIM_ND, ""}, /* an extension header beyond the end */
	{T(V6("\0", "\x3a")), NO_CSUM, PLK_E_CLAIM_ND, ""},
	{T(V6("\0", "\x3a") NA TARGET(X)), NO_CSUM, PLK_E_CLAIM_ND, ""}, /* all is padding */
	{T(V6("\0", "\0") "\x3a\0\xc2\4\0\1\0\0" NA TARGET(X)), NO_CSUM, PLK_E_CLAIM_ND, ""}, /* a jumbogram */
	{T(V6("\x21", "\x3a") NA TARGET(X)), NO_CSUM, PLK_E_CLAIM_ND, ""}, /* the frame is shorter than IP says */
	{T(V6("\x28", "\x3a") "\x80\0\xab\xcd\0\0\0\0"), NO_CSUM, PLK_E_CLAIM_ND, ""},
	{T(V6("\x07", "\x3a") RS), NO_CSUM, PLK_E_CLAIM_ND, ""},
	{T(V6("\x0f", "\x3a") RA SOURCE(X)), NO_CSUM, PLK_E_CLAIM_ND, ""},
	{T(V6("\x17", "\x3a") NS SOURCE(X)), NO_CSUM, PLK_E_CLAIM_ND, ""},
	{T(V6("\x17", "\x3a") NA TARGET(X)), NO_CSUM, PLK_E_CLAIM_ND, ""},
	{T(V6("\x27", "\x3a") REDIRECT), NO_CSUM, PLK_E_CLAIM_ND, ""},
	{T(V6("\1", "\x3a") NA), NO_CSUM, PLK_E_CLAIM_ND, ""},
	{T(V6("\x19", "\x3a") NA TARGET(X)), NO_CSUM, PLK_E_CLAIM_ND, ""}, /* one byte of an option */
	{T(V6("\x1f", "\x3a") NA TARGET(X)), NO_CSUM, PLK_E_CLAIM_ND, ""},
	{T(V6("\x24", "\x3a") NA TARGET(X) NONCE), NO_CSUM, PLK_E_CLAIM_ND, ""},
	{T(V6("\x20", "\x3a") NA "\2\0" X), NO_CSUM, PLK_E_CLAIM_ND, ""},
	{T(V6("\x28", "\x3a") NA "\x0e\0abcdef" TARGET(X)), NO_CSUM, PLK_E_CLAIM_ND, ""},
	{T(V6("\x28", "\x3a") NA "\2\2" X "\0\0\0\0\0\0\0\0"), NO_CSUM, PLK_E_CLAIM_ND, ""},
	{T(V6("\x28", "\x3a") NS "\1\2" X "\0\0\0\0\0\0\0\0"), NO_CSUM, PLK_E_CLAIM_ND, ""},
	{T(V6("\x28", "\x3a") NA "\x0e\3" X TARGET(X)), NO_CSUM, PLK_E_CLAIM_ND, ""},
	{T(V6("\x20", "\x3a") NA TARGET(X)), CSUM(54, 26), PLK_E_CLAIM_CSUM, ""}, /* over the option's address */
	{T(V6("\x20", "\x3a") NA TARGET(X)), CSUM(56, 0), PLK_E_CLAIM_CSUM, ""},
	{T(V6("\x20", "\x3a") "\x80\0\0\0\0\0\0\0" ADDR6 TARGET(X)), CSUM(54, 0), PLK_E_CLAIM_CSUM, ""}, /* over the type */
	{T(V6("\x28", "\x2c") FRAGMENT("\x3a", "\0\0") NA TARGET(X)), NO_CSUM, PLK_E_CLAIM_ND, ""}, /* the only fragment */
	{T(V6("\x28", "\x2c") FRAGMENT("\x3a", "\0\1") NA TARGET(X)), NO_CSUM, PLK_E_CLAIM_ND, ""},
	{T(V6("\x10", "\x2c") FRAGMENT("\x3a", "\0\1") RS), NO_CSUM, PLK_E_CLAIM_ND, ""},
	{T(V6("\x08", "\x2c") FRAGMENT("\x3a", "\0\1")), NO_CSUM, PLK_E_CLAIM_ND, ""}, /* its type comes later */
	{T(V6("\x10", "\x2c") FRAGMENT("\x3c", "\0\1") OPTIONS("\x3a")), NO_CSUM, PLK_E_CLAIM_ND, ""},
	{T(V6("\x28", "\x2c") FRAGMENT("\x3c", "\0\x08") NA TARGET(X)), NO_CSUM, PLK_E_CLAIM_ND, ""},
	{T(V6("\x30", "\x2c") FRAGMENT("\x2c", "\0\0") FRAGMENT("\x3a", "\0\0") NA TARGET(X)), NO_CSUM, PLK_E_CLAIM_ND, ""},
	{T(V6("\x10", "\x2c") FRAGMENT("\0", "\0\1") OPTIONS("\x3a")), NO_CSUM, PLK_E_CLAIM_ND, ""},
	{T(V6("\x10", "\x2c") FRAGMENT("\x2b", "\0\1") OPTIONS("\x3a")), NO_CSUM, PLK_E_CLAIM_ND, ""},
};

struct vlan_row {
	const char *in;
	size_t n;
	struct plk_vnet vnet;
	enum plk_err err;
	uint16_t id;
};

static const struct vlan_row vlan_rows[] = {
	{T(ADDRS "\x88\xb5"), NO_CSUM, PLK_OK, 0},
	{T(ADDRS "\x08\x06"), NO_CSUM, PLK_OK, 0},
	{T(ADDRS "\0\x26\x42\x42\3"), NO_CSUM, PLK_OK, 0},
	{T(ADDRS TAG "\x88\xb5"), NO_CSUM, PLK_OK, 100},
	{T(ADDRS ATAG "\x88\xb5"), NO_CSUM, PLK_OK, 5},
	{T(ADDRS ATAG TAG "\x88\xb5"), NO_CSUM, PLK_OK, 5},
	{T(ADDRS TAG ATAG TAG "\x88\xb5"), NO_CSUM, PLK_OK, 100},
	{T(ADDRS TAG PRIORITY "\x88\xb5"), NO_CSUM, PLK_OK, 100},
	{T(ADDRS PRIORITY "\x88\xb5"), NO_CSUM, PLK_OK, 0},
	{T(ADDRS "\x88\xa8\x10\0\x08\0"), NO_CSUM, PLK_OK, 0}, /* drop eligible */
	{T(ADDRS "\x81\0\xff\xff\x08\0"), NO_CSUM, PLK_OK, 4095},
	{T(ADDRS "\x81\0\x0f\xfe\x08\0"), CSUM(18, 0), PLK_OK, 4094},

	{T(""), NO_CSUM, PLK_E_SHORT, 0},
	{T(ADDRS "\x81"), NO_CSUM, PLK_E_SHORT, 0},
	{T(ADDRS "\x81\0"), NO_CSUM, PLK_E_CLAIM_TAG, 0},
	{T(ADDRS "\x81\0\0\x64"), NO_CSUM, PLK_E_CLAIM_TAG, 0},
	{T(ADDRS "\x88\xa8\0\x64\x08"), NO_CSUM, PLK_E_CLAIM_TAG, 0},
	{T(ADDRS TAG "\x81\0"), NO_CSUM, PLK_E_CLAIM_TAG, 0},
	{T(ADDRS PRIORITY TAG "\x88\xb5"), NO_CSUM, PLK_E_CLAIM_TAG, 0},
	{T(ADDRS PRIORITY PRIORITY "\x88\xb5"), NO_CSUM, PLK_E_CLAIM_TAG, 0},
	{T(ADDRS "\x88\xa8\0\0" TAG "\x88\xb5"), NO_CSUM, PLK_E_CLAIM_TAG, 0},
	{T(ADDRS "\x91\0\0\x64\x08\0"), NO_CSUM, PLK_E_CLAIM_TAG, 0},
	{T(ADDRS TAG "\x91\0\0\x64\x08\0"), NO_CSUM, PLK_E_CLAIM_TAG, 0},
	{T(ADDRS "\x92\0"), NO_CSUM, PLK_E_CLAIM_TAG, 0},
	{T(ADDRS "\x93\0"), NO_CSUM, PLK_E_CLAIM_TAG, 0},
	{T(ADDRS "\0\x24" SNAP TAG "\x08\x06"), NO_CSUM, PLK_E_CLAIM_SNAP, 0},
	{T(ADDRS "\0\x24" TUNNEL ATAG "\x08\x06"), NO_CSUM, PLK_E_CLAIM_SNAP, 0},
	{T(ADDRS "\0\x24" SNAP "\0\0\0\x64"), CSUM(14, 6), PLK_E_CLAIM_CSUM, 0},
};
/* clang-format on */

/* "E2 Aa": the claims in their order. */
static void
claims_print(struct plk_claims *claims, char *out)
{
	static const char letters[PLK_CLAIMS] = {'E', 'A', 'N'};
	enum plk_claim where;
	const uint8_t *mac;

	while (plk_claims_next(claims, &where, &mac)) {
		*out++ = letters[where];
		*out++ = "0123456789abcdef"[mac[PLK_ETH_ADDR - 1] & 15];
		*out++ = ' ';
	}
	out[-1] = 0; /* the source is always there */
}

static void
test_claims(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "claims of a frame");
	for (size_t i = 0; i < COUNT(claims_rows); i++) {
		const struct row *row = &claims_rows[i];
		struct plk_span eth = exact_new(row->in, row->n);
		struct plk_claims claims;
		char text[64];

		row_begin(&r, row->in, row->n);
		mark(&claims, sizeof claims);
		row_err(&r, plk_claims_parse(eth, &row->vnet, &claims), row->err);
		if (row->err != PLK_OK) {
			row_true(&r, "untouched", untouched(&claims, sizeof claims));
		} else if (!untouched(&claims, sizeof claims)) {
			claims_print(&claims, text);
			row_text(&r, "claims",
				 (struct plk_span){(const uint8_t *)text, strlen(text)}, row->want);
		}
		exact_free(eth);
	}
	rows_end_strict(&r);
}

static void
test_vlan(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "VLAN of a frame");
	for (size_t i = 0; i < COUNT(vlan_rows); i++) {
		const struct vlan_row *row = &vlan_rows[i];
		struct plk_span eth = exact_new(row->in, row->n);
		uint16_t id = 0xa5a5;

		row_begin(&r, row->in, row->n);
		row_err(&r, plk_claims_vlan(eth, &row->vnet, &id), row->err);
		row_number(&r, "VLAN", id, row->err == PLK_OK ? row->id : 0xa5a5);
		exact_free(eth);
	}
	rows_end_strict(&r);
}

/* What is exhausted stays so. */
static void
test_end(void **state)
{
	static const char frame[] = ADDRS "\x88\xb5";
	struct plk_span eth = exact_new(frame, sizeof frame - 1);
	const struct plk_vnet vnet = {0};
	struct plk_claims claims;
	enum plk_claim where;
	const uint8_t *mac;

	(void)state;
	assert_int_equal(plk_claims_parse(eth, &vnet, &claims), PLK_OK);
	assert_true(plk_claims_next(&claims, &where, &mac));
	assert_ptr_equal(mac, eth.p + PLK_ETH_ADDR);
	for (int i = 0; i < 3; i++)
		assert_false(plk_claims_next(&claims, &where, &mac));
	exact_free(eth);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_claims),
		cmocka_unit_test(test_vlan),
		cmocka_unit_test(test_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
