/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/adopt.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "os/fd.h"
#include "os/listener.h"

static int
option_get(int fd, int option)
{
	int value = -1;
	socklen_t n = sizeof value;

	return getsockopt(fd, SOL_SOCKET, option, &value, &n) < 0 ? -1 : value;
}

static enum plk_err
family_check(int fd, bool allow_inet)
{
	int family = option_get(fd, SO_DOMAIN);

	if (family == AF_UNIX)
		return PLK_OK;
	if (family != AF_INET && family != AF_INET6)
		return PLK_E_ADOPT_FAMILY;
	return allow_inet ? PLK_OK : PLK_E_ADOPT_INET;
}

static bool
has_peer(int fd)
{
	struct sockaddr_storage peer;
	socklen_t n = sizeof peer;

	return getpeername(fd, (struct sockaddr *)&peer, &n) == 0;
}

static enum plk_err
state_check(int fd)
{
	if (option_get(fd, SO_TYPE) != SOCK_STREAM)
		return PLK_E_ADOPT_TYPE;
	if (option_get(fd, SO_ACCEPTCONN) == 1)
		return PLK_OK;
	return has_peer(fd) ? PLK_E_ADOPT_CONN : PLK_E_ADOPT_LISTEN;
}

static enum plk_err
socket_check(int fd, struct stat *st)
{
	if (fd < 0 || fstat(fd, st) < 0)
		return PLK_E_ADOPT_CLOSED;
	return S_ISSOCK(st->st_mode) ? PLK_OK : PLK_E_ADOPT_FILE;
}

static enum plk_err
flags_set(int fd, int *error)
{
	int failed = plk_fd_unblock(fd);

	if (failed == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		failed = -errno;
	*error = -failed;
	return failed == 0 ? PLK_OK : PLK_E_ADOPT_BLOCK;
}

/* What makes the socket one of ours. */
static enum plk_err
prepare(int fd, int *error)
{
	int option_error =
		option_get(fd, SO_DOMAIN) == AF_UNIX ? plk_unix_no_rights(fd) : plk_tcp_options(fd);

	*error = -option_error;
	return option_error == 0 ? flags_set(fd, error) : PLK_E_ADOPT_BLOCK;
}

static bool
is_known(const struct stat *st, const struct plk_adopted *others, size_t n_others)
{
	for (size_t i = 0; i < n_others; i++) {
		if (others[i].dev == st->st_dev && others[i].ino == st->st_ino)
			return true;
	}
	return false;
}

enum plk_err
plk_adopt(int fd, bool allow_inet, const struct plk_adopted *others, size_t n_others,
	  struct plk_adopted *out, int *error)
{
	struct stat st;
	enum plk_err err = socket_check(fd, &st);

	*error = 0;
	if (err == PLK_OK)
		err = family_check(fd, allow_inet);
	if (err == PLK_OK)
		err = state_check(fd);
	if (err == PLK_OK && is_known(&st, others, n_others))
		err = PLK_E_ADOPT_TWICE;
	if (err == PLK_OK)
		err = prepare(fd, error);
	if (err == PLK_OK)
		*out = (struct plk_adopted){.dev = st.st_dev, .ino = st.st_ino};
	return err;
}

enum plk_err
plk_adopt_connection(int fd, int *error)
{
	struct stat st;
	enum plk_err err = socket_check(fd, &st);

	*error = 0;
	if (err == PLK_OK)
		err = family_check(fd, true);
	if (err == PLK_OK && option_get(fd, SO_TYPE) != SOCK_STREAM)
		err = PLK_E_ADOPT_TYPE;
	if (err == PLK_OK && (option_get(fd, SO_ACCEPTCONN) != 0 || !has_peer(fd)))
		err = PLK_E_ADOPT_PEER;
	return err == PLK_OK ? prepare(fd, error) : err;
}
