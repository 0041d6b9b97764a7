/* SPDX-License-Identifier: BSD-2-Clause */
#include "client/unixctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <jansson.h>
#include <pktlock/limits.h>

/* ---- bytes ---- */

static int
bytes_send(int fd, struct plk_span bytes)
{
	while (bytes.n > 0) {
		ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes = (struct plk_span){bytes.p + n, bytes.n - (size_t)n};
	}
	return 0;
}

/** struct source - where jansson reads
 * @rc:      0, or why it could not
 * @n:       bytes that came
 * @is_over: the other end sends no more
 */
struct source {
	int fd;
	int rc;
	size_t n;
	bool is_over;
};

static size_t
source_read(void *buffer, size_t n_buffer, void *ctx)
{
	struct source *s = ctx;
	ssize_t n;

	if (s->n >= PLK_CONTROL_ANSWER_MAX) {
		s->rc = -EMSGSIZE;
		return (size_t)-1;
	}
	do {
		n = recv(s->fd, buffer, n_buffer, 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		s->rc = -errno;
		return (size_t)-1;
	}
	s->is_over = n == 0;
	s->n += (size_t)n;
	return (size_t)n;
}

/* ---- a request ---- */

bool
plk_unixctl_is_text(const char *word)
{
	json_t *string = json_string(word);
	const bool is_text = string != NULL;

	json_decref(string);
	return is_text;
}

/* NULL: no memory. */
static json_t *
request_make(const char *const *words, size_t n_words)
{
	json_t *params = json_array();

	for (size_t i = 1; i < n_words; i++) {
		if (json_array_append_new(params, json_string(words[i])) < 0) {
			json_decref(params);
			return NULL;
		}
	}
	return json_pack("{s:i, s:s, s:o}", "id", 0, "method", words[0], "params", params);
}

static int
request_send(int fd, const char *const *words, size_t n_words)
{
	json_t *request = request_make(words, n_words);
	char *text = json_dumps(request, JSON_COMPACT);
	int rc = -ENOMEM;

	if (text)
		rc = bytes_send(fd, (struct plk_span){(const uint8_t *)text, strlen(text)});
	free(text);
	json_decref(request);
	return rc;
}

/* ---- an answer ---- */

static const char *
failure_name(int rc)
{
	switch (rc) {
	case -EAGAIN:
		return "no answer in time: is the daemon stopped, or busy with others? --timeout= "
		       "waits longer";
	case -EPIPE:
	case -ECONNRESET:
		return "closed without an answer: may you control this daemon (--control-uid=, "
		       "--control-gid=)? Its log says why";
	case -EMSGSIZE:
		return "the answer has no end: is this a control socket?";
	default:
		return strerror(-rc);
	}
}

static const char *
broken_name(const struct source *s)
{
	if (s->rc < 0)
		return failure_name(s->rc);
	if (s->is_over && s->n == 0)
		return failure_name(-ECONNRESET);
	if (s->is_over)
		return "closed within the answer: the daemon's log says why";
	return "the answer is no JSON: is this a control socket?";
}

/* Open vSwitch leaves the other member out, or has null. */
static enum plk_unixctl
answer_take(struct plk_answer *answer)
{
	const json_t *id = json_object_get(answer->object, "id");
	const json_t *result = json_object_get(answer->object, "result");
	const json_t *error = json_object_get(answer->object, "error");
	const bool is_done = json_is_string(result) && (!error || json_is_null(error));
	const bool is_refused = json_is_string(error) && (!result || json_is_null(result));
	const json_t *text = is_done ? result : error;

	if (!json_is_integer(id) || json_integer_value(id) != 0 || !(is_done || is_refused)) {
		answer->reason = "the answer is not one to the request: is this a control socket?";
		return PLK_UNIXCTL_FAILED;
	}
	answer->text = (struct plk_span){(const uint8_t *)json_string_value(text),
					 json_string_length(text)};
	return is_done ? PLK_UNIXCTL_DONE : PLK_UNIXCTL_REFUSED;
}

enum plk_unixctl
plk_unixctl_ask(int fd, const char *const *words, size_t n_words, struct plk_answer *answer)
{
	struct source source = {.fd = fd};
	json_error_t error;
	int rc = request_send(fd, words, n_words);

	if (rc < 0) {
		answer->reason = failure_name(rc);
		return PLK_UNIXCTL_FAILED;
	}
	answer->object = json_load_callback(
		source_read, &source, JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES, &error);
	if (!answer->object) {
		answer->reason = broken_name(&source);
		return PLK_UNIXCTL_FAILED;
	}
	return answer_take(answer);
}

void
plk_unixctl_release(struct plk_answer *answer)
{
	json_decref(answer->object);
	*answer = (struct plk_answer){0};
}
