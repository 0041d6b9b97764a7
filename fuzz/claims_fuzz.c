/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Three bytes: flags, csum_start and csum_offset of a virtio-net header; then a frame. Oracle: the grammar once more, which takes bytes off
 * the front and writes each claim down as it comes to it.
 */
#include "wire/claims.h"

#include "harness.h"

#define CLAIMS_MAX 4096
#define BYTES_MAX 4096

static struct claim {
	enum plk_claim where;
	uint8_t mac[6];
} wanted[CLAIMS_MAX];
static size_t n_wanted;

static void
want(enum plk_claim where, const uint8_t *mac)
{
	CHECK(n_wanted < CLAIMS_MAX);
	wanted[n_wanted].where = where;
	memcpy(wanted[n_wanted++].mac, mac, 6);
}

static bool
is_one_of(unsigned type, const unsigned *types, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (types[i] == type)
			return true;
	}
	return false;
}

/* What is in front of the message; @in is left at it. */
struct front {
	unsigned type;
	unsigned vids[BYTES_MAX / 4];
	size_t n_vids;
};

static enum plk_err
oracle_front(struct plk_span *in, bool open, struct front *front)
{
	static const unsigned hidden[] = {0x0806, 0x8035, 0x8100, 0x88a8,
					  0x9100, 0x9200, 0x9300, 0x86dd};
	struct plk_span snap;

	front->n_vids = 0;
	if (in->n < 14)
		return PLK_E_SHORT;
	*in = tail_of(*in, 12);
	front->type = take_u16(in);
	while (front->type == 0x8100 || front->type == 0x88a8) {
		if (in->n < 4)
			return PLK_E_CLAIM_TAG;
		front->vids[front->n_vids++] = take_u16(in) % 4096;
		front->type = take_u16(in);
	}
	if (front->type == 0x9100 || front->type == 0x9200 || front->type == 0x9300)
		return PLK_E_CLAIM_TAG;
	if (front->type >= 0x0600)
		return PLK_OK;
	if (open)
		return PLK_E_CLAIM_CSUM;
	snap = *in;
	if (snap.n >= 8 && take_u16(&snap) == 0xaaaa && take_u16(&snap) == 0x0300) {
		const unsigned oui = take_u16(&snap);

		if ((oui == 0 || oui == 0xf8) && is_one_of(take_u16(&snap), hidden, COUNT(hidden)))
			return PLK_E_CLAIM_SNAP;
	}
	return PLK_OK;
}

static enum plk_err
oracle_arp(struct plk_span in)
{
	unsigned hardware = take_u16(&in);
	uint8_t rest[4];
	uint8_t sender[6];
	size_t left;

	(void)take_u16(&in);
	left = in.n;
	take_bytes(&in, rest, sizeof rest);
	if (left < 4 || (hardware != 1 && hardware != 6) || rest[0] != 6)
		return PLK_E_CLAIM_ARP;
	if (in.n < 12U + 2U * rest[1])
		return PLK_E_CLAIM_ARP;
	take_bytes(&in, sender, sizeof sender);
	want(PLK_CLAIM_ARP, sender);
	return PLK_OK;
}

static enum plk_err
oracle_options(struct plk_span in)
{
	while (in.n > 0) {
		uint8_t option[8];
		size_t n;

		if (in.n < 8)
			return PLK_E_CLAIM_ND;
		take_bytes(&in, option, sizeof option);
		n = option[1];
		if (n == 0 || (n - 1) * 8 > in.n || ((option[0] == 1 || option[0] == 2) && n != 1))
			return PLK_E_CLAIM_ND;
		if (option[0] == 1 || option[0] == 2)
			want(PLK_CLAIM_ND, option + 2);
		in = tail_of(in, (n - 1) * 8);
	}
	return PLK_OK;
}

/* @in: what is behind the IPv6 and extension headers; @n: how much of it is the packet's. */
static enum plk_err
oracle_icmp(struct plk_span in, size_t n, bool is_fragment)
{
	static const uint8_t fixed[] = {[133 - 133] = 8, 16, 24, 24, 40};

	if (n > in.n || n == 0)
		return PLK_E_CLAIM_ND;
	in.n = n;
	if (in.p[0] < 133 || in.p[0] > 137)
		return PLK_OK;
	if (is_fragment || n < fixed[in.p[0] - 133])
		return PLK_E_CLAIM_ND;
	return oracle_options(tail_of(in, fixed[in.p[0] - 133]));
}

static enum plk_err
oracle_ipv6(struct plk_span in, size_t l3, const struct plk_vnet *vnet)
{
	static const unsigned extensions[] = {0, 43, 44, 60};
	uint8_t ip[40];
	uint8_t head[8] = {0};
	unsigned next;
	size_t length;
	size_t before = 0;
	bool is_fragment = false;

	if (in.n < 40)
		return PLK_E_CLAIM_ND;
	take_bytes(&in, ip, sizeof ip);
	if (ip[0] / 16 != 6)
		return PLK_E_CLAIM_ND;
	length = ip[4] * 256U + ip[5];
	next = ip[6];
	while (!is_fragment && is_one_of(next, extensions, COUNT(extensions))) {
		size_t n;

		if (in.n < 8)
			return PLK_E_CLAIM_ND;
		is_fragment = next == 44;
		memcpy(head, in.p, 8);
		n = is_fragment ? 8 : 8 + head[1] * 8U;
		if (n > in.n)
			return PLK_E_CLAIM_ND;
		in = tail_of(in, n);
		before += n;
		next = head[0];
	}
	if (is_fragment && is_one_of(next, extensions, COUNT(extensions)))
		return PLK_E_CLAIM_ND;
	if (next != 58)
		return PLK_OK;
	if ((vnet->flags & 1) && (vnet->csum_start != l3 + 40 + before || vnet->csum_offset != 2))
		return PLK_E_CLAIM_CSUM;
	if (is_fragment && (head[2] != 0 || head[3] > 7))
		return PLK_OK;
	return oracle_icmp(in, length > before ? length - before : 0, is_fragment);
}

static enum plk_err
oracle(struct plk_span eth, const struct plk_vnet *vnet, struct front *front)
{
	struct plk_span in = eth;
	enum plk_err err = oracle_front(&in, vnet->flags & 1, front);

	n_wanted = 0;
	if (err != PLK_OK)
		return err;
	want(PLK_CLAIM_SOURCE, eth.p + 6);
	if (front->type == 0x0806 || front->type == 0x8035)
		return vnet->flags & 1 ? PLK_E_CLAIM_CSUM : oracle_arp(in);
	return front->type == 0x86dd ? oracle_ipv6(in, eth.n - in.n, vnet) : PLK_OK;
}

static void
claims_check(struct plk_span eth, struct plk_claims *claims)
{
	enum plk_claim where;
	const uint8_t *mac;
	size_t n = 0;

	while (plk_claims_next(claims, &where, &mac)) {
		CHECK(n < n_wanted && where == wanted[n].where);
		CHECK(mac >= eth.p && (size_t)(mac - eth.p) <= eth.n - 6);
		CHECK(memcmp(mac, wanted[n++].mac, 6) == 0);
	}
	CHECK(n == n_wanted);
	CHECK(!plk_claims_next(claims, &where, &mac));
}

static void
vlan_check(struct plk_span eth, const struct plk_vnet *vnet, const struct front *front,
	   enum plk_err err)
{
	uint16_t id = 0xa5a5;

	if (err == PLK_OK && front->n_vids > 1 && front->vids[0] == 0)
		err = PLK_E_CLAIM_TAG;
	CHECK(plk_claims_vlan(eth, vnet, &id) == err);
	CHECK(id == (err != PLK_OK ? 0xa5a5 : front->n_vids > 0 ? front->vids[0] : 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct front front;
	struct plk_span eth = {data, size};
	struct plk_span in;
	struct plk_claims claims;
	struct plk_vnet vnet = {.flags = take_u8(&eth)};
	enum plk_err err;

	vnet.csum_start = take_u8(&eth);
	vnet.csum_offset = take_u8(&eth);
	if (eth.n > BYTES_MAX)
		return 0;
	in = eth;
	vlan_check(eth, &vnet, &front, oracle_front(&in, vnet.flags & 1, &front));
	err = oracle(eth, &vnet, &front);
	mark(&claims, sizeof claims);
	CHECK(plk_claims_parse(eth, &vnet, &claims) == err);
	if (err != PLK_OK)
		CHECK(untouched(&claims, sizeof claims));
	else
		claims_check(eth, &claims);
	return 0;
}
