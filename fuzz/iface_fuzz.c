/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The input is the value of --interface. Oracle: the grammar of iface.h once more, with C strings.
 * There is one spelling: what is accepted is printed as it was.
 */
#include "text/iface.h"

#include "harness.h"

static bool
oracle_name(const char *s)
{
	for (const char *c = s; *c != '\0'; c++) {
		if ((*c > 0 && *c <= ' ') || *c == 0x7f || *c == '/' || *c == ':')
			return false;
	}
	return s[0] != '\0' && strcmp(s, ".") != 0 && strcmp(s, "..") != 0;
}

static bool
oracle(struct plk_span in)
{
	char text[PLK_IFNAME_MAX + 1];
	char again[PLK_IFNAME_MAX + 16];
	unsigned long fd;

	if (in.n == 0 || in.n > PLK_IFNAME_MAX || memchr(in.p, 0, in.n))
		return false;
	memcpy(text, in.p, in.n);
	text[in.n] = '\0';
	if (strncmp(text, "tapfd:", 6) != 0)
		return oracle_name(text);
	fd = strtoul(text + 6, NULL, 10);
	(void)snprintf(again, sizeof again, "tapfd:%lu", fd);
	return strcmp(text, again) == 0 && fd >= 3 && fd <= 1048575;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plk_span in = {data, size};
	struct plk_iface iface;
	uint8_t text[PLK_IFNAME_MAX];
	size_t n = MARK_SIZE;
	size_t at = MARK_SIZE;
	enum plk_err err;

	mark(&iface, sizeof iface);
	err = plk_iface_parse(in, &iface, &at);
	CHECK((err == PLK_OK) == oracle(in));
	if (err != PLK_OK) {
		CHECK(at == 0 || (at == 6 && memcmp(in.p, "tapfd:", 6) == 0));
		CHECK(untouched(&iface, sizeof iface));
		return 0;
	}
	CHECK(at == MARK_SIZE);
	CHECK(iface.is_tapfd ? iface.name[0] == '\0' : iface.fd == 0);
	CHECK(plk_iface_encode(&iface, (struct plk_mspan){text, in.n - 1}, &n) == PLK_E_ROOM);
	CHECK(n == MARK_SIZE);
	CHECK(plk_iface_encode(&iface, (struct plk_mspan){text, in.n}, &n) == PLK_OK);
	CHECK(same_bytes((struct plk_span){text, n}, in));
	return 0;
}
