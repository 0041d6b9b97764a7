/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tool.h: what the tools of the bench share: options, time, the end.
 */
#ifndef BENCH_TOOL_H
#define BENCH_TOOL_H

#include <stdbool.h>
#include <stdint.h>

/** struct option - --name=VALUE; the last of a table has no name. One of the three is where the value goes. */
struct option {
	const char *name;
	const char **text;
	uint64_t *number;
	double *real;
};

/** options_parse() - set what is named; anything else ends the program */
void options_parse(const struct option *options, char **argv);

/** fail() - a text to standard error, and the end */
_Noreturn void fail(const char *what);

/** die() - as fail(), with errno */
_Noreturn void die(const char *what);

/** now_ns() - CLOCK_MONOTONIC */
uint64_t now_ns(void);

/** cpu_ns() - user and system time of all threads of this process */
uint64_t cpu_ns(void);

/** pin() - the calling thread runs on one processor */
void pin(unsigned int cpu);

/** stop_on_term() - from now on SIGTERM makes stopped() true, and interrupts what waits */
void stop_on_term(void);
bool stopped(void);

/** packet_socket() - a raw packet socket bound to an interface
 * @protocol: 0 (send only) or ETH_P_ALL
 */
int packet_socket(const char *ifname, uint16_t protocol);

#endif
