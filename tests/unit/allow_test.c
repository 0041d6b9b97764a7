/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/allow.h"

#include <string.h>

#include "rows.h"

#define DST "\xff\xff\xff\xff\xff\xff"
#define MINE "\x02\0\0\0\0\x0a"
#define ALSO "\x02\0\0\0\0\x0b"
#define OTHER "\x02\0\0\0\0\x0c"
#define TAG(vid) "\x81\0\x20" vid
#define ARP(mac) "\x08\x06\0\1\x08\0\6\4\0\1" mac "\xc0\0\2\1\0\0\0\0\0\0\xc0\0\2\2"
#define IP6 "\x86\xdd\x60\0\0\0\0\x20\x3a\xff" A6 A6
#define A6 "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x0a"
#define NA(mac) IP6 "\x88\0\0\0\x20\0\0\0" A6 "\2\1" mac

enum guards { MAC = 1, VLAN = 2, BOTH = 3 };

struct row {
	enum guards guards;
	const char *in;
	size_t n;
	enum plk_refusal refusal;
	struct plk_refused want;
};

#define NUMBER 0x02000000000cULL /* OTHER */

/* clang-format off */
static const struct row rows[] = {
	{BOTH, T(DST MINE "\x88\xb5"), PLK_REFUSAL_NONE, {0}},
	{BOTH, T(DST ALSO TAG("\x07") "\x88\xb5"), PLK_REFUSAL_NONE, {0}},
	{BOTH, T(DST MINE ARP(MINE)), PLK_REFUSAL_NONE, {0}},
	{BOTH, T(DST MINE ARP(ALSO)), PLK_REFUSAL_NONE, {0}},
	{BOTH, T(DST MINE NA(ALSO)), PLK_REFUSAL_NONE, {0}},
	{0, T(DST OTHER TAG("\x08") ARP(OTHER)), PLK_REFUSAL_NONE, {0}},
	{0, T(DST OTHER "\x08\x06"), PLK_REFUSAL_NONE, {0}},
	{0, T(DST OTHER TAG("\x08")), PLK_REFUSAL_NONE, {0}},
	{VLAN, T(DST OTHER ARP(OTHER)), PLK_REFUSAL_NONE, {0}},
	{VLAN, T(DST OTHER "\x08\x06"), PLK_REFUSAL_NONE, {0}}, /* not its matter */
	{MAC, T(DST MINE TAG("\x08") "\x88\xb5"), PLK_REFUSAL_NONE, {0}},
	{MAC, T(DST MINE "\x81\0\0\0" TAG("\x08") "\x88\xb5"), PLK_REFUSAL_NONE, {0}},
	{VLAN, T(DST OTHER "\x81\0\x0f\xfe\x88\xb5"), PLK_REFUSAL_NONE, {0}}, /* 4094 */

	{BOTH, T(DST OTHER "\x88\xb5"), PLK_REFUSAL_MAC, {.where = PLK_CLAIM_SOURCE, .mac = NUMBER}},
	{MAC, T(DST OTHER ARP(MINE)), PLK_REFUSAL_MAC, {.where = PLK_CLAIM_SOURCE, .mac = NUMBER}},
	{MAC, T(DST DST "\x88\xb5"), PLK_REFUSAL_MAC, {.where = PLK_CLAIM_SOURCE, .mac = 0xffffffffffffULL}},
	{MAC, T(DST "\0\0\0\0\0\0\x88\xb5"), PLK_REFUSAL_MAC, {.where = PLK_CLAIM_SOURCE, .mac = 0}},
	{MAC, T(DST MINE ARP(OTHER)), PLK_REFUSAL_MAC, {.where = PLK_CLAIM_ARP, .mac = NUMBER}},
	{MAC, T(DST ALSO TAG("\x08") ARP(OTHER)), PLK_REFUSAL_MAC, {.where = PLK_CLAIM_ARP, .mac = NUMBER}},
	{MAC, T(DST MINE NA(OTHER)), PLK_REFUSAL_MAC, {.where = PLK_CLAIM_ND, .mac = NUMBER}},
	{MAC, T(DST MINE "\x86\xdd\x60\0\0\0\0\x28\x3a\xff" A6 A6 "\x88\0\0\0\x20\0\0\0" A6 "\2\1" MINE "\2\1" OTHER), PLK_REFUSAL_MAC,
	 {.where = PLK_CLAIM_ND, .mac = NUMBER}}, /* the second of two */
	{MAC, T(DST MINE "\x08\x06"), PLK_REFUSAL_MAC_UNKNOWN, {.err = PLK_E_CLAIM_ARP}},
	{BOTH, T(DST MINE "\x91\0\0\7\x08\0"), PLK_REFUSAL_MAC_UNKNOWN, {.err = PLK_E_CLAIM_TAG}},
	{MAC, T(DST MINE "\x86\xdd"), PLK_REFUSAL_MAC_UNKNOWN, {.err = PLK_E_CLAIM_ND}},
	{BOTH, T(DST MINE TAG("\x08") "\x88\xb5"), PLK_REFUSAL_VLAN, {.vlan = 8}},
	{VLAN, T(DST MINE TAG("\x06") "\x88\xb5"), PLK_REFUSAL_VLAN, {.vlan = 6}},
	{VLAN, T(DST MINE TAG("\x08") TAG("\x07") "\x88\xb5"), PLK_REFUSAL_VLAN, {.vlan = 8}},
	{VLAN, T(DST MINE "\x81\0\x01\x07\x88\xb5"), PLK_REFUSAL_VLAN, {.vlan = 0x107}},
	{VLAN, T(DST MINE "\x81\0\xff\xff\x88\xb5"), PLK_REFUSAL_VLAN, {.vlan = 4095}},
	{VLAN, T(DST MINE TAG("\x07")), PLK_REFUSAL_VLAN_UNKNOWN, {.err = PLK_E_CLAIM_TAG}},
	{BOTH, T(DST MINE "\x81\0\0\0" TAG("\x07") "\x88\xb5"), PLK_REFUSAL_VLAN_UNKNOWN, {.err = PLK_E_CLAIM_TAG}},
	{VLAN, T(DST MINE "\0\x20\xaa\xaa\3\0\0\0\x81\0"), PLK_REFUSAL_VLAN_UNKNOWN, {.err = PLK_E_CLAIM_SNAP}},
};
/* clang-format on */

static void
vlan_set(struct plk_allow *allow, unsigned id)
{
	allow->vlans[id / 8] |= (uint8_t)(1U << id % 8);
}

/* MINE and ALSO; untagged, 7, 4094, and 4095, of which the bit is set but never counts. */
static struct plk_allow
allow_make(enum guards guards)
{
	struct plk_allow allow = {.n_macs = guards & MAC ? 2 : 0, .has_vlans = guards & VLAN};

	memcpy(allow.macs[0], MINE, PLK_ETH_ADDR);
	memcpy(allow.macs[1], ALSO, PLK_ETH_ADDR);
	memcpy(allow.macs[2], OTHER, PLK_ETH_ADDR); /* does not count */
	vlan_set(&allow, 0);
	vlan_set(&allow, 7);
	vlan_set(&allow, 4094);
	vlan_set(&allow, 4095);
	return allow;
}

static void
test_frames(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "frames of a guarded port");
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		const struct plk_allow allow = allow_make(row->guards);
		const struct plk_vnet vnet = {0};
		struct plk_span eth = exact_new(row->in, row->n);
		struct plk_refused got = {0};

		row_begin(&r, row->in, row->n);
		row_number(&r, "refusal", plk_allow_check(&allow, eth, &vnet, &got), row->refusal);
		row_number(&r, "err", got.err, row->want.err);
		row_number(&r, "where", got.where, row->want.where);
		row_number(&r, "mac", got.mac, row->want.mac);
		row_number(&r, "vlan", got.vlan, row->want.vlan);
		exact_free(eth);
	}
	rows_end(&r);
}

/* Each ID alone: that one passes, and no other. */
static void
test_every_vlan(void **state)
{
	static const unsigned also[] = {1, 7, 8, 9, 64, 2047, 4094};
	const struct plk_vnet vnet = {0};
	struct plk_refused got;

	(void)state;
	for (unsigned allowed = 0; allowed < PLK_VLAN_IDS; allowed++) {
		struct plk_allow allow = {.has_vlans = true};

		vlan_set(&allow, allowed);
		for (size_t i = 0; i <= COUNT(also); i++) {
			const unsigned id = i == 0 ? allowed : (allowed + also[i - 1]) % 4096;
			const uint8_t eth[18] = {2, [12] = 0x81, 0, (uint8_t)(id >> 8), (uint8_t)id,
						 8};
			enum plk_refusal want = id == allowed ? PLK_REFUSAL_NONE : PLK_REFUSAL_VLAN;

			assert_int_equal(plk_allow_check(&allow, (struct plk_span){eth, sizeof eth},
							 &vnet, &got),
					 want);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_frames),
					   cmocka_unit_test(test_every_vlan)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
