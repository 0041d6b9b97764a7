/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/allow.h"

#include <string.h>

_Static_assert(PLK_VLAN_BYTES == (PLK_VLAN_IDS + 7) / 8, "a bit for each");

static bool
is_mac_of(const struct plk_allow *allow, const uint8_t *mac)
{
	for (uint32_t i = 0; i < allow->n_macs; i++) {
		if (memcmp(allow->macs[i], mac, PLK_ETH_ADDR) == 0)
			return true;
	}
	return false;
}

static uint64_t
mac_number(const uint8_t *mac)
{
	uint64_t number = 0;

	for (size_t i = 0; i < PLK_ETH_ADDR; i++)
		number = number << 8 | mac[i];
	return number;
}

static enum plk_refusal
macs_check(const struct plk_allow *allow, struct plk_span eth, const struct plk_vnet *vnet,
	   struct plk_refused *out)
{
	struct plk_claims claims;
	enum plk_claim where;
	const uint8_t *mac;
	enum plk_err err = plk_claims_parse(eth, vnet, &claims);

	if (err != PLK_OK) {
		*out = (struct plk_refused){.err = err};
		return PLK_REFUSAL_MAC_UNKNOWN;
	}
	while (plk_claims_next(&claims, &where, &mac)) {
		if (is_mac_of(allow, mac))
			continue;
		*out = (struct plk_refused){.where = where, .mac = mac_number(mac)};
		return PLK_REFUSAL_MAC;
	}
	return PLK_REFUSAL_NONE;
}

static enum plk_refusal
vlans_check(const struct plk_allow *allow, struct plk_span eth, const struct plk_vnet *vnet,
	    struct plk_refused *out)
{
	uint16_t id;
	enum plk_err err = plk_claims_vlan(eth, vnet, &id);

	if (err != PLK_OK) {
		*out = (struct plk_refused){.err = err};
		return PLK_REFUSAL_VLAN_UNKNOWN;
	}
	if (id < PLK_VLAN_IDS && allow->vlans[id / 8] & 1U << id % 8)
		return PLK_REFUSAL_NONE;
	*out = (struct plk_refused){.vlan = id};
	return PLK_REFUSAL_VLAN;
}

enum plk_refusal
plk_allow_check(const struct plk_allow *allow, struct plk_span eth, const struct plk_vnet *vnet,
		struct plk_refused *out)
{
	enum plk_refusal refusal = PLK_REFUSAL_NONE;

	if (allow->n_macs > 0)
		refusal = macs_check(allow, eth, vnet, out);
	if (refusal == PLK_REFUSAL_NONE && allow->has_vlans)
		refusal = vlans_check(allow, eth, vnet, out);
	return refusal;
}
