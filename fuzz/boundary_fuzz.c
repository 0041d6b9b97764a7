/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a reader of a queue stands, against a list of the records in it.
 *
 *   input = u8 format, steps; step = u8
 *     bit 7: put a record, of bits 0-5 bytes more than the shortest, bit 6: without a packet
 *     else:  take so many bytes out, as far as they are there
 */
#include "core/boundary.h"

#include "base/bytes.h"
#include "harness.h"

#define QUEUE_BYTES 251
#define RECORD_MIN 12
#define RECORD_MAX (RECORD_MIN + 63)
#define RECORDS_MAX 32
#define STEPS_MAX 512

static uint8_t memory[QUEUE_BYTES];

/* The records in the queue; of the first, @left bytes are there. */
static struct model {
	size_t n;
	struct {
		size_t bytes;
		size_t left;
		bool is_packet;
	} records[RECORDS_MAX];
} model;

static void
put(struct plk_outq *q, enum plk_format format, uint8_t step)
{
	const size_t n = RECORD_MIN + (step & 0x3f);
	const bool is_packet = format != PLK_FORMAT_PCAPNG || !(step & 0x40);
	uint8_t record[RECORD_MAX];
	struct plk_span part = {record, n};

	memset(record, step, sizeof record);
	if (format == PLK_FORMAT_PCAPNG) {
		host32_store(record, is_packet ? 6 : 5);
		host32_store(record + 4, (uint32_t)n);
	} else {
		be32_store(record, (uint32_t)n - (format == PLK_FORMAT_VNET ? 8 : 4));
	}
	if (!plk_outq_put(q, &part, 1))
		return;
	CHECK(model.n < RECORDS_MAX);
	model.records[model.n].bytes = n;
	model.records[model.n].left = n;
	model.records[model.n++].is_packet = is_packet;
}

static void
pass(struct plk_outq *q, struct plk_boundary *b, size_t n)
{
	if (n > plk_outq_bytes(q))
		n = plk_outq_bytes(q);
	plk_boundary_pass(b, q, n);
	plk_outq_drop(q, n);
	while (model.n > 0 && n >= model.records[0].left) {
		n -= model.records[0].left;
		memmove(model.records, model.records + 1, --model.n * sizeof *model.records);
	}
	if (model.n > 0)
		model.records[0].left -= n;
}

static void
compare(const struct plk_outq *q, const struct plk_boundary *b)
{
	uint64_t packets = 0;
	size_t before = 0;
	const bool begun = model.n > 0 && model.records[0].left < model.records[0].bytes;

	for (size_t i = begun; i < model.n; i++)
		packets += model.records[i].is_packet;
	CHECK(b->left == (begun ? model.records[0].left : 0));
	CHECK(plk_boundary_packets(b, q) == packets);
	for (size_t i = 0; i < model.n && (i < begun || !model.records[i].is_packet); i++)
		before += model.records[i].left;
	CHECK(plk_boundary_before(b, q) == before);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plk_span in = {data, size < STEPS_MAX ? size : STEPS_MAX};
	struct plk_boundary b = {0};
	struct plk_outq q;

	model.n = 0;
	plk_outq_init(&q, (struct plk_mspan){memory, sizeof memory});
	b.format = (enum plk_format)(in.n > 0 ? in.p[0] % PLK_FORMATS : 0);
	for (size_t i = 1; i < in.n; i++) {
		if (in.p[i] & 0x80)
			put(&q, b.format, in.p[i]);
		else
			pass(&q, &b, in.p[i]);
		compare(&q, &b);
	}
	return 0;
}
