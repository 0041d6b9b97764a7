/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The input is a path. Oracle: the grammar of path.h once more, with C strings, cut at each '/'.
 */
#include "text/path.h"

#include "harness.h"

static bool
oracle_component(const char *s, size_t n)
{
	return n > 0 && strncmp(s, ".", n) != 0 && !(n == 2 && strncmp(s, "..", 2) == 0);
}

static bool
oracle(struct plk_span in)
{
	char text[PLK_PATH_MAX + 1];

	if (in.n == 0 || in.n > 107 || in.p[0] != '/' || memchr(in.p, 0, in.n))
		return false;
	memcpy(text, in.p, in.n);
	text[in.n] = '\0';
	for (const char *c = text; *c != '\0'; c++) {
		if ((*c > 0 && *c < ' ') || *c == 0x7f)
			return false;
		if (*c == '/' && !oracle_component(c + 1, strcspn(c + 1, "/")))
			return false;
	}
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plk_span in = {data, size};
	char path[PLK_PATH_MAX + 1];
	enum plk_err err;

	mark(path, sizeof path);
	err = plk_path_parse(in, path);
	CHECK((err == PLK_OK) == oracle(in));
	if (err != PLK_OK) {
		CHECK(untouched(path, sizeof path));
		return 0;
	}
	CHECK(same_bytes((struct plk_span){(const uint8_t *)path, strlen(path)}, in));
	for (size_t i = in.n; i < sizeof path; i++)
		CHECK(path[i] == '\0');
	return 0;
}
