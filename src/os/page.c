/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/page.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "os/fd.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U /* Linux 6.3 */
#endif
#define SIZE_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

static int
memory_make(void)
{
	/* #syscalls:front memfd_create (the counters of a worker; a number is kept) */
	int fd = memfd_create("pktlock", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("pktlock", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd < 0 ? -errno : fd;
}

int
plk_page_blank(void)
{
	return memory_make();
}

static int
prepare(int fd, size_t bytes, const void **map)
{
	void *p;

	/* #syscalls:front ftruncate[0=PLK_FRONT_FD_OTHER..PLK_FRONT_FD_MAX,1=PLK_BOOKS_BYTES] (its size, for good) */
	/* #syscalls:front fcntl[0=PLK_FRONT_FD_OTHER..PLK_FRONT_FD_MAX,1=F_ADD_SEALS] (its size, for good) */
	if (ftruncate(fd, (off_t)bytes) < 0 || fcntl(fd, F_ADD_SEALS, SIZE_SEALS) < 0)
		return -errno;
	/* #syscalls:front mmap[0=0,1=PLK_BOOKS_BYTES,2=PROT_READ,3=MAP_SHARED,4=PLK_FRONT_FD_OTHER..PLK_FRONT_FD_MAX,5=0] (to read it) */
	p = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	*map = p;
	return 0;
}

int
plk_page_make(size_t bytes, const void **map)
{
	int fd = memory_make();
	int error = fd < 0 ? fd : prepare(fd, bytes, map);

	if (error < 0 && fd >= 0)
		plk_fd_close(&fd);
	return error < 0 ? error : fd;
}

int
plk_page_map(int fd, size_t bytes, void **map)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return -errno;
	*map = p;
	return 0;
}

void
plk_page_unmap(const void **map, size_t bytes)
{
	/* #syscalls:front munmap[1=PLK_BOOKS_BYTES] (the counters of a worker that ended) */
	if (*map)
		(void)munmap((void *)(uintptr_t)*map, bytes); /* it is mapped */
	*map = NULL;
}
