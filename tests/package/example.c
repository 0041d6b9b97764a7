/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What somebody writes who has libpktlock-dev and nothing else of ours: is its argument a port, and how long is the first
 * frame of a stream? install.sh builds it with what pkg-config and CMake say.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <pktlock/err.h>
#include <pktlock/frame.h>
#include <pktlock/port.h>

int
main(int argc, char *argv[])
{
	static const uint8_t stream[4 + 60] = {0, 0, 0, 60};
	const char *text = argc > 1 ? argv[1] : "";
	struct plk_frame frame;
	struct plk_port port;
	struct plk_span rest;
	size_t at;

	enum plk_err err = plk_port_parse(
		(struct plk_span){.p = (const uint8_t *)text, .n = strlen(text)}, &port, &at);
	if (err != PLK_OK) {
		(void)printf("%s\n", plk_err_text(err));
		return 2;
	}
	if (plk_frame_parse((struct plk_framing){.vnet_hdr = 0},
			    (struct plk_span){.p = stream, .n = sizeof(stream)}, &frame,
			    &rest) != PLK_OK)
		return 1;
	(void)printf("a port, and a frame of %zu bytes\n", frame.eth.n);
	return 0;
}
