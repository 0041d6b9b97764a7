/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "os/fd.h"

#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif

#define BACKLOG SOMAXCONN
/* a peer that is gone is noticed within a minute, on a quiet interface too */
#define KEEP_IDLE_S 30
#define KEEP_INTERVAL_S 10
#define KEEP_COUNT 3
#define STREAM (SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK)

static struct sockaddr_un
unix_address(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	memcpy(addr.sun_path, path, strnlen(path, PLK_PATH_MAX));
	return addr;
}

/* A path, and no abstract name (which begins with NUL, as an empty path does) nor one that depends on
 * where we are: the messages permit any string. */
static int
path_check(const char *path)
{
	return path[0] == '/' ? 0 : -EINVAL;
}

/* Whether somebody listens on @path: 0 if nobody does, -EADDRINUSE if somebody does, or another
 * -errno. */
static int
probe(const struct sockaddr_un *addr)
{
	/* #syscalls:broker connect socket[0=AF_UNIX,1=SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK,2=0] (active remotes; is a socket file stale) */
	int fd = socket(AF_UNIX, STREAM, 0);
	int error;

	if (fd < 0)
		return -errno;
	error = connect(fd, (const struct sockaddr *)addr, sizeof *addr) < 0 ? -errno : -EADDRINUSE;
	plk_fd_close(&fd);
	if (error == -ECONNREFUSED || error == -ENOENT)
		return 0;
	return error == -EAGAIN ? -EADDRINUSE : error; /* its backlog is full */
}

/* lstat(), which is not the same call in each C library; the structure is. */
static int
path_look(const char *path, struct stat *out)
{
	/* #syscalls:broker newfstatat[3=AT_SYMLINK_NOFOLLOW] (what is at the path of a remote) */
	return (int)syscall(SYS_newfstatat, (long)AT_FDCWD, path, out, (long)AT_SYMLINK_NOFOLLOW);
}

/* Makes room for a socket file: removes a socket on which nobody listens, and nothing else. */
static int
stale_remove(const char *path, const struct sockaddr_un *addr, enum plk_step *step)
{
	struct stat st;
	int error;

	*step = PLK_STEP_STALE;
	if (path_look(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	error = probe(addr);
	if (error < 0)
		return error;
	/* #syscalls:broker unlinkat[2=0] (a stale socket file; ours, at the end) */
	return unlinkat(AT_FDCWD, path, 0) < 0 && errno != ENOENT ? -errno : 0;
}

static int
listen_on(int *fd, const struct sockaddr *addr, socklen_t n, enum plk_step *step)
{
	*step = PLK_STEP_BIND;
	/* #syscalls:broker bind (listeners) */
	if (bind(*fd, addr, n) < 0)
		return -errno;
	*step = PLK_STEP_LISTEN;
	/* #syscalls:broker listen (listeners) */
	return listen(*fd, BACKLOG) < 0 ? -errno : 0;
}

/* Remembers the file that bind() has made. */
static int
file_note(const char *path, struct plk_socket_file *file)
{
	struct stat st;

	if (path_look(path, &st) < 0)
		return -errno;
	*file = (struct plk_socket_file){.dev = st.st_dev, .ino = st.st_ino};
	memcpy(file->path, path, strnlen(path, PLK_PATH_MAX));
	return 0;
}

int
plk_unix_no_rights(int fd)
{
	const int off = 0;

	/* #syscalls:broker,exec setsockopt[1=SOL_SOCKET,2=SO_PASSRIGHTS] (clients send no descriptors) */
	if (setsockopt(fd, SOL_SOCKET, SO_PASSRIGHTS, &off, sizeof off) < 0 && errno != ENOPROTOOPT)
		return -errno;
	return 0;
}

int
plk_listen_unix(const char *path, int *fd, struct plk_socket_file *file, enum plk_step *step)
{
	const struct sockaddr_un addr = unix_address(path);
	int error = path_check(path);
	int made;

	*step = PLK_STEP_BIND;
	if (error == 0)
		error = stale_remove(path, &addr, step);
	if (error < 0)
		return error;
	*step = PLK_STEP_SOCKET;
	made = socket(AF_UNIX, STREAM, 0);
	if (made < 0)
		return -errno;
	*step = PLK_STEP_OPTION;
	error = plk_unix_no_rights(made);
	if (error == 0)
		error = listen_on(&made, (const struct sockaddr *)&addr, sizeof addr, step);
	if (error == 0)
		error = file_note(path, file);
	if (error < 0 && *step == PLK_STEP_LISTEN)
		(void)unlinkat(AT_FDCWD, path, 0); /* bind() has made it */
	if (error < 0) {
		plk_fd_close(&made);
		return error;
	}
	*fd = made;
	return 0;
}

/* The interface that a zone names, by name or by number. */
static int
zone_index(int fd, const char *zone, uint32_t *index)
{
	struct ifreq request = {0};
	uint64_t number = 0;
	size_t i = 0;

	memcpy(request.ifr_name, zone, strnlen(zone, IFNAMSIZ - 1));
	if (ioctl(fd, SIOCGIFINDEX, &request) == 0) {
		*index = (uint32_t)request.ifr_ifindex;
		return 0;
	}
	for (; zone[i] >= '0' && zone[i] <= '9' && number <= INT32_MAX; i++)
		number = number * 10 + (uint64_t)(zone[i] - '0');
	if (zone[i] != '\0' || number == 0 || number > INT32_MAX)
		return -ENODEV;
	*index = (uint32_t)number;
	return 0;
}

union inet_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static int
inet_address(int fd, const struct plk_inet *inet, union inet_address *out, socklen_t *n,
	     enum plk_step *step)
{
	memset(out, 0, sizeof *out);
	if (!inet->is_v6) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons(inet->port);
		memcpy(&out->v4.sin_addr, inet->addr, sizeof out->v4.sin_addr);
		*n = sizeof out->v4;
		return 0;
	}
	out->v6.sin6_family = AF_INET6;
	out->v6.sin6_port = htons(inet->port);
	memcpy(&out->v6.sin6_addr, inet->addr, sizeof out->v6.sin6_addr);
	*n = sizeof out->v6;
	*step = PLK_STEP_ZONE;
	return inet->zone[0] != '\0' ? zone_index(fd, inet->zone, &out->v6.sin6_scope_id) : 0;
}

static int
set_int(int fd, int level, int option, int value)
{
	/* #syscalls:broker setsockopt[1=SOL_SOCKET,2=SO_REUSEADDR] setsockopt[1=IPPROTO_IPV6,2=IPV6_V6ONLY] (TCP) */
	/* #syscalls:broker,exec setsockopt[1=SOL_SOCKET,2=SO_KEEPALIVE] (of a TCP listener, also an inherited one) */
	/* #syscalls:broker,exec setsockopt[1=IPPROTO_TCP,2=TCP_NODELAY] (of a TCP listener, also an inherited one) */
	/* #syscalls:broker,exec setsockopt[1=IPPROTO_TCP,2=TCP_KEEPIDLE..TCP_KEEPCNT] (of a TCP listener, also an inherited one) */
	return setsockopt(fd, level, option, &value, sizeof value) < 0 ? -errno : 0;
}

static int
set_on(int fd, int level, int option)
{
	return set_int(fd, level, option, 1);
}

int
plk_tcp_options(int fd)
{
	int error = set_on(fd, IPPROTO_TCP, TCP_NODELAY);

	if (error == 0)
		error = set_on(fd, SOL_SOCKET, SO_KEEPALIVE);
	if (error == 0)
		error = set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEP_IDLE_S);
	if (error == 0)
		error = set_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEP_INTERVAL_S);
	return error == 0 ? set_int(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEP_COUNT) : error;
}

/* A TCP socket and its address. Accepted sockets inherit the options of their listener. */
static int
inet_make(const struct plk_inet *inet, int *fd, union inet_address *addr, socklen_t *n,
	  enum plk_step *step)
{
	int error;

	*step = PLK_STEP_SOCKET;
	/* #syscalls:broker socket[0=AF_INET,1=SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK,2=0] (TCP) */
	/* #syscalls:broker socket[0=AF_INET6,1=SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK,2=0] (TCP) */
	*fd = socket(inet->is_v6 ? AF_INET6 : AF_INET, STREAM, 0);
	if (*fd < 0)
		return -errno;
	*step = PLK_STEP_OPTION;
	error = plk_tcp_options(*fd);
	if (error == 0)
		error = inet_address(*fd, inet, addr, n, step);
	if (error < 0)
		plk_fd_close(fd);
	return error;
}

int
plk_listen_inet(const struct plk_inet *inet, int *fd, enum plk_step *step)
{
	union inet_address addr;
	socklen_t n = 0;
	int made;
	int error = inet_make(inet, &made, &addr, &n, step);

	if (error < 0)
		return error;
	*step = PLK_STEP_OPTION;
	error = set_on(made, SOL_SOCKET, SO_REUSEADDR);
	if (error == 0 && inet->is_v6)
		error = set_on(made, IPPROTO_IPV6, IPV6_V6ONLY);
	if (error == 0)
		error = listen_on(&made, &addr.any, n, step);
	if (error < 0) {
		plk_fd_close(&made);
		return error;
	}
	*fd = made;
	return 0;
}

static int
connect_start(int *made, const struct sockaddr *addr, socklen_t n, int *fd, enum plk_step *step)
{
	*step = PLK_STEP_CONNECT;
	if (connect(*made, addr, n) < 0 && errno != EINPROGRESS) {
		int error = -errno;

		plk_fd_close(made);
		return error;
	}
	*fd = *made;
	return 0;
}

int
plk_connect_unix(const char *path, int *fd, enum plk_step *step)
{
	const struct sockaddr_un addr = unix_address(path);
	int error = path_check(path);
	int made;

	*step = PLK_STEP_CONNECT;
	if (error < 0)
		return error;
	*step = PLK_STEP_SOCKET;
	made = socket(AF_UNIX, STREAM, 0);
	if (made < 0)
		return -errno;
	*step = PLK_STEP_OPTION;
	error = plk_unix_no_rights(made);
	if (error < 0) {
		plk_fd_close(&made);
		return error;
	}
	return connect_start(&made, (const struct sockaddr *)&addr, sizeof addr, fd, step);
}

int
plk_connect_inet(const struct plk_inet *inet, int *fd, enum plk_step *step)
{
	union inet_address addr;
	socklen_t n = 0;
	int made;
	int error = inet_make(inet, &made, &addr, &n, step);

	return error < 0 ? error : connect_start(&made, &addr.any, n, fd, step);
}

void
plk_socket_file_remove(const struct plk_socket_file *file)
{
	struct stat st;

	if (path_look(file->path, &st) < 0 || st.st_dev != file->dev || st.st_ino != file->ino)
		return;
	(void)unlinkat(AT_FDCWD, file->path, 0); /* the directory may not be ours any more */
}
