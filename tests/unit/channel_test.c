/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A message that is waited for: how long, and what ends the waiting. What else a channel does, the harnesses of the processes
 * know (fuzz/hostile.h).
 */
#include "os/channel.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "os/clock.h"

#include "rows.h"

#define LONG_MS 10000 /* nobody waits as long */
#define SHORT_MS 30
#define LATER_MS 50 /* is sent what is waited for */

/* What the other end does: before, or LATER_MS after the waiting begins. */
enum deed { NOTHING, SENDS, SENDS_FORBIDDEN, SENDS_OTHERS, CLOSES, SENDS_AND_CLOSES };

struct row {
	const char *what;
	enum deed before;
	enum deed later;
	unsigned ms;
	int answer;
	unsigned least_ms;
	unsigned most_ms;
};

/* clang-format off */
static const struct row rows[] = {
	/*                                    before           later            waits     answer    least     below */
	{"there is one already",              SENDS,           NOTHING,         LONG_MS,  1,        0,        LONG_MS},
	{"without waiting",                   SENDS,           NOTHING,         0,        1,        0,        LONG_MS},
	{"none, without waiting",             NOTHING,         NOTHING,         0,        0,        0,        LONG_MS},
	{"none comes",                        NOTHING,         NOTHING,         SHORT_MS, 0,        SHORT_MS, LONG_MS},
	{"one comes later",                   NOTHING,         SENDS,           LONG_MS,  1,        LATER_MS, LONG_MS},
	{"gone",                              CLOSES,          NOTHING,         LONG_MS,  -EPIPE,   0,        LONG_MS},
	{"goes later",                        NOTHING,         CLOSES,          LONG_MS,  -EPIPE,   LATER_MS, LONG_MS},
	{"what was said last comes first",    SENDS_AND_CLOSES, NOTHING,        LONG_MS,  1,        0,        LONG_MS},
	{"may not come",                      SENDS_FORBIDDEN, NOTHING,         LONG_MS,  -EBADMSG, 0,        LONG_MS},
	{"may not come, and does later",      NOTHING,         SENDS_FORBIDDEN, LONG_MS,  -EBADMSG, LATER_MS, LONG_MS},
	{"of the other direction",            NOTHING,         SENDS_OTHERS,    LONG_MS,  -EBADMSG, LATER_MS, LONG_MS},
};
/* clang-format on */

static void
send_one(int fd, enum plk_msg_type type)
{
	const struct plk_msg msg = {.type = type};

	assert_int_equal(plk_channel_send(fd, &msg, type == PLK_MSG_FILL ? fd : -1), 0);
}

static void
act(enum deed deed, int *fd)
{
	if (deed == SENDS || deed == SENDS_AND_CLOSES)
		send_one(*fd, PLK_MSG_FILL);
	if (deed == SENDS_FORBIDDEN)
		send_one(*fd, PLK_MSG_GO);
	if (deed == SENDS_OTHERS)
		send_one(*fd, PLK_MSG_PONG);
	if (deed == CLOSES || deed == SENDS_AND_CLOSES) {
		close(*fd);
		*fd = -1;
	}
}

static void
sleep_ms(long ms)
{
	const struct timespec time = {.tv_nsec = ms * 1000000};

	assert_int_equal(nanosleep(&time, NULL), 0);
}

/* Does it in another process, which alone has that end then. */
static pid_t
act_later(enum deed deed, int *fd)
{
	const pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		sleep_ms(LATER_MS);
		act(deed, fd);
		_exit(0);
	}
	close(*fd);
	*fd = -1;
	return child;
}

static void
row_run(struct rows *r, const struct row *row)
{
	struct plk_channel_end end;
	struct plk_received got;
	pid_t child = -1;
	uint64_t began;
	uint64_t took;
	int fd[2];

	assert_int_equal(plk_channel_pair(fd), 0);
	plk_channel_end_init(&end, &fd[0], PLK_CHANNEL_FRONT_WORKER);
	act(row->before, &fd[1]);
	began = plk_now_ms();
	if (row->later != NOTHING)
		child = act_later(row->later, &fd[1]);
	row_number(r, "answer",
		   (uint64_t)plk_channel_receive_wait(&end, PLK_STAGE_RUN, &got, row->ms),
		   (uint64_t)row->answer);
	took = plk_now_ms() - began;
	row_true(r, "not too early", took + 1 >= row->least_ms); /* clocks are rounded */
	row_true(r, "not too late", took < row->most_ms);
	row_true(r, "with its descriptor, or none", (got.fd >= 0) == (row->answer == 1));
	if (row->answer == 1)
		row_number(r, "type", got.msg.type, PLK_MSG_FILL);
	if (child > 0)
		assert_int_equal(waitpid(child, NULL, 0), child);
	for (int i = 0; i < 2; i++) {
		if (fd[i] >= 0)
			close(fd[i]);
	}
	if (got.fd >= 0)
		close(got.fd);
	close(end.fd);
}

static void
test_wait(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "wait");
	for (size_t i = 0; i < COUNT(rows); i++) {
		row_begin_text(&r, "%s", rows[i].what);
		row_run(&r, &rows[i]);
	}
	rows_end(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_wait)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
