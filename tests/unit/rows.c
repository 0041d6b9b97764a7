/* SPDX-License-Identifier: BSD-2-Clause */
#include "rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
rows_begin(struct rows *r, const char *table)
{
	*r = (struct rows){.table = table};
}

void
rows_end(struct rows *r)
{
	if (r->n == 0)
		fail_msg("%s: no row ran", r->table);
	if (r->n_failed > 0)
		fail_msg("%s: %zu of %zu rows failed", r->table, r->n_failed, r->n);
}

void
rows_end_strict(struct rows *r)
{
	rows_end(r);
	if (r->n_bad <= r->n_good)
		fail_msg("%s: %zu rows expect an error, %zu success", r->table, r->n_bad,
			 r->n_good);
}

static void
row_next(struct rows *r)
{
	r->n++;
	r->row_failed = false;
}

void
row_begin(struct rows *r, const void *input, size_t n)
{
	const uint8_t *p = input;
	size_t to = 0;

	row_next(r);
	for (size_t i = 0; i < n && to + 8 < sizeof r->row; i++) {
		bool plain = p[i] >= 0x20 && p[i] < 0x7f && p[i] != '\\';

		to += (size_t)snprintf(r->row + to, sizeof r->row - to, plain ? "%c" : "\\x%02x",
				       p[i]);
	}
	r->row[to] = '\0';
}

void
row_begin_text(struct rows *r, const char *format, ...)
{
	va_list args;

	row_next(r);
	va_start(args, format);
	(void)vsnprintf(r->row, sizeof r->row, format, args); /* a name may be cut */
	va_end(args);
}

static void
row_fail(struct rows *r)
{
	if (!r->row_failed)
		print_error("%s: row %zu '%s':\n", r->table, r->n - 1, r->row);
	r->n_failed += !r->row_failed;
	r->row_failed = true;
}

void
row_err(struct rows *r, enum plk_err got, enum plk_err want)
{
	r->n_good += want == PLK_OK;
	r->n_bad += want != PLK_OK;
	if (got == want)
		return;
	row_fail(r);
	print_error("  answer: got %s, want %s\n", plk_err_name(got), plk_err_name(want));
}

void
row_number(struct rows *r, const char *what, uint64_t got, uint64_t want)
{
	if (got == want)
		return;
	row_fail(r);
	print_error("  %s: got %llu, want %llu\n", what, (unsigned long long)got,
		    (unsigned long long)want);
}

void
row_true(struct rows *r, const char *what, bool got)
{
	if (got)
		return;
	row_fail(r);
	print_error("  not so: %s\n", what);
}

static void
bytes_print(const char *label, struct plk_span s)
{
	print_error("  %s (%zu):", label, s.n);
	for (size_t i = 0; i < s.n; i++)
		print_error(" %02x", s.p[i]);
	print_error("\n");
}

void
row_bytes(struct rows *r, const char *what, struct plk_span got, struct plk_span want)
{
	if (got.n == want.n && (got.n == 0 || memcmp(got.p, want.p, got.n) == 0))
		return;
	row_fail(r);
	print_error("  %s differs\n", what);
	bytes_print("got ", got);
	bytes_print("want", want);
}

void
row_text(struct rows *r, const char *what, struct plk_span got, const char *want)
{
	size_t n = strlen(want);

	if (got.n == n && (n == 0 || memcmp(got.p, want, n) == 0))
		return;
	row_fail(r);
	print_error("  %s: got '%.*s', want '%s'\n", what, (int)got.n, (const char *)got.p, want);
}

struct plk_span
exact_new(const void *p, size_t n)
{
	uint8_t *copy;

	if (n == 0)
		return (struct plk_span){NULL, 0};
	copy = malloc(n);
	assert_non_null(copy);
	memcpy(copy, p, n);
	return (struct plk_span){copy, n};
}

void
exact_free(struct plk_span s)
{
	free((void *)(uintptr_t)s.p);
}

void
mark(void *p, size_t n)
{
	memset(p, MARK, n);
}

bool
untouched(const void *p, size_t n)
{
	const uint8_t *byte = p;

	for (size_t i = 0; i < n; i++) {
		if (byte[i] != MARK)
			return false;
	}
	return true;
}
