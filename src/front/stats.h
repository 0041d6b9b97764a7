/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stats.h: the counters for programs: the command stats.
 *
 * Theory of operation. There is one table of metrics: name, type, meaning, and where the numbers are. It is printed as OpenMetrics
 * (text/metrics.h), or as JSON, which has the very same names and, beside them, what only JSON has: clients, of which there is no end over
 * time, and words. All numbers of a row belong to one moment; core/books.h says how they add up.
 *
 * JSON, one object:
 *
 *   NAME: NUMBER, or {VALUE-OF-THE-LABEL: NUMBER, ...}      each metric of the daemon
 *   "interface": {"name", "index", "mtu"}, "status": "on" | "off", "confinement": {PROCESS: TEXT, ...}
 *   "remotes": [{"remote", "origin", "state", "address" if it has one, NAME: as above, each metric of a remote,
 *     "clients": [{"slot", "uid", "gid", "pid" or "peer", "connected_ms", "queue_bytes", "queue_size", NAME-OF-A-COUNTER: NUMBER, ...,
 *       "dropped": {REASON: NUMBER, ...}   those that are not 0
 *     }, ...]
 *   }, ...]
 *
 * A remote is called by its canonical PORT-SPEC; one whose keys are longer than PLK_STATS_KEYS_MAX bytes by their beginning, "...@", and its
 * REMOTE. Of several that are called the same all but the first have their number before it: "2:unix...".
 */
#ifndef PLK_FRONT_STATS_H
#define PLK_FRONT_STATS_H

#include <stdbool.h>

#include "base/writer.h"

#define PLK_STATS_KEYS_MAX 200 /* bytes */

/** plk_command_stats() - see front/commands.h; one parameter at most: json, or openmetrics */
bool plk_command_stats(const struct plk_span *params, size_t n, struct plk_writer *out);

#endif
