/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * endpoint.h: where a command connects and how frames are laid out there: REMOTE, --format= and
 * --vnet-hdr=.
 *
 * Trust: the command line, perhaps of a script with other people's strings in it.
 */
#ifndef PLK_CLIENT_ENDPOINT_H
#define PLK_CLIENT_ENDPOINT_H

#include <pktlock/frame.h>
#include <pktlock/remote.h>

/** struct plk_endpoint_texts - the arguments as written; NULL was not given; they are borrowed */
struct plk_endpoint_texts {
	const char *remote;
	const char *format;
	const char *vnet_hdr;
};

/** struct plk_endpoint - what they say
 * @remote:   active: unix: or tcp:
 * @framing:  both ends agree on it
 */
struct plk_endpoint {
	struct plk_remote remote;
	struct plk_framing framing;
};

/** plk_endpoint_parse() - read them
 * @command:  for messages
 * @out:      set on PLK_EXIT_OK only
 * Return: PLK_EXIT_OK; PLK_EXIT_USAGE, said why.
 */
PLK_MUST_USE int plk_endpoint_parse(const char *command, const struct plk_endpoint_texts *texts,
				    struct plk_endpoint *out);

#endif
