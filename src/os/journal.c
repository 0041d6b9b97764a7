/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/journal.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/writer.h"
#include "os/fd.h"

/* The words of a line that become fields. */
static const struct {
	const char *key;
	const char *field;
} fields[] = {
	{"interface=", "PKTLOCK_INTERFACE="}, {"remote=", "PKTLOCK_REMOTE="},
	{"slot=", "PKTLOCK_SLOT="},           {"uid=", "PKTLOCK_PEER_UID="},
	{"pid=", "PKTLOCK_PEER_PID="},        {"reason=", "PKTLOCK_REASON="},
};

#define N_FIELDS (sizeof fields / sizeof *fields)

/* Takes the next word from the front of a line. */
static struct plk_span
word_take(struct plk_span *line)
{
	const uint8_t *blank = line->n > 0 ? memchr(line->p, ' ', line->n) : NULL;
	struct plk_span word = {line->p, blank ? (size_t)(blank - line->p) : line->n};
	size_t taken = word.n + (blank ? 1 : 0);

	*line = (struct plk_span){line->p + taken, line->n - taken};
	return word;
}

/* Which field a word is; N_FIELDS if it is none. Nothing behind the '=' is no value: the journal wants none. */
static size_t
field_of(struct plk_span word)
{
	size_t i = 0;

	for (; i < N_FIELDS; i++) {
		size_t n = strlen(fields[i].key);

		if (word.n > n && memcmp(word.p, fields[i].key, n) == 0)
			break;
	}
	return i;
}

static void
field_put(struct plk_writer *w, const char *name, struct plk_span value)
{
	plk_writer_str(w, name);
	plk_writer_span(w, value);
	plk_writer_char(w, '\n');
}

static void
field_put_str(struct plk_writer *w, const char *name, const char *value)
{
	field_put(w, name, (struct plk_span){(const uint8_t *)value, strlen(value)});
}

static void
fields_put(struct plk_writer *w, const struct plk_journal_line *line)
{
	struct plk_span rest = line->text;
	bool seen[N_FIELDS] = {false};

	while (rest.n > 0) {
		struct plk_span word = word_take(&rest);
		size_t i = field_of(word);
		size_t n_key;

		if (i == N_FIELDS || seen[i])
			continue;
		seen[i] = true;
		n_key = strlen(fields[i].key);
		field_put(w, fields[i].field, (struct plk_span){word.p + n_key, word.n - n_key});
	}
	if (!seen[0] && line->interface && line->interface[0] != '\0')
		field_put_str(w, fields[0].field, line->interface);
}

enum plk_err
plk_journal_encode(const struct plk_journal_line *line, struct plk_mspan out, size_t *n)
{
	struct plk_writer w;

	plk_writer_init(&w, out);
	field_put(&w, "MESSAGE=", line->text);
	plk_writer_str(&w, "PRIORITY=");
	plk_writer_dec(&w, line->priority);
	plk_writer_str(&w, "\nSYSLOG_IDENTIFIER=pktlockd\n");
	field_put_str(&w, "PKTLOCK_ROLE=", line->role);
	fields_put(&w, line);
	return plk_writer_done(&w, n);
}

int
plk_journal_open(void)
{
	static const struct sockaddr_un addr = {.sun_family = AF_UNIX,
						.sun_path = "/run/systemd/journal/socket"};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&addr, sizeof addr) == 0)
		return fd;
	error = -errno;
	plk_fd_close(&fd);
	return error;
}

int
plk_journal_send(int fd, struct plk_span line)
{
	/* #syscalls:front sendto[0=PLK_FRONT_FD_JOURNAL,3=MSG_DONTWAIT|MSG_NOSIGNAL,4=0] (the log, with fields) */
	return send(fd, line.p, line.n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}
