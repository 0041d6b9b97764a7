/* SPDX-License-Identifier: BSD-2-Clause */
/* SIGINT and SIGTERM; stop.h has the contract. Signals come from the user. */
#include "client/stop.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

static volatile sig_atomic_t wanted;
static bool held;

static void
on_signal(int number)
{
	(void)number;
	wanted = 1;
}

static void
signals_fill(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
}

void
plk_stop_install(void)
{
	struct sigaction stop = {.sa_handler = on_signal}; /* no SA_RESTART: blocked calls end */
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t set;

	signals_fill(&set);
	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

void
plk_stop_hold(void)
{
	sigset_t set;

	signals_fill(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	held = true;
}

bool
plk_stop_wanted(void)
{
	sigset_t pending;

	/* ppoll(2) delivers no signal while a descriptor is ready: on a busy stream it only
	 * pends. */
	if (held && !wanted && sigpending(&pending) == 0 &&
	    (sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1))
		wanted = 1;
	return wanted != 0;
}

int
plk_stop_poll(struct pollfd *fds, size_t n_fds, int timeout_ms)
{
	struct timespec limit = {.tv_sec = timeout_ms / 1000,
				 .tv_nsec = timeout_ms % 1000 * 1000000L};
	sigset_t mask;
	int n;

	if (timeout_ms < 0 && plk_stop_wanted())
		return -EINTR;
	sigprocmask(SIG_SETMASK, NULL, &mask);
	sigdelset(&mask, SIGINT);
	sigdelset(&mask, SIGTERM);
	n = ppoll(fds, n_fds, timeout_ms < 0 ? NULL : &limit, &mask);
	return n < 0 ? -errno : n;
}
