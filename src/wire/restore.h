/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * restore.h: put back what offloads took out of a captured frame.
 *
 * A frame that a packet socket delivers may lack its VLAN tag (it stands in the metadata:
 * PACKET_AUXDATA, struct tpacket3_hdr) and its TCP or UDP checksum (the virtio-net header says
 * where it belongs). Nothing is moved in memory: the result is a list of pieces that make up the
 * frame.
 *
 * Trust: lengths and offsets come from the kernel and are checked all the same. Pure. Fuzz:
 * fuzz/restore_fuzz.c.
 */
#ifndef PLK_WIRE_RESTORE_H
#define PLK_WIRE_RESTORE_H

#include <pktlock/vnet.h>

#define PLK_PIECES_MAX 5

/** struct plk_tag - a VLAN tag that stands beside the frame
 * @present: there is one
 * @tpid:    EtherType of the tag, 0x8100 or 0x88a8
 * @tci:     priority, DEI and VLAN ID
 */
struct plk_tag {
	bool present;
	uint16_t tpid;
	uint16_t tci;
};

/** struct plk_pieces - a frame in parts; points into itself, so that it must not be copied
 * @part:  the parts in order; they point into the frame given, @tag and @csum
 * @n:     how many
 * @bytes: their lengths together
 */
struct plk_pieces {
	struct plk_span part[PLK_PIECES_MAX];
	size_t n;
	size_t bytes;
	uint8_t tag[PLK_VLAN_TAG];
	uint8_t csum[4];
};

/** plk_restore_raw() - the frame with its tag, its header brought in line
 * @eth:   the frame as delivered, at least PLK_ETH_HDR bytes, borrowed
 * @tag:   what the metadata says
 * @vnet:  the header as delivered; changed on PLK_OK: as plk_vnet_receive() does; csum_start counts the tag, hdr_len is the
 *         exact length of the headers of a frame that is to be segmented and 0 otherwise,
 *         num_buffers is 1, as of a device that has one buffer for a frame (virtio 1.2 section 5.1.6.4)
 * @out:   set on PLK_OK only
 * Return: PLK_OK; PLK_E_SHORT (@eth is no frame); PLK_E_VNET_* (the header does not fit the frame,
 * or with the tag csum_start or hdr_len would not fit into 16 bits).
 */
PLK_MUST_USE enum plk_err plk_restore_raw(struct plk_span eth, const struct plk_tag *tag,
					  struct plk_vnet *vnet, struct plk_pieces *out);

/** plk_restore_whole() - the frame as it is on a wire: with its tag and its checksum
 * @eth, @tag, @out: as above
 * @vnet:  the header as delivered
 * Return: PLK_OK; PLK_E_SHORT; PLK_E_LIMIT (a superframe: segment.h cuts it); PLK_E_VNET_*.
 */
PLK_MUST_USE enum plk_err plk_restore_whole(struct plk_span eth, const struct plk_tag *tag,
					    const struct plk_vnet *vnet, struct plk_pieces *out);

#endif
