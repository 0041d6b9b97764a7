/* SPDX-License-Identifier: BSD-2-Clause */
#include "text/policy.h"

#include <string.h>

#include "text/words.h"

static bool
has_path(const struct plk_remote *remote)
{
	return remote->kind == PLK_REMOTE_PUNIX || remote->kind == PLK_REMOTE_UNIX;
}

/* The directory in which a path lies; it begins with '/'. */
static struct plk_span
directory_of(const char *path)
{
	struct plk_span directory = plk_span_str(path);

	while (directory.p[directory.n - 1] != '/')
		directory.n--;
	if (directory.n > 1)
		directory.n--;
	return directory;
}

static bool
is_among(const struct plk_directories *directories, struct plk_span directory)
{
	for (size_t i = 0; i < directories->n; i++) {
		if (plk_word_is(directory, directories->paths[i]))
			return true;
	}
	return false;
}

static void
add(struct plk_directories *directories, struct plk_span directory)
{
	if (directories->n == PLK_ALLOWED_MAX || is_among(directories, directory))
		return;
	memset(directories->paths[directories->n], 0, sizeof *directories->paths);
	memcpy(directories->paths[directories->n], directory.p, directory.n);
	directories->n++;
}

void
plk_directories_add(struct plk_directories *directories, const char *path)
{
	add(directories, plk_span_str(path));
}

void
plk_directories_add_remote(struct plk_directories *directories, const struct plk_remote *remote)
{
	if (has_path(remote))
		add(directories, directory_of(remote->path));
}

static enum plk_err
inherited_check(const struct plk_remote *remote, const struct plk_policy *policy)
{
	if (!plk_remote_is_inherited(remote) || policy->origin == PLK_ORIGIN_CMDLINE)
		return PLK_OK;
	if (policy->is_parked && policy->origin == PLK_ORIGIN_CONTROL)
		return PLK_OK;
	return remote->kind == PLK_REMOTE_PFD ? PLK_E_POLICY_PFD : PLK_E_POLICY_SD;
}

static enum plk_err
controls_check(const struct plk_remote *remote)
{
	if (!plk_remote_is_passive(remote))
		return PLK_E_POLICY_ACTIVE;
	return remote->kind == PLK_REMOTE_PTCP ? PLK_E_POLICY_PTCP : PLK_OK;
}

enum plk_err
plk_policy_check(const struct plk_remote *remote, const struct plk_policy *policy)
{
	enum plk_err err = inherited_check(remote, policy);

	if (err == PLK_OK && policy->controls)
		err = controls_check(remote);
	if (err == PLK_OK && policy->directories && has_path(remote) &&
	    !is_among(policy->directories, directory_of(remote->path)))
		err = PLK_E_POLICY_DIRECTORY;
	return err;
}

/* No option names the root. */
void
plk_policy_reason(enum plk_err err, const struct plk_remote *remote, struct plk_writer *w)
{
	if (err != PLK_E_POLICY_DIRECTORY) {
		plk_writer_str(w, plk_err_text(err));
		return;
	}
	if (plk_word_is(directory_of(remote->path), "/")) {
		plk_writer_str(w, "directory is not allowed (only remotes of the start may lie "
				  "directly in /)");
		return;
	}
	plk_writer_str(w, "directory is not allowed (start with --remote-dir=");
	plk_writer_escaped(w, directory_of(remote->path), PLK_PATH_MAX);
	plk_writer_char(w, ')');
}

bool
plk_policy_clash(const struct plk_port *a, const struct plk_port *b)
{
	const struct plk_remote *remote = &a->remote;

	if (memcmp(remote, &b->remote, sizeof *remote) != 0)
		return false;
	if (!plk_remote_is_passive(remote) ||
	    (remote->kind == PLK_REMOTE_PTCP && remote->tcp_port == 0))
		return memcmp(a, b, sizeof *a) == 0;
	return true;
}
