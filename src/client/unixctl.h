/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * unixctl.h: one request to a control socket, and its answer: JSON-RPC 1.0 as Open vSwitch's unixctl speaks it
 * (src/front/jsonrpc.h has the grammar). JSON is read and written by jansson.
 *
 * Trust: what answers may be anything; it gets PLK_CONTROL_ANSWER_MAX bytes to do so, and its text is only text.
 */
#ifndef PLK_CLIENT_UNIXCTL_H
#define PLK_CLIENT_UNIXCTL_H

#include <stdbool.h>

#include <pktlock/err.h>
#include <pktlock/span.h>

struct json_t;

/** enum plk_unixctl - what came of a request */
enum plk_unixctl {
	PLK_UNIXCTL_DONE,
	PLK_UNIXCTL_REFUSED,
	PLK_UNIXCTL_FAILED, /* no answer */
};

/** struct plk_answer - an answer; zeroed before plk_unixctl_ask()
 * @text:    DONE, REFUSED: result or error; valid until plk_unixctl_release()
 * @reason:  FAILED: why; static lifetime, or until the next strerror(3)
 * @object:  private
 */
struct plk_answer {
	struct plk_span text;
	const char *reason;
	struct json_t *object;
};

/** plk_unixctl_is_text() - whether a word can be part of a request: it is UTF-8 */
bool plk_unixctl_is_text(const char *word);

/** plk_unixctl_ask() - send a request and wait for the answer
 * @fd:      connected Unix socket, borrowed; it blocks, but not for ever: SO_SNDTIMEO and SO_RCVTIMEO are set
 * @words:   the command and @n_words - 1 parameters, each plk_unixctl_is_text()
 * @answer:  always set
 */
PLK_MUST_USE enum plk_unixctl plk_unixctl_ask(int fd, const char *const *words, size_t n_words,
					      struct plk_answer *answer);

/** plk_unixctl_release() - give back what an answer has; safe twice */
void plk_unixctl_release(struct plk_answer *answer);

#endif
