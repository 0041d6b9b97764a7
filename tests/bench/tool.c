/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#define NS 1000000000U

_Noreturn void
fail(const char *what)
{
	(void)fprintf(stderr, "%s: %s\n", program_invocation_short_name, what);
	exit(EXIT_FAILURE);
}

_Noreturn void
die(const char *what)
{
	(void)fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
	exit(EXIT_FAILURE);
}

static void
option_set(const struct option *option, const char *value)
{
	char *end = NULL;

	if (option->text) {
		*option->text = value;
		return;
	}
	errno = 0;
	if (option->number)
		*option->number = strtoull(value, &end, 10);
	else
		*option->real = strtod(value, &end);
	if (errno != 0 || end == value || *end != '\0')
		fail(value);
}

static void
option_take(const struct option *options, const char *arg)
{
	const char *value = strchr(arg, '=');

	if (!value || strncmp(arg, "--", 2) != 0)
		fail(arg);
	for (const struct option *o = options; o->name; o++) {
		if (strlen(o->name) == (size_t)(value - arg - 2) &&
		    strncmp(o->name, arg + 2, strlen(o->name)) == 0) {
			option_set(o, value + 1);
			return;
		}
	}
	fail(arg);
}

void
options_parse(const struct option *options, char **argv)
{
	for (argv++; *argv; argv++)
		option_take(options, *argv);
}

uint64_t
now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS + (uint64_t)t.tv_nsec;
}

uint64_t
cpu_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * NS + (uint64_t)t.tv_nsec;
}

void
pin(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof set, &set) < 0)
		die("sched_setaffinity");
}

static volatile sig_atomic_t stop_asked;

static void
stop_ask(int number)
{
	(void)number;
	stop_asked = 1;
}

void
stop_on_term(void)
{
	const struct sigaction action = {.sa_handler = stop_ask}; /* without SA_RESTART */

	if (sigaction(SIGTERM, &action, NULL) < 0)
		die("sigaction");
}

bool
stopped(void)
{
	return stop_asked != 0;
}

int
packet_socket(const char *ifname, uint16_t protocol)
{
	struct sockaddr_ll where = {.sll_family = AF_PACKET, .sll_protocol = htons(protocol)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("packet socket");
	where.sll_ifindex = (int)if_nametoindex(ifname);
	if (where.sll_ifindex == 0)
		die(ifname);
	if (bind(fd, (struct sockaddr *)&where, sizeof where) < 0)
		die("bind");
	return fd;
}
