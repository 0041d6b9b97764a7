/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * command.h: the commands of pktlock. Each is a function that gets the arguments after its name and
 * returns the exit status, having said what there is to say.
 *
 * Trust: arguments may be other people's strings; what comes from a socket or a capture file is not
 * trusted at all.
 */
#ifndef PLK_CLIENT_COMMAND_H
#define PLK_CLIENT_COMMAND_H

#include <stddef.h>

/** plk_capture_run() - "pktlock capture": frames of a port to a pcapng file */
int plk_capture_run(char *const *args, size_t n_args);

/** plk_replay_run() - "pktlock replay": frames of a capture file to a port */
int plk_replay_run(char *const *args, size_t n_args);

/** plk_parse_run() - "pktlock parse": the parsers, for people and scripts */
int plk_parse_run(char *const *args, size_t n_args);

/** plk_ctl_run() - "pktlock ctl": a command to a daemon's control socket */
int plk_ctl_run(char *const *args, size_t n_args);

/** plk_stats_run() - "pktlock stats": the counters of a daemon */
int plk_stats_run(char *const *args, size_t n_args);

#endif
