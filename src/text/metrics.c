/* SPDX-License-Identifier: BSD-2-Clause */
#include "text/metrics.h"

#include "text/json.h"
#include "text/words.h"

const char *
plk_metrics_suffix(enum plk_metric type)
{
	static const char *const suffixes[PLK_METRICS] = {
		[PLK_METRIC_COUNTER] = "_total",
		[PLK_METRIC_GAUGE] = "",
		[PLK_METRIC_INFO] = "_info",
	};

	return suffixes[type];
}

static void
comment_put(struct plk_writer *w, const char *what, const char *name, const char *text)
{
	plk_writer_str(w, what);
	plk_writer_str(w, name);
	plk_writer_char(w, ' ');
	plk_writer_str(w, text);
	plk_writer_char(w, '\n');
}

void
plk_metrics_family(struct plk_writer *w, const char *name, enum plk_metric type, const char *help)
{
	static const char *const types[PLK_METRICS] = {
		[PLK_METRIC_COUNTER] = "counter",
		[PLK_METRIC_GAUGE] = "gauge",
		[PLK_METRIC_INFO] = "info",
	};

	comment_put(w, "# TYPE ", name, types[type]);
	comment_put(w, "# HELP ", name, help);
}

/* The escapes of JSON, but for that of the tab. */
void
plk_metrics_value(struct plk_writer *w, struct plk_span s)
{
	plk_writer_char(w, '"');
	for (size_t at = 0; at < s.n;) {
		const size_t tab = plk_span_find(s, at, '\t');

		plk_json_text(w, plk_span_slice(s, at, tab));
		if (tab < s.n)
			plk_writer_str(w, "\\\\x09");
		at = tab + 1;
	}
	plk_writer_char(w, '"');
}

void
plk_metrics_sample(struct plk_writer *w, const char *name, enum plk_metric type,
		   const struct plk_label *labels, size_t n, uint64_t value)
{
	plk_writer_str(w, name);
	plk_writer_str(w, plk_metrics_suffix(type));
	for (size_t i = 0; i < n; i++) {
		plk_writer_char(w, i == 0 ? '{' : ',');
		plk_writer_str(w, labels[i].name);
		plk_writer_char(w, '=');
		plk_metrics_value(w, labels[i].value);
	}
	plk_writer_str(w, n > 0 ? "} " : " ");
	plk_writer_dec(w, value);
	plk_writer_char(w, '\n');
}

void
plk_metrics_end(struct plk_writer *w)
{
	plk_writer_str(w, "# EOF\n");
}
