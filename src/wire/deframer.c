/* SPDX-License-Identifier: BSD-2-Clause */
#include <pktlock/deframer.h>

#include <string.h>

#include "base/bytes.h"

void
plk_deframer_init(struct plk_deframer *d, struct plk_framing framing, struct plk_mspan buffer)
{
	*d = (struct plk_deframer){.framing = framing, .buffer = buffer};
}

struct plk_mspan
plk_deframer_space(struct plk_deframer *d)
{
	const size_t pending = d->to - d->from;
	const size_t room = d->buffer.n - d->to;

	/* what is pending is not moved for every read: half of the buffer is room enough */
	if (d->from > 0 && (pending == 0 || room < d->buffer.n / 2)) {
		memmove(d->buffer.p, d->buffer.p + d->from, pending);
		d->from = 0;
		d->to = pending;
	}
	return (struct plk_mspan){d->buffer.p + d->to, d->buffer.n - d->to};
}

size_t
plk_deframer_missing(const struct plk_deframer *d)
{
	const size_t pending = d->to - d->from;
	const size_t prefix = d->framing.vnet_hdr > 0 ? PLK_PREFIX_MAX : sizeof(uint32_t);
	size_t n;

	if (pending < sizeof(uint32_t))
		return 0;
	n = prefix + be32_load(d->buffer.p + d->from);
	return n > pending ? n - pending : 0;
}

void
plk_deframer_commit(struct plk_deframer *d, size_t n)
{
	size_t space = d->buffer.n - d->to;

	d->to += n < space ? n : space;
}

enum plk_err
plk_deframer_next(struct plk_deframer *d, struct plk_frame *out)
{
	struct plk_span in = {d->buffer.p + d->from, d->to - d->from};
	struct plk_span rest;
	enum plk_err err = plk_frame_parse(d->framing, in, out, &rest);

	if (err == PLK_OK)
		d->from = d->to - rest.n;
	return err;
}

size_t
plk_deframer_pending(const struct plk_deframer *d)
{
	return d->to - d->from;
}
