/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * metrics.h: numbers as OpenMetrics text (OpenMetrics 1.0, IETF draft-richih-opsawg-openmetrics-00).
 *
 *   TEXT    = *FAMILY "# EOF" LF
 *   FAMILY  = "# TYPE " NAME " " TYPE LF "# HELP " NAME " " HELP LF *SAMPLE     each NAME once; its samples nowhere else
 *   TYPE    = "counter" | "gauge" | "info"
 *   SAMPLE  = NAME SUFFIX ["{" LABEL *("," LABEL) "}"] " " NUMBER LF            no two with the same name and labels
 *   SUFFIX  = "_total" (counter) | "_info" (info) | ""
 *   LABEL   = NAME "=" DQUOTE *(any character but those | "\\" | "\" DQUOTE | "\n") DQUOTE
 *   NUMBER  = canonical decimal, 64 bits
 *   NAME    = [a-z_] *[a-z0-9_]
 *
 * That a family and a sample are there once is the caller's business.
 *
 * Trust: values of labels are anybody's bytes; names and helps are ours. Pure. Fuzz: fuzz/metrics_fuzz.c.
 */
#ifndef PLK_TEXT_METRICS_H
#define PLK_TEXT_METRICS_H

#include "base/writer.h"

/** enum plk_metric - what a family is */
enum plk_metric {
	PLK_METRIC_COUNTER, /* never goes back, but for a restart */
	PLK_METRIC_GAUGE,
	PLK_METRIC_INFO, /* what matters is in the labels; the number is 1 */
	PLK_METRICS
};

/** struct plk_label - @value: any bytes */
struct plk_label {
	const char *name;
	struct plk_span value;
};

/** plk_metrics_suffix() - what the names of a family's samples end in */
const char *plk_metrics_suffix(enum plk_metric type);

/** plk_metrics_family() - begin a family
 * @help: one line, without backslashes
 */
void plk_metrics_family(struct plk_writer *w, const char *name, enum plk_metric type,
			const char *help);

/** plk_metrics_sample() - append one of its samples
 * @labels: @n of them
 */
void plk_metrics_sample(struct plk_writer *w, const char *name, enum plk_metric type,
			const struct plk_label *labels, size_t n, uint64_t value);

/** plk_metrics_value() - append the value of a label, in its quotes
 * As plk_json_string() does it: what a terminal would obey, and what is not UTF-8, becomes text, \xNN for each byte. So does a tab.
 */
void plk_metrics_value(struct plk_writer *w, struct plk_span s);

/** plk_metrics_end() - no family follows */
void plk_metrics_end(struct plk_writer *w);

#endif
