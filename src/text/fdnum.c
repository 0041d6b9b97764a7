/* SPDX-License-Identifier: BSD-2-Clause */
#include <pktlock/fdnum.h>

#include "base/writer.h"

#define DIGITS_MAX 20 /* of UINT64_MAX; more cannot be in any range */

static enum plk_err
canonical_check(struct plk_span in)
{
	if (in.n == 0)
		return PLK_E_NUM_MISSING;
	for (size_t i = 0; i < in.n; i++) {
		if (in.p[i] < '0' || in.p[i] > '9')
			return PLK_E_NUM_SYNTAX;
	}
	return in.p[0] == '0' && in.n > 1 ? PLK_E_NUM_SYNTAX : PLK_OK;
}

/* @in: 1 to DIGITS_MAX digits. */
static enum plk_err
digits_value(struct plk_span in, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	for (size_t i = 0; i < in.n; i++) {
		uint64_t digit = (uint64_t)in.p[i] - '0';

		if (value > max / 10 || digit > max - value * 10)
			return PLK_E_NUM_RANGE;
		value = value * 10 + digit;
	}
	*out = value;
	return PLK_OK;
}

enum plk_err
plk_number_parse(struct plk_span in, uint64_t max, uint64_t *out)
{
	enum plk_err err = canonical_check(in);

	if (err != PLK_OK)
		return err;
	if (in.n > DIGITS_MAX)
		return PLK_E_NUM_RANGE;
	return digits_value(in, max, out);
}

enum plk_err
plk_number_range_parse(struct plk_span in, uint32_t min, uint32_t max, uint32_t *out)
{
	uint64_t value;
	enum plk_err err = plk_number_parse(in, max, &value);

	if (err != PLK_OK)
		return err;
	if (value < min)
		return PLK_E_NUM_RANGE;
	*out = (uint32_t)value;
	return PLK_OK;
}

enum plk_err
plk_fdnum_parse(struct plk_span in, int *out)
{
	uint64_t value;

	switch (plk_number_parse(in, PLK_FD_MAX, &value)) {
	case PLK_OK:
		*out = (int)value;
		return PLK_OK;
	case PLK_E_NUM_MISSING:
		return PLK_E_FD_MISSING;
	case PLK_E_NUM_RANGE:
		return PLK_E_FD_RANGE;
	default:
		return PLK_E_FD_SYNTAX;
	}
}

enum plk_err
plk_fdnum_encode(int fd, struct plk_mspan out, size_t *n)
{
	struct plk_writer w;

	if (fd < 0 || fd > PLK_FD_MAX)
		return PLK_E_FD_RANGE;
	plk_writer_init(&w, out);
	plk_writer_dec(&w, (uint64_t)fd);
	return plk_writer_done(&w, n);
}
