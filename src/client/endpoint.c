/* SPDX-License-Identifier: BSD-2-Clause */
/* REMOTE, --format= and --vnet-hdr=; endpoint.h has the contract and the trust boundary. */
#include "client/endpoint.h"

#include "client/say.h"
#include "text/words.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* What somebody who names the daemon's end of a connection should name instead. */
static const char *
active_form(enum plk_remote_kind kind)
{
	switch (kind) {
	case PLK_REMOTE_PUNIX:
		return "unix:PATH";
	case PLK_REMOTE_PTCP:
		return "tcp:ADDR:PORT";
	default:
		return "unix:PATH or tcp:ADDR:PORT, where the daemon's socket is bound";
	}
}

static int
remote_parse(const char *command, const char *text, struct plk_remote *out)
{
	struct plk_quoted quoted;
	size_t at;
	enum plk_err err;

	if (!text)
		return plk_say_usage(command, "REMOTE is missing");
	err = plk_remote_parse(plk_span_str(text), out, &at);
	if (err != PLK_OK)
		return plk_say_usage(command, "%s: %s at byte %zu", plk_quote(&quoted, text),
				     plk_err_text(err), at);
	if (plk_remote_is_passive(out))
		return plk_say_usage(command, "%s: a daemon listens there and %s connects: give %s",
				     plk_quote(&quoted, text), command, active_form(out->kind));
	return PLK_EXIT_OK;
}

static int
format_parse(const char *command, const char *text, bool *vnet)
{
	static const char *const words[] = {"qemu", "vnet"};
	struct plk_quoted quoted;
	size_t index = 0;

	if (text && plk_word_is(plk_span_str(text), "pcapng"))
		return plk_say_usage(command, "--format: 'pcapng': not one of qemu and vnet "
					      "(capture recognises pcapng by itself)");
	if (text && !plk_word_find(plk_span_str(text), words, COUNT_OF(words), &index))
		return plk_say_usage(command, "--format: %s: not one of qemu and vnet",
				     plk_quote(&quoted, text));
	*vnet = index == 1;
	return PLK_EXIT_OK;
}

static int
vnet_hdr_parse(const char *command, const char *text, uint8_t *size)
{
	static const char *const words[] = {"10", "12", "20"};
	static const uint8_t sizes[] = {PLK_VNET_HDR, PLK_VNET_HDR_MRG, PLK_VNET_HDR_HASH};
	struct plk_quoted quoted;
	size_t index = 1;

	if (text && !plk_word_find(plk_span_str(text), words, COUNT_OF(words), &index))
		return plk_say_usage(command, "--vnet-hdr: %s: not one of 10, 12 and 20",
				     plk_quote(&quoted, text));
	*size = sizes[index];
	return PLK_EXIT_OK;
}

int
plk_endpoint_parse(const char *command, const struct plk_endpoint_texts *texts,
		   struct plk_endpoint *out)
{
	struct plk_remote remote;
	bool vnet = false;
	uint8_t size = 0;
	int rc = remote_parse(command, texts->remote, &remote);

	if (rc == PLK_EXIT_OK)
		rc = format_parse(command, texts->format, &vnet);
	if (rc == PLK_EXIT_OK)
		rc = vnet_hdr_parse(command, texts->vnet_hdr, &size);
	if (rc != PLK_EXIT_OK)
		return rc;
	if (texts->vnet_hdr && !vnet)
		return plk_say_usage(command, "--vnet-hdr needs --format=vnet");
	*out = (struct plk_endpoint){.remote = remote, .framing = {vnet ? size : 0}};
	return PLK_EXIT_OK;
}
