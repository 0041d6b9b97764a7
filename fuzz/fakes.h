/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fakes.h: what stands in for the world of every process: clock, log, privileges, gates. Linked
 * before plk_os and plk_sandbox, so that theirs are left out. See hostile.h.
 *
 * The gates must be closed in the order of sandbox/sandbox.h, each once, and all of them before the
 * last. One of them can fail: then the process ends.
 */
#ifndef PLK_FUZZ_FAKES_H
#define PLK_FUZZ_FAKES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pktlock/limits.h>

/** enum gate - in the order in which they are closed */
enum gate {
	GATE_NONE,
	GATE_NAMESPACES, /* the worker's; to make them, in the supervisor */
	GATE_PRIVILEGES,
	GATE_CAPABILITIES,
	GATE_LANDLOCK,
	GATE_LIMITS,
	GATE_DUMPABLE,
	GATE_MEMORY,
	GATE_CALLS,
	GATES
};

/** struct fakes - what the process did
 * @fails:     the gate that cannot be closed; set before a run
 * @begun:     plk_process_begin() was called
 * @sandboxed: the last gate is closed
 * @closed:    bits of enum gate
 * @any_tcp:   Landlock shall permit every TCP port
 * @n_rules:   what else it shall permit, and so on
 */
struct fakes {
	enum gate fails;
	bool begun;
	bool sandboxed;
	unsigned closed;
	bool any_tcp;
	size_t n_rules;
	uint16_t connect_ports[PLK_PORTS_MAX];
	size_t n_connect_ports;
	uint16_t bind_ports[PLK_PORTS_MAX];
	size_t n_bind_ports;
};

extern struct fakes fakes;

/** fakes_reset() - as before main(); @fails is an enum gate, or another number for none */
void fakes_reset(unsigned fails);

/** fakes_is_closed() - whether a gate is */
bool fakes_is_closed(enum gate gate);

#endif
