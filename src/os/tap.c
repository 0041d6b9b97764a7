/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/tap.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/fd.h"

#ifndef TUNGETDEVNETNS
#define TUNGETDEVNETNS _IO('T', 227) /* Linux 5.2 */
#endif

int
plk_tap_name(int fd, char *name)
{
	struct ifreq request = {0};

	/* Not ioctl(): its second argument is an int in musl, which makes another number of 64 bits of this one. */
	/* #syscalls:broker ioctl[1=TUNGETIFF] ioctl[1=SIOCGIFHWADDR] (is a TAP the interface of its name) */
	if (syscall(SYS_ioctl, (long)fd, (unsigned long)TUNGETIFF, &request) < 0)
		return -errno;
	if (!(request.ifr_flags & IFF_TAP))
		return -EINVAL;
	memcpy(name, request.ifr_name, PLK_IFNAME_MAX);
	name[PLK_IFNAME_MAX] = '\0';
	return 0;
}

enum plk_netns
plk_tap_netns(int fd)
{
	struct stat ours;
	struct stat its;
	int netns = ioctl(fd, TUNGETDEVNETNS);
	bool known;

	if (netns < 0)
		return PLK_NETNS_UNKNOWN;
	known = fstat(netns, &its) == 0 && stat("/proc/self/ns/net", &ours) == 0;
	plk_fd_close(&netns);
	if (!known)
		return PLK_NETNS_UNKNOWN;
	return its.st_dev == ours.st_dev && its.st_ino == ours.st_ino ? PLK_NETNS_OURS
								      : PLK_NETNS_OTHER;
}

int
plk_tap_mac(int fd, uint8_t mac[PLK_ETH_ADDR])
{
	struct ifreq request = {0};

	if (ioctl(fd, SIOCGIFHWADDR, &request) < 0)
		return -errno;
	memcpy(mac, request.ifr_hwaddr.sa_data, PLK_ETH_ADDR);
	return 0;
}
