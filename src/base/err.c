/* SPDX-License-Identifier: BSD-2-Clause */
#include <pktlock/err.h>

struct row {
	const char *name;
	const char *text;
};

static const struct row rows[PLK_ERR_COUNT] = {
#define X(code, text) [code] = {#code, text},
	PLK_ERR_TABLE(X)
#undef X
};

const char *
plk_err_name(enum plk_err err)
{
	size_t i = (size_t)err;

	return i < PLK_ERR_COUNT ? rows[i].name : "PLK_E_?";
}

const char *
plk_err_text(enum plk_err err)
{
	size_t i = (size_t)err;

	return i < PLK_ERR_COUNT ? rows[i].text : "unknown error";
}
