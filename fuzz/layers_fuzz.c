/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The input is a frame. Oracle: a second dissection, which takes bytes off the front.
 */
#include "wire/layers.h"

#include "harness.h"

static enum plk_err
oracle_ipv4(struct plk_span in, struct plk_layers *out)
{
	uint8_t ip[20];
	uint8_t options[40];

	if (in.n < 20)
		return PLK_E_SHORT;
	take_bytes(&in, ip, sizeof ip);
	if (ip[0] < 0x45 || ip[0] > 0x4f)
		return PLK_E_MALFORMED;
	if (in.n < (ip[0] - 0x45U) * 4)
		return PLK_E_SHORT;
	take_bytes(&in, options, (ip[0] - 0x45U) * 4);
	out->proto = ip[9];
	out->is_fragment = (ip[6] & 0x3f) != 0 || ip[7] != 0;
	out->l4 = in.n; /* what is left, for now */
	return PLK_OK;
}

static enum plk_err
oracle_ipv6(struct plk_span in, struct plk_layers *out)
{
	uint8_t ip[40];

	if (in.n < 40)
		return PLK_E_SHORT;
	take_bytes(&in, ip, sizeof ip);
	if (ip[0] / 16 != 6)
		return PLK_E_MALFORMED;
	out->proto = ip[6];
	while (!out->is_fragment &&
	       (out->proto == 0 || out->proto == 43 || out->proto == 44 || out->proto == 60)) {
		uint8_t head[8];
		size_t more;

		if (in.n < 8)
			return PLK_E_SHORT;
		out->is_fragment = out->proto == 44;
		take_bytes(&in, head, sizeof head);
		more = out->is_fragment ? 0 : head[1] * 8U;
		if (in.n < more)
			return PLK_E_SHORT;
		in = tail_of(in, more);
		out->proto = head[0];
	}
	out->l4 = in.n;
	return PLK_OK;
}

static enum plk_err
oracle(struct plk_span in, struct plk_layers *out)
{
	const size_t n = in.n;
	uint8_t addresses[12];
	enum plk_err err = PLK_OK;

	*out = (struct plk_layers){.proto = 256};
	if (n < 14)
		return PLK_E_SHORT;
	take_bytes(&in, addresses, sizeof addresses);
	out->type = take_u16(&in);
	while (out->type == 0x8100 || out->type == 0x88a8) {
		if (in.n < 4)
			return PLK_E_SHORT;
		(void)take_u16(&in);
		out->type = take_u16(&in);
	}
	out->l3 = n - in.n;
	out->l4 = in.n;
	if (out->type == 0x0800)
		err = oracle_ipv4(in, out);
	else if (out->type == 0x86dd)
		err = oracle_ipv6(in, out);
	out->l4 = n - out->l4;
	return err;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plk_span eth = {data, size};
	struct plk_layers got;
	struct plk_layers want;
	enum plk_err err = oracle(eth, &want);

	mark(&got, sizeof got);
	CHECK(plk_layers_parse(eth, &got) == err);
	if (err != PLK_OK) {
		CHECK(untouched(&got, sizeof got));
		return 0;
	}
	CHECK(got.type == want.type && got.l3 == want.l3 && got.l4 == want.l4);
	CHECK(got.proto == want.proto && got.is_fragment == want.is_fragment);
	CHECK(got.l3 >= 14 && got.l4 >= got.l3 && got.l4 <= size);
	return 0;
}
