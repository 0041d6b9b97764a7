/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * port.h: ports, that is, a remote and what happens behind it.
 *
 *   PORT-SPEC = ROLE *("," KEY "=" VALUE) "@" REMOTE     everything after the first "@" is the remote, verbatim
 *   ROLE      = "capture" | "inject" | "attach"
 *
 *   KEY            for                values (NUMBER is canonical decimal)                       default
 *   format=        all                qemu | vnet | pcapng (capture only)                        qemu
 *   vnet-hdr=      format=vnet        10 | 12 | 20                                               12
 *   direction=     capture, attach    in | out | both                                            both; attach: in
 *   latency=       capture, attach    low | bulk                                                 bulk; attach: low
 *   snaplen=       format=pcapng      64-262144 bytes                                            whole frames
 *   max-clients=   passive remotes    1-1024                                                     no limit but --clients
 *   allow-uid=     Unix remotes       UID *31("+" UID)        0-4294967294                       every uid
 *   allow-gid=     Unix remotes       GID *31("+" GID)        with allow-uid either suffices     every gid
 *   tcp=           pfd:, sd:          yes                                                        Unix sockets only
 *   on-loss=       all                keep | close                                               keep
 *   mac=           inject, attach     MAC *31("+" MAC)        hh:hh:hh:hh:hh:hh                  every address
 *   vlan=          inject, attach     ID *("+" ID)            0-4094, 0 is untagged              every VLAN
 *   rate=          inject, attach     NUMBER [":" NUMBER]     1-4294967295 frames/s, burst       no limit; burst = rate
 *
 * mac=, vlan= and rate= say what clients may send. A frame that they refuse is dropped and counted by its reason; its client stays.
 *
 *   mac=   the Ethernet source, the sender's hardware address in ARP and RARP, and the link-layer address options of IPv6 neighbour
 *          discovery are each one of these. What hides them from us but not from a receiver is refused: wire/claims.h has the list.
 *   vlan=  the VID of the outermost tag, of 802.1Q or 802.1ad; a priority tag (VID 0) alone is untagged, one before another tag is
 *          refused, and so is a tag that is cut short, or of a TPID before the standard. Inner tags do not count.
 *   rate=  for all clients of the port together, so that who connects again, or twice, sends no more: for a share of its own a client
 *          needs a port of its own. A superframe is as many frames as it has segments; one that is larger than the burst passes when
 *          the burst is whole, and the frames behind it wait so much longer for theirs. Frames above the rate are dropped, not kept.
 *
 * A key stands at most once, in any order. Unix remotes are punix:, unix:, pfd: and sd:. The
 * printed form is canonical: keys in the order of this table, defaults left out, VLANs ascending,
 * MACs in lower case. Parse, print and parse again gives the same port.
 *
 * Trust: strings come from the command line, files and control clients. Pure: no I/O, no
 * allocation, no globals; work is linear. Fuzz: fuzz/port_fuzz.c.
 */
#ifndef PKTLOCK_PORT_H
#define PKTLOCK_PORT_H

#include <pktlock/remote.h>
#include <pktlock/roles.h>

#ifdef __cplusplus
extern "C" {
#endif

/** struct plk_port - one port; what its role does not use is zero, so that equal ports are equal bytes
 * @role:        capture, inject or attach
 * @remote:      where clients come from
 * @format:      layout of the stream
 * @vnet_hdr:    bytes of a virtio-net header: 10, 12 or 20; 0 unless @format is vnet
 * @direction:   NONE for inject
 * @latency:     NONE for inject
 * @snaplen:     bytes; 0 is whole frames
 * @max_clients: 0 is no limit of this port's own
 * @n_uids:      how many of @uids count; 0 is every uid (unless @n_gids is not 0)
 * @n_gids:      how many of @gids count
 * @tcp:         an adopted listener may be AF_INET or AF_INET6
 * @close_on_loss: clients are closed when the interface goes
 * @n_macs:      how many of @macs count; 0 is every source address
 * @has_vlans:   @vlans counts; else every VLAN
 * @vlans:       bit ID % 8 of byte ID / 8 is set for each allowed ID
 * @rate_fps:    frames per second; 0 is no limit
 * @burst:       frames; 0 if @rate_fps is 0
 */
struct plk_port {
	enum plk_role role;
	struct plk_remote remote;
	enum plk_format format;
	uint8_t vnet_hdr;
	enum plk_direction direction;
	enum plk_latency latency;
	uint32_t snaplen;
	uint32_t max_clients;
	uint32_t n_uids;
	uint32_t uids[PLK_LIST_MAX];
	uint32_t n_gids;
	uint32_t gids[PLK_LIST_MAX];
	bool tcp;
	bool close_on_loss;
	uint32_t n_macs;
	uint8_t macs[PLK_LIST_MAX][PLK_ETH_ADDR];
	bool has_vlans;
	uint8_t vlans[PLK_VLAN_BYTES];
	uint32_t rate_fps;
	uint32_t burst;
};

/* Enough for every printed port, bytes: 4095 VLAN numbers are most of it. */
#define PLK_PORT_TEXT_MAX 22528

/** plk_port_parse() - read one PORT-SPEC
 * @in:   borrowed; the whole of it is the port
 * @out:  set on PLK_OK only; points to nothing of @in
 * @at:   set on error only; offset in @in of the first byte of the refused token, or @in.n if
 *        something is missing at the end
 * Return: PLK_OK or the reason: PLK_E_ROLE_*, PLK_E_AT_MISSING, PLK_E_KEY_*, PLK_E_VALUE_*,
 * PLK_E_NUM_*, or what plk_remote_parse() returns.
 */
PLK_PUBLIC PLK_MUST_USE enum plk_err plk_port_parse(struct plk_span in, struct plk_port *out,
						    size_t *at);

/** plk_port_encode() - print the canonical form
 * @port: as plk_port_parse() makes it
 * @out:  borrowed; PLK_PORT_TEXT_MAX bytes are always enough; not NUL-terminated
 * @n:    set on PLK_OK only; bytes written
 * Return: PLK_OK; PLK_E_ROOM; PLK_E_MALFORMED (no port that plk_port_parse() makes: an enumerator or
 * a count out of range, a direction or latency that the role does not have).
 */
PLK_PUBLIC PLK_MUST_USE enum plk_err plk_port_encode(const struct plk_port *port,
						     struct plk_mspan out, size_t *n);

/** plk_port_remote_at() - where the remote begins in a PORT-SPEC
 * @in:   borrowed
 * Return: the offset after the first "@", or @in.n if there is none.
 */
PLK_PUBLIC size_t plk_port_remote_at(struct plk_span in);

#ifdef __cplusplus
}
#endif

#endif
