/* SPDX-License-Identifier: BSD-2-Clause */
#include "text/metrics.h"

#include <string.h>

#include "rows.h"
#include "text/words.h"

struct value_row {
	const char *text;
	size_t n;
	const char *want;
};

/* clang-format off */
static const struct value_row value_rows[] = {
	{T(""), "\"\""},
	{T("capture@punix:/run/a.sock"), "\"capture@punix:/run/a.sock\""},
	{T("a b={},#"), "\"a b={},#\""},
	{T("\xc3\xa9\xe2\x82\xac"), "\"\xc3\xa9\xe2\x82\xac\""},
	/* what has a meaning in the format */
	{T("\""), "\"\\\"\""},
	{T("\\"), "\"\\\\\""},
	{T("\\n"), "\"\\\\n\""},
	{T("\\\""), "\"\\\\\\\"\""},
	{T("\n"), "\"\\n\""},
	{T("\"} 1\n# EOF\n"), "\"\\\"} 1\\n# EOF\\n\""},
	/* what a terminal obeys, and what is no character */
	{T("\t"), "\"\\\\x09\""},
	{T("\t\t"), "\"\\\\x09\\\\x09\""},
	{T("a\tb"), "\"a\\\\x09b\""},
	{T("\r"), "\"\\\\x0d\""},
	{T("\0"), "\"\\\\x00\""},
	{T("\x1b[31m"), "\"\\\\x1b[31m\""},
	{T("\x7f"), "\"\\\\x7f\""},
	{T("\xff"), "\"\\\\xff\""},
	{T("\xc2\x9b"), "\"\\\\xc2\\\\x9b\""},
	{T("\xe2\x80\xae"), "\"\\\\xe2\\\\x80\\\\xae\""},
	{T("\xc3\t\xa9"), "\"\\\\xc3\\\\x09\\\\xa9\""},
};
/* clang-format on */

static void
test_values(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "values");
	for (size_t i = 0; i < COUNT(value_rows); i++) {
		const struct value_row *row = &value_rows[i];
		struct plk_span in = exact_new(row->text, row->n);
		uint8_t out[256];
		struct plk_writer w;

		row_begin(&r, row->text, row->n);
		plk_writer_init(&w, (struct plk_mspan){out, sizeof out});
		plk_metrics_value(&w, in);
		row_text(&r, "value", (struct plk_span){out, w.n}, row->want);
		plk_writer_init(&w, (struct plk_mspan){out, strlen(row->want) - 1});
		plk_metrics_value(&w, in);
		row_true(&r, "no room", w.full);
		exact_free(in);
	}
	rows_end(&r);
}

struct sample_row {
	enum plk_metric type;
	size_t n;
	uint64_t value;
	const char *want;
};

/* clang-format off */
static const struct sample_row sample_rows[] = {
	{PLK_METRIC_COUNTER, 0, 0, "plk_x_total 0\n"},
	{PLK_METRIC_COUNTER, 0, UINT64_MAX, "plk_x_total 18446744073709551615\n"},
	{PLK_METRIC_COUNTER, 1, 5, "plk_x_total{remote=\"a\\\"b\"} 5\n"},
	{PLK_METRIC_GAUGE, 0, 1, "plk_x 1\n"},
	{PLK_METRIC_GAUGE, 2, 1, "plk_x{remote=\"a\\\"b\",reason=\"c\"} 1\n"},
	{PLK_METRIC_INFO, 1, 1, "plk_x_info{remote=\"a\\\"b\"} 1\n"},
};
/* clang-format on */

static void
test_samples(void **state)
{
	const struct plk_label labels[] = {{"remote", plk_span_str("a\"b")},
					   {"reason", plk_span_str("c")}};
	struct rows r;

	(void)state;
	rows_begin(&r, "samples");
	for (size_t i = 0; i < COUNT(sample_rows); i++) {
		const struct sample_row *row = &sample_rows[i];
		uint8_t out[128];
		struct plk_writer w;

		row_begin_text(&r, "%s", row->want);
		plk_writer_init(&w, (struct plk_mspan){out, sizeof out});
		plk_metrics_sample(&w, "plk_x", row->type, labels, row->n, row->value);
		row_text(&r, "sample", (struct plk_span){out, w.n}, row->want);
	}
	rows_end(&r);
}

static void
test_text(void **state)
{
	static const char want[] = "# TYPE plk_a counter\n"
				   "# HELP plk_a What it is.\n"
				   "# TYPE plk_b gauge\n"
				   "# HELP plk_b Another.\n"
				   "plk_b 3\n"
				   "# TYPE plk_c info\n"
				   "# HELP plk_c A third.\n"
				   "# EOF\n";
	uint8_t out[256];
	struct plk_writer w;

	(void)state;
	plk_writer_init(&w, (struct plk_mspan){out, sizeof out});
	plk_metrics_family(&w, "plk_a", PLK_METRIC_COUNTER, "What it is.");
	plk_metrics_family(&w, "plk_b", PLK_METRIC_GAUGE, "Another.");
	plk_metrics_sample(&w, "plk_b", PLK_METRIC_GAUGE, NULL, 0, 3);
	plk_metrics_family(&w, "plk_c", PLK_METRIC_INFO, "A third.");
	plk_metrics_end(&w);
	assert_int_equal(w.n, sizeof want - 1);
	assert_memory_equal(out, want, w.n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
