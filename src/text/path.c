/* SPDX-License-Identifier: BSD-2-Clause */
#include "text/path.h"

#include <stdbool.h>
#include <string.h>

#include "text/words.h"

static bool
has_control(struct plk_span in)
{
	for (size_t i = 0; i < in.n; i++) {
		if (in.p[i] < 0x20 || in.p[i] == 0x7f)
			return true;
	}
	return false;
}

/* @component: what stands between two '/' */
static bool
is_component(struct plk_span component)
{
	if (component.n == 0 || component.n > 2)
		return component.n > 0;
	return !(component.p[0] == '.' && component.p[component.n - 1] == '.');
}

static enum plk_err
components_check(struct plk_span path)
{
	for (size_t i = 0; i < path.n;) {
		size_t end = plk_span_find(path, i + 1, '/');

		if (!is_component(plk_span_slice(path, i + 1, end)))
			return end == path.n && end == i + 1 ? PLK_E_PATH_SLASH
							     : PLK_E_PATH_COMPONENT;
		i = end;
	}
	return PLK_OK;
}

enum plk_err
plk_path_parse(struct plk_span in, char *out)
{
	enum plk_err err;

	if (in.n == 0)
		return PLK_E_PATH_MISSING;
	if (in.p[0] != '/')
		return PLK_E_PATH_RELATIVE;
	if (in.n > PLK_PATH_MAX)
		return PLK_E_PATH_LONG;
	if (has_control(in))
		return PLK_E_PATH_CONTROL;
	err = components_check(in);
	if (err != PLK_OK)
		return err;
	memset(out, 0, PLK_PATH_MAX + 1);
	memcpy(out, in.p, in.n);
	return PLK_OK;
}
