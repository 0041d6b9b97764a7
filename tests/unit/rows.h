/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rows.h: tables of literal rows, for cmocka.
 *
 * A row that fails is printed with its number and its input, the others still run, and the table
 * fails at its end. A table of a parser counts the rows that expect success and those that expect
 * an error: the second must be more.
 */
#ifndef PLK_UNIT_ROWS_H
#define PLK_UNIT_ROWS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pktlock/err.h>
#include <pktlock/span.h>

/* A string literal and its length, which may have NULs inside. */
#define T(literal) (literal), sizeof(literal) - 1
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* What outputs hold before a call; see untouched(). */
#define MARK 0xa5
#define MARK_SIZE ((size_t)0xa5a5a5a5a5a5a5a5ULL)

struct rows {
	const char *table;
	size_t n;
	size_t n_good;
	size_t n_bad;
	size_t n_failed;
	bool row_failed;
	char row[256];
};

void rows_begin(struct rows *r, const char *table);
/* Fails the test if a row failed or if there was none. */
void rows_end(struct rows *r);
/* The same, and fails it unless more rows expected an error than success. */
void rows_end_strict(struct rows *r);

/* A new row, named by its input. */
void row_begin(struct rows *r, const void *input, size_t n);
void row_begin_text(struct rows *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The answer; counts the row as good or bad. */
void row_err(struct rows *r, enum plk_err got, enum plk_err want);
void row_number(struct rows *r, const char *what, uint64_t got, uint64_t want);
void row_true(struct rows *r, const char *what, bool got);
void row_bytes(struct rows *r, const char *what, struct plk_span got, struct plk_span want);
void row_text(struct rows *r, const char *what, struct plk_span got, const char *want);

/* A copy of exactly @n bytes on the heap, so that a sanitizer sees what reads beyond it. Free with
 * exact_free(). */
struct plk_span exact_new(const void *p, size_t n);
void exact_free(struct plk_span s);

void mark(void *p, size_t n);
bool untouched(const void *p, size_t n);

#endif
