/* SPDX-License-Identifier: BSD-2-Clause */
#include "text/policy.h"

#include <stdio.h>
#include <string.h>

#include "rows.h"
#include "text/cmdline.h"
#include "text/remotesfile.h"
#include "text/words.h"

/* Every way in for a remote. What is said at run time is said to a daemon that was started with a
 * remote in /run/start, and with --remote-dir=/run/named. */
enum entry {
	ENTRY_REMOTE,     /* --remote */
	ENTRY_CONTROL,    /* --control */
	ENTRY_FILE,       /* --remotes-file, at the start */
	ENTRY_RELOAD,     /* the same file later */
	ENTRY_ADD,        /* add-remote */
	ENTRY_ADD_PARKED, /* add-remote of what was removed, to the letter */
	ENTRY_PARSE,      /* pktlock parse */
	ENTRY_PARSE_FILE, /* with --origin=file */
	ENTRY_PARSE_ADD,  /* with --origin=control */
	ENTRY_NOWHERE,    /* an origin that is none is not the command line */
	ENTRIES
};

static const char *const entry_names[ENTRIES] = {
	"--remote", "--control",           "file",
	"reload",   "add-remote",          "add-remote of a parked one",
	"parse",    "parse --origin=file", "parse --origin=control",
	"nowhere",
};

struct row {
	const char *remote;
	enum plk_err by_entry[ENTRIES];
};

/* clang-format off */
#define PFD PLK_E_POLICY_PFD
#define SD PLK_E_POLICY_SD
#define TCP PLK_E_POLICY_PTCP
#define ACTIVE PLK_E_POLICY_ACTIVE
#define DIR PLK_E_POLICY_DIRECTORY

static const struct row rows[] = {
	/* --remote, --control; file, reload; add-remote, of a parked one; parse, file, control; nowhere */
	{"pfd:3", {PLK_OK, PLK_OK, PFD, PFD, PFD, PLK_OK, PLK_OK, PFD, PFD, PFD}},
	{"pfd:1048575", {PLK_OK, PLK_OK, PFD, PFD, PFD, PLK_OK, PLK_OK, PFD, PFD, PFD}},
	{"sd:client", {PLK_OK, PLK_OK, SD, SD, SD, PLK_OK, PLK_OK, SD, SD, SD}},
	{"ptcp:7", {PLK_OK, TCP}},
	{"ptcp:0:[::1]", {PLK_OK, TCP}},
	{"tcp:127.0.0.1:7", {PLK_OK, ACTIVE}},
	{"punix:/run/start/b", {PLK_OK}},
	{"punix:/run/named/b", {PLK_OK}},
	{"unix:/run/start/b", {PLK_OK, ACTIVE}},
	{"unix:/run/named/b", {PLK_OK, ACTIVE}},
	{"punix:/run/other/b", {PLK_OK, PLK_OK, PLK_OK, DIR, DIR, DIR, PLK_OK, PLK_OK, PLK_OK, DIR}},
	{"unix:/run/other/b", {PLK_OK, ACTIVE, PLK_OK, DIR, DIR, DIR, PLK_OK, PLK_OK, PLK_OK, DIR}},
	{"punix:/run/start/below/b", {PLK_OK, PLK_OK, PLK_OK, DIR, DIR, DIR, PLK_OK, PLK_OK, PLK_OK, DIR}},
	{"punix:/run/start", {PLK_OK, PLK_OK, PLK_OK, DIR, DIR, DIR, PLK_OK, PLK_OK, PLK_OK, DIR}},
	{"punix:/run/starts", {PLK_OK, PLK_OK, PLK_OK, DIR, DIR, DIR, PLK_OK, PLK_OK, PLK_OK, DIR}},
	{"punix:/run/starts/b", {PLK_OK, PLK_OK, PLK_OK, DIR, DIR, DIR, PLK_OK, PLK_OK, PLK_OK, DIR}},
	{"punix:/run/star/b", {PLK_OK, PLK_OK, PLK_OK, DIR, DIR, DIR, PLK_OK, PLK_OK, PLK_OK, DIR}},
	{"unix:/b", {PLK_OK, ACTIVE, PLK_OK, DIR, DIR, DIR, PLK_OK, PLK_OK, PLK_OK, DIR}},
};
/* clang-format on */

static struct plk_directories directories;

static enum plk_err
file_ask(const char *remote, const struct plk_directories *allowed)
{
	static struct plk_remotesfile file;
	struct plk_remotesfile_error error;
	char text[256];

	(void)snprintf(text, sizeof text, "capture@%s\n", remote);
	return plk_remotesfile_parse(plk_span_str(text), allowed, &file, &error);
}

static enum plk_err
cmdline_ask(const char *option, const char *before, const char *remote)
{
	static struct plk_cmdline line;
	struct plk_cmdline_error error;
	char interface[] = "--interface=eth0";
	char text[256];
	char *args[] = {interface, text};

	(void)snprintf(text, sizeof text, "%s=%s%s", option, before, remote);
	return plk_cmdline_parse(args, COUNT(args), &line, &error);
}

static enum plk_err
policy_ask(const char *text, const struct plk_policy *policy)
{
	struct plk_remote remote;
	size_t at;

	if (plk_remote_parse(plk_span_str(text), &remote, &at) != PLK_OK)
		return PLK_E_MALFORMED;
	return plk_policy_check(&remote, policy);
}

static enum plk_err
ask(enum entry entry, const char *remote)
{
	static const struct plk_policy policies[ENTRIES] = {
		[ENTRY_ADD] = {.origin = PLK_ORIGIN_CONTROL, .directories = &directories},
		[ENTRY_ADD_PARKED] = {.origin = PLK_ORIGIN_CONTROL,
				      .is_parked = true,
				      .directories = &directories},
		[ENTRY_PARSE] = {.origin = PLK_ORIGIN_CMDLINE},
		[ENTRY_PARSE_FILE] = {.origin = PLK_ORIGIN_FILE},
		[ENTRY_PARSE_ADD] = {.origin = PLK_ORIGIN_CONTROL},
		[ENTRY_NOWHERE] = {.origin = PLK_ORIGINS,
				   .is_parked = true,
				   .directories = &directories},
	};

	if (entry == ENTRY_REMOTE)
		return cmdline_ask("--remote", "capture@", remote);
	if (entry == ENTRY_CONTROL)
		return cmdline_ask("--control", "", remote);
	if (entry == ENTRY_FILE)
		return file_ask(remote, NULL);
	if (entry == ENTRY_RELOAD)
		return file_ask(remote, &directories);
	return policy_ask(remote, &policies[entry]);
}

static void
directories_fill(void)
{
	struct plk_remote remote = {.kind = PLK_REMOTE_PUNIX, .path = "/run/start/a"};

	memset(&directories, 0, sizeof directories);
	plk_directories_add_remote(&directories, &remote);
	plk_directories_add(&directories, "/run/named");
}

static void
test_entries(void **state)
{
	bool seen[PLK_REMOTE_KINDS] = {false};
	struct rows r;

	(void)state;
	directories_fill();
	rows_begin(&r, "entries");
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct plk_remote remote;
		size_t at;

		assert_int_equal(plk_remote_parse(plk_span_str(rows[i].remote), &remote, &at),
				 PLK_OK);
		seen[remote.kind] = true;
		for (size_t entry = 0; entry < ENTRIES; entry++) {
			row_begin_text(&r, "%s by %s", rows[i].remote, entry_names[entry]);
			row_err(&r, ask((enum entry)entry, rows[i].remote),
				rows[i].by_entry[entry]);
		}
	}
	rows_end(&r);
	for (size_t kind = 0; kind < PLK_REMOTE_KINDS; kind++)
		assert_true(seen[kind]);
}

/* A file does not bring back what was removed, nor does it name what control clients come from. */
static void
test_together(void **state)
{
	(void)state;
	assert_int_equal(policy_ask("pfd:3", &(const struct plk_policy){.origin = PLK_ORIGIN_FILE,
									.is_parked = true}),
			 PLK_E_POLICY_PFD);
	assert_int_equal(policy_ask("sd:a", &(const struct plk_policy){.origin = PLK_ORIGIN_FILE,
								       .is_parked = true}),
			 PLK_E_POLICY_SD);
	assert_int_equal(
		policy_ask("pfd:3", &(const struct plk_policy){.origin = PLK_ORIGIN_CONTROL,
							       .controls = true}),
		PLK_E_POLICY_PFD);
}

static void
test_directories(void **state)
{
	struct plk_remote remote = {.kind = PLK_REMOTE_UNIX};

	(void)state;
	directories_fill();
	directories_fill();
	assert_int_equal(directories.n, 2);
	assert_string_equal(directories.paths[0], "/run/start");
	assert_string_equal(directories.paths[1], "/run/named");
	plk_directories_add(&directories, "/run/start");
	assert_int_equal(directories.n, 2);
	(void)strcpy(remote.path, "/b");
	plk_directories_add_remote(&directories, &remote);
	assert_string_equal(directories.paths[2], "/");
	remote = (struct plk_remote){.kind = PLK_REMOTE_PTCP};
	plk_directories_add_remote(&directories, &remote);
	assert_int_equal(directories.n, 3);
	for (int i = 0; i < PLK_ALLOWED_MAX; i++) {
		remote = (struct plk_remote){.kind = PLK_REMOTE_PUNIX};
		(void)snprintf(remote.path, sizeof remote.path, "/%d/a", i);
		plk_directories_add_remote(&directories, &remote);
	}
	assert_int_equal(directories.n, PLK_ALLOWED_MAX);
	assert_int_equal(
		plk_policy_check(&remote, &(const struct plk_policy){.directories = &directories}),
		PLK_E_POLICY_DIRECTORY);
}

struct reason {
	enum plk_err err;
	const char *path;
	const char *text;
};

static const struct reason reasons[] = {
	{PLK_E_POLICY_PFD, "/a", "pfd: remotes can only be specified on the command line"},
	{PLK_E_POLICY_SD, "/a", "sd: remotes can only be specified on the command line"},
	{PLK_E_PATH_SLASH, "/a", "path ends with '/'"},
	{PLK_E_POLICY_DIRECTORY, "/run/x/a",
	 "directory is not allowed (start with --remote-dir=/run/x)"},
	{PLK_E_POLICY_DIRECTORY, "/'\x80/a",
	 "directory is not allowed (start with --remote-dir=/\\x27\\x80)"},
	{PLK_E_POLICY_DIRECTORY, "/a",
	 "directory is not allowed (only remotes of the start may lie directly in /)"},
};

static void
test_reasons(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "reasons");
	for (size_t i = 0; i < COUNT(reasons); i++) {
		struct plk_remote remote = {.kind = PLK_REMOTE_PUNIX};
		uint8_t text[128];
		struct plk_writer w;

		(void)strcpy(remote.path, reasons[i].path);
		plk_writer_init(&w, (struct plk_mspan){text, sizeof text});
		plk_policy_reason(reasons[i].err, &remote, &w);
		row_begin_text(&r, "%s", reasons[i].text);
		row_text(&r, "reason", (struct plk_span){text, w.n}, reasons[i].text);
	}
	rows_end(&r);
}

struct pair {
	const char *a;
	const char *b;
	bool clash;
};

static const struct pair pairs[] = {
	{"capture@punix:/a", "capture@punix:/a", true},
	{"capture@punix:/a", "inject@punix:/a", true},
	{"capture@pfd:3", "capture,tcp=yes@pfd:3", true},
	{"capture@sd:a", "inject@sd:a", true},
	{"capture@ptcp:7", "inject@ptcp:7:127.0.0.1", true},
	{"capture@ptcp:0", "capture,latency=bulk@ptcp:0", true},
	{"capture@unix:/a", "capture@unix:/a", true},
	{"capture@tcp:[::1]:1", "capture@tcp:[0::1]:1", true},
	{"capture@punix:/a", "capture@punix:/b", false},
	{"capture@punix:/a", "capture@unix:/a", false},
	{"capture@ptcp:7", "capture@ptcp:8", false},
	{"capture@ptcp:7", "capture@ptcp:7:[::1]", false},
	{"capture@ptcp:0", "inject@ptcp:0", false},
	{"capture@unix:/a", "inject@unix:/a", false},
	{"capture@tcp:[::1]:1", "capture,latency=low@tcp:[::1]:1", false},
	{"capture@pfd:3", "capture@pfd:4", false},
};

static void
test_clash(void **state)
{
	static struct plk_port a;
	static struct plk_port b;
	struct rows r;
	size_t at;

	(void)state;
	rows_begin(&r, "clashes");
	for (size_t i = 0; i < COUNT(pairs); i++) {
		const struct pair *pair = &pairs[i];

		row_begin_text(&r, "%s and %s", pair->a, pair->b);
		row_err(&r, plk_port_parse(plk_span_str(pair->a), &a, &at), PLK_OK);
		row_err(&r, plk_port_parse(plk_span_str(pair->b), &b, &at), PLK_OK);
		row_true(&r, "clash", plk_policy_clash(&a, &b) == pair->clash);
		row_true(&r, "the other way", plk_policy_clash(&b, &a) == pair->clash);
	}
	rows_end(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries),     cmocka_unit_test(test_together),
		cmocka_unit_test(test_directories), cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_clash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
