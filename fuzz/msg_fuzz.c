/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The input is a message: each has one encoding. And it is a run of messages over a channel, four
 * bytes each (channel, stage, type, descriptors), for the rules: a message that is refused changes
 * nothing, one that is permitted marks its type, and what may come once may come once.
 */
#include "ipc/msg.h"
#include "ipc/rules.h"

#include "harness.h"

static void
message_check(struct plk_span in)
{
	struct plk_msg msg;
	uint8_t out[PLK_MSG_MAX];
	size_t n = MARK_SIZE;
	size_t size = in.n > 0 ? plk_msg_size(in.p[0]) : 0;
	enum plk_err err;

	mark(&msg, sizeof msg);
	mark(out, sizeof out);
	err = plk_msg_parse(in, &msg);
	if (err != PLK_OK) {
		CHECK(untouched(&msg, sizeof msg));
		CHECK(err == PLK_E_SHORT      ? in.n < (size > 0 ? size : 1)
		      : err == PLK_E_TRAILING ? size > 0 && in.n > size
		      : size == 0             ? err == PLK_E_MALFORMED
				  : in.n == size && (err == PLK_E_MALFORMED || err == PLK_E_LIMIT));
		return;
	}
	CHECK(in.n == size && size <= PLK_MSG_MAX && msg.type == in.p[0]);
	CHECK(strcmp(plk_msg_name(msg.type), "?") != 0);
	CHECK(plk_msg_encode(&msg, (struct plk_mspan){out, size - 1}, &n) == PLK_E_ROOM);
	CHECK(n == MARK_SIZE && untouched(out, sizeof out));
	CHECK(plk_msg_encode(&msg, (struct plk_mspan){out, size}, &n) == PLK_OK);
	CHECK(same_bytes((struct plk_span){out, n}, in));
	CHECK(untouched(out + n, sizeof out - n));
}

/* Whether @type has come, and else what had come before. */
static bool
is_seen_beside(const struct plk_rules *now, struct plk_rules const *before, enum plk_msg_type type)
{
	struct plk_rules want = *before;

	want.seen[type] = true;
	return memcmp(now, &want, sizeof want) == 0;
}

/* The same message a second time, and with other numbers of descriptors. */
static void
again_check(struct plk_rules rules, enum plk_channel channel, enum plk_stage stage,
	    enum plk_msg_type type, size_t n_fds)
{
	const struct plk_rules before = rules;
	enum plk_err second = plk_rules_check(&rules, channel, stage, type, n_fds);

	CHECK(second == PLK_OK || second == PLK_E_MALFORMED);
	CHECK(memcmp(&rules, &before, sizeof rules) == 0);
	if (second == PLK_E_MALFORMED) /* once: not with any number */
		CHECK(plk_rules_check(&rules, channel, stage, type, n_fds + 1) == PLK_E_MALFORMED);
	CHECK(n_fds <= 1); /* no message carries more */
	rules = (struct plk_rules){0};
	CHECK(plk_rules_check(&rules, channel, stage, type, n_fds) == PLK_OK);
	CHECK(is_seen_beside(&rules, &(const struct plk_rules){0}, type));
}

static void
rules_check(struct plk_span in)
{
	struct plk_rules rules[PLK_CHANNELS + 1] = {{{0}}};

	for (size_t i = 0; in.n >= 4 && i < 64; i++) {
		unsigned channel = take_u8(&in) % (PLK_CHANNELS + 1);
		enum plk_stage stage = (enum plk_stage)(take_u8(&in) % PLK_STAGES);
		enum plk_msg_type type = (enum plk_msg_type)take_u8(&in);
		size_t n_fds = take_u8(&in) % 4;
		const struct plk_rules before = rules[channel];
		enum plk_err err = plk_rules_check(&rules[channel], (enum plk_channel)channel,
						   stage, type, n_fds);

		if (err != PLK_OK) {
			CHECK(err == PLK_E_MALFORMED || err == PLK_E_LIMIT);
			CHECK(memcmp(&rules[channel], &before, sizeof before) == 0);
			continue;
		}
		CHECK(channel < PLK_CHANNELS && type > PLK_MSG_NONE && type < PLK_MSG_TYPES);
		CHECK(is_seen_beside(&rules[channel], &before, type));
		again_check(rules[channel], (enum plk_channel)channel, stage, type, n_fds);
	}
}

/* The same with the length that the type has: cut, or with zeros behind it. */
static void
fitting_check(struct plk_span in)
{
	uint8_t buffer[PLK_MSG_MAX];
	size_t n = in.n > 0 ? plk_msg_size(in.p[0]) : 0;
	uint8_t *fitting =
		buffer + sizeof buffer - n; /* at the end: a sanitizer sees what reads on */

	CHECK(n <= sizeof buffer);
	take_bytes(&in, fitting, n);
	message_check((struct plk_span){fitting, n});
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plk_span in = {data, size};

	message_check(in);
	fitting_check(in);
	rules_check(in);
	return 0;
}
