/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The input is the value of LISTEN_PID, LISTEN_FDS, LISTEN_PIDFDID and LISTEN_FDNAMES. Oracle:
 * numbers are printed again, names are counted and cut by hand.
 */
#include <pktlock/listen.h>

#include "harness.h"

/* A number is canonical if it is what printf(3) makes of its value. */
static bool
oracle_number(struct plk_span in, unsigned long max)
{
	char text[24];
	char again[24];
	unsigned long v;

	if (in.n == 0 || in.n >= sizeof text || memchr(in.p, 0, in.n))
		return false;
	memcpy(text, in.p, in.n);
	text[in.n] = '\0';
	v = strtoul(text, NULL, 10);
	(void)snprintf(again, sizeof again, "%lu", v);
	return strcmp(text, again) == 0 && v <= max;
}

static void
numbers_check(struct plk_span in)
{
	uint32_t pid = 0xa5a5a5a5;
	uint32_t fds = 0xa5a5a5a5;
	uint64_t id = MARK_SIZE;
	bool pid_ok = plk_listen_pid_parse(in, &pid) == PLK_OK;
	bool fds_ok = plk_listen_fds_parse(in, &fds) == PLK_OK;
	bool id_ok = plk_listen_pidfdid_parse(in, &id) == PLK_OK;

	CHECK(pid_ok == oracle_number(in, 4194304));
	CHECK(fds_ok == oracle_number(in, 1048573));
	CHECK(pid_ok ? pid <= 4194304 : pid == 0xa5a5a5a5);
	CHECK(id_ok == oracle_number(in, UINT64_MAX));
	CHECK(fds_ok ? fds <= 1048573 : fds == 0xa5a5a5a5);
	CHECK(id_ok || id == MARK_SIZE);
}

static uint32_t
names_count(struct plk_span in)
{
	uint32_t n = 1;

	for (size_t i = 0; i < in.n; i++)
		n += in.p[i] == ':';
	return n;
}

static bool
oracle_names(struct plk_span in)
{
	size_t length = 0;

	for (size_t i = 0; i < in.n; i++) {
		length = in.p[i] == ':' ? 0 : length + 1;
		if (length > 255 || in.p[i] < 0x20 || in.p[i] > 0x7e)
			return false;
	}
	return true;
}

/* How many names of @in are @name. */
static uint32_t
occurrences(struct plk_span in, uint32_t n, struct plk_span name)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct plk_span other;

		CHECK(plk_listen_name_get(in, i, &other) == PLK_OK);
		found += same_bytes(name, other);
	}
	return found;
}

/* The names with ':' between them are the input; each is found again, if it is the only one. */
static void
names_walk(struct plk_span in, uint32_t n)
{
	size_t at = 0;
	struct plk_span name;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t index = 0xa5a5a5a5;
		uint32_t times;
		enum plk_err err;

		CHECK(plk_listen_name_get(in, i, &name) == PLK_OK);
		CHECK(in.n == 0 || name.p == in.p + at);
		at += name.n;
		CHECK(i + 1 < n ? in.p[at] == ':' : at == in.n);
		at++;
		times = occurrences(in, n, name);
		err = plk_listen_name_find(in, n, name, &index);
		CHECK(err == (times == 1 ? PLK_OK : PLK_E_NAME_SEVERAL));
		CHECK(index == (times == 1 ? i : 0xa5a5a5a5));
	}
	mark(&name, sizeof name);
	CHECK(plk_listen_name_get(in, n, &name) == PLK_E_NAME_NONE);
	CHECK(untouched(&name, sizeof name));
}

static void
names_check(struct plk_span in, uint32_t n, bool want)
{
	size_t at = MARK_SIZE;
	enum plk_err err = plk_listen_names_check(in, n, &at);

	CHECK((err == PLK_OK) == want);
	CHECK(err == PLK_OK ? at == MARK_SIZE : at <= in.n);
	CHECK(err == PLK_OK || err == PLK_E_NAMES_COUNT || err == PLK_E_NAMES_SYNTAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plk_span in = {data, size};
	uint32_t n = names_count(in);
	uint32_t index = 0xa5a5a5a5;

	numbers_check(in);
	names_check(in, 0, in.n == 0);
	names_check(in, n, oracle_names(in));
	names_check(in, n + 1, false);
	names_check(in, PLK_LISTEN_FDS_MAX, n == PLK_LISTEN_FDS_MAX && oracle_names(in));
	if (n > 1)
		names_check(in, n - 1, false);
	CHECK(plk_listen_name_find(in, n, (struct plk_span){(const uint8_t *)":", 1}, &index) ==
	      PLK_E_NAME_NONE);
	if (in.n <= 600 && n <= 24 && oracle_names(in)) /* it is quadratic */
		names_walk(in, n);
	return 0;
}
