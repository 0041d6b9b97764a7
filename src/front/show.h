/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * show.h: how things are, for people: the command show.
 *
 * Theory of operation. Numbers are short (text/human.h); exact ones has stats. Rates are over the time since show was last asked for, by
 * whomever, if that is 1 to 60 seconds ago: so the second answer says how things are now. Else, and for what was not there yet, they
 * are averages since it was added or connected. The answer says which.
 */
#ifndef PLK_FRONT_SHOW_H
#define PLK_FRONT_SHOW_H

#include <stdbool.h>

#include "base/writer.h"

/** plk_command_show() - see front/commands.h; no parameters */
bool plk_command_show(const struct plk_span *params, size_t n, struct plk_writer *out);

#endif
