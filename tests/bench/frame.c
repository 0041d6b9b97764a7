/* SPDX-License-Identifier: BSD-2-Clause */
#include "frame.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/virtio_net.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

#include "tool.h"

#define ALL_EVERY 1024 /* frames, of which one is compared as a whole */
#define SUPER_MSS 1448

static uint8_t filling[FRAME_MAX + 8];

static void
filling_make(void)
{
	for (size_t i = 0; i < sizeof filling; i++)
		filling[i] = (uint8_t)(i * 13 + (i >> 8) * 7 + 1);
}

struct layout
layout_of(uint64_t bytes, bool super)
{
	const struct layout layout = {
		.bytes = super && bytes == 0 ? SUPER_SIZE : bytes,
		.at = super ? SUPER_NUMBER_AT : FRAME_NUMBER_AT,
	};

	if (layout.bytes < layout.at + FRAME_HEAD - FRAME_NUMBER_AT + 8 || layout.bytes > FRAME_MAX)
		fail("frames cannot have so many bytes");
	filling_make();
	return layout;
}

static uint16_t
checksum(const uint8_t *p, size_t n, uint32_t sum)
{
	for (size_t i = 0; i < n; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* Headers of TCP with the sum of the pseudo header, as a kernel leaves it to a NIC. */
static void
super_make(uint8_t *p, size_t bytes)
{
	const uint16_t ip_bytes = (uint16_t)(bytes - ETH_HLEN);
	struct iphdr ip = {.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP};
	struct tcphdr tcp = {.doff = 5, .ack = 1};

	ip.tot_len = htons(ip_bytes);
	ip.saddr = htonl(0x0a4d0001);
	ip.daddr = htonl(0x0a4d0002);
	tcp.source = htons(5001);
	tcp.dest = htons(5002);
	tcp.window = htons(8192);
	memcpy(p, &ip, sizeof ip);
	ip.check = htons((uint16_t)~checksum(p, sizeof ip, 0));
	memcpy(p, &ip, sizeof ip);
	tcp.check = htons(checksum(p + 12, 8, IPPROTO_TCP + ip_bytes - (uint32_t)sizeof ip));
	memcpy(p + sizeof ip, &tcp, sizeof tcp);
}

static void
ethernet_make(uint8_t *p, unsigned int to, unsigned int from, uint16_t type)
{
	const uint8_t head[ETH_HLEN] = {
		2,
		0x70,
		0,
		0,
		(uint8_t)(to >> 8),
		(uint8_t)to,
		2,
		0x71,
		0,
		0,
		(uint8_t)(from >> 8),
		(uint8_t)from,
		(uint8_t)(type >> 8),
		(uint8_t)type,
	};

	memcpy(p, head, sizeof head);
}

void
frame_make(uint8_t *p, const struct layout *layout, unsigned int to, unsigned int from)
{
	const bool super = layout->at == SUPER_NUMBER_AT;

	memcpy(p, filling, layout->bytes);
	ethernet_make(p, to, from, super ? ETH_P_IP : FRAME_TYPE);
	if (super)
		super_make(p + ETH_HLEN, layout->bytes);
	frame_stamp(p, layout, 0, 0);
}

void
hello_make(uint8_t *p, unsigned int to)
{
	memset(p, 0, HELLO_BYTES);
	ethernet_make(p, 0, to, HELLO_TYPE);
	p[7] = 0x70; /* it is its own address */
	memset(p, 0xff, ETH_ALEN);
}

void
frame_to(uint8_t *p, unsigned int to)
{
	p[4] = (uint8_t)(to >> 8);
	p[5] = (uint8_t)to;
}

void
frame_stamp(uint8_t *p, const struct layout *layout, uint64_t number, uint64_t time_ns)
{
	memcpy(p + layout->at, &number, sizeof number);
	memcpy(p + layout->at + sizeof number, &time_ns, sizeof time_ns);
}

static uint64_t
load(const uint8_t *p)
{
	uint64_t value;

	memcpy(&value, p, sizeof value);
	return value;
}

uint64_t
frame_number(const uint8_t *p, const struct layout *layout)
{
	return load(p + layout->at);
}

uint64_t
frame_time(const uint8_t *p, const struct layout *layout)
{
	return load(p + layout->at + sizeof(uint64_t));
}

void
vnet_make(uint8_t p[static VNET_HDR], const struct layout *layout)
{
	struct virtio_net_hdr hdr = {0};

	if (layout->at == SUPER_NUMBER_AT) {
		hdr.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		hdr.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
		hdr.hdr_len = SUPER_NUMBER_AT;
		hdr.gso_size = SUPER_MSS;
		hdr.csum_start = ETH_HLEN + sizeof(struct iphdr);
		hdr.csum_offset = 16;
	}
	memcpy(p, &hdr, VNET_HDR);
}

/* ---- what a receiver looks at ---- */

static bool
is_ours(const uint8_t *p, const struct layout *layout)
{
	const uint16_t type = layout->at == SUPER_NUMBER_AT ? ETH_P_IP : FRAME_TYPE;

	return p[12] == (type >> 8) && p[13] == (type & 0xff) && p[1] == 0x70;
}

static void
same(const uint8_t *p, size_t from, size_t n, uint64_t number)
{
	if (memcmp(p + from, filling + from, n) == 0)
		return;
	(void)fprintf(stderr, "frame %llu, from byte %zu on\n", (unsigned long long)number, from);
	fail("a frame is corrupt");
}

static void
bytes_check(const struct layout *layout, const uint8_t *p, uint64_t number)
{
	const size_t from = layout->at + FRAME_HEAD - FRAME_NUMBER_AT;
	const size_t n = layout->bytes - from;

	if (number % ALL_EVERY == 0)
		same(p, from, n, number);
	else
		same(p, from + number % (n - 7), 8, number);
}

static void
number_take(struct sight *sight, uint64_t number)
{
	if (sight->frames > 0 && number < sight->next) {
		sight->back++;
		return;
	}
	if (sight->frames > 0)
		sight->missing += (number - sight->next) / sight->stride;
	sight->next = number + sight->stride;
}

bool
sight_take(struct sight *sight, const uint8_t *p, size_t n)
{
	const struct layout *layout = &sight->layout;
	uint64_t number;

	if (n < ETH_HLEN || !is_ours(p, layout)) {
		sight->others++;
		return false;
	}
	if (n != layout->bytes)
		fail("a frame does not have its length");
	number = frame_number(p, layout);
	bytes_check(layout, p, number);
	number_take(sight, number);
	sight->frames++;
	sight->bytes += n;
	return true;
}
