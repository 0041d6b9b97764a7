/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/jsonrpc.h"

#include <jansson.h>
#include <stddef.h>

#include "text/json.h"

/* ---- memory ---- */

/* What is given back is not used again before the next request. */
static struct arena {
	_Alignas(max_align_t) uint8_t bytes[PLK_CONTROL_ARENA];
	size_t used;
	bool is_out; /* more was wanted than there is */
} arena;

static void *
arena_get(size_t n)
{
	const size_t align = _Alignof(max_align_t);
	void *p = arena.bytes + arena.used;

	if (n > PLK_CONTROL_ARENA - arena.used) {
		arena.is_out = true;
		return NULL;
	}
	n = (n + align - 1) / align * align; /* the arena is a multiple of it */
	arena.used += n;
	return p;
}

static void
arena_free(void *p)
{
	(void)p;
}

_Static_assert(PLK_CONTROL_ARENA % _Alignof(max_align_t) == 0, "see arena_get()");

void
plk_jsonrpc_init(void)
{
	json_set_alloc_funcs(arena_get, arena_free);
	json_object_seed(0); /* from /dev/urandom */
}

/* ---- requests ---- */

static struct plk_span
string_span(const json_t *value)
{
	return (struct plk_span){(const uint8_t *)json_string_value(value),
				 json_string_length(value)};
}

static void
params_take(const json_t *params, struct plk_request *out)
{
	size_t i;
	json_t *param;

	out->n_params = json_array_size(params);
	out->all_strings = true;
	json_array_foreach(params, i, param)
	{
		if (!json_is_string(param))
			out->all_strings = false;
		else if (i < PLK_CONTROL_PARAMS_MAX)
			out->params[i] = string_span(param);
	}
}

/* 0: it does not fit. */
static size_t
id_print(const json_t *id, struct plk_request *out)
{
	const size_t n =
		json_dumpb(id, (char *)out->id, sizeof out->id, JSON_ENCODE_ANY | JSON_COMPACT);

	return n <= sizeof out->id ? n : 0;
}

static enum plk_err
object_take(const json_t *object, struct plk_request *out)
{
	const json_t *id = json_object_get(object, "id");
	const json_t *method = json_object_get(object, "method");
	const json_t *params = json_object_get(object, "params");
	static struct plk_request request;

	if (json_object_size(object) != 3 || !id || json_is_null(id) || !json_is_string(method) ||
	    !json_is_array(params))
		return PLK_E_MALFORMED;
	request.n_id = id_print(id, &request);
	if (request.n_id == 0)
		return PLK_E_LIMIT;
	request.method = string_span(method);
	params_take(params, &request);
	*out = request;
	return PLK_OK;
}

enum plk_err
plk_jsonrpc_parse(struct plk_span in, struct plk_request *out)
{
	json_error_t error;
	const json_t *object;
	enum plk_err err;

	arena.used = 0;
	arena.is_out = false;
	object = json_loadb((const char *)in.p, in.n, JSON_REJECT_DUPLICATES, &error);
	err = json_is_object(object) ? object_take(object, out) : PLK_E_MALFORMED;
	return arena.is_out ? PLK_E_LIMIT : err;
}

/* ---- answers ---- */

void
plk_jsonrpc_answer(struct plk_writer *w, const struct plk_request *request, bool done,
		   struct plk_span text)
{
	plk_writer_str(w, "{\"id\":");
	plk_writer_span(w, (struct plk_span){request->id, request->n_id});
	plk_writer_str(w, done ? ",\"result\":" : ",\"error\":");
	plk_json_string(w, text);
	plk_writer_str(w, done ? ",\"error\":null}" : "}");
}
