/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The input is a number as text. Oracle: strtoull(3) behind a check of the spelling.
 */
#include <pktlock/fdnum.h>

#include <errno.h>

#include "harness.h"

static enum plk_err
oracle(struct plk_span in, uint64_t max, uint64_t *value)
{
	char text[24];
	size_t digits = 0;

	while (digits < in.n && in.p[digits] >= '0' && in.p[digits] <= '9')
		digits++;
	if (in.n == 0)
		return PLK_E_NUM_MISSING;
	if (digits < in.n || (in.p[0] == '0' && in.n > 1))
		return PLK_E_NUM_SYNTAX;
	if (in.n >= sizeof text)
		return PLK_E_NUM_RANGE;
	memcpy(text, in.p, in.n);
	text[in.n] = '\0';
	errno = 0;
	*value = strtoull(text, NULL, 10);
	return errno == ERANGE || *value > max ? PLK_E_NUM_RANGE : PLK_OK;
}

static void
number_check(struct plk_span in, uint64_t max)
{
	uint64_t want = 0;
	uint64_t got = MARK_SIZE;
	enum plk_err err = oracle(in, max, &want);

	CHECK(plk_number_parse(in, max, &got) == err);
	CHECK(got == (err == PLK_OK ? want : MARK_SIZE));
}

/* A number just fits its own value. */
static void
edge_check(struct plk_span in)
{
	uint64_t value;
	uint64_t got;

	if (plk_number_parse(in, UINT64_MAX, &value) != PLK_OK)
		return;
	CHECK(plk_number_parse(in, value, &got) == PLK_OK && got == value);
	if (value > 0)
		CHECK(plk_number_parse(in, value - 1, &got) == PLK_E_NUM_RANGE && got == value);
}

static void
fdnum_check(struct plk_span in)
{
	uint64_t value = 0;
	int fd = -77;
	uint8_t text[8];
	size_t n = MARK_SIZE;
	enum plk_err err = plk_fdnum_parse(in, &fd);

	CHECK((err == PLK_OK) == (oracle(in, PLK_FD_MAX, &value) == PLK_OK));
	if (err != PLK_OK) {
		CHECK(err == PLK_E_FD_MISSING || err == PLK_E_FD_SYNTAX || err == PLK_E_FD_RANGE);
		CHECK(fd == -77);
		return;
	}
	CHECK(fd >= 0 && fd <= PLK_FD_MAX && (uint64_t)fd == value);
	CHECK(plk_fdnum_encode(fd, (struct plk_mspan){text, in.n - 1}, &n) == PLK_E_ROOM);
	CHECK(n == MARK_SIZE);
	CHECK(plk_fdnum_encode(fd, (struct plk_mspan){text, in.n}, &n) == PLK_OK);
	CHECK(same_bytes((struct plk_span){text, n}, in));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t maxima[] = {
		UINT64_MAX, UINT64_MAX - 1, INT64_MAX, UINT32_MAX, INT32_MAX, PLK_PID_MAX,
		PLK_FD_MAX, 65535,          255,       9,          1,         0};
	struct plk_span in = {data, size};

	for (size_t i = 0; i < (size <= 32 ? COUNT(maxima) : 1); i++)
		number_check(in, maxima[i]);
	edge_check(in);
	fdnum_check(in);
	return 0;
}
