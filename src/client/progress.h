/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * progress.h: one line on standard error that says how far a replay is, if that is a terminal.
 */
#ifndef PLK_CLIENT_PROGRESS_H
#define PLK_CLIENT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/** struct plk_progress - all members are private
 * @total:  bytes of the file; 0 is unknown
 */
struct plk_progress {
	bool on;
	bool shown;
	uint64_t total;
	uint64_t begin_ns;
	uint64_t last_ns;
};

/** plk_progress_init() - begin now
 * @total:  bytes of the file; 0 is unknown
 */
void plk_progress_init(struct plk_progress *p, uint64_t total);

/** plk_progress_due() - whether it is time to renew the line */
bool plk_progress_due(const struct plk_progress *p);

/** plk_progress_show() - renew the line
 * @frames, @bytes:  sent so far
 * @read:            bytes of the file read so far
 */
void plk_progress_show(struct plk_progress *p, uint64_t frames, uint64_t bytes, uint64_t read);

/** plk_progress_clear() - remove the line, so that others can be written */
void plk_progress_clear(struct plk_progress *p);

/** plk_progress_seconds() - since plk_progress_init() */
double plk_progress_seconds(const struct plk_progress *p);

#endif
