/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lines.c: how many lines others may make us log.
 *
 * A line that a client, the worker or the network can cause as often as it likes is of a kind, and may have a reason. Each
 * reason has a limit of its own: who fills one hides nothing in another. How many were held back is said when their window is over:
 * with the next line of that kind and reason, or by a timer, which runs only while there is something to say.
 */
#include "front/commands.h"
#include "front/front.h"
#include "os/clock.h"

_Static_assert(PLK_LINES_REASONS >= PLK_CLOSES && PLK_LINES_REASONS >= PLK_EVENTS &&
		       PLK_LINES_REASONS >= PLK_LINKS && PLK_LINES_REASONS >= PLK_CONTROL_ENDS,
	       "each reason has a limit");

/** struct kind - @what: what is not said; @reason: the word for a reason, NULL if the kind has none; @key: what stands before that */
struct kind {
	const char *what;
	const char *(*reason)(unsigned reason);
	const char *key;
};

static const struct kind kinds[PLK_LINES] = {
	[PLK_LINES_CONNECTED] = {"client connected", NULL, NULL},
	[PLK_LINES_REFUSED] = {"client refused (allow-uid=, allow-gid=)", NULL, NULL},
	[PLK_LINES_UNSEEN] = {"client refused: no descriptor left", NULL, NULL},
	[PLK_LINES_CLOSED] = {"client closed", plk_words_close, " reason="},
	[PLK_LINES_RESTORED] = {"client taken back", NULL, NULL},
	[PLK_LINES_NOT_RESTORED] = {"connection of the last daemon closed", NULL, NULL},
	[PLK_LINES_KEPT] = {"client kept", NULL, NULL},
	[PLK_LINES_NOT_KEPT] = {"connection cannot be kept", NULL, NULL},
	[PLK_LINES_WORKER] = {"worker", plk_words_event_name, " reason="},
	[PLK_LINES_BROKER] = {"broker", plk_words_event_name, " reason="},
	[PLK_LINES_CONFINED] = {"confined process=worker", NULL, NULL},
	[PLK_LINES_ADOPTED] = {"worker refuses a listener that it had", NULL, NULL},
	[PLK_LINES_UNKNOWN] = {"worker closed a client that is not known", NULL, NULL},
	[PLK_LINES_LINK] = {"interface", plk_words_link_state, " reason="},
	[PLK_LINES_CONTROL] = {"control client refused or closed", plk_words_control, " reason="},
	[PLK_LINES_CHANGED] = {"control done", plk_command_name, " command="},
	[PLK_LINES_NOT_CHANGED] = {"control refused", plk_command_name, " command="},
	[PLK_LINES_REMOTES] = {"remote listens, added, changed or removed", NULL, NULL},
};

/* As grave as the lines that it stands for. */
static enum plk_log
level_of(enum plk_lines kind, unsigned reason)
{
	switch (kind) {
	case PLK_LINES_CONNECTED:
	case PLK_LINES_RESTORED:
	case PLK_LINES_KEPT:
	case PLK_LINES_CONFINED:
	case PLK_LINES_CHANGED:
		return PLK_LOG_LINE_INFO;
	case PLK_LINES_CLOSED:
		return plk_words_is_fault(reason) ? PLK_LOG_LINE_WARNING : PLK_LOG_LINE_INFO;
	default:
		return PLK_LOG_LINE_WARNING;
	}
}

static void
say(enum plk_lines kind, unsigned reason, uint32_t n)
{
	const struct kind *k = &kinds[kind];

	if (n > 0)
		plk_log(level_of(kind, reason), "%u more suppressed: %s%s%s", n, k->what,
			k->reason ? k->key : "", k->reason ? k->reason(reason) : "");
}

/* Says what was held back in windows that are over; Return: whether there is more, in others. */
static bool
say_ended(uint64_t now)
{
	bool more = false;

	for (unsigned kind = 0; kind < PLK_LINES; kind++) {
		for (unsigned reason = 0; reason < PLK_LINES_REASONS; reason++) {
			struct plk_ratelimit *limit = &front.lines.limits[kind][reason];

			say((enum plk_lines)kind, reason, plk_ratelimit_end(limit, now));
			more |= limit->suppressed > 0;
		}
	}
	return more;
}

static void
say_later(void *ctx)
{
	(void)ctx;
	if (say_ended(plk_now_ms()))
		plk_timer_set(&front.loop, &front.lines.timer, PLK_RATELIMIT_WINDOW_MS);
}

void
plk_lines_end(void)
{
	plk_timer_stop(&front.lines.timer);
	(void)say_ended(UINT64_MAX); /* every window is over then */
}

bool
plk_lines_may(enum plk_lines kind, unsigned reason)
{
	struct plk_ratelimit *limit = &front.lines.limits[kind][reason];
	uint32_t suppressed;
	bool may = plk_ratelimit_step(limit, plk_now_ms(), &suppressed);

	say(kind, reason, suppressed);
	if (!may && front.lines.timer.at_ms == 0) {
		front.lines.timer.call = say_later;
		plk_timer_set(&front.loop, &front.lines.timer, PLK_RATELIMIT_WINDOW_MS);
	}
	return may;
}
