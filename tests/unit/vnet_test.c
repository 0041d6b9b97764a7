/* SPDX-License-Identifier: BSD-2-Clause */
#include <pktlock/vnet.h>

#include <string.h>

#include "hostorder.h"
#include "rows.h"

#define ETH(type) "\x02\0\0\0\0\x01\x02\0\0\0\0\x02" type
#define ADDR4 "\xc0\0\x02\x01\xc6\x33\x64\x07"
#define ADDR6 "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"
#define IPV4(proto) "\x45\0\0\x40\0\0\x40\0\x40" proto "\0\0" ADDR4
#define IPV4_OPTIONS(proto) "\x46\0\0\x40\0\0\x40\0\x40" proto "\0\0" ADDR4 "\x94\x04\0\0"
#define IPV6(proto) "\x60\0\0\0\0\x20" proto "\x40" ADDR6
#define TCP(offset) "\x9c\x40\x01\xbb\x01\x02\x03\x04\0\0\0\0" offset "\x18\xfa\xf0\xab\xcd\0\0"
#define UDP "\x12\x34\0\x35\0\x20\xab\xcd"
#define IPV4_FRAGMENT(proto) "\x45\0\0\x40\0\0\x20\0\x40" proto "\0\0" ADDR4
#define IPV6_NEXT(next) "\x60\0\0\0\0\x20" next "\x40" ADDR6
#define EXTENSION(next) next "\0\1\4\0\0\0\0" /* hop-by-hop or destination options, 8 bytes */
#define ROUTING(next) next "\2\4\0\0\0\0\0" ADDR6_ONE /* 24 bytes */
#define ADDR6_ONE "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\3"
#define FRAGMENT(next) next "\0\0\1\0\0\0\7"
#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

/* Frames, and where their layer 4 begins. */
#define TCP4 ETH("\x08\0") IPV4("\x06") TCP("\x50") X50                /* 34; 104 bytes */
#define TCP4_OPTS ETH("\x08\0") IPV4("\x06") TCP("\x80") X50           /* 34; 12 bytes of options */
#define TCP4_IPOPTS ETH("\x08\0") IPV4_OPTIONS("\x06") TCP("\x50") X50 /* 38 */
#define TCP6 ETH("\x86\xdd") IPV6("\x06") TCP("\x50") X50              /* 54 */
#define TCP4_Q ETH("\x81\0") "\0\x07\x08\0" IPV4("\x06") TCP("\x50") X50                  /* 38 */
#define TCP4_QINQ ETH("\x88\xa8") "\0\x07\x81\0\0\x08\x08\0" IPV4("\x06") TCP("\x50") X50 /* 42 */
#define UDP4 ETH("\x08\0") IPV4("\x11") UDP X50   /* 34; 92 bytes */
#define UDP6 ETH("\x86\xdd") IPV6("\x11") UDP X50 /* 54 */
#define TCP6_EXTENSIONS \
	ETH("\x86\xdd") \
	IPV6_NEXT("\0") EXTENSION("\x2b") ROUTING("\x3c") EXTENSION("\x06") TCP("\x50") X50 /* 94 */
#define TCP6_FRAGMENT ETH("\x86\xdd") IPV6_NEXT("\x2c") FRAGMENT("\x06") TCP("\x50") X50    /* 62 */
#define TCP4_FRAGMENT ETH("\x08\0") IPV4_FRAGMENT("\x06") TCP("\x50") X50                   /* 34 */
#define VXLAN ETH("\x08\0") IPV4("\x11") UDP "\x08\0\0\0\0\0\7\0" TCP4 /* 34, within 84 */
#define GRE4 ETH("\x08\0") IPV4("\x2f") "\0\0\x65\x58" TCP4            /* 34, within 72 */

struct parse_row {
	uint8_t bytes[24];
	size_t n;
	enum plk_err err;
	struct plk_vnet want;
};

#define BYTES10 1, 0x81, H16(54), H16(1448), H16(34), H16(16)
#define FIELDS 1, 0x81, 54, 1448, 34, 16

/* clang-format off */
static const struct parse_row parse_rows[] = {
	{{0}, 0, PLK_OK, {0, 0, 0, 0, 0, 0, 0}},
	{{BYTES10}, 10, PLK_OK, {FIELDS, 0}},
	{{BYTES10, H16(3)}, 12, PLK_OK, {FIELDS, 3}},
	{{BYTES10, H16(3), 1, 2, 3, 4, 5, 6, 7, 8}, 20, PLK_OK, {FIELDS, 3}},
	{{[0] = 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 12,
	 PLK_OK, {255, 255, 65535, 65535, 65535, 65535, 65535}},

	{{BYTES10}, 1, PLK_E_MALFORMED, {0}},
	{{BYTES10}, 2, PLK_E_MALFORMED, {0}},
	{{BYTES10}, 8, PLK_E_MALFORMED, {0}},
	{{BYTES10}, 9, PLK_E_MALFORMED, {0}},
	{{BYTES10}, 11, PLK_E_MALFORMED, {0}},
	{{BYTES10}, 13, PLK_E_MALFORMED, {0}},
	{{BYTES10}, 14, PLK_E_MALFORMED, {0}},
	{{BYTES10}, 16, PLK_E_MALFORMED, {0}},
	{{BYTES10}, 19, PLK_E_MALFORMED, {0}},
	{{BYTES10}, 21, PLK_E_MALFORMED, {0}},
	{{BYTES10}, 24, PLK_E_MALFORMED, {0}},
};
/* clang-format on */

static bool
vnet_is(const struct plk_vnet *a, const struct plk_vnet *b)
{
	return a->flags == b->flags && a->gso_type == b->gso_type && a->hdr_len == b->hdr_len &&
	       a->gso_size == b->gso_size && a->csum_start == b->csum_start &&
	       a->csum_offset == b->csum_offset && a->num_buffers == b->num_buffers;
}

static void
test_parse(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "virtio-net header");
	for (size_t i = 0; i < COUNT(parse_rows); i++) {
		const struct parse_row *row = &parse_rows[i];
		struct plk_span in = exact_new(row->bytes, row->n);
		struct plk_vnet vnet;

		row_begin_text(&r, "%zu bytes", row->n);
		mark(&vnet, sizeof vnet);
		row_err(&r, plk_vnet_parse(in, &vnet), row->err);
		row_true(&r, "fields",
			 row->err == PLK_OK ? vnet_is(&vnet, &row->want)
					    : untouched(&vnet, sizeof vnet));
		exact_free(in);
	}
	rows_end_strict(&r);
}

struct encode_row {
	size_t size;
	size_t room;
	enum plk_err err;
	uint8_t want[20];
};

/* clang-format off */
static const struct encode_row encode_rows[] = {
	{10, 10, PLK_OK, {BYTES10}},
	{12, 12, PLK_OK, {BYTES10, H16(0x0102)}},
	{20, 20, PLK_OK, {BYTES10, H16(0x0102), 0, 0, 0, 0, 0, 0, 0, 0}},
	{10, 24, PLK_OK, {BYTES10}},

	{0, 24, PLK_E_MALFORMED, {0}},
	{1, 24, PLK_E_MALFORMED, {0}},
	{9, 24, PLK_E_MALFORMED, {0}},
	{11, 24, PLK_E_MALFORMED, {0}},
	{19, 24, PLK_E_MALFORMED, {0}},
	{21, 24, PLK_E_MALFORMED, {0}},
	{24, 24, PLK_E_MALFORMED, {0}},
	{10, 0, PLK_E_ROOM, {0}},
	{10, 9, PLK_E_ROOM, {0}},
	{12, 11, PLK_E_ROOM, {0}},
	{20, 19, PLK_E_ROOM, {0}},
	{20, 12, PLK_E_ROOM, {0}},
};
/* clang-format on */

static void
test_encode(void **state)
{
	static const struct plk_vnet vnet = {FIELDS, 0x0102};
	struct rows r;

	(void)state;
	rows_begin(&r, "virtio-net header, written");
	for (size_t i = 0; i < COUNT(encode_rows); i++) {
		const struct encode_row *row = &encode_rows[i];
		size_t n = row->err == PLK_OK ? row->size : 0;
		uint8_t out[24];

		row_begin_text(&r, "%zu bytes in %zu", row->size, row->room);
		mark(out, sizeof out);
		row_err(&r,
			plk_vnet_encode(&vnet, row->size,
					(struct plk_mspan){row->room > 0 ? out : NULL, row->room}),
			row->err);
		row_bytes(&r, "bytes", (struct plk_span){out, n}, (struct plk_span){row->want, n});
		row_true(&r, "nothing beyond", untouched(out + n, sizeof out - n));
	}
	rows_end_strict(&r);
}

struct check_row {
	const char *frame;
	size_t n;
	uint8_t flags;
	uint8_t gso_type;
	uint16_t gso_size;
	uint16_t csum_start;
	uint16_t csum_offset;
	enum plk_err err;
	size_t headers; /* on success, when it is to be segmented */
};

#define BAD_FLAGS PLK_E_VNET_FLAGS, 0
#define BAD_TYPE PLK_E_VNET_GSO_TYPE, 0
#define BAD_SIZE PLK_E_VNET_GSO_SIZE, 0
#define BAD_CSUM PLK_E_VNET_CSUM, 0
#define NO_GSO PLK_OK, 0

/* clang-format off */
static const struct check_row check_rows[] = {
	/* nothing asked for */
	{T(TCP4), 0, 0, 0, 0, 0, NO_GSO},
	{T(TCP4), 2, 0, 0, 0, 0, NO_GSO},
	{T(ETH("\x88\xb5")), 0, 0, 0, 0, 0, NO_GSO},
	{T(TCP4), 0, 0, 1, 65535, 65535, NO_GSO}, /* what does not count is not judged */
	{T(""), 0, 0, 0, 0, 0, NO_GSO},
	/* a checksum */
	{T(TCP4), 1, 0, 0, 34, 16, NO_GSO},
	{T(TCP4), 3, 0, 0, 34, 16, NO_GSO},
	{T(UDP4), 1, 0, 0, 34, 6, NO_GSO},
	{T(TCP6), 1, 0, 0, 54, 16, NO_GSO},
	{T(TCP4_Q), 1, 0, 0, 38, 16, NO_GSO},
	{T(TCP4_QINQ), 1, 0, 0, 42, 16, NO_GSO},
	{T(TCP4_IPOPTS), 1, 0, 0, 38, 16, NO_GSO},
	{T(UDP4), 1, 0, 0, 84, 6, NO_GSO}, /* the last two bytes */
	{T(GRE4), 1, 0, 0, 34, 56, NO_GSO},
	{T(VXLAN), 1, 0, 0, 34, 6, NO_GSO},
	{T(VXLAN), 1, 0, 0, 84, 16, NO_GSO}, /* of the packet within */
	{T(GRE4), 1, 0, 0, 72, 16, NO_GSO},
	{T(TCP6_EXTENSIONS), 1, 0, 0, 94, 16, NO_GSO},
	{T(TCP6_FRAGMENT), 1, 0, 0, 62, 20, NO_GSO}, /* where it is, only the whole packet shows */
	{T(TCP4_FRAGMENT), 1, 0, 0, 34, 20, NO_GSO},
	{T(ETH("\x88\xb5") X50), 1, 0, 0, 14, 0, NO_GSO}, /* a protocol that we do not know */
	{T(ETH("\x88\xb5") X50), 1, 0, 0, 62, 0, NO_GSO},
	{T(ETH("\x81\0") "\0\x07\x88\xb5" X50), 1, 0, 0, 18, 0, NO_GSO},
	/* segmentation */
	{T(TCP4), 1, 1, 1448, 34, 16, PLK_OK, 54},
	{T(TCP4), 1, 1, 48, 34, 16, PLK_OK, 54},
	{T(TCP4), 1, 1, 65535, 34, 16, PLK_OK, 54},
	{T(TCP4), 1, 0x81, 1448, 34, 16, PLK_OK, 54},
	{T(TCP4_OPTS), 1, 1, 1448, 34, 16, PLK_OK, 66},
	{T(TCP4_IPOPTS), 1, 1, 1448, 38, 16, PLK_OK, 58},
	{T(TCP6), 1, 4, 1440, 54, 16, PLK_OK, 74},
	{T(TCP6), 1, 0x84, 1440, 54, 16, PLK_OK, 74},
	{T(TCP4_Q), 3, 1, 1448, 38, 16, PLK_OK, 58},
	{T(UDP4), 1, 5, 1472, 34, 6, PLK_OK, 42},
	{T(UDP6), 1, 5, 1452, 54, 6, PLK_OK, 62},
	{T(TCP6_EXTENSIONS), 1, 4, 1400, 94, 16, PLK_OK, 114},
	{T(ETH("\x08\0") IPV4("\x06") TCP("\x50")), 1, 1, 1448, 34, 16, PLK_OK, 54},
	{T(ETH("\x08\0") IPV4("\x11") UDP), 1, 5, 1472, 34, 6, PLK_OK, 42},

	/* flags */
	{T(TCP4), 4, 0, 0, 0, 0, BAD_FLAGS}, /* RSC_INFO */
	{T(TCP4), 5, 0, 0, 34, 16, BAD_FLAGS},
	{T(TCP4), 8, 0, 0, 0, 0, BAD_FLAGS},
	{T(TCP4), 0x80, 0, 0, 0, 0, BAD_FLAGS},
	{T(TCP4), 0xff, 0xff, 0, 0, 0, BAD_FLAGS},
	/* checksums: outside the frame */
	{T(TCP4), 1, 0, 0, 0, 0, BAD_CSUM},
	{T(TCP4), 1, 0, 0, 13, 16, BAD_CSUM},
	{T(UDP4), 1, 0, 0, 85, 6, BAD_CSUM},
	{T(UDP4), 1, 0, 0, 34, 57, BAD_CSUM},
	{T(UDP4), 1, 0, 0, 91, 0, BAD_CSUM},
	{T(UDP4), 1, 0, 0, 92, 0, BAD_CSUM},
	{T(UDP4), 1, 0, 0, 93, 0, BAD_CSUM},
	{T(TCP4), 1, 0, 0, 65535, 0, BAD_CSUM},
	{T(TCP4), 1, 0, 0, 34, 65535, BAD_CSUM},
	{T(TCP4), 1, 0, 0, 65535, 65535, BAD_CSUM},
	{T(TCP4), 1, 0, 0, 34, 65502, BAD_CSUM}, /* 34 + 65502 is 65536 */
	{T(ETH("\x08\0")), 1, 0, 0, 14, 0, BAD_CSUM},
	{T(""), 1, 0, 0, 0, 0, BAD_CSUM},
	{T(""), 1, 0, 0, 14, 0, BAD_CSUM},
	/* in the Ethernet header, a VLAN tag or the IP header: it would be overwritten */
	{T(TCP4), 1, 0, 0, 12, 0, BAD_CSUM},
	{T(TCP4), 1, 0, 0, 14, 0, BAD_CSUM},
	{T(TCP4), 1, 0, 0, 14, 36, BAD_CSUM}, /* the right place, the wrong part */
	{T(TCP4), 1, 0, 0, 33, 17, BAD_CSUM},
	{T(TCP4_IPOPTS), 1, 0, 0, 34, 16, BAD_CSUM},
	{T(TCP4_IPOPTS), 1, 0, 0, 37, 16, BAD_CSUM},
	{T(TCP6), 1, 0, 0, 34, 16, BAD_CSUM},
	{T(TCP6), 1, 0, 0, 53, 16, BAD_CSUM},
	{T(TCP4_Q), 1, 0, 0, 14, 0, BAD_CSUM},
	{T(TCP4_Q), 1, 0, 0, 34, 16, BAD_CSUM},
	{T(TCP4_Q), 1, 0, 0, 37, 16, BAD_CSUM},
	{T(TCP4_QINQ), 1, 0, 0, 38, 16, BAD_CSUM},
	{T(TCP4_QINQ), 1, 0, 0, 41, 16, BAD_CSUM},
	{T(ETH("\x81\0") "\0\x07\x88\xb5" X50), 1, 0, 0, 17, 0, BAD_CSUM},
	{T(ETH("\x08\0") "\x44" X50), 1, 0, 0, 30, 0, BAD_CSUM}, /* an IP header of 16 bytes */
	{T(ETH("\x08\0") "\x4f" X50), 1, 0, 0, 73, 0, BAD_CSUM}, /* of 60 bytes, one too early */
	{T(ETH("\x08\0") "xx"), 1, 0, 0, 14, 0, BAD_CSUM},
	{T(ETH("\x81\0") "\0\x07"), 1, 0, 0, 14, 0, BAD_CSUM}, /* cut inside the tag */
	{T(ETH("\x81\0") "\0\x07\x08\0"), 1, 0, 0, 16, 0, BAD_CSUM}, /* cut behind it */
	{T(TCP6_EXTENSIONS), 1, 0, 0, 54, 16, BAD_CSUM}, /* in the hop-by-hop options */
	{T(TCP6_EXTENSIONS), 1, 0, 0, 62, 16, BAD_CSUM}, /* in the routing header */
	{T(TCP6_EXTENSIONS), 1, 0, 0, 93, 17, BAD_CSUM},
	{T(TCP6_FRAGMENT), 1, 0, 0, 54, 16, BAD_CSUM},
	{T(ETH("\x08\0") "\x65" X50), 1, 0, 0, 34, 16, BAD_CSUM}, /* IPv6 behind IPv4's EtherType */
	{T(ETH("\x86\xdd") "\x45" X50), 1, 0, 0, 54, 0, BAD_CSUM},
	{T(ETH("\x86\xdd") IPV6_NEXT("\0") "\x06\7" X50), 1, 0, 0, 60, 16, BAD_CSUM}, /* cut */
	/* TCP and UDP have it in one place */
	{T(TCP4), 1, 0, 0, 34, 0, BAD_CSUM}, /* the ports */
	{T(TCP4), 1, 0, 0, 34, 14, BAD_CSUM},
	{T(TCP4), 1, 0, 0, 34, 18, BAD_CSUM},
	{T(TCP4), 1, 0, 0, 35, 15, BAD_CSUM},
	{T(TCP4), 1, 0, 0, 54, 16, BAD_CSUM},
	{T(TCP6), 1, 0, 0, 55, 15, BAD_CSUM},
	{T(UDP4), 1, 0, 0, 34, 16, BAD_CSUM},
	{T(UDP4), 1, 0, 0, 34, 4, BAD_CSUM},
	{T(UDP4), 1, 0, 0, 35, 5, BAD_CSUM},
	{T(UDP4), 1, 0, 0, 41, 0, BAD_CSUM},
	{T(ETH("\x08\0") IPV4("\x84") "\x9c\x40\x0b\x59\1\2\3\4\0\0\0\0" X50), 1, 0, 0, 34, 8, BAD_CSUM}, /* SCTP */
	/* segmentation: of what is something else */
	{T(TCP4), 1, 4, 1448, 34, 16, BAD_TYPE},
	{T(TCP6), 1, 1, 1448, 54, 16, BAD_TYPE},
	{T(TCP6), 1, 0x81, 1448, 54, 16, BAD_TYPE},
	{T(UDP4), 1, 1, 1448, 34, 6, BAD_TYPE},
	{T(UDP6), 1, 4, 1448, 54, 6, BAD_TYPE},
	{T(TCP4), 1, 5, 1448, 34, 16, BAD_TYPE},
	{T(TCP4_FRAGMENT), 1, 1, 1448, 34, 16, BAD_TYPE},
	{T(TCP6_FRAGMENT), 1, 4, 1448, 62, 16, BAD_TYPE},
	{T(VXLAN), 1, 1, 1448, 84, 16, BAD_TYPE}, /* a tunnel's: the header cannot say so */
	{T(GRE4), 1, 1, 1448, 72, 16, BAD_TYPE},
	{T(ETH("\x88\xb5") X50), 1, 1, 1448, 14, 16, BAD_TYPE},
	{T(VXLAN), 1, 5, 1448, 42, 6, BAD_CSUM},
	/* segmentation */
	{T(TCP4), 1, 2, 1448, 34, 16, BAD_TYPE},
	{T(UDP4), 1, 3, 1472, 34, 6, BAD_TYPE}, /* UDP fragmentation */
	{T(UDP4), 1, 0x83, 1472, 34, 6, BAD_TYPE},
	{T(UDP4), 1, 0x85, 1472, 34, 6, BAD_TYPE},
	{T(TCP4), 1, 0x80, 1448, 34, 16, BAD_TYPE},
	{T(TCP4), 1, 6, 1448, 34, 16, BAD_TYPE},
	{T(TCP4), 1, 0x11, 1448, 34, 16, BAD_TYPE},
	{T(TCP4), 1, 0x41, 1448, 34, 16, BAD_TYPE},
	{T(TCP4), 1, 0xff, 1448, 34, 16, BAD_TYPE},
	{T(TCP4), 1, 1, 0, 34, 16, BAD_SIZE},
	{T(TCP4), 1, 1, 1, 34, 16, BAD_SIZE},
	{T(TCP4), 1, 1, 47, 34, 16, BAD_SIZE},
	{T(UDP4), 1, 5, 47, 34, 6, BAD_SIZE},
	{T(TCP6), 1, 0x84, 47, 54, 16, BAD_SIZE},
	{T(TCP4), 0, 1, 1448, 34, 16, BAD_CSUM}, /* without NEEDS_CSUM */
	{T(TCP4), 2, 1, 1448, 34, 16, BAD_CSUM},
	{T(UDP4), 0, 5, 1472, 34, 6, BAD_CSUM},
	{T(TCP4), 1, 1, 1448, 34, 6, BAD_CSUM}, /* not where TCP has it */
	{T(TCP4), 1, 1, 1448, 34, 15, BAD_CSUM},
	{T(TCP4), 1, 1, 1448, 34, 17, BAD_CSUM},
	{T(UDP4), 1, 5, 1472, 34, 16, BAD_CSUM}, /* not where UDP has it */
	{T(UDP4), 1, 5, 1472, 34, 5, BAD_CSUM},
	{T(TCP4), 1, 1, 1448, 13, 16, BAD_CSUM},
	{T(TCP4), 1, 1, 1448, 85, 16, BAD_CSUM}, /* 19 bytes of header */
	{T(UDP4), 1, 5, 1472, 85, 6, BAD_CSUM}, /* 7 bytes of header */
	{T(ETH("\x08\0") IPV4("\x06") TCP("\x40") X50), 1, 1, 1448, 34, 16, BAD_CSUM},
	{T(ETH("\x08\0") IPV4("\x06") TCP("\0") X50), 1, 1, 1448, 34, 16, BAD_CSUM},
	{T(ETH("\x08\0") IPV4("\x06") TCP("\xf0") "39 bytes, and the options would be 40...."), 1,
	 1, 1448, 34, 16, PLK_OK, 94},
	{T(ETH("\x08\0") IPV4("\x06") TCP("\xf0") "39 bytes, and the options would be 40.."), 1,
	 1, 1448, 34, 16, BAD_CSUM},
	{T(ETH("\x08\0") IPV4("\x06") TCP("\x60") "opt"), 1, 1, 1448, 34, 16, BAD_CSUM},
	{T(TCP4), 1, 1, 1448, 65535, 16, BAD_CSUM},
};
/* clang-format on */

static void
test_check(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "virtio-net header and frame");
	for (size_t i = 0; i < COUNT(check_rows); i++) {
		const struct check_row *row = &check_rows[i];
		struct plk_span eth = exact_new(row->frame, row->n);
		const struct plk_vnet vnet = {
			.flags = row->flags,
			.gso_type = row->gso_type,
			.hdr_len = 0xffff, /* a hint that nobody believes */
			.gso_size = row->gso_size,
			.csum_start = row->csum_start,
			.csum_offset = row->csum_offset,
			.num_buffers = 0xffff,
		};
		enum plk_err err = plk_vnet_check(&vnet, eth);

		row_begin_text(&r, "frame %zu flags %u type 0x%02x size %u start %u offset %u",
			       row->n, row->flags, row->gso_type, row->gso_size, row->csum_start,
			       row->csum_offset);
		row_err(&r, err, row->err);
		if (err == PLK_OK && row->headers > 0)
			row_number(&r, "headers", plk_vnet_headers_len(&vnet, eth), row->headers);
		exact_free(eth);
	}
	rows_end_strict(&r);
}

struct receive_row {
	const char *frame;
	size_t n;
	struct plk_vnet vnet;
	enum plk_err err;
	struct plk_vnet want;
};

#define SCTP4 ETH("\x08\0") IPV4("\x84") "\x9c\x40\x0b\x59\1\2\3\4\0\0\0\0" X50    /* 34 */
#define TCP6_IP6 ETH("\x86\xdd") IPV6_NEXT("\0") EXTENSION("\x06") TCP("\x50") X50 /* 62 */
#define UDP4_SUM(csum) ETH("\x08\0") IPV4("\x11") "\x12\x34\0\x35\0\x20" csum X50
#define REFUSED(err)                \
	err,                        \
	{                           \
		0, 0, 0, 0, 0, 0, 0 \
	}

/* clang-format off */
static const struct receive_row receive_rows[] = {
	/* as it is */
	{T(TCP4), {0, 0, 9, 9, 9, 9, 9}, PLK_OK, {0, 0, 9, 9, 9, 9, 9}},
	{T(TCP4), {2, 0, 0, 0, 0, 0, 0}, PLK_OK, {2, 0, 0, 0, 0, 0, 0}},
	{T(TCP4), {1, 0, 0, 0, 34, 16, 0}, PLK_OK, {1, 0, 0, 0, 34, 16, 0}},
	{T(TCP4), {1, 1, 99, 48, 34, 16, 0}, PLK_OK, {1, 1, 99, 48, 34, 16, 0}},
	{T(UDP4), {3, 5, 0, 20, 34, 6, 0}, PLK_OK, {3, 5, 0, 20, 34, 6, 0}},
	{T(VXLAN), {1, 0, 0, 0, 84, 16, 0}, PLK_OK, {1, 0, 0, 0, 84, 16, 0}},
	/* a CRC32c */
	{T(SCTP4), {1, 0, 0, 0, 34, 8, 0}, PLK_OK, {1, 0, 0, 0, 34, 8, 0}},
	/* small segments are the kernel's affair */
	{T(TCP4), {1, 1, 0, 36, 34, 16, 0}, PLK_OK, {1, 1, 0, 36, 34, 16, 0}},
	{T(TCP4), {1, 1, 0, 8, 34, 16, 0}, PLK_OK, {1, 1, 0, 8, 34, 16, 0}},
	{T(UDP4), {1, 5, 0, 1, 34, 6, 0}, PLK_OK, {1, 5, 0, 1, 34, 6, 0}}, /* 50 of them */
	/* superframes of received frames, whose checksums were verified */
	{T(TCP4), {0, 1, 54, 48, 0, 0, 0}, PLK_OK, {1, 1, 54, 48, 34, 16, 0}},
	{T(TCP4), {2, 0x81, 0, 48, 0, 0, 0}, PLK_OK, {1, 0x81, 0, 48, 34, 16, 0}},
	{T(TCP6), {0, 4, 0, 48, 0, 0, 0}, PLK_OK, {1, 4, 0, 48, 54, 16, 0}},
	{T(UDP4_SUM("\xb5\x8d")), {2, 5, 0, 48, 7, 7, 0}, PLK_OK, {1, 5, 0, 48, 34, 6, 0}}, /* that of the first */
	{T(TCP4_Q), {0, 1, 0, 48, 0, 0, 0}, PLK_OK, {1, 1, 0, 48, 38, 16, 0}},
	/* and that are one segment: nothing is left to do */
	{T(TCP4), {2, 1, 54, 50, 0, 0, 0}, PLK_OK, {2, 0, 0, 0, 0, 0, 0}},
	{T(TCP6_IP6), {0, 4, 0, 50, 0, 0, 0}, PLK_OK, {0, 0, 0, 0, 0, 0, 0}},
	{T(TCP6_IP6), {1, 4, 0, 48, 62, 16, 0}, PLK_OK, {1, 4, 0, 48, 62, 16, 0}},

	{T(TCP6_IP6), {0, 4, 0, 48, 0, 0, 0}, REFUSED(PLK_E_VNET_CSUM)},
	{T(TCP4_IPOPTS), {0, 1, 0, 48, 0, 0, 0}, REFUSED(PLK_E_VNET_CSUM)},
	{T(SCTP4), {1, 0, 0, 0, 34, 6, 0}, REFUSED(PLK_E_VNET_CSUM)},
	{T(SCTP4), {1, 0, 0, 0, 36, 6, 0}, REFUSED(PLK_E_VNET_CSUM)},
	{T(SCTP4), {0, 1, 0, 48, 0, 0, 0}, REFUSED(PLK_E_VNET_GSO_TYPE)},
	{T(TCP4), {1, 1, 0, 0, 34, 16, 0}, REFUSED(PLK_E_VNET_GSO_SIZE)},
	{T(TCP4), {0, 1, 0, 0, 34, 16, 0}, REFUSED(PLK_E_VNET_GSO_SIZE)},
	{T(ETH("\x08\0") IPV4("\x11") UDP X50 X50 X50), {1, 5, 0, 1, 34, 6, 0}, REFUSED(PLK_E_VNET_GSO_SIZE)}, /* 150 */
	{T(TCP4), {1, 4, 0, 48, 34, 16, 0}, REFUSED(PLK_E_VNET_GSO_TYPE)},
	{T(TCP4), {0, 4, 0, 48, 34, 16, 0}, REFUSED(PLK_E_VNET_GSO_TYPE)},
	{T(TCP4), {0, 3, 0, 48, 34, 16, 0}, REFUSED(PLK_E_VNET_GSO_TYPE)},
	{T(UDP4), {1, 3, 0, 48, 34, 6, 0}, REFUSED(PLK_E_VNET_GSO_TYPE)},
	{T(VXLAN), {1, 1, 0, 48, 84, 16, 0}, REFUSED(PLK_E_VNET_GSO_TYPE)},
	/* UDP in UDP: what the header says is not of the outer one */
	{T(VXLAN), {1, 5, 0, 48, 84, 6, 0}, REFUSED(PLK_E_VNET_GSO_TYPE)},
	{T(UDP4), {2, 5, 0, 48, 0, 0, 0}, REFUSED(PLK_E_VNET_GSO_TYPE)},
	{T(UDP4_SUM("\0\0")), {2, 5, 0, 48, 0, 0, 0}, REFUSED(PLK_E_VNET_GSO_TYPE)},
	{T(UDP4_SUM("\xb5\x8d")), {2, 5, 0, 49, 0, 0, 0}, REFUSED(PLK_E_VNET_GSO_TYPE)},
	{T(GRE4), {1, 1, 0, 48, 72, 16, 0}, REFUSED(PLK_E_VNET_GSO_TYPE)},
	{T(TCP4_FRAGMENT), {0, 1, 0, 48, 0, 0, 0}, REFUSED(PLK_E_VNET_GSO_TYPE)},
	{T(TCP4), {4, 0, 0, 0, 0, 0, 0}, REFUSED(PLK_E_VNET_FLAGS)},
	{T(TCP4), {1, 0, 0, 0, 34, 14, 0}, REFUSED(PLK_E_VNET_CSUM)},
	{T(TCP4), {1, 1, 0, 48, 36, 14, 0}, REFUSED(PLK_E_VNET_CSUM)},
	{T(ETH("\x08\0") IPV4("\x06") TCP("\x40") X50), {0, 1, 0, 48, 0, 0, 0}, REFUSED(PLK_E_VNET_CSUM)},
	{T(ETH("\x08\0") "\x45xx"), {0, 1, 0, 48, 0, 0, 0}, REFUSED(PLK_E_VNET_CSUM)},
	{T(""), {1, 0, 0, 0, 0, 0, 0}, REFUSED(PLK_E_VNET_CSUM)},
};
/* clang-format on */

static void
test_receive(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "virtio-net header of a kernel");
	for (size_t i = 0; i < COUNT(receive_rows); i++) {
		const struct receive_row *row = &receive_rows[i];
		const struct plk_vnet *want = row->err == PLK_OK ? &row->want : &row->vnet;
		struct plk_span eth = exact_new(row->frame, row->n);
		struct plk_vnet vnet = row->vnet;

		row_begin_text(&r, "frame %zu flags %u type 0x%02x size %u start %u offset %u",
			       row->n, vnet.flags, vnet.gso_type, vnet.gso_size, vnet.csum_start,
			       vnet.csum_offset);
		row_err(&r, plk_vnet_receive(&vnet, eth), row->err);
		row_true(&r, "header", vnet_is(&vnet, want));
		exact_free(eth);
	}
	rows_end_strict(&r);
}

/* Of the 2^16 pairs of flags and gso_type, with the rest in order, exactly these pass. */
static void
test_every_type(void **state)
{
	struct plk_span tcp = {(const uint8_t *)TCP4, sizeof TCP4 - 1};
	struct plk_span tcp6 = {(const uint8_t *)TCP6, sizeof TCP6 - 1};
	struct plk_span udp = {(const uint8_t *)UDP4, sizeof UDP4 - 1};
	struct rows r;

	(void)state;
	rows_begin(&r, "every flag and type");
	for (unsigned i = 0; i < 0x10000; i++) {
		struct plk_vnet vnet = {.flags = (uint8_t)(i >> 8),
					.gso_type = (uint8_t)i,
					.gso_size = 1000,
					.csum_start = 34,
					.csum_offset = 16};
		bool is_udp = vnet.gso_type == 5;
		bool is_v6 = vnet.gso_type == 4 || vnet.gso_type == 0x84;
		bool type_is_good = vnet.gso_type == 1 || vnet.gso_type == 0x81 || is_v6 || is_udp;
		enum plk_err want = vnet.flags > 3       ? PLK_E_VNET_FLAGS
				    : vnet.gso_type == 0 ? PLK_OK
				    : !type_is_good      ? PLK_E_VNET_GSO_TYPE
				    : !(vnet.flags & 1)  ? PLK_E_VNET_CSUM
							 : PLK_OK;

		vnet.csum_offset = is_udp ? 6 : 16;
		vnet.csum_start = is_v6 ? 54 : 34;
		row_begin_text(&r, "flags 0x%02x type 0x%02x", vnet.flags, vnet.gso_type);
		row_err(&r, plk_vnet_check(&vnet, is_udp ? udp : is_v6 ? tcp6 : tcp), want);
	}
	rows_end_strict(&r);
}

/* On frames that did not pass the check it still stays within them. */
static void
test_headers_len_of_a_short_frame(void **state)
{
	const struct plk_vnet vnet = {.gso_type = PLK_VNET_GSO_TCPV4, .csum_start = 34};

	(void)state;
	for (size_t n = 0; n < 54; n++) {
		struct plk_span eth = exact_new(TCP4, n);

		assert_int_equal(plk_vnet_headers_len(&vnet, eth), n);
		exact_free(eth);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_encode),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_receive),
		cmocka_unit_test(test_every_type),
		cmocka_unit_test(test_headers_len_of_a_short_frame),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
