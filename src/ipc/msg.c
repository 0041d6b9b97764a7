/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/msg.h"

#include <string.h>

#include "base/bytes.h"

#define TYPE_BYTES 1

#define NAME_P(TYPE, member) [PLK_MSG_##TYPE] = #TYPE,
#define NAME_E(TYPE) [PLK_MSG_##TYPE] = #TYPE,
static const char *const names[PLK_MSG_TYPES] = {[PLK_MSG_NONE] = "NONE",
						 PLK_MSG_TABLE(NAME_P, NAME_E)};

#define SIZE_U8(name, max) +1
#define SIZE_U16(name, max) +2
#define SIZE_U32(name, max) +4
#define SIZE_U64(name) +8
#define SIZE_BYTES(name, bytes) +(bytes)
#define SIZE_P(TYPE, member)                                                               \
	[PLK_MSG_##TYPE] = TYPE_BYTES PLK_MSG_##TYPE##_FIELDS(SIZE_U8, SIZE_U16, SIZE_U32, \
							      SIZE_U64, SIZE_BYTES, SIZE_BYTES),
#define SIZE_E(TYPE) [PLK_MSG_##TYPE] = TYPE_BYTES,
static const size_t sizes[PLK_MSG_TYPES] = {PLK_MSG_TABLE(SIZE_P, SIZE_E)};

#define FITS_P(TYPE, member)                                                                      \
	_Static_assert(TYPE_BYTES PLK_MSG_##TYPE##_FIELDS(SIZE_U8, SIZE_U16, SIZE_U32, SIZE_U64,  \
							  SIZE_BYTES, SIZE_BYTES) <= PLK_MSG_MAX, \
		       "PLK_MSG_MAX is too small for " #TYPE);
#define FITS_E(TYPE)
PLK_MSG_TABLE(FITS_P, FITS_E)

bool
plk_class_is_bulk(enum plk_class rx)
{
	return rx == PLK_CLASS_CAPTURE_BULK || rx == PLK_CLASS_ATTACH_BULK;
}

bool
plk_class_is_long(enum plk_class rx)
{
	return rx == PLK_CLASS_CAPTURE_LONG || rx == PLK_CLASS_ATTACH_LONG;
}

bool
plk_class_is_attach(enum plk_class rx)
{
	return rx == PLK_CLASS_ATTACH_BULK || rx == PLK_CLASS_ATTACH_LOW ||
	       rx == PLK_CLASS_ATTACH_LONG;
}

bool
plk_class_takes(enum plk_class rx, enum plk_role role, enum plk_latency latency)
{
	return role == (plk_class_is_attach(rx) ? PLK_ROLE_ATTACH : PLK_ROLE_CAPTURE) &&
	       latency == (plk_class_is_bulk(rx) ? PLK_LATENCY_BULK : PLK_LATENCY_LOW);
}

const char *
plk_msg_name(unsigned type)
{
	return type < PLK_MSG_TYPES ? names[type] : "?";
}

size_t
plk_msg_size(unsigned type)
{
	return type < PLK_MSG_TYPES ? sizes[type] : 0;
}

/* A message being read: the length was checked, so that every field is there; only values can be
 * wrong. */
struct reader {
	const uint8_t *p;
	enum plk_err err;
};

static uint64_t
number_get(struct reader *r, size_t bytes, uint64_t max)
{
	uint64_t value = 0;

	if (bytes == 1)
		value = r->p[0];
	else if (bytes == 2)
		value = host16_load(r->p);
	else if (bytes == 4)
		value = host32_load(r->p);
	else
		memcpy(&value, r->p, sizeof value);
	r->p += bytes;
	if (value > max)
		r->err = PLK_E_LIMIT;
	return value;
}

/* Whether @bytes bytes are a string and NULs up to the end. */
static bool
is_string(const uint8_t *p, size_t bytes)
{
	size_t i = 0;

	while (i < bytes && p[i] >= 0x20 && p[i] != 0x7f)
		i++;
	if (i == bytes)
		return false;
	while (i < bytes && p[i] == 0)
		i++;
	return i == bytes;
}

static void
string_get(struct reader *r, char *out, size_t bytes)
{
	if (!is_string(r->p, bytes))
		r->err = PLK_E_MALFORMED;
	memcpy(out, r->p, bytes);
	r->p += bytes;
}

static void
raw_get(struct reader *r, uint8_t *out, size_t bytes)
{
	memcpy(out, r->p, bytes);
	r->p += bytes;
}

#define GET_U8(name, max) m->name = (uint8_t)number_get(r, 1, (max));
#define GET_U16(name, max) m->name = (uint16_t)number_get(r, 2, (max));
#define GET_U32(name, max) m->name = (uint32_t)number_get(r, 4, (max));
#define GET_U64(name) m->name = number_get(r, 8, UINT64_MAX);
#define GET_STR(name, bytes) string_get(r, m->name, (bytes));
#define GET_RAW(name, bytes) raw_get(r, m->name, (bytes));
#define GET_P(TYPE, member)                                                                  \
	static void member##_get(struct reader *r, struct plk_msg_##member *m)               \
	{                                                                                    \
		PLK_MSG_##TYPE##_FIELDS(GET_U8, GET_U16, GET_U32, GET_U64, GET_STR, GET_RAW) \
	}
#define GET_E(TYPE)
PLK_MSG_TABLE(GET_P, GET_E)

static void
fields_get(struct reader *r, struct plk_msg *msg)
{
	switch (msg->type) {
#define CASE_P(TYPE, member)                     \
	case PLK_MSG_##TYPE:                     \
		member##_get(r, &msg->u.member); \
		break;
#define CASE_E(TYPE)         \
	case PLK_MSG_##TYPE: \
		break;
		PLK_MSG_TABLE(CASE_P, CASE_E)
#undef CASE_P
#undef CASE_E
	case PLK_MSG_NONE:
	case PLK_MSG_TYPES:
		break;
	}
}

enum plk_err
plk_msg_parse(struct plk_span in, struct plk_msg *out)
{
	struct plk_msg msg = {0};
	struct reader r = {.err = PLK_OK};

	if (in.n < TYPE_BYTES)
		return PLK_E_SHORT;
	if (in.p[0] == PLK_MSG_NONE || in.p[0] >= PLK_MSG_TYPES)
		return PLK_E_MALFORMED;
	msg.type = (enum plk_msg_type)in.p[0];
	if (in.n != sizes[msg.type])
		return in.n < sizes[msg.type] ? PLK_E_SHORT : PLK_E_TRAILING;
	r.p = in.p + TYPE_BYTES;
	fields_get(&r, &msg);
	if (r.err == PLK_OK)
		*out = msg;
	return r.err;
}

static uint8_t *
raw_put(uint8_t *p, const void *value, size_t bytes)
{
	memcpy(p, value, bytes);
	return p + bytes;
}

#define PUT_U8(name, max) p = raw_put(p, &m->name, 1);
#define PUT_U16(name, max) p = raw_put(p, &m->name, 2);
#define PUT_U32(name, max) p = raw_put(p, &m->name, 4);
#define PUT_U64(name) p = raw_put(p, &m->name, 8);
#define PUT_BYTES(name, bytes) p = raw_put(p, m->name, (bytes));
#define PUT_P(TYPE, member)                                                           \
	static uint8_t *member##_put(uint8_t *p, const struct plk_msg_##member *m)    \
	{                                                                             \
		PLK_MSG_##TYPE##_FIELDS(PUT_U8, PUT_U16, PUT_U32, PUT_U64, PUT_BYTES, \
					PUT_BYTES) return p;                          \
	}
#define PUT_E(TYPE)
PLK_MSG_TABLE(PUT_P, PUT_E)

static uint8_t *
fields_put(uint8_t *p, const struct plk_msg *msg)
{
	switch (msg->type) {
#define CASE_P(TYPE, member) \
	case PLK_MSG_##TYPE: \
		return member##_put(p, &msg->u.member);
#define CASE_E(TYPE)         \
	case PLK_MSG_##TYPE: \
		break;
		PLK_MSG_TABLE(CASE_P, CASE_E)
#undef CASE_P
#undef CASE_E
	case PLK_MSG_NONE:
	case PLK_MSG_TYPES:
		break;
	}
	return p;
}

enum plk_err
plk_msg_encode(const struct plk_msg *msg, struct plk_mspan out, size_t *n)
{
	size_t size = plk_msg_size(msg->type);

	if (size == 0)
		return PLK_E_MALFORMED;
	if (out.n < size)
		return PLK_E_ROOM;
	out.p[0] = (uint8_t)msg->type;
	*n = (size_t)(fields_put(out.p + TYPE_BYTES, msg) - out.p);
	return PLK_OK;
}
