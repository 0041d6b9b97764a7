/* SPDX-License-Identifier: BSD-2-Clause */
#include "text/ids.h"

#include <pktlock/fdnum.h>

#include "text/words.h"

#define ID_MAX 4294967294U /* (uid_t)-1 is nobody at all */

enum plk_err
plk_ids_parse(struct plk_span in, uint32_t *ids, uint32_t *n_ids, size_t *at)
{
	uint32_t count = 0;

	for (size_t i = 0; i <= in.n;) {
		size_t end = plk_span_find(in, i, '+');
		enum plk_err err = PLK_E_VALUE_COUNT;

		if (count < PLK_LIST_MAX)
			err = plk_number_range_parse(plk_span_slice(in, i, end), 0, ID_MAX,
						     &ids[count]);
		if (err != PLK_OK) {
			*at = i;
			return err;
		}
		count++;
		i = end + 1;
	}
	*n_ids = count;
	return PLK_OK;
}
