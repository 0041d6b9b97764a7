/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The input is a list of users. Oracle: what was read, printed, is the input, and is refused once it
 * is longer by a number that is none, or by more of them than there may be.
 */
#include "text/ids.h"

#include "harness.h"

#define BYTES_MAX 4096

static size_t
print(const uint32_t *ids, uint32_t n, char *out)
{
	size_t used = 0;

	for (uint32_t i = 0; i < n; i++)
		used += (size_t)sprintf(out + used, "%s%u", i == 0 ? "" : "+", ids[i]);
	return used;
}

/* Whether the input would be printed from some list. */
static bool
oracle(struct plk_span in)
{
	char text[BYTES_MAX + 1];
	size_t n = 0;
	char *rest = text;

	if (in.n > 0)
		memcpy(text, in.p, in.n);
	text[in.n] = '\0';
	if (strlen(text) != in.n)
		return false;
	for (;; rest++) {
		char again[24];
		const size_t length = strcspn(rest, "+");
		const unsigned long long value = strtoull(rest, NULL, 10);

		(void)snprintf(again, sizeof again, "%llu", value);
		if (strlen(again) != length || strncmp(rest, again, length) != 0 ||
		    value > 4294967294ULL || ++n > 32)
			return false;
		rest += length;
		if (*rest == '\0')
			return true;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plk_span in = {data, size};
	uint32_t ids[PLK_LIST_MAX];
	char text[PLK_LIST_MAX * 11];
	uint32_t n = 77;
	size_t at = MARK_SIZE;
	enum plk_err err;

	if (size > BYTES_MAX)
		return 0;
	err = plk_ids_parse(in, ids, &n, &at);
	CHECK((err == PLK_OK) == oracle(in));
	if (err != PLK_OK) {
		CHECK(n == 77);
		CHECK(at <= size && (at == 0 || data[at - 1] == '+'));
		/* those before it are good */
		CHECK(at == 0 ||
		      plk_ids_parse((struct plk_span){data, at - 1}, ids, &n, &at) == PLK_OK);
		return 0;
	}
	CHECK(at == MARK_SIZE && n >= 1 && n <= 32);
	CHECK(same_bytes((struct plk_span){(const uint8_t *)text, print(ids, n, text)}, in));
	return 0;
}
