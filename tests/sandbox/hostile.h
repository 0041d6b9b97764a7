/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hostile.h: the worker, the front and the broker as an attacker would have them: the objects that are shipped, in which one
 * function of the product is replaced at link time (ld --wrap) by one that attacks when it is called. By then the process has
 * closed its sandbox and reads what peers send. So no line of the product knows of these tests.
 *
 * An attack is a row of a table: a system call, or a function. One that was stopped by the kernel's killing the process says
 * nothing more; one that only failed ends the process with HOSTILE_ERRNO + errno, one that worked with HOSTILE_WORKED: the
 * supervisor logs both. A function may also return: then the process goes on as if it were ours, or else hostile_idle().
 *
 * With PLK_HOSTILE_LIST in its environment a hostile program prints its attacks and ends. What each must be stopped by stands
 * in hostile_*_test.py.
 */
#ifndef PLK_TESTS_SANDBOX_HOSTILE_H
#define PLK_TESTS_SANDBOX_HOSTILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* In each of these objects, and never in what is shipped: shipped.sh looks for it. */
#define HOSTILE_MARKER "pktlock-hostile-test-build"
__attribute__((used)) static const char hostile_marker[] = HOSTILE_MARKER;

/* Exit statuses; those below have a meaning: ipc/rules.h. */
#define HOSTILE_ERRNO 120 /* and errno on top */
#define HOSTILE_WORKED HOSTILE_ERRNO
#define HOSTILE_BEYOND \
	((uint64_t)1 << 32) /* the kernel takes an int of a descriptor: added, it is the same one */
#define HOSTILE_X32 0x40000000L

/* Stand for values that are known when the attack begins: processes, -1 (all of them) where we cannot know; a descriptor. */
#define HOSTILE_LATER ((uint64_t)0x7e57f00d << 32)
#define HOSTILE_SUPERVISOR (HOSTILE_LATER + 0)
#define HOSTILE_FRONT (HOSTILE_LATER + 1)
#define HOSTILE_BROKER (HOSTILE_LATER + 2)
#define HOSTILE_CLIENT (HOSTILE_LATER + 3)
#define HOSTILE_VALUES 4

#define HOSTILE_ARGUMENTS 6

/** struct hostile_attack - a row
 * @run:    if NULL, a system call is made:
 * @number: of it
 */
struct hostile_attack {
	const char *name;
	void (*run)(void);
	long number;
	uint64_t arguments[HOSTILE_ARGUMENTS];
};

/* clang-format off */
#define V(x) ((uint64_t)(uintptr_t)(x))
#define CALL0(name, number) {(name), NULL, (number), {0}}
#define CALL1(name, number, a) {(name), NULL, (number), {V(a)}}
#define CALL2(name, number, a, b) {(name), NULL, (number), {V(a), V(b)}}
#define CALL3(name, number, a, b, c) {(name), NULL, (number), {V(a), V(b), V(c)}}
#define CALL4(name, number, a, b, c, d) {(name), NULL, (number), {V(a), V(b), V(c), V(d)}}
#define CALL5(name, number, a, b, c, d, e) {(name), NULL, (number), {V(a), V(b), V(c), V(d), V(e)}}
#define CALL6(name, number, a, b, c, d, e, f) {(name), NULL, (number), {V(a), V(b), V(c), V(d), V(e), V(f)}}
#define RUN(name, run) {(name), (run), 0, {0}}
/* clang-format on */

/* The table of this program; ends with a row without a name. */
extern const struct hostile_attack hostile_own[];

/* What the values that are known later are now. */
extern uint64_t hostile_values[HOSTILE_VALUES];

/** hostile_attack() - make one: first come the rows of hostile_own, then those that all three programs share */
void hostile_attack(uint32_t number);

/** hostile_report() - end with what a system call answered: -1 is errno, anything else is that it worked */
_Noreturn void hostile_report(long result);

/** hostile_idle() - do nothing, for ever */
_Noreturn void hostile_idle(void);

/** hostile_say() - a datagram of any bytes to one of our own processes, with any descriptors
 * Return: 0 or -errno.
 */
int hostile_say(int channel, const void *p, size_t n, const int *fds, size_t n_fds);

/** hostile_say_type() - zeros of the right length for a type of message, but for the type; else as hostile_say() */
int hostile_say_type(int channel, unsigned type, int pass);

#endif
