/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sender.h: frames to a port, gathered and sent in large pieces.
 *
 * Trust: frames are the user's; of the other end only the fact that it takes or closes counts, what
 * it sends is dropped.
 */
#ifndef PLK_CLIENT_SENDER_H
#define PLK_CLIENT_SENDER_H

#include <stdbool.h>

#include <pktlock/frame.h>

#define PLK_SENDER_BYTES 262144
#define PLK_SENDER_FINISH_MS 10000 /* how long the daemon has to take what is under way */

/** struct plk_sender - private but for the counters
 * @frames:  written to the socket whole
 * @bytes:   of those, without prefixes and headers
 * Invariant: n <= PLK_SENDER_BYTES; buffer holds whole records.
 */
struct plk_sender {
	int fd;
	struct plk_framing framing;
	uint64_t frames;
	uint64_t bytes;
	size_t n;
	uint8_t buffer[PLK_SENDER_BYTES];
};

/** plk_sender_init() - begin
 * @fd:       connected socket, borrowed
 * @framing:  what the other end expects
 */
void plk_sender_init(struct plk_sender *s, int fd, struct plk_framing framing);

/** plk_sender_check() - whether a frame can be sent at all
 * Return: PLK_OK; PLK_E_SHORT (too short); PLK_E_LIMIT (too long).
 */
PLK_MUST_USE enum plk_err plk_sender_check(const struct plk_sender *s, struct plk_span frame);

/** plk_sender_frame() - add a frame, in format vnet behind a header of zeros: no offload
 * @frame:  passed plk_sender_check(); copied
 * Return: 0; as plk_sender_flush().
 */
PLK_MUST_USE int plk_sender_frame(struct plk_sender *s, struct plk_span frame);

/** plk_sender_flush() - send everything that was added
 * Return: 0; -EINTR if a signal asked to stop; another negative errno. The counters are exact in
 * each case; after an error nothing more can be sent.
 */
PLK_MUST_USE int plk_sender_flush(struct plk_sender *s);

/** plk_sender_finish() - say that no more comes, and wait for the daemon to take the rest
 * It does so by closing the connection; one that stays open is good too, once all was read.
 * Return: 0; -ETIMEDOUT if something was not read in time; -EINTR; another negative errno if it
 * closed before it had read everything.
 */
PLK_MUST_USE int plk_sender_finish(struct plk_sender *s);

#endif
