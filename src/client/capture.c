/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pktlock capture: connect, cut the stream into frames, write pcapng.
 *
 * Trust: the stream comes from whatever answers at the remote; stream.h is what looks at it. A
 * pcapng stream is handed on block by block, each whole and well framed.
 */
#include "client/command.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <pktlock/fdnum.h>

#include "client/args.h"
#include "client/connect.h"
#include "client/endpoint.h"
#include "client/output.h"
#include "client/say.h"
#include "client/stop.h"
#include "client/stream.h"
#include "text/words.h"
#include "wire/pcapng.h"

#define COMMAND "capture"
#define COUNT_MAX (UINT64_C(1) << 53) /* what every tool that reads numbers can hold exactly */
#define NS_PER_S UINT64_C(1000000000)
#define SENDER "pktlock" /* the interface's name in the capture: the stream does not tell it */

/* Why capturing ends. */
enum end {
	END_NOT_YET,
	END_COUNT,   /* -c */
	END_STOP,    /* a signal */
	END_READER,  /* nobody reads the output any more */
	END_CLOSED,  /* by the daemon, between frames */
	END_TORN,    /* by the daemon, inside a frame */
	END_FRAMING, /* the stream is not what it should be */
	END_SOCKET,  /* reading failed */
	END_OUTPUT,  /* writing failed */
};

/* limit: 0 is none; begun: the output has a section; error: SOCKET and OUTPUT: an errno; reason:
 * FRAMING: a text. */
struct capture {
	const char *path;
	uint64_t limit;
	struct plk_endpoint endpoint;
	int fd;
	bool begun;
	uint64_t time_ns;
	uint64_t frames;
	uint64_t bytes;
	int error;
	const char *reason;
	struct plk_stream stream;
	struct plk_output output;
};

static const char help[] =
	"usage: pktlock capture REMOTE [-w FILE] [-c COUNT] [--format=qemu|vnet]\n"
	"                       [--vnet-hdr=10|12|20]\n"
	"\n"
	"Connect to a capture or attach port of pktlockd and write its frames as pcapng.\n"
	"\n"
	"  REMOTE           unix:PATH or tcp:ADDR:PORT\n"
	"  -w FILE          write to FILE; - is standard output (the default)\n"
	"  -c COUNT         end after COUNT frames\n"
	"  --format=FORMAT  the port's format: qemu (the default) or vnet; pcapng is recognised\n"
	"  --vnet-hdr=SIZE  the port's vnet-hdr=, with --format=vnet: 10, 12 (the default) or 20\n"
	"  --help           this text\n"
	"\n"
	"It ends with status 0 after COUNT frames, on SIGINT and SIGTERM, when its reader goes,\n"
	"and when the daemon closes the connection between frames (1 if COUNT was not reached).\n"
	"The output is a whole pcapng file in each case. An inject port sends nothing.\n"
	"\n"
	"  pktlock capture unix:/run/pktlock/eth1.sock | tcpdump -n -r -\n"
	"  pktlock capture unix:/run/pktlock/eth1.sock | wireshark -k -i -\n"
	"  pktlock capture unix:/run/pktlock/eth1.sock -c 100 -w eth1.pcapng\n";

static enum end
output_result(struct capture *c, int rc)
{
	if (rc == 0)
		return END_NOT_YET;
	c->error = -rc;
	return rc == -EPIPE ? END_READER : END_OUTPUT;
}

static int
start_put(struct capture *c)
{
	const struct plk_pcapng_start start = {
		.userappl = plk_span_str("pktlock " PLK_VERSION),
		.ifname = plk_span_str(SENDER),
	};
	uint8_t bytes[PLK_PCAPNG_START_MAX];
	struct plk_span part = {bytes, 0};

	c->begun = true;
	if (plk_pcapng_start_encode(&start, (struct plk_mspan){bytes, sizeof bytes}, &part.n) !=
	    PLK_OK)
		return -EINVAL;
	return plk_output_block(&c->output, &part, 1);
}

static int
frame_put(struct capture *c, struct plk_span frame)
{
	struct plk_pcapng_packet packet = {
		.time_ns = c->time_ns,
		.captured = (uint32_t)frame.n,
		.original = (uint32_t)frame.n,
	};
	uint8_t head[PLK_PCAPNG_HEAD];
	uint8_t tail[PLK_PCAPNG_TAIL_MAX];
	struct plk_span parts[] = {{head, sizeof head}, frame, {tail, 0}};

	if (plk_pcapng_packet_encode(&packet, head, tail, &parts[2].n) != PLK_OK)
		return -EINVAL;
	return plk_output_block(&c->output, parts, 3);
}

static enum end
piece_put(struct capture *c, const struct plk_piece *piece)
{
	int rc = 0;

	if (c->stream.kind == PLK_STREAM_PCAPNG) {
		c->begun = true;
		rc = plk_output_block(&c->output, &piece->bytes, 1);
	} else {
		if (!c->begun)
			rc = start_put(c);
		if (rc == 0)
			rc = frame_put(c, piece->bytes);
	}
	if (rc < 0)
		return output_result(c, rc);
	if (!piece->is_frame)
		return END_NOT_YET;
	c->frames++;
	c->bytes += piece->captured;
	return c->frames == c->limit ? END_COUNT : END_NOT_YET;
}

/* Everything that is complete, and out with it. */
static enum end
pieces_put(struct capture *c)
{
	struct plk_piece piece;
	enum end end = END_NOT_YET;
	enum end flushed;
	enum plk_err err = PLK_OK;

	while (end == END_NOT_YET && (err = plk_stream_next(&c->stream, &piece)) == PLK_OK)
		end = piece_put(c, &piece);
	if (end == END_NOT_YET && err != PLK_E_SHORT) {
		end = END_FRAMING;
		c->reason = plk_stream_reason(&c->stream, err);
	}
	if (end == END_READER || end == END_OUTPUT)
		return end;
	flushed = output_result(c, plk_output_flush(&c->output));
	return flushed == END_NOT_YET ? end : flushed;
}

/* Wait for bytes, a signal, or the output's reader to go. */
static enum end
input_wait(struct capture *c)
{
	struct pollfd fds[] = {
		{.fd = c->fd, .events = POLLIN},
		{.fd = c->output.waits ? c->output.fd : -1, .events = 0},
	};
	int n = plk_stop_poll(fds, 2, -1);

	if (n < 0 && n != -EINTR) {
		c->error = -n;
		return END_SOCKET;
	}
	if (n < 0)
		return END_STOP;
	return fds[1].revents ? END_READER : END_NOT_YET;
}

static enum end
input_read(struct capture *c)
{
	struct plk_mspan space = plk_stream_space(&c->stream);
	ssize_t n = recv(c->fd, space.p, space.n, MSG_DONTWAIT);
	struct timespec now;

	if (n < 0) {
		c->error = errno;
		return errno == EINTR || errno == EAGAIN ? END_NOT_YET : END_SOCKET;
	}
	if (n == 0)
		return plk_stream_pending(&c->stream) > 0 ? END_TORN : END_CLOSED;
	clock_gettime(CLOCK_REALTIME, &now);
	c->time_ns = (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
	plk_stream_commit(&c->stream, (size_t)n);
	return END_NOT_YET;
}

static enum end
frames_capture(struct capture *c)
{
	enum end end;

	do {
		end = input_wait(c);
		if (end == END_NOT_YET)
			end = input_read(c);
		if (end == END_NOT_YET)
			end = pieces_put(c);
	} while (end == END_NOT_YET);
	return end;
}

/* A capture without frames is a valid file too. */
static int
output_complete(struct capture *c)
{
	int rc = c->begun ? 0 : start_put(c);

	return rc < 0 ? rc : plk_output_flush(&c->output);
}

static enum end
output_finish(struct capture *c, enum end end)
{
	bool failed = end == END_READER || end == END_OUTPUT;
	bool opened = c->output.fd >= 0; /* else a signal came before that */
	int rc = failed || !opened ? 0 : output_complete(c);
	int closed = plk_output_close(&c->output);

	if (failed)
		return end;
	if (rc == 0)
		rc = closed;
	return rc == 0 ? end : output_result(c, rc);
}

static int
output_say(const struct capture *c)
{
	struct plk_quoted quoted;

	if (c->error == ETIMEDOUT)
		plk_say(COMMAND, "the reader takes nothing more: the output is cut off");
	else
		plk_say(COMMAND, "%s: %s", plk_quote(&quoted, c->path), strerror(c->error));
	return PLK_EXIT_FAILED;
}

static int
end_say(const struct capture *c, enum end end)
{
	unsigned long long frames = c->frames;

	switch (end) {
	case END_CLOSED:
		plk_say(COMMAND, "connection closed by the daemon after %llu frames%s", frames,
			frames > 0 ? "" : " (if it refused, its log says why)");
		return c->limit > 0 ? PLK_EXIT_FAILED : PLK_EXIT_OK; /* -c was not reached */
	case END_TORN:
		plk_say(COMMAND,
			"connection closed by the daemon inside a frame, after %llu frames",
			frames);
		return PLK_EXIT_FAILED;
	case END_FRAMING:
		plk_say(COMMAND, "bad framing after %llu frames: %s", frames, c->reason);
		return PLK_EXIT_FAILED;
	case END_SOCKET:
		plk_say(COMMAND, "connection lost after %llu frames: %s", frames,
			strerror(c->error));
		return PLK_EXIT_FAILED;
	case END_OUTPUT:
		return output_say(c);
	default:
		return PLK_EXIT_OK;
	}
}

static int
output_open(struct capture *c)
{
	int rc = plk_output_open(&c->output, c->path);

	if (rc == -EINTR)
		return PLK_EXIT_OK; /* a FIFO without a reader; the loop sees the signal */
	if (rc < 0) {
		c->error = -rc;
		return output_say(c);
	}
	if (!c->output.tty)
		return PLK_EXIT_OK;
	plk_say(COMMAND, "pcapng is not written to a terminal: add | tcpdump -r - or -w FILE");
	return PLK_EXIT_USAGE;
}

static int
capture_end(struct capture *c, enum end end)
{
	int status;

	end = output_finish(c, end);
	status = end_say(c, end);
	if (end != END_READER)
		plk_say_plain("captured %llu frames, %llu bytes\n", (unsigned long long)c->frames,
			      (unsigned long long)c->bytes);
	return status;
}

/* A file is opened, and so emptied, only when there is something to write. */
static int
capture_do(struct capture *c)
{
	bool standard = strcmp(c->path, "-") == 0;
	int status = standard ? output_open(c) : PLK_EXIT_OK;
	enum end end = END_STOP;
	int rc;

	if (status != PLK_EXIT_OK)
		return status;
	plk_stop_install();
	rc = plk_connect_open(COMMAND, &c->endpoint.remote, &c->fd);
	if (rc < 0 && rc != -EINTR)
		return PLK_EXIT_FAILED;
	if (!standard)
		status = output_open(c);
	plk_stop_hold();
	if (status == PLK_EXIT_OK && rc == 0)
		end = frames_capture(c);
	if (status == PLK_EXIT_OK)
		status = capture_end(c, end);
	if (rc == 0)
		close(c->fd);
	return status;
}

static int
limit_parse(const char *text, uint64_t *limit)
{
	struct plk_quoted quoted;
	enum plk_err err = plk_number_parse(plk_span_str(text), COUNT_MAX, limit);

	if (err == PLK_OK && *limit == 0)
		err = PLK_E_NUM_RANGE;
	if (err == PLK_OK)
		return PLK_EXIT_OK;
	return plk_say_usage(COMMAND, "-c: %s: %s", plk_quote(&quoted, text), plk_err_text(err));
}

enum option { OPTION_WRITE, OPTION_COUNT, OPTION_FORMAT, OPTION_VNET_HDR, OPTION_HELP, OPTIONS };

static const struct plk_option options[OPTIONS] = {
	[OPTION_WRITE] = {'w', NULL, true},    [OPTION_COUNT] = {'c', NULL, true},
	[OPTION_FORMAT] = {0, "format", true}, [OPTION_VNET_HDR] = {0, "vnet-hdr", true},
	[OPTION_HELP] = {0, "help", false},
};

int
plk_capture_run(char *const *args, size_t n_args)
{
	static struct capture c; /* zeros, since it is large */
	const char *values[OPTIONS] = {NULL};
	struct plk_endpoint_texts texts = {NULL, NULL, NULL};
	struct plk_args a;
	struct plk_arg arg;
	int status;

	c.output.fd = -1;
	plk_args_init(&a, COMMAND, args, n_args, options, OPTIONS);
	while (plk_args_next(&a, &arg) != PLK_ARG_END) {
		if (arg.kind == PLK_ARG_WRONG)
			return PLK_EXIT_USAGE;
		if (arg.kind == PLK_ARG_OPTION && arg.option == OPTION_HELP)
			return plk_print(COMMAND, plk_span_str(help));
		if (arg.kind == PLK_ARG_OPTION)
			values[arg.option] = arg.text;
		else if (texts.remote)
			return plk_say_usage(COMMAND, "there is more than one REMOTE");
		else
			texts.remote = arg.text;
	}
	texts.format = values[OPTION_FORMAT];
	texts.vnet_hdr = values[OPTION_VNET_HDR];
	status = plk_endpoint_parse(COMMAND, &texts, &c.endpoint);
	if (status == PLK_EXIT_OK && values[OPTION_COUNT])
		status = limit_parse(values[OPTION_COUNT], &c.limit);
	if (status != PLK_EXIT_OK)
		return status;
	c.path = values[OPTION_WRITE] ? values[OPTION_WRITE] : "-";
	plk_stream_init(&c.stream, c.endpoint.framing);
	return capture_do(&c);
}
