/* SPDX-License-Identifier: BSD-2-Clause */
/* Arguments; args.h has the grammar and the trust boundary. */
#include "client/args.h"

#include <assert.h>
#include <string.h>

#include <pktlock/err.h>

#include "client/say.h"

void
plk_args_init(struct plk_args *a, const char *command, char *const *args, size_t n_args,
	      const struct plk_option *options, size_t n_options)
{
	assert(n_options <= PLK_ARGS_OPTIONS_MAX);
	*a = (struct plk_args){
		.command = command,
		.args = args,
		.n_args = n_args,
		.options = options,
		.n_options = n_options,
	};
}

static enum plk_arg_kind
refuse(const struct plk_args *a, struct plk_arg *out, const char *text, const char *reason)
{
	struct plk_quoted quoted;

	(void)plk_say_usage(a->command, "%s: %s", plk_quote(&quoted, text), reason);
	out->kind = PLK_ARG_WRONG;
	return out->kind;
}

/* @text: the argument; @value: what was joined to the name, or NULL */
static enum plk_arg_kind
option_take(struct plk_args *a, size_t index, const char *text, const char *value,
	    struct plk_arg *out)
{
	if (a->seen[index])
		return refuse(a, out, text, plk_err_text(PLK_E_OPT_TWICE));
	a->seen[index] = true;
	if (value && !a->options[index].has_value)
		return refuse(a, out, text, plk_err_text(PLK_E_OPT_NO_VALUE));
	if (!value && a->options[index].has_value) {
		if (a->at == a->n_args)
			return refuse(a, out, text, plk_err_text(PLK_E_OPT_VALUE));
		value = a->args[a->at++];
	}
	*out = (struct plk_arg){.kind = PLK_ARG_OPTION, .option = index, .text = value};
	return out->kind;
}

static enum plk_arg_kind
long_take(struct plk_args *a, const char *text, struct plk_arg *out)
{
	const char *name = text + 2;
	const char *equals = strchr(name, '=');
	size_t n = equals ? (size_t)(equals - name) : strlen(name);

	for (size_t i = 0; i < a->n_options; i++) {
		const char *known = a->options[i].name;

		if (known && strlen(known) == n && memcmp(known, name, n) == 0)
			return option_take(a, i, text, equals ? equals + 1 : NULL, out);
	}
	return refuse(a, out, text, "unknown option");
}

static enum plk_arg_kind
short_take(struct plk_args *a, const char *text, struct plk_arg *out)
{
	for (size_t i = 0; i < a->n_options; i++) {
		if (a->options[i].letter == text[1])
			return option_take(a, i, text, text[2] ? text + 2 : NULL, out);
	}
	return refuse(a, out, text, "unknown option");
}

enum plk_arg_kind
plk_args_next(struct plk_args *a, struct plk_arg *out)
{
	const char *text;

	*out = (struct plk_arg){.kind = PLK_ARG_END};
	if (a->at < a->n_args && !a->operands_only && strcmp(a->args[a->at], "--") == 0) {
		a->operands_only = true;
		a->at++;
	}
	if (a->at == a->n_args)
		return out->kind;
	text = a->args[a->at++];
	if (!a->operands_only && strncmp(text, "--", 2) == 0)
		return long_take(a, text, out);
	if (!a->operands_only && text[0] == '-' && text[1])
		return short_take(a, text, out);
	*out = (struct plk_arg){.kind = PLK_ARG_OPERAND, .text = text};
	return out->kind;
}
