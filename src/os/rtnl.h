/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rtnl.h: interfaces, as rtnetlink(7) describes them: looked up, and watched.
 */
#ifndef PLK_OS_RTNL_H
#define PLK_OS_RTNL_H

#include <stdbool.h>
#include <stdint.h>

#include <pktlock/limits.h>

/** struct plk_rtnl_link - one interface
 * @gone:        it was deleted or left the namespace
 * @index:       of the interface
 * @type:        ARPHRD_*
 * @is_up:       IFF_UP
 * @has_carrier: IFF_LOWER_UP: a cable is in, the other end of a veth is up, something holds a TAP; never while it is not up
 * @mtu:         bytes; 0 if the kernel did not say
 * @rx_frames:   how many it has received, by its own count (IFLA_STATS64); 0 if the kernel did not say
 * @tx_frames:   sent
 * @name:        NUL-terminated
 * @kind:        IFLA_INFO_KIND: "tun", "veth", "bridge", "macvtap", ...; empty for none
 * @mac:         address; zeros if it has another length
 */
struct plk_rtnl_link {
	bool gone;
	int index;
	uint16_t type;
	bool is_up;
	bool has_carrier;
	uint32_t mtu;
	uint64_t rx_frames;
	uint64_t tx_frames;
	char name[PLK_IFNAME_MAX + 1];
	char kind[16];
	uint8_t mac[PLK_ETH_ADDR];
};

/** plk_rtnl_open() - a netlink socket that hears of every change of an interface; Return: descriptor or -errno */
int plk_rtnl_open(void);

/** plk_rtnl_find() - look an interface up
 * @fd:    another rtnetlink socket than the one that listens
 * @index: of the interface; 0: by its name
 * @name:  of the interface, if @index is 0
 * Return: 0; -ENODEV; another -errno.
 */
int plk_rtnl_find(int fd, int index, const char *name, struct plk_rtnl_link *out);

/** plk_rtnl_request_open() - a netlink socket for plk_rtnl_find(); Return: descriptor or -errno */
int plk_rtnl_request_open(void);

/** plk_rtnl_read() - take what has changed
 * @call: called for each interface
 * Return: 1; 0 (there was nothing); -ENOBUFS (changes were lost: look the interface up); another -errno.
 */
int plk_rtnl_read(int fd, void (*call)(void *ctx, const struct plk_rtnl_link *link), void *ctx);

#endif
