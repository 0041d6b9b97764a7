/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmdline.h: the command line of pktlockd.
 *
 *   pktlockd --interface=IFACE --remote=PORT-SPEC... [--filter=EXPRESSION] [--clients=NUMBER]
 *            [--queue=NUMBER] [--require=namespaces] [--check]
 *            [--control=REMOTE [--control-uid=IDS] [--control-gid=IDS]]
 *            [--remotes-file=PATH] [--remote-dir=PATH...]
 *            [--log-level=error|warning|info|debug] [--version] [--help]
 *
 *   REMOTE, PATH = as in remote.h; for control clients punix:, pfd: or sd: (text/policy.h)
 *   IDS          = ID *31("+" ID), as those of allow-uid= in port.h
 *   EXPRESSION = 1 to PLK_FILTER_MAX bytes without control characters, not only blanks; what it
 *                means is libpcap's to say (pcap-filter(7))
 *
 * A value follows its option after "=" or as the next argument. Options are written out. --remote
 * stands at most PLK_PORTS_MAX times, and once or more unless there is --control or --remotes-file;
 * --remote-dir at most PLK_REMOTE_DIRS_MAX times; any other option at most once. Nothing else may
 * stand on the line. --help and --version win over whatever follows them, so that they always
 * answer.
 *
 * Trust: whoever starts the daemon, perhaps a script with other people's strings in it. Pure. Fuzz:
 * fuzz/cmdline_fuzz.c.
 */
#ifndef PLK_TEXT_CMDLINE_H
#define PLK_TEXT_CMDLINE_H

#include <pktlock/port.h>

#include "text/iface.h"

/** enum plk_log_level - from what on lines are logged */
enum plk_log_level { PLK_LOG_ERROR, PLK_LOG_WARNING, PLK_LOG_INFO, PLK_LOG_DEBUG, PLK_LOG_LEVELS };

/** enum plk_cmdline_mode - what was asked for */
enum plk_cmdline_mode {
	PLK_MODE_RUN,
	PLK_MODE_CHECK,
	PLK_MODE_HELP,
	PLK_MODE_VERSION,
};

/** struct plk_cmdline - a whole command line
 * @iface:    which interface
 * @n_ports:  how many of @ports count
 * @ports:    in the order of the line
 * @texts:    the PORT-SPECs as they were written; they point into the arguments
 * @clients:  slots
 * @queue:    bytes
 * @has_filter: there is a @filter
 * @filter:   the expression as it was written, with a NUL behind it; points into the arguments
 * @require_namespaces: --require=namespaces
 * @has_control: there is a @control
 * @control:  where control clients come from
 * @control_text: as it was written; points into the arguments
 * @n_control_uids: how many of @control_uids count; users who may control beside root and our own
 * @n_control_gids: how many of @control_gids count; groups whose members may
 * @has_remotes_file: there is a @remotes_file
 * @remotes_file: NUL-terminated
 * @n_remote_dirs: how many of @remote_dirs count
 * @remote_dirs: NUL-terminated each
 */
struct plk_cmdline {
	enum plk_cmdline_mode mode;
	struct plk_iface iface;
	size_t n_ports;
	struct plk_port ports[PLK_PORTS_MAX];
	struct plk_span texts[PLK_PORTS_MAX];
	uint32_t clients;
	uint32_t queue;
	bool has_filter;
	struct plk_span filter;
	bool require_namespaces;
	bool has_control;
	struct plk_remote control;
	struct plk_span control_text;
	uint32_t n_control_uids;
	uint32_t control_uids[PLK_LIST_MAX];
	uint32_t n_control_gids;
	uint32_t control_gids[PLK_LIST_MAX];
	bool has_remotes_file;
	char remotes_file[PLK_PATH_MAX + 1];
	size_t n_remote_dirs;
	char remote_dirs[PLK_REMOTE_DIRS_MAX][PLK_PATH_MAX + 1];
	enum plk_log_level log_level;
};

/** struct plk_cmdline_error - what was wrong, in the parts that an error message has
 * @option:  the option with its dashes (static lifetime), or NULL if @text is not a known option
 * @text:    the refused value or argument; points into the arguments; meaningless unless @has_text
 * @at:      offset in @text of the first byte of the refused token
 */
struct plk_cmdline_error {
	const char *option;
	bool has_text;
	struct plk_span text;
	size_t at;
};

/** plk_cmdline_parse() - read the arguments
 * @args:    borrowed, without the program's name; C strings, so that no argument has a NUL
 * @n_args:  how many
 * @out:     borrowed; complete on PLK_OK, else undefined (it is large); it points into @args
 * @error:   set on error only
 * Return: PLK_OK or the reason.
 */
PLK_MUST_USE enum plk_err plk_cmdline_parse(char *const *args, size_t n_args,
					    struct plk_cmdline *out,
					    struct plk_cmdline_error *error);

#endif
