/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * remotes.c: the remotes file, at the start and again when it is to be reloaded.
 *
 * Theory of operation. The directory is opened once, at the start, and keeps its number; Landlock allows to read below it, and
 * nothing else of the file system. The file is looked up in it each time, since who edits a file often makes another one and
 * renames it: a rule for the file alone would be for the old one. It is read whole, into memory that is always there.
 *
 * Trust: who may write the file decides what the daemon offers, so it must belong to root or to our own user, and nobody else
 * may write it; what it says is judged by text/remotesfile.h. A name that is no regular file, or becomes none, keeps nobody
 * waiting. To read it nothing is needed but what our user may: no privilege is left.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "front/front.h"
#include "os/fd.h"

#define PATH (front.cmdline.remotes_file)
#define FLAGS (O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)

static uint8_t bytes[PLK_REMOTES_FILE_MAX + 1]; /* one more: it is too long */
static struct plk_remotesfile file;

/* The path is absolute. */
static const char *
name_of(void)
{
	return strrchr(PATH, '/') + 1;
}

static void
path_put(struct plk_writer *why)
{
	plk_writer_escaped(why, (struct plk_span){(const uint8_t *)PATH, strlen(PATH)},
			   PLK_PATH_MAX);
}

static bool
refuse(struct plk_writer *why, const char *what)
{
	path_put(why);
	plk_writer_str(why, ": ");
	plk_writer_str(why, what);
	return false;
}

static bool
refuse_error(struct plk_writer *why, const char *what, int error)
{
	(void)refuse(why, what);
	plk_writer_str(why, ": ");
	plk_writer_str(why, plk_words_error((uint64_t)error));
	if (error == EACCES) {
		plk_writer_str(why, "; the daemon's user must be able to read it: uid ");
		plk_writer_dec(why, front.uid);
	}
	return false;
}

bool
plk_remotes_open(struct plk_writer *why)
{
	char directory[PLK_PATH_MAX + 1] = {0};
	int fd;
	int error;

	memcpy(directory, PATH, (size_t)(name_of() - PATH) - 1);
	if (!directory[0])
		return refuse(why, "lies directly in /, all of which could be read then: give it a "
				   "directory of its own");
	fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	error = fd < 0 ? -errno : plk_fd_place(&fd, PLK_FRONT_FD_DIRECTORY);
	return error == 0 || refuse_error(why, "its directory cannot be opened", -error);
}

/* ---- the file ---- */

/* By ourselves, since each C library has its own way to open and to look. */
static int
file_open(void)
{
	/* #syscalls:front openat[0=PLK_FRONT_FD_DIRECTORY,2=O_RDONLY|O_CLOEXEC|PLK_NOFOLLOW_X86_64|O_NONBLOCK] (the remotes file) */
	/* #syscalls:front openat[0=PLK_FRONT_FD_DIRECTORY,2=O_RDONLY|O_CLOEXEC|PLK_NOFOLLOW_AARCH64|O_NONBLOCK] (the same) */
	return (int)syscall(SYS_openat, (long)PLK_FRONT_FD_DIRECTORY, name_of(), (long)FLAGS, 0L);
}

static int
file_look(int fd, struct stat *st)
{
	/* #syscalls:front fstat[0=PLK_FRONT_FD_OTHER..PLK_FRONT_FD_MAX] (whose is the remotes file, and has it changed) */
	return (int)syscall(SYS_fstat, (long)fd, st);
}

/* Somebody else may be nobody, too, and so is every owner that a user namespace or a file server does not know. */
static bool
is_ours(uint32_t uid)
{
	return uid == 0 || (uid == front.uid && !front.is_nobody);
}

static bool
owner_refuse(uint32_t uid, struct plk_writer *why)
{
	(void)refuse(why, "belongs to uid ");
	plk_writer_dec(why, uid);
	plk_writer_str(why, ", and must be root's (chown root)");
	if (front.is_nobody)
		return false;
	plk_writer_str(why, " or that of uid ");
	plk_writer_dec(why, front.uid);
	return false;
}

static bool
is_trusted(const struct stat *st, struct plk_writer *why)
{
	if (!S_ISREG(st->st_mode))
		return refuse(why, "is not a regular file");
	if (!is_ours(st->st_uid))
		return owner_refuse(st->st_uid, why);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return refuse(why, "may be written by its group or by others (chmod go-w)");
	return true;
}

static bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* All of it, or one byte more than a file may have; Return: 0 or -errno */
static int
bytes_read(int fd, size_t *n)
{
	*n = 0;
	while (*n < sizeof bytes) {
		/* #syscalls:front pread64[0=PLK_FRONT_FD_OTHER..PLK_FRONT_FD_MAX] (the remotes file; unlike read, it takes nothing from a socket) */
		ssize_t got = pread(fd, bytes + *n, sizeof bytes - *n, (off_t)*n);

		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		*n += (size_t)got;
	}
	return 0;
}

static bool
file_read(int fd, struct plk_span *text, struct plk_writer *why)
{
	struct stat before;
	struct stat after;
	size_t n = 0;
	int error;

	if (file_look(fd, &before) < 0)
		return refuse_error(why, "cannot be looked at", errno);
	if (!is_trusted(&before, why))
		return false;
	error = bytes_read(fd, &n);
	if (error == 0 && file_look(fd, &after) < 0)
		error = -errno;
	if (error < 0)
		return refuse_error(why, "cannot be read", -error);
	if (!is_same(&before, &after))
		return refuse(why, "changed while it was read; try again");
	*text = (struct plk_span){bytes, n};
	return true;
}

bool
plk_remotes_read(struct plk_span *text, struct plk_writer *why)
{
	int fd = file_open();
	bool done;

	if (fd < 0 && errno == ELOOP)
		return refuse(why, "is a symbolic link: name the file itself");
	if (fd < 0 && errno == ENXIO)
		return refuse(why, "is not a regular file");
	if (fd < 0)
		return refuse_error(why, "cannot be opened", errno);
	done = file_read(fd, text, why);
	plk_fd_close(&fd);
	return done;
}

/* ---- what it says ---- */

void
plk_remotes_place(size_t line, size_t column, struct plk_span text, struct plk_writer *why)
{
	path_put(why);
	plk_writer_char(why, ':');
	plk_writer_dec(why, line);
	plk_writer_char(why, ':');
	plk_writer_dec(why, column);
	plk_writer_str(why, ": '");
	plk_writer_escaped(why, text, PLK_LABEL_MAX);
	plk_writer_str(why, "': ");
}

const struct plk_remotesfile *
plk_remotes_load(const struct plk_directories *directories, struct plk_writer *why)
{
	struct plk_remotesfile_error error;
	struct plk_span text;
	enum plk_err err;

	if (!plk_remotes_read(&text, why))
		return NULL;
	err = plk_remotesfile_parse(text, directories, &file, &error);
	if (err == PLK_OK)
		return &file;
	plk_remotes_place(error.line, error.column, error.text, why);
	plk_policy_reason(err, &error.remote, why);
	return NULL;
}
