/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The input is a name. What is accepted is printed again as the supervisor does, by printf(): the same bytes, since there is one
 * spelling of everything.
 */
#include "text/stored.h"

#include <inttypes.h>

#include "harness.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plk_span in = {data, size};
	struct plk_stored stored;
	char text[256];
	int n;

	mark(&stored, sizeof stored);
	if (plk_stored_parse(in, &stored) != PLK_OK) {
		CHECK(untouched(&stored, sizeof stored));
		return 0;
	}
	if (stored.is_client)
		n = snprintf(text, sizeof text, "pktlock.client.%016" PRIx64, stored.tag);
	else
		n = snprintf(text, sizeof text, "pktlock.stop.%u.%" PRIu64 ".%" PRIu64 ".%" PRIu64,
			     stored.index, stored.in, stored.out, stored.time_ns);
	CHECK(n > 0 && n < (int)sizeof text);
	CHECK(same_bytes((struct plk_span){(const uint8_t *)text, (size_t)n}, in));
	return 0;
}
