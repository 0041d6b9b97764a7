/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The request table, a second time and the other way round: for each channel what may come in
 * which stage, with how many descriptors, and how often. Every other combination of channel, stage,
 * type and descriptors is tried and must be refused.
 */
#include "ipc/rules.h"

#include <string.h>

#include "rows.h"

struct row {
	enum plk_channel channel;
	enum plk_msg_type type;
	const char *
		stages; /* start, iface, setup, run: 'y' or '-'; stop and open, if there are more */
	const char *fds; /* none, one, two: 'y' or '-' */
	bool once;
};

/* clang-format off */
static const struct row rows[] = {
	{PLK_CHANNEL_SUPERVISOR_BROKER, PLK_MSG_CHANNEL, "yyyy-y", "-y-", false},
	{PLK_CHANNEL_SUPERVISOR_BROKER, PLK_MSG_TAP, "y---", "-y-", false},

	{PLK_CHANNEL_SUPERVISOR_FRONT, PLK_MSG_CHANNEL, "yyyy", "-y-", false},
	{PLK_CHANNEL_SUPERVISOR_FRONT, PLK_MSG_WORKER_DIED, "yyyy", "y--", false},
	{PLK_CHANNEL_SUPERVISOR_FRONT, PLK_MSG_STOP, "yyyy", "y--", true},
	{PLK_CHANNEL_SUPERVISOR_FRONT, PLK_MSG_RELOAD, "---y", "y--", false},
	{PLK_CHANNEL_SUPERVISOR_FRONT, PLK_MSG_CONFINED, "yyyy", "y--", true},
	{PLK_CHANNEL_SUPERVISOR_FRONT, PLK_MSG_DUMP, "yyyy", "y--", false},

	{PLK_CHANNEL_SUPERVISOR_WORKER, PLK_MSG_CHANNEL, "y---", "-y-", false},

	{PLK_CHANNEL_FRONT_SUPERVISOR, PLK_MSG_WORKER_WANTED, "y---y", "y--", true},
	{PLK_CHANNEL_FRONT_SUPERVISOR, PLK_MSG_WORKER_STUCK, "---yy", "y--", false},
	{PLK_CHANNEL_FRONT_SUPERVISOR, PLK_MSG_READY, "y---y", "y--", true},
	{PLK_CHANNEL_FRONT_SUPERVISOR, PLK_MSG_UNSTORE, "y---y", "y--", false},
	{PLK_CHANNEL_FRONT_SUPERVISOR, PLK_MSG_REASON, "y---y", "y--", true},
	{PLK_CHANNEL_FRONT_SUPERVISOR, PLK_MSG_STATUS, "---yy", "y--", false},
	{PLK_CHANNEL_FRONT_SUPERVISOR, PLK_MSG_ALIVE, "---yy", "y--", false},
	{PLK_CHANNEL_FRONT_SUPERVISOR, PLK_MSG_RELOADED, "---yy", "y--", false},
	{PLK_CHANNEL_FRONT_SUPERVISOR, PLK_MSG_EXIT, "---yy", "y--", true},
	{PLK_CHANNEL_FRONT_SUPERVISOR, PLK_MSG_STORE, "----y", "-y-", false},
	{PLK_CHANNEL_FRONT_SUPERVISOR, PLK_MSG_STOPPED, "----y", "y--", true},

	{PLK_CHANNEL_FRONT_BROKER, PLK_MSG_ALLOW_DIRECTORY, "y---", "y--", false},
	{PLK_CHANNEL_FRONT_BROKER, PLK_MSG_ALLOW_TCP, "y---", "y--", false},
	{PLK_CHANNEL_FRONT_BROKER, PLK_MSG_RUNTIME, "y---", "y--", true},
	{PLK_CHANNEL_FRONT_BROKER, PLK_MSG_CONFINE, "y---", "y--", true},
	{PLK_CHANNEL_FRONT_BROKER, PLK_MSG_IFACE_NAME, "-y--", "y--", true},
	{PLK_CHANNEL_FRONT_BROKER, PLK_MSG_IFACE_TAP, "-y--", "y--", true},
	{PLK_CHANNEL_FRONT_BROKER, PLK_MSG_LISTEN_UNIX, "--y--y", "y--", false},
	{PLK_CHANNEL_FRONT_BROKER, PLK_MSG_LISTEN_TCP, "--y--y", "y--", false},
	{PLK_CHANNEL_FRONT_BROKER, PLK_MSG_LISTEN_CONTROL, "--y-", "y--", true},
	{PLK_CHANNEL_FRONT_BROKER, PLK_MSG_TARGET_UNIX, "--y--y", "y--", false},
	{PLK_CHANNEL_FRONT_BROKER, PLK_MSG_TARGET_TCP, "--y--y", "y--", false},
	{PLK_CHANNEL_FRONT_BROKER, PLK_MSG_FILTER, "--y-", "y--", false},
	{PLK_CHANNEL_FRONT_BROKER, PLK_MSG_OPEN, "--y-", "y--", false},
	{PLK_CHANNEL_FRONT_BROKER, PLK_MSG_CONNECT, "--yy-y", "y--", false},
	{PLK_CHANNEL_FRONT_BROKER, PLK_MSG_BIND, "--yy-y", "y--", false},
	{PLK_CHANNEL_FRONT_BROKER, PLK_MSG_SILENCE, "---y-y", "y--", false},
	{PLK_CHANNEL_FRONT_BROKER, PLK_MSG_FORGET, "-----y", "y--", false},
	{PLK_CHANNEL_FRONT_BROKER, PLK_MSG_PROMISC, "--yy-y", "y--", false},
	{PLK_CHANNEL_FRONT_BROKER, PLK_MSG_HANDOUT, "--yy-y", "y--", false},
	{PLK_CHANNEL_FRONT_BROKER, PLK_MSG_SEAL, "--y-", "y--", true},
	{PLK_CHANNEL_FRONT_BROKER, PLK_MSG_COUNT, "--yy-y", "y--", false},

	{PLK_CHANNEL_FRONT_WORKER, PLK_MSG_CONFIG, "y---", "-y-", true},
	{PLK_CHANNEL_FRONT_WORKER, PLK_MSG_VLANS, "--yy", "y--", false},
	{PLK_CHANNEL_FRONT_WORKER, PLK_MSG_PORT, "--yy", "yy-", false},
	{PLK_CHANNEL_FRONT_WORKER, PLK_MSG_UNPORT, "---y", "y--", false},
	{PLK_CHANNEL_FRONT_WORKER, PLK_MSG_PARK, "--yy", "y--", false},
	{PLK_CHANNEL_FRONT_WORKER, PLK_MSG_ROOM, "---y", "y--", false},
	{PLK_CHANNEL_FRONT_WORKER, PLK_MSG_FILL, "---y", "-y-", false},
	{PLK_CHANNEL_FRONT_WORKER, PLK_MSG_FLOW, "--yy", "y--", false},
	{PLK_CHANNEL_FRONT_WORKER, PLK_MSG_ABOUT, "--y-", "y--", false},
	{PLK_CHANNEL_FRONT_WORKER, PLK_MSG_RESTORE, "--y-", "-y-", false},
	{PLK_CHANNEL_FRONT_WORKER, PLK_MSG_MISSED, "--y-", "y--", true},
	{PLK_CHANNEL_FRONT_WORKER, PLK_MSG_GO, "--y-", "y--", true},
	{PLK_CHANNEL_FRONT_WORKER, PLK_MSG_CLIENT, "---y", "-y-", false},
	{PLK_CHANNEL_FRONT_WORKER, PLK_MSG_ADMIT, "---y", "y--", false},
	{PLK_CHANNEL_FRONT_WORKER, PLK_MSG_LINK_IS, "--yy", "y--", false},
	{PLK_CHANNEL_FRONT_WORKER, PLK_MSG_PING, "---y", "y--", false},
	{PLK_CHANNEL_FRONT_WORKER, PLK_MSG_FINISH, "yyyy", "y--", true},

	{PLK_CHANNEL_BROKER_FRONT, PLK_MSG_IFACE_IS, "--y-", "y--", true},
	{PLK_CHANNEL_BROKER_FRONT, PLK_MSG_LISTENING, "--yyy", "yy-", false},
	{PLK_CHANNEL_BROKER_FRONT, PLK_MSG_CONNECTING, "--yyy", "yy-", false},
	{PLK_CHANNEL_BROKER_FRONT, PLK_MSG_DONE, "--yyy", "y--", false},
	{PLK_CHANNEL_BROKER_FRONT, PLK_MSG_LINK, "--yyy", "y--", false},
	{PLK_CHANNEL_BROKER_FRONT, PLK_MSG_COUNTED, "--yyy", "y--", false},
	{PLK_CHANNEL_BROKER_FRONT, PLK_MSG_CONFINED, "--y-", "y--", true},
	{PLK_CHANNEL_BROKER_FRONT, PLK_MSG_EVENT, "yyyyy", "y--", false},

	{PLK_CHANNEL_BROKER_WORKER, PLK_MSG_PACKET, "--y-", "-y-", false},

	{PLK_CHANNEL_WORKER_FRONT, PLK_MSG_ADOPTED, "--yy", "y--", false},
	{PLK_CHANNEL_WORKER_FRONT, PLK_MSG_SERVING, "--yyy", "y--", true},
	{PLK_CHANNEL_WORKER_FRONT, PLK_MSG_PONG, "---yy", "y--", false},
	{PLK_CHANNEL_WORKER_FRONT, PLK_MSG_ACCEPTED, "--yyy", "-y-", false},
	{PLK_CHANNEL_WORKER_FRONT, PLK_MSG_CLOSED, "--yyy", "y--", false},
	{PLK_CHANNEL_WORKER_FRONT, PLK_MSG_RESTORED, "--y-", "y--", false},
	{PLK_CHANNEL_WORKER_FRONT, PLK_MSG_UNPORTED, "---yy", "y--", false},
	{PLK_CHANNEL_WORKER_FRONT, PLK_MSG_KEPT, "----y", "-y-", false},
	{PLK_CHANNEL_WORKER_FRONT, PLK_MSG_LEFT, "---yy", "y--", true},
	{PLK_CHANNEL_WORKER_FRONT, PLK_MSG_CONFINED, "--yyy", "y--", true},
	{PLK_CHANNEL_WORKER_FRONT, PLK_MSG_EVENT, "--yyy", "y--", false},
};
/* clang-format on */

static const struct row *
row_find(enum plk_channel channel, enum plk_msg_type type)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (rows[i].channel == channel && rows[i].type == type)
			return &rows[i];
	}
	return NULL;
}

/* What the rows above say of a first message. */
static enum plk_err
answer(const struct row *row, enum plk_stage stage, size_t n_fds)
{
	if (!row || strlen(row->stages) <= stage || row->stages[stage] != 'y')
		return PLK_E_MALFORMED;
	return n_fds <= 2 && row->fds[n_fds] == 'y' ? PLK_OK : PLK_E_LIMIT;
}

static size_t
seen_count(const struct plk_rules *rules)
{
	size_t n = 0;

	for (size_t i = 0; i < PLK_MSG_TYPES; i++)
		n += rules->seen[i];
	return n;
}

static void
combination_check(struct rows *r, enum plk_channel channel, enum plk_stage stage,
		  enum plk_msg_type type, size_t n_fds)
{
	const struct row *row = row_find(channel, type);
	enum plk_err want = answer(row, stage, n_fds);
	struct plk_rules rules = {0};

	row_begin_text(r, "channel %d stage %d %s with %zu", (int)channel, (int)stage,
		       plk_msg_name(type), n_fds);
	row_err(r, plk_rules_check(&rules, channel, stage, type, n_fds), want);
	row_number(r, "seen", seen_count(&rules), want == PLK_OK);
	row_number(r, "seen is the type", want == PLK_OK && !rules.seen[type], false);
	if (want != PLK_OK)
		return;
	row_err(r, plk_rules_check(&rules, channel, stage, type, n_fds),
		row->once ? PLK_E_MALFORMED : PLK_OK);
	row_number(r, "seen after the second", seen_count(&rules), 1);
}

/* Every channel, stage and type, with no, one, two and very many descriptors. */
static void
test_every_combination(void **state)
{
	static const size_t fds[] = {0, 1, 2, 253, SIZE_MAX};
	struct rows r;

	(void)state;
	rows_begin(&r, "rules");
	for (unsigned channel = 0; channel <= PLK_CHANNELS; channel++) {
		for (unsigned stage = 0; stage < PLK_STAGES; stage++) {
			for (unsigned type = 0; type < PLK_MSG_TYPES; type++) {
				for (size_t i = 0; i < COUNT(fds); i++)
					combination_check(&r, (enum plk_channel)channel,
							  (enum plk_stage)stage,
							  (enum plk_msg_type)type, fds[i]);
			}
		}
	}
	print_message("rules: %zu combinations, %zu permitted messages in the table\n", r.n,
		      COUNT(rows));
	rows_end_strict(&r);
}

/* Types that are none are refused and mark nothing. */
static void
test_no_type(void **state)
{
	static const unsigned types[] = {0,   PLK_MSG_TYPES, PLK_MSG_TYPES + 1, 128,
					 255, 0x7fffffff,    0xffffffff};
	struct rows r;

	(void)state;
	rows_begin(&r, "no type");
	for (size_t i = 0; i < COUNT(types); i++) {
		struct plk_rules rules = {0};

		row_begin_text(&r, "type %u", types[i]);
		row_err(&r,
			plk_rules_check(&rules, PLK_CHANNEL_FRONT_BROKER, PLK_STAGE_SETUP,
					(enum plk_msg_type)types[i], 0),
			PLK_E_MALFORMED);
		row_number(&r, "seen", seen_count(&rules), 0);
	}
	rows_end_strict(&r);
}

/* Once is once for the type, whatever came in between and in whatever stage; a refused message does
 * not count. */
static void
test_once(void **state)
{
	const enum plk_channel worker = PLK_CHANNEL_WORKER_FRONT;
	struct plk_rules rules = {0};

	(void)state;
	assert_int_equal(plk_rules_check(&rules, worker, PLK_STAGE_SETUP, PLK_MSG_SERVING, 1),
			 PLK_E_LIMIT);
	assert_int_equal(plk_rules_check(&rules, worker, PLK_STAGE_START, PLK_MSG_SERVING, 0),
			 PLK_E_MALFORMED);
	assert_int_equal(seen_count(&rules), 0);
	assert_int_equal(plk_rules_check(&rules, worker, PLK_STAGE_SETUP, PLK_MSG_SERVING, 0),
			 PLK_OK);
	assert_int_equal(plk_rules_check(&rules, worker, PLK_STAGE_SETUP, PLK_MSG_ADOPTED, 0),
			 PLK_OK);
	assert_int_equal(plk_rules_check(&rules, worker, PLK_STAGE_RUN, PLK_MSG_SERVING, 0),
			 PLK_E_MALFORMED);
	assert_int_equal(plk_rules_check(&rules, worker, PLK_STAGE_RUN, PLK_MSG_ADOPTED, 0),
			 PLK_OK);
	rules = (struct plk_rules){0}; /* a new worker, a new channel */
	assert_int_equal(plk_rules_check(&rules, worker, PLK_STAGE_RUN, PLK_MSG_SERVING, 0),
			 PLK_OK);
}

/* Exit statuses: one for each type, and none that mean something else. */
static void
test_status(void **state)
{
	static const int others[] = {-1, 0, 1, 2, 42, 120, 126, 127, 128, 159, 255, 256};

	(void)state;
	for (unsigned type = 0; type < PLK_MSG_TYPES; type++) {
		assert_in_range(plk_rules_status(type), 43, 119);
		assert_string_equal(plk_rules_named(plk_rules_status(type)), plk_msg_name(type));
	}
	assert_string_equal(plk_rules_named(plk_rules_status(PLK_MSG_TYPES)), "NONE");
	assert_string_equal(plk_rules_named(plk_rules_status(255)), "NONE");
	for (size_t i = 0; i < COUNT(others); i++)
		assert_null(plk_rules_named(others[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_combination),
		cmocka_unit_test(test_no_type),
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
