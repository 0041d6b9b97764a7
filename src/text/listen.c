/* SPDX-License-Identifier: BSD-2-Clause */
#include <pktlock/listen.h>

#include <stdbool.h>
#include <string.h>

#include <pktlock/fdnum.h>

enum plk_err
plk_listen_pid_parse(struct plk_span in, uint32_t *out)
{
	return plk_number_range_parse(in, 0, PLK_PID_MAX, out);
}

enum plk_err
plk_listen_pidfdid_parse(struct plk_span in, uint64_t *out)
{
	return plk_number_parse(in, UINT64_MAX, out);
}

enum plk_err
plk_listen_fds_parse(struct plk_span in, uint32_t *out)
{
	return plk_number_range_parse(in, 0, PLK_LISTEN_FDS_MAX, out);
}

/* The name that begins at @from: its end is the next ':' or the end of @in. */
static struct plk_span
name_at(struct plk_span in, size_t from)
{
	size_t to = from;

	while (to < in.n && in.p[to] != ':')
		to++;
	return (struct plk_span){in.n > 0 ? in.p + from : NULL, to - from};
}

static bool
is_name(struct plk_span name)
{
	if (name.n > PLK_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] < 0x20 || name.p[i] > 0x7e)
			return false;
	}
	return true;
}

enum plk_err
plk_listen_names_check(struct plk_span in, uint32_t n_fds, size_t *at)
{
	size_t from = 0;

	if (n_fds == 0 && in.n == 0)
		return PLK_OK;
	for (uint32_t i = 0; i < n_fds; i++) {
		struct plk_span name;

		if (from > in.n) {
			*at = in.n;
			return PLK_E_NAMES_COUNT;
		}
		name = name_at(in, from);
		if (!is_name(name)) {
			*at = from;
			return PLK_E_NAMES_SYNTAX;
		}
		from += name.n + 1;
	}
	if (from <= in.n) {
		*at = from;
		return PLK_E_NAMES_COUNT;
	}
	return PLK_OK;
}

enum plk_err
plk_listen_name_get(struct plk_span in, uint32_t index, struct plk_span *out)
{
	size_t from = 0;

	for (uint32_t i = 0; from <= in.n; i++) {
		struct plk_span name = name_at(in, from);

		if (i == index) {
			*out = name;
			return PLK_OK;
		}
		from += name.n + 1;
	}
	return PLK_E_NAME_NONE;
}

enum plk_err
plk_listen_name_find(struct plk_span in, uint32_t n_fds, struct plk_span name, uint32_t *index)
{
	size_t from = 0;
	bool found = false;
	uint32_t found_at = 0;

	for (uint32_t i = 0; i < n_fds && from <= in.n; i++) {
		struct plk_span candidate = name_at(in, from);

		if (candidate.n == name.n &&
		    (name.n == 0 || memcmp(candidate.p, name.p, name.n) == 0)) {
			if (found)
				return PLK_E_NAME_SEVERAL;
			found = true;
			found_at = i;
		}
		from += candidate.n + 1;
	}
	if (!found)
		return PLK_E_NAME_NONE;
	*index = found_at;
	return PLK_OK;
}
