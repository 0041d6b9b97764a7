/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pktlock replay: connect, read a capture file, send its frames.
 *
 * Trust: the file may come from anywhere (source.h); the daemon can do no more than close.
 */
#include "client/command.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "client/args.h"
#include "client/connect.h"
#include "client/endpoint.h"
#include "client/progress.h"
#include "client/say.h"
#include "client/sender.h"
#include "client/source.h"
#include "client/stop.h"
#include "text/words.h"

#define COMMAND "replay"

/* What was not sent, by reason. */
struct skipped {
	uint64_t too_short;
	uint64_t too_long;
	uint64_t cut;
};

/* error: an errno of sending, 0 is none; broken: the file ends before its end. */
struct replay {
	struct plk_endpoint endpoint;
	int error;
	bool broken;
	struct skipped skipped;
	struct plk_progress progress;
	struct plk_source source;
	struct plk_sender sender;
};

static const char help[] =
	"usage: pktlock replay REMOTE FILE [--format=qemu|vnet] [--vnet-hdr=10|12|20]\n"
	"\n"
	"Connect to an inject or attach port of pktlockd and send the frames of a capture file, "
	"as\n"
	"fast as the port takes them.\n"
	"\n"
	"  REMOTE           unix:PATH or tcp:ADDR:PORT\n"
	"  FILE             pcap or pcapng, link type Ethernet; - is standard input\n"
	"  --format=FORMAT  the port's format: qemu (the default) or vnet\n"
	"  --vnet-hdr=SIZE  the port's vnet-hdr=, with --format=vnet: 10, 12 (the default) or 20\n"
	"  --help           this text\n"
	"\n"
	"Frames that cannot be sent as they were are skipped: shorter than 14 bytes, too long, or "
	"cut\n"
	"off by the capture. Status 0: every frame was sent.\n"
	"\n"
	"  pktlock replay unix:/run/pktlock/inject.sock trace.pcap\n";

/* Whether the frame can be sent as it was; if not, it is counted. */
static bool
frame_is_good(struct replay *r, const struct plk_source_frame *frame)
{
	enum plk_err err;

	if (frame->cut > 0) {
		r->skipped.cut++;
		return false;
	}
	err = plk_sender_check(&r->sender, frame->bytes);
	if (err == PLK_E_SHORT)
		r->skipped.too_short++;
	else if (err != PLK_OK)
		r->skipped.too_long++;
	return err == PLK_OK;
}

static void
progress_show(struct replay *r)
{
	if (!plk_progress_due(&r->progress))
		return;
	plk_progress_show(&r->progress, r->sender.frames, r->sender.bytes,
			  plk_source_position(&r->source));
}

/* All frames of the file. 0, or a negative errno of sending. */
static int
frames_send(struct replay *r)
{
	struct plk_source_frame frame;
	enum plk_source_result result = PLK_SOURCE_FRAME;
	int rc = 0;

	while (rc == 0 && result == PLK_SOURCE_FRAME) {
		if (plk_stop_wanted())
			return -EINTR;
		if (plk_source_idle(&r->source))
			rc = plk_sender_flush(&r->sender);
		if (rc < 0)
			break;
		result = plk_source_next(&r->source, &frame);
		if (result == PLK_SOURCE_FRAME && frame_is_good(r, &frame))
			rc = plk_sender_frame(&r->sender, frame.bytes);
		progress_show(r);
	}
	if (rc == 0 && plk_stop_wanted())
		return -EINTR;
	r->broken = result == PLK_SOURCE_BROKEN;
	return rc < 0 ? rc : plk_sender_flush(&r->sender);
}

static void
error_say(const struct replay *r)
{
	unsigned long long frames = r->sender.frames;

	if (r->error == EINTR)
		plk_say(COMMAND, "interrupted after %llu frames", frames);
	else if (r->error == ETIMEDOUT)
		plk_say(COMMAND, "the daemon did not read everything within %d s",
			PLK_SENDER_FINISH_MS / 1000);
	else
		plk_say(COMMAND,
			"connection closed by the daemon after %llu frames: %s (its log says why)",
			frames, strerror(r->error));
}

static int
skipped_say(const struct skipped *s)
{
	unsigned long long all = s->too_short + s->too_long + s->cut;

	if (all == 0)
		return PLK_EXIT_OK;
	plk_say(COMMAND,
		"skipped %llu frames: %llu too short, %llu too long, %llu cut off by the "
		"capture",
		all, (unsigned long long)s->too_short, (unsigned long long)s->too_long,
		(unsigned long long)s->cut);
	return PLK_EXIT_FAILED;
}

static int
replay_end(struct replay *r, double seconds)
{
	struct plk_quoted quoted;
	int status = PLK_EXIT_OK;

	plk_progress_clear(&r->progress);
	if (r->broken)
		plk_say(COMMAND, "%s: %s (what stands before that was sent)",
			plk_quote(&quoted, r->source.path), plk_source_error(&r->source));
	if (r->error != 0)
		error_say(r);
	if (r->broken || r->error != 0)
		status = PLK_EXIT_FAILED;
	if (skipped_say(&r->skipped) != PLK_EXIT_OK)
		status = PLK_EXIT_FAILED;
	plk_say_plain("replayed %llu frames, %llu bytes in %.3f s\n",
		      (unsigned long long)r->sender.frames, (unsigned long long)r->sender.bytes,
		      seconds);
	return status;
}

static int
replay_do(struct replay *r)
{
	double seconds;
	int fd;
	int rc = plk_connect_open(COMMAND, &r->endpoint.remote, &fd);

	if (rc == -EINTR)
		plk_say(COMMAND, "interrupted before the connection was made");
	if (rc < 0)
		return PLK_EXIT_FAILED;
	plk_sender_init(&r->sender, fd, r->endpoint.framing);
	plk_progress_init(&r->progress, r->source.total);
	rc = frames_send(r);
	seconds = plk_progress_seconds(&r->progress);
	if (rc == 0)
		rc = plk_sender_finish(&r->sender);
	close(fd);
	r->error = -rc;
	return replay_end(r, seconds);
}

enum option { OPTION_FORMAT, OPTION_VNET_HDR, OPTION_HELP, OPTIONS };

static const struct plk_option options[OPTIONS] = {
	[OPTION_FORMAT] = {0, "format", true},
	[OPTION_VNET_HDR] = {0, "vnet-hdr", true},
	[OPTION_HELP] = {0, "help", false},
};

int
plk_replay_run(char *const *args, size_t n_args)
{
	static struct replay r;
	const char *values[OPTIONS] = {NULL};
	const char *operands[2] = {NULL};
	size_t n_operands = 0;
	struct plk_args a;
	struct plk_arg arg;
	int status;

	plk_args_init(&a, COMMAND, args, n_args, options, OPTIONS);
	while (plk_args_next(&a, &arg) != PLK_ARG_END) {
		if (arg.kind == PLK_ARG_WRONG)
			return PLK_EXIT_USAGE;
		if (arg.kind == PLK_ARG_OPTION && arg.option == OPTION_HELP)
			return plk_print(COMMAND, plk_span_str(help));
		if (arg.kind == PLK_ARG_OPTION)
			values[arg.option] = arg.text;
		else if (n_operands == 2)
			return plk_say_usage(COMMAND, "there is more than REMOTE and FILE");
		else
			operands[n_operands++] = arg.text;
	}
	status = plk_endpoint_parse(COMMAND,
				    &(struct plk_endpoint_texts){operands[0], values[OPTION_FORMAT],
								 values[OPTION_VNET_HDR]},
				    &r.endpoint);
	if (status != PLK_EXIT_OK)
		return status;
	if (!operands[1])
		return plk_say_usage(COMMAND, "FILE is missing");
	plk_stop_install();
	status = plk_source_open(&r.source, COMMAND, operands[1]);
	if (status == PLK_EXIT_OK)
		status = replay_do(&r);
	plk_source_close(&r.source);
	return status;
}
