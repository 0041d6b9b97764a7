/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * landlock.c: the system calls of linux/landlock.h, which the C library does not wrap. The numbers of rights are part of
 * the kernel's interface; our headers may be older than the kernel.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/sandbox.h"

#define VERSION_MAX 6 /* the last one that changes what we handle */

#define FS_TRUNCATE ((uint64_t)1 << 14)
#define FS_IOCTL_DEV ((uint64_t)1 << 15)
#define FS_VERSION_1 (((uint64_t)1 << 13) - 1)
#define NET_BIND_TCP ((uint64_t)1 << 0)
#define NET_CONNECT_TCP ((uint64_t)1 << 1)
#define SCOPE_ABSTRACT_UNIX_SOCKET ((uint64_t)1 << 0)
#define SCOPE_SIGNAL ((uint64_t)1 << 1)
#define RULE_NET_PORT 2

/* struct landlock_ruleset_attr and landlock_net_port_attr as they are now; an older kernel takes what is zero. */
struct ruleset {
	uint64_t handled_access_fs;
	uint64_t handled_access_net;
	uint64_t scoped;
};

struct net_port {
	uint64_t allowed_access;
	uint64_t port;
};

static struct ruleset
handled(int version, const struct plk_landlock *allow)
{
	struct ruleset ruleset = {.handled_access_fs = FS_VERSION_1};

	if (version >= 2)
		ruleset.handled_access_fs |= LANDLOCK_ACCESS_FS_REFER;
	if (version >= 3)
		ruleset.handled_access_fs |= FS_TRUNCATE;
	if (version >= 4 && !allow->any_tcp)
		ruleset.handled_access_net = NET_BIND_TCP | NET_CONNECT_TCP;
	if (version >= 5)
		ruleset.handled_access_fs |= FS_IOCTL_DEV;
	if (version >= 6)
		ruleset.scoped =
			SCOPE_ABSTRACT_UNIX_SOCKET | (allow->signals_out ? 0 : SCOPE_SIGNAL);
	return ruleset;
}

static int
rule_add(int ruleset, unsigned type, const void *attr)
{
	return syscall(SYS_landlock_add_rule, (long)ruleset, (long)type, attr, 0L) < 0 ? -errno : 0;
}

static uint64_t
access_of(int access)
{
	switch (access) {
	case PLK_LANDLOCK_PROGRAM:
		return LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE;
	case PLK_LANDLOCK_SOCKETS:
		return LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REMOVE_FILE;
	default:
		return LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
	}
}

static int
path_allow(int ruleset, const struct plk_landlock_rule *rule)
{
	const struct landlock_path_beneath_attr attr = {
		.allowed_access = access_of(rule->access),
		.parent_fd = rule->fd,
	};

	return rule_add(ruleset, LANDLOCK_RULE_PATH_BENEATH, &attr);
}

static int
port_allow(int ruleset, uint64_t access, uint16_t port)
{
	const struct net_port attr = {.allowed_access = access, .port = port};

	return rule_add(ruleset, RULE_NET_PORT, &attr);
}

#ifdef PLK_INSTRUMENTED
/* Never shipped: a sanitizer's run time reads /proc and needs a loader and libraries. */
static int
instruments_allow(int ruleset)
{
	struct landlock_path_beneath_attr attr = {
		.allowed_access = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |
				  LANDLOCK_ACCESS_FS_READ_DIR,
		.parent_fd = open("/", O_PATH | O_CLOEXEC),
	};
	int error = attr.parent_fd < 0 ? 0 : rule_add(ruleset, LANDLOCK_RULE_PATH_BENEATH, &attr);

	if (attr.parent_fd >= 0)
		(void)close(attr.parent_fd);
	return error;
}
#else
static int
instruments_allow(int ruleset)
{
	(void)ruleset;
	return 0;
}
#endif

static int
exceptions_add(int ruleset, int version, const struct plk_landlock *allow)
{
	int error = instruments_allow(ruleset);

	for (size_t i = 0; i < allow->n_rules && error == 0; i++)
		error = path_allow(ruleset, &allow->rules[i]);
	if (version < 4 || allow->any_tcp)
		return error;
	for (size_t i = 0; i < allow->n_connect_ports && error == 0; i++)
		error = port_allow(ruleset, NET_CONNECT_TCP, allow->connect_ports[i]);
	for (size_t i = 0; i < allow->n_bind_ports && error == 0; i++)
		error = port_allow(ruleset, NET_BIND_TCP, allow->bind_ports[i]);
	return error;
}

int
plk_confine_landlock(struct plk_msg_confined *state, const struct plk_landlock *allow)
{
	/* #syscalls:exec landlock_create_ruleset landlock_restrict_self (the worker's gates) */
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0L,
			       (long)LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset ruleset;
	int fd;
	int error;

	if (version < 1)
		return version < 0 ? -errno : -EOPNOTSUPP;
	state->landlock = (uint8_t)(version < UINT8_MAX ? version : UINT8_MAX);
	ruleset = handled(version < VERSION_MAX ? (int)version : VERSION_MAX, allow);
	/* version 1 of the structure ends behind the first member */
	fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset,
			  version < 4   ? sizeof ruleset.handled_access_fs
			  : version < 6 ? 2 * sizeof ruleset.handled_access_fs
					: sizeof ruleset,
			  0L);
	if (fd < 0)
		return -errno;
	error = exceptions_add(fd, (int)version, allow);
	if (error == 0 && syscall(SYS_landlock_restrict_self, (long)fd, 0L) < 0)
		error = -errno;
	(void)close(fd); /* Linux closes it whatever it answers */
	return error;
}
