/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * page.h: memory that two processes share, of a size that neither can change: one writes, the other reads.
 */
#ifndef PLK_OS_PAGE_H
#define PLK_OS_PAGE_H

#include <stddef.h>

/** plk_page_make() - zeroed memory, mapped read-only here
 * Its size is sealed, so that who has the descriptor cannot take pages away that we read.
 * @bytes: a multiple of the page size
 * @map:   set on success; until plk_page_unmap()
 * Return: a descriptor to map it writable, owned by the caller; or -errno.
 */
int plk_page_make(size_t bytes, const void **map);

/** plk_page_map() - map such memory to write; until the process ends
 * Return: 0 or -errno.
 */
int plk_page_map(int fd, size_t bytes, void **map);

/** plk_page_blank() - a descriptor of nothing, to keep a number with; Return: it, or -errno */
int plk_page_blank(void);

/** plk_page_unmap() - give the memory back; NULL is none, and afterwards it is */
void plk_page_unmap(const void **map, size_t bytes);

#endif
