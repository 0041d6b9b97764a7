/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tap.h: TAP devices behind inherited descriptors (linux/if_tun.h).
 */
#ifndef PLK_OS_TAP_H
#define PLK_OS_TAP_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/msg.h"

/** plk_tap_name() - the name of the TAP behind a descriptor (TUNGETIFF), in the TAP's own network namespace
 * @name: PLK_IFNAME_MAX + 1 bytes
 * Return: 0; -ENOTTY and others (no TAP); -EINVAL (a TUN, which has no Ethernet frames).
 */
int plk_tap_name(int fd, char *name);

/** plk_tap_netns() - whether a TAP lives in our network namespace (TUNGETDEVNETNS, which needs CAP_NET_ADMIN there) */
enum plk_netns plk_tap_netns(int fd);

/** plk_tap_mac() - the address of the TAP behind a descriptor (SIOCGIFHWADDR); Return: 0 or -errno */
int plk_tap_mac(int fd, uint8_t mac[PLK_ETH_ADDR]);

#endif
