/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_main.c: run a harness on files, and on the files of directories, in the order of their
 * names. For compilers without a fuzzer, and for debuggers. Fails unless there was at least one
 * input; a finding ends the process with a signal.
 */
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "harness.h"

static size_t n_inputs;

static int
fail(const char *path)
{
	fprintf(stderr, "%s: %s\n", path, strerror(errno));
	return 1;
}

/* The input lies on the heap and is exactly as long as the file, so that a sanitizer sees what
 * reads beyond it. */
static int
stream_run(FILE *f, const char *path, size_t n)
{
	uint8_t *data = malloc(n > 0 ? n : 1);

	if (!data || fread(data, 1, n, f) != n) {
		free(data);
		return fail(path);
	}
	(void)LLVMFuzzerTestOneInput(data, n); /* always 0 */
	n_inputs++;
	free(data);
	return 0;
}

static int
file_run(const char *path, const struct stat *st)
{
	FILE *f = fopen(path, "rb");
	int failed;

	if (!f)
		return fail(path);
	failed = stream_run(f, path, (size_t)st->st_size);
	(void)fclose(f); /* it was only read */
	return failed;
}

static int
is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int path_run(const char *path);

static int
directory_run(const char *path)
{
	struct dirent **entries;
	int n = scandir(path, &entries, is_input, alphasort);
	int failed = 0;

	if (n < 0)
		return fail(path);
	for (int i = 0; i < n; i++) {
		char name[4096];
		int length = snprintf(name, sizeof name, "%s/%s", path, entries[i]->d_name);

		if (!failed && length > 0 && (size_t)length < sizeof name)
			failed = path_run(name);
		free(entries[i]);
	}
	free(entries);
	return failed;
}

static int
path_run(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return fail(path);
	return S_ISDIR(st.st_mode) ? directory_run(path) : file_run(path, &st);
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (path_run(argv[i]))
			return 1;
	}
	printf("%zu inputs ran\n", n_inputs);
	if (n_inputs == 0) {
		fprintf(stderr, "usage: %s FILE|DIRECTORY... (one input at least)\n", argv[0]);
		return 1;
	}
	return 0;
}
