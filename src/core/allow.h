/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * allow.h: which frames a client may send, by the addresses and the VLAN that they claim (wire/claims.h).
 *
 * Pure. Test: tests/unit/allow_test.c.
 */
#ifndef PLK_CORE_ALLOW_H
#define PLK_CORE_ALLOW_H

#include "wire/claims.h"

/** struct plk_allow - what is allowed; zeroed is everything
 * @n_macs:     how many of @macs count; 0 is every address
 * @has_vlans:  @vlans counts; else every VLAN
 * @vlans:      bit ID % 8 of byte ID / 8 is set for each allowed ID below PLK_VLAN_IDS
 */
struct plk_allow {
	uint32_t n_macs;
	uint8_t macs[PLK_LIST_MAX][PLK_ETH_ADDR];
	bool has_vlans;
	uint8_t vlans[PLK_VLAN_BYTES];
};

/** enum plk_refusal - why a frame is not allowed */
enum plk_refusal {
	PLK_REFUSAL_NONE,
	PLK_REFUSAL_MAC,          /* it claims another address */
	PLK_REFUSAL_VLAN,         /* it is in another VLAN */
	PLK_REFUSAL_MAC_UNKNOWN,  /* it cannot be told which addresses it claims */
	PLK_REFUSAL_VLAN_UNKNOWN, /* it cannot be told in which VLAN it is */
	PLK_REFUSALS
};

/** struct plk_refused - what is said of a frame that is not allowed
 * @err:    for the UNKNOWN ones: why it cannot be told
 * @where:  for MAC: where the address is
 * @mac:    for MAC: the address, as a number of 48 bits
 * @vlan:   for VLAN: its ID
 */
struct plk_refused {
	enum plk_err err;
	enum plk_claim where;
	uint64_t mac;
	uint16_t vlan;
};

/** plk_allow_check() - whether a frame is allowed
 * @eth:   the frame, borrowed
 * @vnet:  its header, which passed plk_vnet_check() with it
 * @out:   set unless NONE is returned
 */
enum plk_refusal plk_allow_check(const struct plk_allow *allow, struct plk_span eth,
				 const struct plk_vnet *vnet, struct plk_refused *out);

#endif
