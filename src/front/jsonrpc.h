/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jsonrpc.h: requests of control clients and their answers: JSON-RPC 1.0, as Open vSwitch's unixctl speaks it.
 *
 *   REQUEST = a JSON object of exactly "id": any value but null, "method": a string, "params": an array
 *   ANSWER  = {"id":ID,"result":TEXT,"error":null}     done
 *           | {"id":ID,"error":TEXT}                   refused
 *   ID      = that of the request; TEXT = a JSON string
 *
 * Members may come in any order, none twice; no string has a NUL. The object is within the limits of text/json.h, which found its
 * end. It is read by jansson, in memory that is there from the start: PLK_CONTROL_ARENA bytes, all given back at the next
 * request. What does not fit in is no request.
 *
 * Trust: control clients. Nothing is logged or kept. Fuzz: fuzz/control_fuzz.c.
 */
#ifndef PLK_FRONT_JSONRPC_H
#define PLK_FRONT_JSONRPC_H

#include <stdbool.h>

#include <pktlock/err.h>
#include <pktlock/limits.h>

#include "base/writer.h"

/** struct plk_request - a request; what it points to lives until the next one is parsed
 * @id:       @n_id bytes of JSON
 * @method:   as it was sent, UTF-8
 * @n_params: how many there are; only the first PLK_CONTROL_PARAMS_MAX are in @params
 * @all_strings: each of them is a string; else @params is not to be used
 */
struct plk_request {
	uint8_t id[PLK_CONTROL_ID_MAX];
	size_t n_id;
	struct plk_span method;
	struct plk_span params[PLK_CONTROL_PARAMS_MAX];
	size_t n_params;
	bool all_strings;
};

/** plk_jsonrpc_init() - once, before the sandbox closes: jansson wants a random number */
void plk_jsonrpc_init(void);

/** plk_jsonrpc_parse() - read a request
 * @in:  the whole object and nothing else
 * @out: set on PLK_OK only
 * Return: PLK_OK; PLK_E_MALFORMED (no request); PLK_E_LIMIT (it needs more memory, or a longer id, than there is).
 */
PLK_MUST_USE enum plk_err plk_jsonrpc_parse(struct plk_span in, struct plk_request *out);

/** plk_jsonrpc_answer() - append the answer to a request
 * @done: @text is a result, else an error
 */
void plk_jsonrpc_answer(struct plk_writer *w, const struct plk_request *request, bool done,
			struct plk_span text);

#endif
