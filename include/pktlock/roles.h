/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * roles.h: what a port does, in the words that strings, messages and the data path share.
 */
#ifndef PKTLOCK_ROLES_H
#define PKTLOCK_ROLES_H

/** enum plk_role - which way frames go between an interface and the clients of a port */
enum plk_role {
	PLK_ROLE_CAPTURE, /* to the client */
	PLK_ROLE_INJECT,  /* from the client */
	PLK_ROLE_ATTACH,  /* both: the client is a NIC */
	PLK_ROLES
};

/** enum plk_format - how frames are laid out on a stream (frame.h) */
enum plk_format {
	PLK_FORMAT_QEMU,   /* be32 length, frame */
	PLK_FORMAT_VNET,   /* be32 length, be32 header length, virtio-net header, frame */
	PLK_FORMAT_PCAPNG, /* a pcapng section */
	PLK_FORMATS
};

/** enum plk_direction - which frames of the interface a client sees, as the interface's host counts */
enum plk_direction {
	PLK_DIRECTION_NONE, /* inject: none */
	PLK_DIRECTION_IN,   /* what the interface received */
	PLK_DIRECTION_OUT,  /* what is sent through it (PACKET_OUTGOING) */
	PLK_DIRECTION_BOTH,
	PLK_DIRECTIONS
};

/** enum plk_latency - which receive class a port belongs to */
enum plk_latency {
	PLK_LATENCY_NONE, /* inject: none */
	PLK_LATENCY_LOW,  /* each frame at once */
	PLK_LATENCY_BULK, /* whole ring blocks */
	PLK_LATENCIES
};

#endif
