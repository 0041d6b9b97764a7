/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The input is a remote. Oracle: the grammar of remote.h once more, with C strings and libc. What
 * is accepted is printed and read again.
 */
#include <pktlock/remote.h>

#include <arpa/inet.h>

#include "harness.h"

#define LONGEST 258 /* "sd:" and 255 bytes */

static const char *
after(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

/* A number is canonical if it is what printf(3) makes of its value. */
static bool
oracle_number(const char *s, unsigned long min, unsigned long max)
{
	char again[24];
	unsigned long v = strtoul(s, NULL, 10);

	(void)snprintf(again, sizeof again, "%lu", v);
	return strcmp(s, again) == 0 && v >= min && v <= max;
}

static bool
oracle_name(const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++) {
		if (s[i] <= ' ' || s[i] > '~' || s[i] == ':')
			return false;
	}
	return n >= 1 && n <= 255;
}

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s);
	size_t n_end = strlen(end);

	return n >= n_end && strcmp(s + n - n_end, end) == 0;
}

static bool
oracle_path(const char *s)
{
	for (const char *c = s; *c != '\0'; c++) {
		if ((*c > 0 && *c < ' ') || *c == 0x7f)
			return false;
	}
	return s[0] == '/' && strlen(s) <= 107 && !strstr(s, "//") && !strstr(s, "/./") &&
	       !strstr(s, "/../") && !ends_with(s, "/") && !ends_with(s, "/.") &&
	       !ends_with(s, "/..");
}

static bool
oracle_zone(const char *s)
{
	static const char zone[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
	size_t n = strlen(s);

	return n >= 1 && n <= 15 && strspn(s, zone) == n;
}

/* @s is changed. */
static bool
oracle_addr(char *s)
{
	uint8_t addr[16];
	char *percent;

	if (s[0] != '[')
		return inet_pton(AF_INET, s, addr) == 1;
	if (!ends_with(s, "]"))
		return false;
	s[strlen(s) - 1] = '\0';
	percent = strchr(s, '%');
	if (percent)
		*percent = '\0';
	return inet_pton(AF_INET6, s + 1, addr) == 1 && (!percent || oracle_zone(percent + 1));
}

/* @s is what follows "ptcp:" and is changed. */
static bool
oracle_ptcp(char *s)
{
	char *colon = strchr(s, ':');

	if (colon)
		*colon = '\0';
	return oracle_number(s, 0, 65535) && (!colon || oracle_addr(colon + 1));
}

/* @s is what follows "tcp:" and is changed. */
static bool
oracle_tcp(char *s)
{
	char *colon = strrchr(s, ':');

	if (!colon)
		return false;
	*colon = '\0';
	return oracle_number(colon + 1, 1, 65535) && oracle_addr(s);
}

static bool
oracle(struct plk_span in)
{
	char text[LONGEST + 1];
	const char *rest;

	if (in.n == 0 || in.n > LONGEST || memchr(in.p, 0, in.n))
		return false;
	memcpy(text, in.p, in.n);
	text[in.n] = '\0';
	if ((rest = after(text, "pfd:")))
		return oracle_number(rest, 3, 1048575);
	if ((rest = after(text, "sd:")))
		return oracle_name(rest);
	if ((rest = after(text, "punix:")) || (rest = after(text, "unix:")))
		return oracle_path(rest);
	if (after(text, "ptcp:"))
		return oracle_ptcp(text + strlen("ptcp:"));
	if (after(text, "tcp:"))
		return oracle_tcp(text + strlen("tcp:"));
	return false;
}

static void
round_trip(const struct plk_remote *remote)
{
	uint8_t text[PLK_REMOTE_TEXT_MAX];
	uint8_t second[PLK_REMOTE_TEXT_MAX];
	struct plk_remote again;
	size_t n = 0;
	size_t n_second = MARK_SIZE;
	size_t at;

	CHECK(plk_remote_encode(remote, (struct plk_mspan){text, sizeof text}, &n) == PLK_OK);
	CHECK(oracle((struct plk_span){text, n}));
	memset(&again, 0x5a, sizeof again);
	CHECK(plk_remote_parse((struct plk_span){text, n}, &again, &at) == PLK_OK);
	CHECK(memcmp(&again, remote, sizeof again) == 0);
	CHECK(plk_remote_encode(&again, (struct plk_mspan){second, n - 1}, &n_second) ==
	      PLK_E_ROOM);
	CHECK(n_second == MARK_SIZE);
	CHECK(plk_remote_encode(&again, (struct plk_mspan){second, n}, &n_second) == PLK_OK);
	CHECK(same_bytes((struct plk_span){text, n}, (struct plk_span){second, n_second}));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plk_span in = {data, size};
	struct plk_remote remote;
	size_t at = MARK_SIZE;
	enum plk_err err;

	mark(&remote, sizeof remote);
	err = plk_remote_parse(in, &remote, &at);
	CHECK((err == PLK_OK) == oracle(in));
	if (err != PLK_OK) {
		CHECK(err >= PLK_E_FD_MISSING && err <= PLK_E_ADDR_ZONE);
		CHECK(at <= in.n && untouched(&remote, sizeof remote));
		return 0;
	}
	CHECK(at == MARK_SIZE);
	CHECK(plk_remote_is_passive(&remote) ==
	      (remote.kind != PLK_REMOTE_UNIX && remote.kind != PLK_REMOTE_TCP));
	CHECK(plk_remote_is_inherited(&remote) ==
	      (remote.kind == PLK_REMOTE_PFD || remote.kind == PLK_REMOTE_SD));
	round_trip(&remote);
	return 0;
}
