/* SPDX-License-Identifier: BSD-2-Clause */
#include "rows.h"

#define Q 0x8100
#define AD 0x88a8
#define COUNT(table) (sizeof(table) / sizeof *(table))
#define FULL 1460 /* payload of a TCPv4 frame of 1514 bytes, without tags */
#define GSO4 VIRTIO_NET_HDR_GSO_TCPV4
#define CSUM VIRTIO_NET_HDR_F_NEEDS_CSUM

/* clang-format off */
#define PLAIN(...) {.type = TYPE_TEST, __VA_ARGS__}
#define TCP(...) {.flags = TCP_ACK, __VA_ARGS__}
#define FLAGS(...) {.flags = TCP_ACK | TCP_PSH | TCP_FIN | TCP_CWR, .options = 12, __VA_ARGS__}
#define UDP(...) {.udp = true, __VA_ARGS__}

const struct row rows_captured[] = {
	{"broadcast",     PLAIN(.to = MAC_BROADCAST, .payload = 46), OFFLOAD_NONE, FATE_PASSES, 0},
	{"multicast",     PLAIN(.to = MAC_MULTICAST, .payload = 46), OFFLOAD_NONE, FATE_PASSES, 0},
	{"to-the-tap",    PLAIN(.to = MAC_TAP, .payload = 333), OFFLOAD_NONE, FATE_PASSES, 0},
	{"to-another",    PLAIN(.payload = 1500), OFFLOAD_NONE, FATE_PASSES, 0},
	{"runt",          PLAIN(.to = MAC_BROADCAST), OFFLOAD_NONE, FATE_PASSES, 0},
	{"data-valid",    TCP(.payload = 100), OFFLOAD_VALID, FATE_PASSES, 0},
	{"tcp4-csum",     TCP(.payload = 1001), OFFLOAD_CSUM, FATE_PASSES, 0},
	{"udp4-csum",     UDP(.payload = 77), OFFLOAD_CSUM, FATE_PASSES, 0},
	{"tcp6-csum",     TCP(.v6 = true, .payload = 1440), OFFLOAD_CSUM, FATE_PASSES, 0},
	{"udp6-csum",     UDP(.v6 = true, .payload = 7), OFFLOAD_CSUM, FATE_PASSES, 0},
	{"tso4",          TCP(.payload = 14480), OFFLOAD_GSO, FATE_PASSES, 0},
	{"tso4-flags",    FLAGS(.payload = 2897, .number = 65535), OFFLOAD_GSO, FATE_PASSES, 0},
	{"tso4-largest",  TCP(.payload = 65495), OFFLOAD_GSO, FATE_PASSES, 0},
	{"tso4-short",    FLAGS(.payload = 1448), OFFLOAD_GSO, FATE_PASSES, 0},
	{"tso6-flags",    FLAGS(.v6 = true, .payload = 14000, .gso_size = 1428), OFFLOAD_GSO, FATE_PASSES, 0},
	{"vlan-short",    PLAIN(.tag = {Q}, .payload = 10), OFFLOAD_NONE, FATE_PASSES, 0},
	{"vlan",          TCP(.tag = {Q}, .payload = FULL), OFFLOAD_NONE, FATE_PASSES, 0},
	{"vlan-csum",     TCP(.tag = {Q}, .payload = FULL), OFFLOAD_CSUM, FATE_PASSES, 0},
	{"vlan-tso4",     TCP(.tag = {Q}, .payload = 14480), OFFLOAD_GSO, FATE_PASSES, 0},
	{"vlan-tso6",     TCP(.tag = {Q}, .v6 = true, .payload = 14280, .gso_size = 1428), OFFLOAD_GSO, FATE_PASSES, 0},
	{"ad",            TCP(.tag = {AD}, .payload = FULL), OFFLOAD_NONE, FATE_PASSES, 0},
	{"ad-tso4",       TCP(.tag = {AD}, .payload = 14480), OFFLOAD_GSO, FATE_PASSES, 0},
	{"qinq",          TCP(.tag = {AD, Q}, .payload = FULL), OFFLOAD_NONE, FATE_PASSES, 0},
	{"qinq-csum",     UDP(.tag = {AD, Q}, .payload = 1000), OFFLOAD_CSUM, FATE_PASSES, 0},
	{"qinq-tso4",     TCP(.tag = {AD, Q}, .payload = 14480), OFFLOAD_GSO, FATE_PASSES, 0},
	{"burst",         TCP(.payload = FULL), OFFLOAD_NONE, FATE_PASSES, 64},
	{"burst-csum",    UDP(.payload = 1000), OFFLOAD_CSUM, FATE_PASSES, 64},
};

const struct row rows_injected[] = {
	{"runt-14",       PLAIN(.payload = 0), OFFLOAD_NONE, FATE_PASSES, 0},
	{"runt-15",       PLAIN(.payload = 1), OFFLOAD_NONE, FATE_PASSES, 0},
	{"full",          TCP(.payload = FULL), OFFLOAD_NONE, FATE_PASSES, 0},
	{"oversize",      TCP(.payload = FULL + 4), OFFLOAD_NONE, FATE_NONE, 0},
	{"oversize-csum", TCP(.payload = FULL + 4), OFFLOAD_CSUM, FATE_NONE, 0},
	{"oversize-14k",  TCP(.payload = 14480), OFFLOAD_NONE, FATE_NONE, 0},
	{"tcp4-csum",     TCP(.payload = 1001), OFFLOAD_CSUM, FATE_PASSES, 0},
	{"udp6-csum",     UDP(.v6 = true, .payload = 7), OFFLOAD_CSUM, FATE_PASSES, 0},
	{"vlan",          TCP(.tag = {Q}, .payload = FULL), OFFLOAD_NONE, FATE_PASSES, 0},
	{"vlan-csum",     TCP(.tag = {Q}, .payload = FULL), OFFLOAD_CSUM, FATE_PASSES, 0},
	{"tso4",          TCP(.payload = 14480), OFFLOAD_GSO, FATE_PASSES, 0},
	{"tso4-flags",    FLAGS(.payload = 2897, .number = 65535), OFFLOAD_GSO, FATE_PASSES, 0},
	{"tso4-64k",      TCP(.payload = 65481), OFFLOAD_GSO, FATE_PASSES, 0},
	{"tso6-flags",    FLAGS(.v6 = true, .payload = 14000, .gso_size = 1428), OFFLOAD_GSO, FATE_PASSES, 0},
	{"vlan-tso4",     TCP(.tag = {Q}, .payload = 14480), OFFLOAD_GSO, FATE_PASSES, 0},
	{"ad-tso4",       TCP(.tag = {AD}, .payload = 14480, .gso_size = FULL), OFFLOAD_GSO, FATE_PASSES, 0},
	{"qinq-tso4",     TCP(.tag = {AD, Q}, .payload = 14480, .gso_size = FULL), OFFLOAD_GSO, FATE_PASSES, 0},
	{"tso4-short",    FLAGS(.payload = 1448), OFFLOAD_GSO, FATE_PIECES, 0}, /* one */
	{"burst",         TCP(.payload = FULL), OFFLOAD_NONE, FATE_PASSES, 64},
	/* These come last: after one of them, others are cut for a while, too. No device takes 64 KiB and more at once. */
	{"tso4-largest",  TCP(.payload = 65495), OFFLOAD_GSO, FATE_PIECES, 0},
	/* TUN_F_USO4 and TUN_F_USO6 came with Linux 6.2 */
	{"uso4",          UDP(.payload = 4000), OFFLOAD_GSO, FATE_PIECES, 0},
	{"uso6",          UDP(.v6 = true, .payload = 4000), OFFLOAD_GSO, FATE_PIECES, 0},
};

const struct row rows_injected_plain[] = {
	{"full",          TCP(.payload = FULL), OFFLOAD_NONE, FATE_WHOLE, 0},
	{"tcp4-csum",     TCP(.payload = 1001), OFFLOAD_CSUM, FATE_WHOLE, 0},
	{"udp4-csum",     UDP(.payload = 77), OFFLOAD_CSUM, FATE_WHOLE, 0},
	{"tcp6-csum",     TCP(.v6 = true, .payload = 1440), OFFLOAD_CSUM, FATE_WHOLE, 0},
	{"vlan-csum",     TCP(.tag = {Q}, .payload = FULL), OFFLOAD_CSUM, FATE_WHOLE, 0},
	{"tso4",          TCP(.payload = 14480), OFFLOAD_GSO, FATE_WHOLE, 0},
	{"tso4-flags",    FLAGS(.payload = 2897, .number = 65535), OFFLOAD_GSO, FATE_WHOLE, 0},
	{"tso4-short",    FLAGS(.payload = 1448), OFFLOAD_GSO, FATE_WHOLE, 0},
	{"tso4-largest",  TCP(.payload = 65495), OFFLOAD_GSO, FATE_WHOLE, 0},
	{"tso6-flags",    FLAGS(.v6 = true, .payload = 14000, .gso_size = 1428), OFFLOAD_GSO, FATE_WHOLE, 0},
	{"vlan-tso4",     TCP(.tag = {Q}, .payload = 14480, .gso_size = FULL), OFFLOAD_GSO, FATE_WHOLE, 0},
	{"ad-short",      TCP(.tag = {AD}, .payload = FULL, .gso_size = FULL), OFFLOAD_GSO, FATE_WHOLE, 0},
	{"ad-tso4",       TCP(.tag = {AD}, .payload = 14480, .gso_size = FULL), OFFLOAD_GSO, FATE_WHOLE, 0},
	{"qinq-tso4",     TCP(.tag = {AD, Q}, .payload = 14480, .gso_size = FULL), OFFLOAD_GSO, FATE_WHOLE, 0},
	{"uso4",          UDP(.payload = 4000), OFFLOAD_GSO, FATE_WHOLE, 0},
	{"uso6",          UDP(.v6 = true, .payload = 4000), OFFLOAD_GSO, FATE_WHOLE, 0},
};

/* TCP begins at 34, the headers are 54 bytes. */
const struct lie lies[] = {
	{"flags",          {.flags = 0x80}},
	{"csum-in-mac",    {.flags = CSUM, .csum_start = 4, .csum_offset = 2}},
	{"csum-in-ip",     {.flags = CSUM, .csum_start = 20, .csum_offset = 16}},
	{"csum-behind",    {.flags = CSUM, .csum_start = 34 + 1003, .csum_offset = 16}},
	{"gso-type",       {.flags = CSUM, .gso_type = 0x55, .hdr_len = 54, .gso_size = 1448, .csum_start = 34, .csum_offset = 16}},
	{"gso-ufo",        {.flags = CSUM, .gso_type = 3, .hdr_len = 54, .gso_size = 1448, .csum_start = 34, .csum_offset = 16}},
	{"gso-size-0",     {.flags = CSUM, .gso_type = GSO4, .hdr_len = 54, .csum_start = 34, .csum_offset = 16}},
	{"gso-size-1",     {.flags = CSUM, .gso_type = GSO4, .hdr_len = 54, .gso_size = 1, .csum_start = 34, .csum_offset = 16}},
	{"gso-no-csum",    {.gso_type = GSO4, .hdr_len = 54, .gso_size = 1448}},
	{"gso-v6-on-v4",   {.flags = CSUM, .gso_type = VIRTIO_NET_HDR_GSO_TCPV6, .hdr_len = 54, .gso_size = 1448, .csum_start = 34, .csum_offset = 16}},
	{"gso-uso-on-tcp", {.flags = CSUM, .gso_type = GSO_UDP_L4, .hdr_len = 42, .gso_size = 1448, .csum_start = 34, .csum_offset = 6}},
	{"gso-csum-at",    {.flags = CSUM, .gso_type = GSO4, .hdr_len = 54, .gso_size = 1448, .csum_start = 34}},
};
/* clang-format on */

const size_t rows_captured_n = COUNT(rows_captured);
const size_t rows_injected_n = COUNT(rows_injected);
const size_t rows_injected_plain_n = COUNT(rows_injected_plain);
const size_t lies_n = COUNT(lies);
