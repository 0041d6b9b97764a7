/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rows.h: what is sent through the TAP, either way, and what shall become of it.
 */
#ifndef VM_ROWS_H
#define VM_ROWS_H

#include "superframe.h"

/* Last bytes of MAC addresses. */
#define MAC_VM 1
#define MAC_CLIENT 2
#define MAC_TAP 3 /* smoke.sh gives it that */
#define MAC_OTHER 4
#define MAC_NEIGHBOUR 5 /* a second attached client */
#define MAC_MULTICAST 0xfe
#define MAC_BROADCAST 0xff

/* EtherTypes of frames that are no IP: IEEE 802 leaves these for local experiments. */
#define TYPE_TEST 0x88b5
#define TYPE_FENCE 0x88b6

/** enum fate - what becomes of a frame
 * FATE_PASSES: it arrives with its offloads, if the receiver has headers
 * FATE_PIECES: in pieces, of which each has its checksum to be completed
 * FATE_WHOLE:  without offloads, in pieces if it is a superframe
 * FATE_NONE:   it is dropped and counted
 */
enum fate { FATE_PASSES, FATE_PIECES, FATE_WHOLE, FATE_NONE };

/** struct row - a frame that is sent
 * @name:    in what is printed
 * @kind:    @to 0: the usual receiver; @from 0: the usual sender
 * @offload: see there
 * @fate:    see there
 * @copies:  how many, with numbers that count up; 0: one
 */
struct row {
	const char *name;
	struct kind kind;
	enum offload offload;
	enum fate fate;
	size_t copies;
};

/** struct lie - a header that does not fit its frame, which is TCPv4 without options
 * @name:  in what is printed
 * @hdr:   with a gso_type it stands before a payload of LIE_GSO bytes, without one of LIE_SHORT
 */
struct lie {
	const char *name;
	struct virtio_net_hdr hdr;
};

/* From the VM. */
extern const struct row rows_captured[];
extern const size_t rows_captured_n;

/* To the VM: its driver has the usual offloads, or none at all. */
extern const struct row rows_injected[];
extern const size_t rows_injected_n;
extern const struct row rows_injected_plain[];
extern const size_t rows_injected_plain_n;

/* To the VM: to be refused. */
#define LIE_SHORT 1000
#define LIE_GSO 14480
extern const struct lie lies[];
extern const size_t lies_n;

#endif
