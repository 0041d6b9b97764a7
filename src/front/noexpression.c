/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * noexpression.c: in place of expression.c where there is no libpcap (PLK_PCAP).
 */
#include "front/front.h"

void
plk_expression_compile(struct plk_span text, struct plk_bpf *out)
{
	(void)out;
	plk_words_fail(2, "--filter", text, "not part of this build at byte 0");
}
