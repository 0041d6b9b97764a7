/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * policy.h: which remotes may come from where. One function decides for every way in.
 *
 * An inherited descriptor is named by whoever starts the daemon, and by nobody else: a number or
 * name that came later could name whatever the daemon has open by then. The same holds for
 * directories in which sockets are made or found: who starts the daemon names them, by a remote
 * that lies in one or by --remote-dir.
 *
 * Trust: remotes come from the command line, files and control clients. Pure.
 */
#ifndef PLK_TEXT_POLICY_H
#define PLK_TEXT_POLICY_H

#include <pktlock/port.h>

#include "base/writer.h"

/** enum plk_origin - where a remote comes from */
enum plk_origin {
	PLK_ORIGIN_CMDLINE,
	PLK_ORIGIN_FILE,    /* the remotes file */
	PLK_ORIGIN_CONTROL, /* a control client */
	PLK_ORIGINS
};

#define PLK_ALLOWED_MAX (PLK_PORTS_MAX + PLK_REMOTE_DIRS_MAX)

/** struct plk_directories - where sockets may be; each once
 * @paths: NUL-terminated, "/" or without a '/' at the end
 */
struct plk_directories {
	size_t n;
	char paths[PLK_ALLOWED_MAX][PLK_PATH_MAX + 1];
};

/** plk_directories_add() - one that --remote-dir names
 * @path: as plk_path_parse() makes it
 */
void plk_directories_add(struct plk_directories *directories, const char *path);

/** plk_directories_add_remote() - the one that a remote of the start lies in, if it has a path
 * A start adds at most PLK_PORTS_MAX remotes; what finds no room is not allowed.
 */
void plk_directories_add_remote(struct plk_directories *directories,
				const struct plk_remote *remote);

/** struct plk_policy - what a remote is judged by besides itself
 * @origin:      where it comes from
 * @controls:    it is for control clients, of whom the kernel must be able to say who they are
 * @is_parked:   it is, to the letter, that of a port whose inherited descriptor still waits
 * @directories: those that the start allows; NULL during the start, which allows them
 */
struct plk_policy {
	enum plk_origin origin;
	bool controls;
	bool is_parked;
	const struct plk_directories *directories;
};

/** plk_policy_check() - whether a remote may come
 * Return: PLK_OK; PLK_E_POLICY_*. The refused token is the remote as a whole.
 */
PLK_MUST_USE enum plk_err plk_policy_check(const struct plk_remote *remote,
					   const struct plk_policy *policy);

/** plk_policy_reason() - say why not, with the directory that was meant
 * @err: any; what is no answer of plk_policy_check() is said by plk_err_text()
 */
void plk_policy_reason(enum plk_err err, const struct plk_remote *remote, struct plk_writer *w);

/** plk_policy_clash() - whether two ports cannot be there at the same time
 * That is so if they are equal, or want the same listener. Several ports may connect to one place,
 * and let the kernel pick port numbers.
 */
bool plk_policy_clash(const struct plk_port *a, const struct plk_port *b);

#endif
