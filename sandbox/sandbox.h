/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sandbox.h: the gates of each process, in the order in which its main() closes them:
 *
 *   namespaces → no new privileges → capabilities → Landlock → limits → dumpable → MDWE → system calls
 *
 * Each gate is one call, and stays shut for ever. What is mandatory returns an error, and the process then ends; what
 * depends on the kernel or the service manager (namespaces, Landlock beyond its first version, MDWE, securebits) is shut as
 * far as it can be, and struct plk_msg_confined says how far. There is no switch that leaves a gate open.
 *
 * Should: be closed before the first byte of a peer. Mustn't: log, allocate, or depend on what a peer says.
 */
#ifndef PLK_SANDBOX_SANDBOX_H
#define PLK_SANDBOX_SANDBOX_H

#include <stddef.h>

#include "ipc/msg.h"
#include "sandbox/descriptors.h"

/** struct plk_namespaces - empty namespaces: no user, no network, no file but an empty root
 * @fd:    -1, or a descriptor of the namespace; owned
 * @error: 0, or errno of the first that could not be made
 */
struct plk_namespaces {
	int fd[PLK_NAMESPACES];
	int error;
};

/** plk_namespaces_make() - make them, as the service user, before Landlock (which forbids to mount)
 * A child of a moment makes them and ends; the descriptors keep them. What is refused is noted in @out, and no error.
 * @out:  its descriptors have numbers of PLK_NAMESPACES_FD and above
 */
#define PLK_NAMESPACES_FD 32
void plk_namespaces_make(struct plk_namespaces *out);

/** plk_confine_namespaces() - enter namespaces, so that what we make belongs to nobody's network and sees nobody's files
 * Sockets that we have keep their network. Afterwards this process has every capability in the new user namespace, until
 * plk_confine_capabilities(), and none outside.
 * @first: number of the first of PLK_NAMESPACES descriptors; those that are not open are passed over, all are closed
 * What was not entered is missing in @state->namespaces; @state->namespaces_error says why, if it was there.
 */
void plk_confine_namespaces(struct plk_msg_confined *state, int first);

/** plk_confine_privileges() - no new privileges by executing anything; Return: 0 or -errno */
int plk_confine_privileges(void);

/** enum plk_capabilities - which of them stay */
enum plk_capabilities {
	PLK_CAPABILITIES_NONE,
	PLK_CAPABILITIES_NET_RAW, /* permitted and effective, if we have it */
};

/** plk_confine_capabilities() - give up all capabilities but @keep, in all five sets, and lock the securebits
 * The bounding set and the securebits can only be changed with CAP_SETPCAP, which a process has that was started as root
 * or entered a user namespace; elsewhere the unit sets them.
 * Return: 0 or -errno; what the kernel then says is in @state->capabilities (the union of the sets but the bounding set),
 * ->bounding and ->securebits.
 */
int plk_confine_capabilities(struct plk_msg_confined *state, enum plk_capabilities keep);

/* What may be done below a path (linux/landlock.h). */
#define PLK_LANDLOCK_PROGRAM 1 /* a file: execute and read it */
#define PLK_LANDLOCK_SOCKETS 2 /* a directory: make sockets in it and remove files from it */
#define PLK_LANDLOCK_READ 3    /* a directory: read what is below it */

/** struct plk_landlock_rule - an exception
 * @fd:     of the file or directory; borrowed
 * @access: PLK_LANDLOCK_PROGRAM, PLK_LANDLOCK_SOCKETS or PLK_LANDLOCK_READ
 */
struct plk_landlock_rule {
	int fd;
	int access;
};

/** struct plk_landlock - what stays possible; zeroed: nothing
 * @any_tcp: every TCP port; else @connect_ports, @bind_ports: borrowed
 * @signals_out: signals to processes outside of the domain, which is those that we start
 */
struct plk_landlock {
	const struct plk_landlock_rule *rules;
	size_t n_rules;
	bool any_tcp;
	const uint16_t *connect_ports;
	size_t n_connect_ports;
	const uint16_t *bind_ports;
	size_t n_bind_ports;
	bool signals_out;
};

/** plk_confine_landlock() - no file, no directory, no TCP, no abstract socket and no signal to others, but for @allow
 * The best version of the kernel: 1 (files), 2 (link across directories), 3 (truncate), 4 (TCP), 5 (ioctl of devices),
 * 6 (abstract sockets, signals).
 * Return: 0; -ENOSYS or -EOPNOTSUPP (no Landlock, or it is not enabled); another -errno. @state->landlock is the version.
 */
int plk_confine_landlock(struct plk_msg_confined *state, const struct plk_landlock *allow);

/* The kernel counts the descriptors in messages that nobody has read yet, for all processes of a user together, and lets nobody
 * send another one when they are more than the limit of descriptors *of the sender*. All instances are one user. So that none
 * stops another, limits are far above what we hold; and what is trusted more has the higher one, since a hijacked process can
 * have as many on their way as its own limit says, and the 253 of one message. */
#define PLK_IN_FLIGHT_WORKER 1024
#define PLK_IN_FLIGHT_FRONT 2048
#define PLK_IN_FLIGHT_BROKER 4096
#define PLK_IN_FLIGHT_SUPERVISOR 8192

/** struct plk_limits - what stays possible
 * @files:    descriptors: the highest number, plus one, if that is more than @in_flight; 0 if it never is
 * @in_flight: PLK_IN_FLIGHT_...; less if the hard limit is below
 * @writes:   into files: the log may be one
 * @starts:   other processes. They inherit the hard limit of descriptors, which then stays as it is
 */
struct plk_limits {
	uint32_t files;
	uint32_t in_flight;
	bool writes;
	bool starts;
};

/** plk_confine_limits() - no core files; no larger file, no process, no more descriptors than @allow says
 * Return: 0 or -errno; @state->files is the limit of descriptors.
 */
int plk_confine_limits(struct plk_msg_confined *state, const struct plk_limits *allow);

/** plk_confine_dumpable() - nobody of our user may trace us or look into /proc/PID; Return: 0 or -errno */
int plk_confine_dumpable(void);

/** plk_confine_memory() - PR_SET_MDWE: no memory becomes executable that was not (Linux 6.3)
 * @state->mdwe says whether the kernel has it.
 */
void plk_confine_memory(struct plk_msg_confined *state);

/** enum plk_sandbox - whose list of system calls: NAME.syscalls beside this file */
enum plk_sandbox {
	PLK_SANDBOX_SUPERVISOR, /* its own calls and all that a worker does from exec on */
	PLK_SANDBOX_FRONT,
	PLK_SANDBOX_FRONT_CONTROL, /* with what control clients need: control.syscalls */
	PLK_SANDBOX_BROKER,
	PLK_SANDBOX_WORKER,
	PLK_SANDBOX_WORKER_MANY, /* its first client is PLK_WORKER_FD_CLIENT_MANY */
	PLK_SANDBOXES
};

/** plk_confine_calls() - permit the calls of the list with the arguments that it names, and nothing else
 * Any other call, and any call of a foreign architecture or of x32, kills the process (SIGSYS).
 * Return: 0 or -errno; @state->calls and ->conditions are set before: how many there are.
 */
int plk_confine_calls(struct plk_msg_confined *state, enum plk_sandbox who);

#endif
