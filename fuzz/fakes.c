/* SPDX-License-Identifier: BSD-2-Clause */
#include "fakes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>

#include "os/clock.h"
#include "os/log.h"
#include "os/process.h"
#include "sandbox/sandbox.h"

#include "hostile.h"

struct fakes fakes;

void
fakes_reset(unsigned fails)
{
	fakes = (struct fakes){.fails = fails < GATES ? (enum gate)fails : GATE_NONE};
}

bool
fakes_is_closed(enum gate gate)
{
	return fakes.closed & 1U << gate;
}

uint64_t
plk_now_ms(void)
{
	return hostile.now_ms;
}

uint64_t
plk_now_ns(void)
{
	return hostile.now_ms * 1000000;
}

/* It costs nothing. */
uint64_t
plk_used_ns(void)
{
	return 0;
}

/* ---- log ---- */

void
plk_log_open(const char *role)
{
	(void)role;
}

void
plk_log_level(enum plk_log level)
{
	(void)level;
}

size_t
plk_log_written(int n, size_t size)
{
	CHECK(n >= 0);
	return (size_t)n < size ? (size_t)n : size - 1;
}

int
plk_log_journal(int number)
{
	CHECK(number == PLK_FRONT_FD_JOURNAL && !fakes.sandboxed);
	return -ENOENT;
}

void
plk_log_interface(const char *name)
{
	CHECK(!strchr(name, ' '));
}

/* Who has a part in a line adds no word to it: the journal's fields are made of these. */
static void
words_check(const char *line)
{
	static const char *const keys[] = {
		" interface=", " remote=", " slot=", " uid=", " pid=", " reason="};

	for (size_t i = 0; i < COUNT(keys); i++) {
		const char *first = strstr(line, keys[i]);

		CHECK(!first || !strstr(first + 1, keys[i]));
	}
}

/* Formats the line as the log does, so that arguments are read. Nobody writes lines but us. */
void
plk_log(enum plk_log level, const char *format, ...)
{
	char line[1024];
	va_list args;

	(void)level;
	va_start(args, format);
	CHECK(vsnprintf(line, sizeof line, format, args) > 0);
	va_end(args);
	for (const char *p = line; *p; p++)
		CHECK((unsigned char)*p >= ' ' && *p != 0x7f);
	words_check(line);
}

/* ---- the process ---- */

void
plk_process_begin(const char *name)
{
	CHECK(name[0] && strlen(name) <= 15 && !fakes.begun);
	fakes.begun = true;
}

void
plk_process_wake_precisely(void)
{
}

void
plk_process_small_pages(void)
{
}

int
plk_process_raise_files(void)
{
	return 0;
}

uint64_t
plk_process_files(void)
{
	return 1024;
}

void
plk_process_forget(const char *name)
{
	CHECK(name[0]);
}

void
plk_process_ignore_signals(void)
{
}

/* ---- gates ---- */

static int
gate(enum gate which)
{
	CHECK(fakes.begun && fakes.closed < 1U << which); /* none twice, none after a later one */
	if (fakes.fails == which) {
		hostile_must_end(1);
		return -EPERM;
	}
	fakes.closed |= 1U << which;
	return 0;
}

void
plk_namespaces_make(struct plk_namespaces *out)
{
	CHECK(!fakes_is_closed(GATE_LANDLOCK)); /* it forbids to mount */
	*out = (struct plk_namespaces){.error = fakes.fails == GATE_NAMESPACES ? EPERM : 0};
	for (size_t i = 0; i < PLK_NAMESPACES; i++) {
		out->fd[i] = -1;
		if (out->error == 0)
			out->fd[i] =
				fcntl(hostile_things()->memory, F_DUPFD_CLOEXEC, PLK_NAMESPACES_FD);
	}
}

/* What is refused is no error; see plk_confine_memory() too. */
void
plk_confine_namespaces(struct plk_msg_confined *state, int first)
{
	CHECK(first == PLK_WORKER_FD_NAMESPACE && fakes.closed == 0);
	fakes.closed |= 1U << GATE_NAMESPACES;
	if (fakes.fails == GATE_NAMESPACES)
		state->namespaces_error = EPERM;
	else
		state->namespaces = (1U << PLK_NAMESPACES) - 1;
}

int
plk_confine_privileges(void)
{
	return gate(GATE_PRIVILEGES);
}

int
plk_confine_capabilities(struct plk_msg_confined *state, enum plk_capabilities keep)
{
	state->capabilities = keep == PLK_CAPABILITIES_NET_RAW;
	return gate(GATE_CAPABILITIES);
}

int
plk_confine_landlock(struct plk_msg_confined *state, const struct plk_landlock *allow)
{
	for (size_t i = 0; i < allow->n_rules; i++)
		CHECK(hostile_is_run(allow->rules[i].fd) &&
		      fcntl(allow->rules[i].fd, F_GETFD) >= 0);
	CHECK(allow->n_connect_ports <= PLK_PORTS_MAX && allow->n_bind_ports <= PLK_PORTS_MAX);
	fakes.any_tcp = allow->any_tcp;
	fakes.n_rules = allow->n_rules;
	fakes.n_connect_ports = allow->n_connect_ports;
	fakes.n_bind_ports = allow->n_bind_ports;
	for (size_t i = 0; i < allow->n_connect_ports; i++)
		fakes.connect_ports[i] = allow->connect_ports[i];
	for (size_t i = 0; i < allow->n_bind_ports; i++)
		fakes.bind_ports[i] = allow->bind_ports[i];
	state->landlock = 6;
	return gate(GATE_LANDLOCK);
}

int
plk_confine_limits(struct plk_msg_confined *state, const struct plk_limits *allow)
{
	CHECK(allow->in_flight > 0);
	state->files = allow->files;
	return gate(GATE_LIMITS);
}

int
plk_confine_dumpable(void)
{
	return gate(GATE_DUMPABLE);
}

void
plk_confine_memory(struct plk_msg_confined *state)
{
	CHECK(fakes.closed < 1U << GATE_MEMORY);
	fakes.closed |= 1U << GATE_MEMORY;
	state->mdwe = fakes.fails != GATE_MEMORY;
}

int
plk_confine_calls(struct plk_msg_confined *state, enum plk_sandbox who)
{
	const unsigned all = (1U << GATE_CALLS) - (1U << GATE_PRIVILEGES);
	const unsigned worker = 1U << GATE_NAMESPACES;
	bool is_worker = who == PLK_SANDBOX_WORKER || who == PLK_SANDBOX_WORKER_MANY;
	int error;

	CHECK(fakes.closed == (is_worker ? all | worker : all));
	for (unsigned i = 0; i < HOSTILE_CHANNELS; i++) {
		unsigned said = hostile_said(i);

		CHECK(said != PLK_MSG_CONFINED && said != PLK_MSG_SERVING && said != PLK_MSG_READY);
	}
	state->calls = 1;
	error = gate(GATE_CALLS);
	fakes.sandboxed = error == 0;
	return error;
}
