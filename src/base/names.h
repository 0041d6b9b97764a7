/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * names.h: what of ours is called how in the service manager's descriptor store: written by the supervisor, read by text/stored.h,
 * which has the grammar.
 */
#ifndef PLK_BASE_NAMES_H
#define PLK_BASE_NAMES_H

#define PLK_STORE_PREFIX "pktlock."
#define PLK_STORE_CLIENT "client." /* then a tag: 16 hexadecimal digits */
#define PLK_STORE_STOP "stop."     /* then four numbers: decimal, joined by '.' */

#endif
