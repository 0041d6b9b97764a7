/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * control.h: the control socket: who may use it, and how much of us one can have.
 *
 * Theory of operation. A connection reads until a request is complete (text/json.h finds its end), waits for its turn, has it
 * run (commands.h), and writes the answer; then it reads the next, which may be there already. Callbacks of the loop only move
 * bytes. Requests run in plk_control_work(), which the main loop calls after each step: one a call, so that nothing else waits
 * for more than one; users take turns, and the connections of a user.
 *
 * Bounds. Connections: PLK_CONTROL_CONNECTIONS, the last PLK_CONTROL_RESERVED of them for root and the service user. Who finds
 * none is closed at once, unless another has not begun a request for PLK_CONTROL_TIME_S: that one gives way. A request that was
 * begun must be complete in that time, and an answer taken.
 *
 * Memory. All of it is there from the start, about 25 MB that are touched when they are used: for each connection
 * PLK_CONTROL_MESSAGE_MAX bytes for requests and as many for an answer that was not taken at once; PLK_CONTROL_ANSWERS buffers
 * for longer ones; the text of one answer; the arena of jsonrpc.h. One of the long buffers is always free to work with. When the
 * others are held by who reads slowly, a long answer is thrown away, and its request runs again when one is free; only what
 * changes nothing has long answers.
 *
 * Time. What is done here is measured, and costs PLK_CONTROL_SHARE times as long: when clients have us do more than so big a share
 * of one processor, after a burst, their sockets are not looked at until that is paid, a second at most. There are three accounts:
 * that of who comes, that of root and the service user, and that of others who may. So a flood takes nothing from frames, and others
 * cannot make root wait, not even for a connection. An idle connection costs nothing.
 *
 * Trust: control clients, who may be anybody until the kernel has said who they are (SO_PEERCRED, SO_PEERGROUPS); no byte is read
 * from who is not root, the service user, or in the lists. Fuzz: fuzz/control_fuzz.c.
 */
#ifndef PLK_FRONT_CONTROL_H
#define PLK_FRONT_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** struct plk_control_access - who may use it, beside root and the service user
 * @uids: of --control-uid; @n_uids of them
 * @gids: of --control-gid; @n_gids of them
 */
struct plk_control_access {
	const uint32_t *uids;
	size_t n_uids;
	const uint32_t *gids;
	size_t n_gids;
};

/** plk_control_init() - before the sandbox closes */
void plk_control_init(void);

/** plk_control_is_there() - whether this build has any of it */
bool plk_control_is_there(void);

/** plk_control_open() - take requests at a socket, from the next plk_control_work() on
 * @listener: a Unix stream socket that listens and does not block; borrowed, lives on
 * @access:   lives on
 */
void plk_control_open(int listener, const struct plk_control_access *access);

/** plk_control_count() - connections that are there; for fuzz/front_fuzz.c, which accounts for every descriptor */
size_t plk_control_count(void);

/** plk_control_work() - run a request, if there is one and it is time; see to what is waited for
 * From the main loop, between two steps.
 */
void plk_control_work(void);

/** plk_control_exit() - stop the daemon when this request is answered */
void plk_control_exit(void);

#endif
