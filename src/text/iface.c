/* SPDX-License-Identifier: BSD-2-Clause */
#include "text/iface.h"

#include <string.h>

#include <pktlock/fdnum.h>

#include "base/writer.h"
#include "text/words.h"

static const char tapfd[] = "tapfd:";

#define TAPFD_N (sizeof tapfd - 1)

static enum plk_err
refuse(size_t *at, size_t where, enum plk_err err)
{
	*at = where;
	return err;
}

static bool
has_bad_byte(struct plk_span in)
{
	for (size_t i = 0; i < in.n; i++) {
		if (in.p[i] <= 0x20 || in.p[i] == 0x7f || in.p[i] == '/' || in.p[i] == ':')
			return true;
	}
	return false;
}

static enum plk_err
tapfd_parse(struct plk_span in, struct plk_iface *out)
{
	enum plk_err err = plk_fdnum_parse(in, &out->fd);

	if (err != PLK_OK)
		return err;
	out->is_tapfd = true;
	return out->fd < PLK_FD_FIRST ? PLK_E_FD_STDIO : PLK_OK;
}

enum plk_err
plk_iface_parse(struct plk_span in, struct plk_iface *out, size_t *at)
{
	struct plk_iface iface = {0};

	if (in.n == 0)
		return refuse(at, 0, PLK_E_IF_MISSING);
	if (in.n >= TAPFD_N && memcmp(in.p, tapfd, TAPFD_N) == 0) {
		enum plk_err err =
			tapfd_parse((struct plk_span){in.p + TAPFD_N, in.n - TAPFD_N}, &iface);

		if (err != PLK_OK)
			return refuse(at, TAPFD_N, err);
		*out = iface;
		return PLK_OK;
	}
	if (has_bad_byte(in) || plk_word_is(in, ".") || plk_word_is(in, ".."))
		return refuse(at, 0, PLK_E_IF_SYNTAX);
	if (in.n > PLK_IFNAME_MAX)
		return refuse(at, 0, PLK_E_IF_LONG);
	memcpy(iface.name, in.p, in.n);
	*out = iface;
	return PLK_OK;
}

enum plk_err
plk_iface_encode(const struct plk_iface *iface, struct plk_mspan out, size_t *n)
{
	struct plk_writer w;

	plk_writer_init(&w, out);
	if (iface->is_tapfd) {
		plk_writer_str(&w, tapfd);
		plk_writer_dec(&w, (uint64_t)iface->fd);
	} else {
		plk_writer_str(&w, iface->name);
	}
	return plk_writer_done(&w, n);
}
