/* SPDX-License-Identifier: BSD-2-Clause */
/* Capture files; source.h has the contract and the trust boundary. */
#include "client/source.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>

#include "client/say.h"

static int
open_refuse(struct plk_source *s, const char *command, const char *reason, const char *advice)
{
	struct plk_quoted quoted;

	plk_say(command, "%s: %s%s", plk_quote(&quoted, s->path), reason, advice);
	plk_source_close(s);
	return PLK_EXIT_FAILED;
}

static int
linktype_check(struct plk_source *s, const char *command)
{
	int linktype = pcap_datalink(s->pcap);
	const char *name = pcap_datalink_val_to_name(linktype);
	char reason[96];

	if (linktype == DLT_EN10MB)
		return PLK_EXIT_OK;
	snprintf(reason, sizeof reason, "link type %.32s (%d) is not Ethernet", name ? name : "?",
		 linktype);
	return open_refuse(
		s, command, reason,
		": capture on an Ethernet interface (not on \"any\"), or rewrite the file "
		"with tcprewrite --dlt=enet");
}

static void
kind_find(struct plk_source *s)
{
	struct stat st;

	if (fstat(fileno(s->file), &st) == 0 && S_ISREG(st.st_mode)) {
		s->total = (uint64_t)st.st_size;
		setvbuf(s->file, s->buffer, _IOFBF, sizeof s->buffer);
		return;
	}
	s->live = true;
	/* so that plk_source_idle() sees all that is there */
	setvbuf(s->file, NULL, _IONBF, 0);
}

int
plk_source_open(struct plk_source *s, const char *command, const char *path)
{
	char error[PCAP_ERRBUF_SIZE];

	s->path = path;
	s->file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rbe");
	if (!s->file)
		return open_refuse(s, command, strerror(errno), "");
	kind_find(s);
	s->pcap = pcap_fopen_offline(s->file, error);
	if (!s->pcap)
		return open_refuse(
			s, command, error,
			": give a capture file, pcap or pcapng (editcap converts others)");
	return linktype_check(s, command);
}

enum plk_source_result
plk_source_next(struct plk_source *s, struct plk_source_frame *out)
{
	struct pcap_pkthdr *header;
	const uint8_t *bytes;
	int rc = pcap_next_ex(s->pcap, &header, &bytes);

	if (rc == PCAP_ERROR_BREAK)
		return PLK_SOURCE_END;
	if (rc != 1)
		return PLK_SOURCE_BROKEN;
	*out = (struct plk_source_frame){
		.bytes = {bytes, header->caplen},
		.cut = header->len > header->caplen ? header->len - header->caplen : 0,
	};
	return PLK_SOURCE_FRAME;
}

const char *
plk_source_error(struct plk_source *s)
{
	return pcap_geterr(s->pcap);
}

bool
plk_source_idle(const struct plk_source *s)
{
	struct pollfd fd = {.fd = fileno(s->file), .events = POLLIN};

	return s->live && poll(&fd, 1, 0) == 0;
}

uint64_t
plk_source_position(const struct plk_source *s)
{
	off_t position = s->live ? 0 : ftello(s->file);

	return position < 0 ? 0 : (uint64_t)position;
}

void
plk_source_close(struct plk_source *s)
{
	if (s->pcap)
		pcap_close(s->pcap); /* closes the file too, but not standard input */
	else if (s->file && s->file != stdin)
		fclose(s->file);
	s->pcap = NULL;
	s->file = NULL;
}
