/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ids.h: lists of users or groups, by their numbers.
 *
 *   IDS = ID *31("+" ID)
 *   ID  = canonical decimal, 0 to 4294967294
 *
 * Trust: strings come from the command line, files and control clients. Pure. Fuzz:
 * fuzz/ids_fuzz.c.
 */
#ifndef PLK_TEXT_IDS_H
#define PLK_TEXT_IDS_H

#include <pktlock/err.h>
#include <pktlock/limits.h>
#include <pktlock/span.h>

/** plk_ids_parse() - read IDS
 * @in:    borrowed; the whole of it is the list
 * @ids:   PLK_LIST_MAX of them; on error undefined
 * @n_ids: set on PLK_OK only
 * @at:    set on error only; offset in @in of the first byte of the refused number
 * Return: PLK_OK; PLK_E_NUM_*; PLK_E_VALUE_COUNT.
 */
PLK_MUST_USE enum plk_err plk_ids_parse(struct plk_span in, uint32_t *ids, uint32_t *n_ids,
					size_t *at);

#endif
