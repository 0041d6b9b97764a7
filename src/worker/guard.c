/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guard.c: what clients of a port may send: mac=, vlan=, rate=.
 *
 * A frame is judged once, before anything else is done with it: what is refused is neither sent to the interface, nor switched to another
 * client, nor learned from. It is counted by its reason, and its client stays.
 */
#include "os/clock.h"
#include "worker/worker.h"

#include <string.h>

_Static_assert((int)PLK_WHERE_SOURCE == (int)PLK_CLAIM_SOURCE &&
		       (int)PLK_WHERE_ARP == (int)PLK_CLAIM_ARP &&
		       (int)PLK_WHERE_ND == (int)PLK_CLAIM_ND && (int)PLK_WHERES == (int)PLK_CLAIMS,
	       "the front has the words for them");
_Static_assert(PLK_COUNTER_TX_VLAN == PLK_COUNTER_TX_MAC + 1 &&
		       PLK_COUNTER_TX_RATE == PLK_COUNTER_TX_MAC + 2,
	       "struct guard has one time for each");

enum plk_err
plk_guard_vlans(const struct plk_msg_vlans *vlans)
{
	struct guard *guard = &worker.guards[vlans->port];

	if (guard->has_set || worker.ports[vlans->port].used)
		return PLK_E_LIMIT;
	guard->has_set = true;
	memcpy(guard->allow.vlans, vlans->vlans, sizeof guard->allow.vlans);
	return PLK_OK;
}

enum plk_err
plk_guard_make(const struct plk_msg_port *port, bool *is_guarded)
{
	struct guard *guard = &worker.guards[port->port];

	if (guard->has_set != port->has_vlans || (port->rate_fps > 0) != (port->burst > 0))
		return PLK_E_LIMIT;
	guard->allow.has_vlans = port->has_vlans;
	guard->allow.n_macs = port->n_macs;
	memcpy(guard->allow.macs, port->macs, sizeof guard->allow.macs);
	if (port->rate_fps > 0)
		plk_bucket_init(&guard->bucket, port->rate_fps, port->burst);
	*is_guarded = port->has_vlans || port->n_macs > 0 || port->rate_fps > 0;
	return PLK_OK;
}

void
plk_guard_forget(uint16_t port)
{
	worker.guards[port] = (struct guard){.limited = 0};
}

/* Whether a refusal of this kind may be said: the first, and then one in a while for each port, whatever others have to say. */
static bool
may_tell(struct guard *guard, enum plk_counter counter)
{
	uint64_t *again_ms = &guard->again_ms[counter - PLK_COUNTER_TX_MAC];
	const uint64_t now = plk_now_ms();

	if (now < *again_ms)
		return false;
	*again_ms = now + PLK_GUARD_MS;
	return true;
}

static void
refused_tell(const struct client *from, enum plk_refusal refusal, const struct plk_refused *refused)
{
	switch (refusal) {
	case PLK_REFUSAL_MAC:
		plk_worker_event(PLK_EVENT_REFUSED_MAC, from->port, refused->where, refused->mac);
		break;
	case PLK_REFUSAL_VLAN:
		plk_worker_event(PLK_EVENT_REFUSED_VLAN, from->port, refused->vlan, 0);
		break;
	default:
		plk_worker_event(PLK_EVENT_UNJUDGED, from->port, refused->err,
				 refusal == PLK_REFUSAL_VLAN_UNKNOWN);
	}
}

static bool
is_allowed(struct client *from, struct guard *guard, struct plk_span eth,
	   const struct plk_vnet *vnet)
{
	struct plk_refused refused;
	enum plk_refusal refusal = plk_allow_check(&guard->allow, eth, vnet, &refused);
	enum plk_counter counter = PLK_COUNTER_TX_MAC;

	if (refusal == PLK_REFUSAL_NONE)
		return true;
	if (refusal == PLK_REFUSAL_VLAN || refusal == PLK_REFUSAL_VLAN_UNKNOWN)
		counter = PLK_COUNTER_TX_VLAN;
	plk_client_count(from, counter, 1);
	if (may_tell(guard, counter))
		refused_tell(from, refusal, &refused);
	return false;
}

/* How many frames it is on a wire. */
static uint32_t
n_frames(struct plk_span eth, const struct plk_vnet *vnet)
{
	size_t payload;

	if (!plk_vnet_is_superframe(vnet, eth))
		return 1;
	payload = eth.n - plk_vnet_headers_len(vnet, eth);
	return (uint32_t)((payload + vnet->gso_size - 1) / vnet->gso_size);
}

static bool
is_in_time(struct client *from, struct guard *guard, struct plk_span eth,
	   const struct plk_vnet *vnet)
{
	if (guard->bucket.fps == 0 ||
	    plk_bucket_take(&guard->bucket, plk_now_ns(), n_frames(eth, vnet)))
		return true;
	plk_client_count(from, PLK_COUNTER_TX_RATE, 1);
	guard->limited++;
	if (may_tell(guard, PLK_COUNTER_TX_RATE)) {
		plk_worker_event(PLK_EVENT_REFUSED_RATE, from->port, guard->limited, 0);
		guard->limited = 0;
	}
	return false;
}

bool
plk_guard_pass(struct client *from, struct plk_span eth, const struct plk_vnet *vnet)
{
	struct guard *guard = &worker.guards[from->port];

	/* one that is refused for what it is costs none of the rate */
	if (is_allowed(from, guard, eth, vnet) && is_in_time(from, guard, eth, vnet))
		return true;
	from->dropped++;
	return false;
}
