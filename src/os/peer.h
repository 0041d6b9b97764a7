/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * peer.h: who is at the other end of a connection, as the kernel says.
 */
#ifndef PLK_OS_PEER_H
#define PLK_OS_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLK_PEER_GROUPS_MAX 65536 /* Linux' NGROUPS_MAX */
#define PLK_PEER_TEXT_MAX 64      /* bytes of a printed address, NUL included */

/** struct plk_peer_id - the other end
 * @is_unix: @uid, @gid and @pid are known (SO_PEERCRED: as they were at connect() or listen())
 * @text:    else its address, as tcp:ADDR:PORT
 * @cookie:  which connection it is: no other socket of this machine ever has that number (SO_COOKIE)
 */
struct plk_peer_id {
	bool is_unix;
	uint32_t uid;
	uint32_t gid;
	int32_t pid;
	char text[PLK_PEER_TEXT_MAX];
	uint64_t cookie;
};

/** plk_peer_identify() - look at a connected socket; Return: 0 or -errno */
int plk_peer_identify(int fd, struct plk_peer_id *out);

/** plk_peer_cookie() - which socket it is, also when its peer has gone; Return: 0 or -errno */
int plk_peer_cookie(int fd, uint64_t *cookie);

/** plk_peer_in_groups() - whether the peer was in one of some groups (its own or a supplementary one, SO_PEERGROUPS)
 * false also where the kernel does not say.
 */
bool plk_peer_in_groups(int fd, const struct plk_peer_id *peer, const uint32_t *gids,
			size_t n_gids);

/** plk_address_text() - the address a socket is bound to, as ADDR:PORT; empty for other families
 * @out: PLK_PEER_TEXT_MAX bytes
 */
void plk_address_text(int fd, char *out);

/** plk_peer_came_by() - whether a connection was made to what a socket listens at */
bool plk_peer_came_by(int fd, int listener);

/** plk_peer_has_path(), plk_peer_has_inet() - whether a connection is one to that Unix socket, or to that TCP address
 * @addr: 4 bytes, or 16 if @is_v6
 * @port: in the machine's byte order
 */
bool plk_peer_has_path(int fd, const char *path);
bool plk_peer_has_inet(int fd, bool is_v6, const uint8_t *addr, uint16_t port);

/** plk_peer_is_self() - whether a TCP socket is connected to itself, as happens when a free port of ours is tried */
bool plk_peer_is_self(int fd);

#endif
