/* SPDX-License-Identifier: BSD-2-Clause */
#include <pktlock/port.h>

#include <stdio.h>
#include <string.h>

#include "rows.h"

#define MAC "02:00:00:00:00:01"
#define MAC8 MAC "+" MAC "+" MAC "+" MAC "+" MAC "+" MAC "+" MAC "+" MAC
#define MAC32 MAC8 "+" MAC8 "+" MAC8 "+" MAC8
#define ID8 "1+2+3+4+5+6+7+8"
#define ID32 ID8 "+" ID8 "+" ID8 "+" ID8

struct row {
	const char *text;
	size_t n;
	enum plk_err err;
	size_t at;             /* on error */
	const char *canonical; /* on success */
};

/* clang-format off */
#define SAME(text) {T(text), PLK_OK, 0, text}
#define GOOD(text, canonical) {T(text), PLK_OK, 0, canonical}
#define BAD(text, err, at) {T(text), err, at, NULL}
#define AT_END(text, err) {T(text), err, sizeof(text) - 1, NULL}

static const struct row rows[] = {
	SAME("capture@pfd:3"),
	SAME("inject@unix:/run/a"),
	SAME("attach@sd:nic"),
	GOOD("capture@ptcp:1", "capture@ptcp:1:127.0.0.1"),
	SAME("capture@punix:/run/a@b,format=vnet@x"), /* verbatim after the first '@' */
	SAME("capture@sd:a@b"),

	/* defaults are left out, other values stay, keys are put in order */
	GOOD("capture,format=qemu@pfd:3", "capture@pfd:3"),
	SAME("capture,format=vnet@pfd:3"),
	SAME("capture,format=pcapng@pfd:3"),
	SAME("attach,format=vnet@pfd:3"),
	SAME("inject,format=vnet@pfd:3"),
	SAME("capture,format=vnet,vnet-hdr=10@pfd:3"),
	GOOD("capture,format=vnet,vnet-hdr=12@pfd:3", "capture,format=vnet@pfd:3"),
	GOOD("inject,vnet-hdr=20,format=vnet@pfd:3", "inject,format=vnet,vnet-hdr=20@pfd:3"),
	SAME("capture,direction=in@pfd:3"),
	SAME("capture,direction=out@pfd:3"),
	GOOD("capture,direction=both@pfd:3", "capture@pfd:3"),
	GOOD("attach,direction=in@pfd:3", "attach@pfd:3"),
	SAME("attach,direction=both@pfd:3"),
	SAME("capture,latency=low@pfd:3"),
	GOOD("capture,latency=bulk@pfd:3", "capture@pfd:3"),
	SAME("attach,latency=bulk@pfd:3"),
	GOOD("attach,latency=low@pfd:3", "attach@pfd:3"),
	SAME("capture,format=pcapng,snaplen=64@pfd:3"),
	SAME("capture,format=pcapng,snaplen=262144@pfd:3"),
	SAME("capture,max-clients=1@pfd:3"),
	SAME("inject,max-clients=1024@ptcp:0:[::]"),
	SAME("capture,max-clients=7@sd:a"),
	SAME("capture,max-clients=7@punix:/a"),
	SAME("capture,allow-uid=0@pfd:3"),
	SAME("capture,allow-uid=1000+0+4294967294@unix:/a"),
	SAME("capture,allow-gid=44+44@punix:/a"),
	SAME("attach,allow-uid=" ID32 ",allow-gid=" ID32 "@sd:x"),
	SAME("capture,tcp=yes@pfd:3"),
	SAME("inject,tcp=yes@sd:x"),
	GOOD("capture,on-loss=keep@tcp:1.2.3.4:5", "capture@tcp:1.2.3.4:5"),
	SAME("capture,on-loss=close@tcp:1.2.3.4:5"),
	SAME("inject,mac=" MAC "@pfd:3"),
	GOOD("inject,mac=AA:bB:Cc:0D:e0:Ff@pfd:3", "inject,mac=aa:bb:cc:0d:e0:ff@pfd:3"),
	SAME("attach,mac=" MAC32 "@pfd:3"),
	SAME("inject,vlan=0@pfd:3"),
	SAME("attach,vlan=4094@pfd:3"),
	GOOD("inject,vlan=7+0+4094+8+7@pfd:3", "inject,vlan=0+7+8+4094@pfd:3"),
	SAME("inject,rate=1@pfd:3"),
	SAME("inject,rate=4294967295@pfd:3"),
	SAME("attach,rate=1000:1@pfd:3"),
	SAME("attach,rate=1:4294967295@pfd:3"),
	GOOD("inject,rate=5:5@pfd:3", "inject,rate=5@pfd:3"),
	GOOD("attach,rate=9,vlan=1,mac=" MAC ",on-loss=close,tcp=yes,allow-gid=2,allow-uid=1,"
	     "max-clients=3,latency=bulk,direction=out,vnet-hdr=20,format=vnet@sd:x",
	     "attach,format=vnet,vnet-hdr=20,direction=out,latency=bulk,max-clients=3,allow-uid=1,"
	     "allow-gid=2,tcp=yes,on-loss=close,mac=" MAC ",vlan=1,rate=9@sd:x"),

	/* the role */
	BAD("", PLK_E_ROLE_MISSING, 0),
	BAD("@", PLK_E_ROLE_MISSING, 0),
	BAD("@pfd:3", PLK_E_ROLE_MISSING, 0),
	BAD(",format=qemu@pfd:3", PLK_E_ROLE_MISSING, 0),
	BAD("pfd:3", PLK_E_ROLE_UNKNOWN, 0),
	BAD("tap@pfd:3", PLK_E_ROLE_UNKNOWN, 0),
	BAD("Capture@pfd:3", PLK_E_ROLE_UNKNOWN, 0),
	BAD("captur@pfd:3", PLK_E_ROLE_UNKNOWN, 0),
	BAD("captures@pfd:3", PLK_E_ROLE_UNKNOWN, 0),
	BAD(" capture@pfd:3", PLK_E_ROLE_UNKNOWN, 0),
	BAD("capture @pfd:3", PLK_E_ROLE_UNKNOWN, 0),
	BAD("capture\0@pfd:3", PLK_E_ROLE_UNKNOWN, 0),
	BAD("capture;x=y@pfd:3", PLK_E_ROLE_UNKNOWN, 0),
	BAD("capture:pfd:3", PLK_E_ROLE_UNKNOWN, 0),
	BAD("bridge", PLK_E_ROLE_UNKNOWN, 0),

	/* what is missing at the end */
	AT_END("capture", PLK_E_AT_MISSING),
	AT_END("attach,format=qemu", PLK_E_AT_MISSING),
	AT_END("inject,rate=1:2", PLK_E_AT_MISSING),
	AT_END("capture@", PLK_E_REMOTE_MISSING),
	AT_END("capture,format=vnet@", PLK_E_REMOTE_MISSING),
	AT_END("capture@pfd", PLK_E_REMOTE_COLON),
	AT_END("capture@pfd:", PLK_E_FD_MISSING),
	AT_END("capture,", PLK_E_KEY_MISSING),
	AT_END("capture,format=", PLK_E_VALUE_MISSING),
	AT_END("capture,format=qemu,", PLK_E_KEY_MISSING),

	/* the remote: offsets count from the front of the text */
	BAD("capture@pfd:4294967299", PLK_E_FD_RANGE, 12),
	BAD("capture@pfd:03", PLK_E_FD_SYNTAX, 12),
	BAD("capture@pfd:2", PLK_E_FD_STDIO, 12),
	BAD("capture@@pfd:3", PLK_E_REMOTE_KIND, 8),
	BAD("capture@ pfd:3", PLK_E_REMOTE_KIND, 8),
	BAD("capture@vsock:3", PLK_E_REMOTE_KIND, 8),
	BAD("capture@pfd:3@pfd:4", PLK_E_FD_SYNTAX, 12),
	BAD("capture@pfd:3,format=qemu", PLK_E_FD_SYNTAX, 12),
	BAD("capture@punix:rel", PLK_E_PATH_RELATIVE, 14),
	BAD("attach@ptcp:1:localhost", PLK_E_ADDR_SYNTAX, 14),
	BAD("inject,on-loss=keep@tcp:1.2.3.4:0", PLK_E_TCP_RANGE, 32),

	/* keys */
	BAD("capture,@pfd:3", PLK_E_KEY_MISSING, 8),
	BAD("capture,,format=qemu@pfd:3", PLK_E_KEY_MISSING, 8),
	BAD("capture,format=qemu,@pfd:3", PLK_E_KEY_MISSING, 20),
	BAD("capture,=qemu@pfd:3", PLK_E_KEY_UNKNOWN, 8),
	BAD("capture,x=1@pfd:3", PLK_E_KEY_UNKNOWN, 8),
	BAD("capture,x@pfd:3", PLK_E_KEY_UNKNOWN, 8),
	BAD("capture,Format=qemu@pfd:3", PLK_E_KEY_UNKNOWN, 8),
	BAD("capture, format=qemu@pfd:3", PLK_E_KEY_UNKNOWN, 8),
	BAD("capture,format =qemu@pfd:3", PLK_E_KEY_UNKNOWN, 8),
	BAD("capture,form=qemu@pfd:3", PLK_E_KEY_UNKNOWN, 8),
	BAD("capture,format>qemu@pfd:3", PLK_E_KEY_UNKNOWN, 8),
	BAD("capture,format:qemu@pfd:3", PLK_E_KEY_UNKNOWN, 8),
	BAD("capture,formats=qemu@pfd:3", PLK_E_KEY_UNKNOWN, 8),
	BAD("capture,vnet_hdr=12@pfd:3", PLK_E_KEY_UNKNOWN, 8),
	BAD("capture,format\0=qemu@pfd:3", PLK_E_KEY_UNKNOWN, 8),
	BAD("capture,format@pfd:3", PLK_E_KEY_VALUE, 8),
	BAD("capture,format=vnet,vnet-hdr@pfd:3", PLK_E_KEY_VALUE, 20),
	BAD("capture,format,latency=low@pfd:3", PLK_E_KEY_VALUE, 8),
	BAD("capture,format=@pfd:3", PLK_E_VALUE_MISSING, 15),
	BAD("capture,format=,latency=low@pfd:3", PLK_E_VALUE_MISSING, 15),
	BAD("capture,format=qemu,format=qemu@pfd:3", PLK_E_KEY_TWICE, 20),
	BAD("capture,format=qemu,latency=low,format=vnet@pfd:3", PLK_E_KEY_TWICE, 32),
	BAD("capture,on-loss=keep,on-loss=keep@pfd:3", PLK_E_KEY_TWICE, 21),
	BAD("inject,direction=in@pfd:3", PLK_E_KEY_ROLE, 7),
	BAD("inject,latency=low@pfd:3", PLK_E_KEY_ROLE, 7),
	BAD("capture,mac=" MAC "@pfd:3", PLK_E_KEY_ROLE, 8),
	BAD("capture,vlan=1@pfd:3", PLK_E_KEY_ROLE, 8),
	BAD("capture,rate=1@pfd:3", PLK_E_KEY_ROLE, 8),
	BAD("capture,rate=@pfd:3", PLK_E_KEY_ROLE, 8),
	BAD("capture,vnet-hdr=12@pfd:3", PLK_E_KEY_FORMAT, 8),
	BAD("capture,latency=low,vnet-hdr=12,format=qemu@pfd:3", PLK_E_KEY_FORMAT, 20),
	BAD("capture,format=pcapng,vnet-hdr=12@pfd:3", PLK_E_KEY_FORMAT, 22),
	BAD("capture,snaplen=64@pfd:3", PLK_E_KEY_FORMAT, 8),
	BAD("attach,snaplen=64@pfd:3", PLK_E_KEY_FORMAT, 7),
	BAD("capture,format=vnet,snaplen=64@pfd:3", PLK_E_KEY_FORMAT, 20),
	BAD("capture,max-clients=1@unix:/a", PLK_E_KEY_REMOTE, 8),
	BAD("capture,max-clients=1@tcp:1.2.3.4:5", PLK_E_KEY_REMOTE, 8),
	BAD("capture,allow-uid=1@ptcp:1", PLK_E_KEY_REMOTE, 8),
	BAD("capture,allow-uid=1@tcp:1.2.3.4:5", PLK_E_KEY_REMOTE, 8),
	BAD("capture,allow-gid=1@ptcp:1", PLK_E_KEY_REMOTE, 8),
	BAD("capture,latency=low,allow-gid=1@tcp:[::1]:5", PLK_E_KEY_REMOTE, 20),
	BAD("capture,tcp=yes@punix:/a", PLK_E_KEY_REMOTE, 8),
	BAD("capture,tcp=yes@unix:/a", PLK_E_KEY_REMOTE, 8),
	BAD("capture,tcp=yes@ptcp:1", PLK_E_KEY_REMOTE, 8),
	BAD("capture,tcp=yes@tcp:1.2.3.4:5", PLK_E_KEY_REMOTE, 8),

	/* values */
	BAD("capture,format=raw@pfd:3", PLK_E_VALUE_UNKNOWN, 15),
	BAD("capture,format=QEMU@pfd:3", PLK_E_VALUE_UNKNOWN, 15),
	BAD("capture,format=qemu @pfd:3", PLK_E_VALUE_UNKNOWN, 15),
	BAD("capture,format==qemu@pfd:3", PLK_E_VALUE_UNKNOWN, 15),
	BAD("capture,format=qemu\0@pfd:3", PLK_E_VALUE_UNKNOWN, 15),
	BAD("inject,format=pcapng@pfd:3", PLK_E_VALUE_ROLE, 14),
	BAD("attach,format=pcapng@pfd:3", PLK_E_VALUE_ROLE, 14),
	BAD("attach,format=pcapng,snaplen=64@pfd:3", PLK_E_VALUE_ROLE, 14),
	BAD("capture,format=vnet,vnet-hdr=11@pfd:3", PLK_E_VALUE_UNKNOWN, 29),
	BAD("capture,format=vnet,vnet-hdr=012@pfd:3", PLK_E_VALUE_UNKNOWN, 29),
	BAD("capture,format=vnet,vnet-hdr=0@pfd:3", PLK_E_VALUE_UNKNOWN, 29),
	BAD("capture,direction=none@pfd:3", PLK_E_VALUE_UNKNOWN, 18),
	BAD("capture,direction=In@pfd:3", PLK_E_VALUE_UNKNOWN, 18),
	BAD("capture,direction=in+out@pfd:3", PLK_E_VALUE_UNKNOWN, 18),
	BAD("capture,latency=none@pfd:3", PLK_E_VALUE_UNKNOWN, 16),
	BAD("capture,latency=1@pfd:3", PLK_E_VALUE_UNKNOWN, 16),
	BAD("capture,format=pcapng,snaplen=63@pfd:3", PLK_E_NUM_RANGE, 30),
	BAD("capture,format=pcapng,snaplen=0@pfd:3", PLK_E_NUM_RANGE, 30),
	BAD("capture,format=pcapng,snaplen=262145@pfd:3", PLK_E_NUM_RANGE, 30),
	BAD("capture,format=pcapng,snaplen=064@pfd:3", PLK_E_NUM_SYNTAX, 30),
	BAD("capture,format=pcapng,snaplen=64k@pfd:3", PLK_E_NUM_SYNTAX, 30),
	BAD("capture,max-clients=0@pfd:3", PLK_E_NUM_RANGE, 20),
	BAD("capture,max-clients=1025@pfd:3", PLK_E_NUM_RANGE, 20),
	BAD("capture,max-clients=+1@pfd:3", PLK_E_NUM_SYNTAX, 20),
	BAD("capture,max-clients=1 @pfd:3", PLK_E_NUM_SYNTAX, 20),
	BAD("capture,allow-uid=root@pfd:3", PLK_E_NUM_SYNTAX, 18),
	BAD("capture,allow-uid=-1@pfd:3", PLK_E_NUM_SYNTAX, 18),
	BAD("capture,allow-uid=4294967295@pfd:3", PLK_E_NUM_RANGE, 18),
	BAD("capture,allow-uid=4294967296@pfd:3", PLK_E_NUM_RANGE, 18),
	BAD("capture,allow-uid=+@pfd:3", PLK_E_NUM_MISSING, 18),
	BAD("capture,allow-uid=+1@pfd:3", PLK_E_NUM_MISSING, 18),
	BAD("capture,allow-uid=1+@pfd:3", PLK_E_NUM_MISSING, 20),
	BAD("capture,allow-uid=1++2@pfd:3", PLK_E_NUM_MISSING, 20),
	BAD("capture,allow-uid=1+02@pfd:3", PLK_E_NUM_SYNTAX, 20),
	BAD("capture,allow-uid=1:2@pfd:3", PLK_E_NUM_SYNTAX, 18),
	BAD("capture,allow-uid=1+4294967295@pfd:3", PLK_E_NUM_RANGE, 20),
	BAD("capture,allow-uid=" ID32 "+9@pfd:3", PLK_E_VALUE_COUNT, 82),
	BAD("capture,allow-gid=" ID32 "+x@pfd:3", PLK_E_VALUE_COUNT, 82),
	BAD("capture,allow-gid=wheel@pfd:3", PLK_E_NUM_SYNTAX, 18),
	BAD("capture,allow-gid=0+4294967295@pfd:3", PLK_E_NUM_RANGE, 20),
	BAD("capture,tcp=no@pfd:3", PLK_E_VALUE_UNKNOWN, 12),
	BAD("capture,tcp=YES@pfd:3", PLK_E_VALUE_UNKNOWN, 12),
	BAD("capture,tcp=1@pfd:3", PLK_E_VALUE_UNKNOWN, 12),
	BAD("capture,on-loss=retry@pfd:3", PLK_E_VALUE_UNKNOWN, 16),
	BAD("inject,mac=@pfd:3", PLK_E_VALUE_MISSING, 11),
	BAD("inject,mac=02:00:00:00:00@pfd:3", PLK_E_VALUE_MAC, 11),
	BAD("inject,mac=02:00:00:00:00:1@pfd:3", PLK_E_VALUE_MAC, 11),
	BAD("inject,mac=02:00:00:00:00:001@pfd:3", PLK_E_VALUE_MAC, 11),
	BAD("inject,mac=02-00-00-00-00-01@pfd:3", PLK_E_VALUE_MAC, 11),
	BAD("inject,mac=02-00:00:00:00:01@pfd:3", PLK_E_VALUE_MAC, 11),
	BAD("inject,mac=020000000001@pfd:3", PLK_E_VALUE_MAC, 11),
	BAD("inject,mac=0g:00:00:00:00:01@pfd:3", PLK_E_VALUE_MAC, 11),
	BAD("inject,mac=00:00:00:00:00:0g@pfd:3", PLK_E_VALUE_MAC, 11),
	BAD("inject,mac=02:00:00:00:00.01@pfd:3", PLK_E_VALUE_MAC, 11),
	BAD("inject,mac= 2:00:00:00:00:01@pfd:3", PLK_E_VALUE_MAC, 11),
	BAD("inject,mac=" MAC ":@pfd:3", PLK_E_VALUE_MAC, 11),
	BAD("inject,mac=" MAC "+@pfd:3", PLK_E_VALUE_MAC, 29),
	BAD("inject,mac=" MAC "++" MAC "@pfd:3", PLK_E_VALUE_MAC, 29),
	BAD("inject,mac=" MAC "+x@pfd:3", PLK_E_VALUE_MAC, 29),
	BAD("inject,mac=" MAC32 "+" MAC "@pfd:3", PLK_E_VALUE_COUNT, 587),
	BAD("inject,vlan=4095@pfd:3", PLK_E_NUM_RANGE, 12),
	BAD("inject,vlan=01@pfd:3", PLK_E_NUM_SYNTAX, 12),
	BAD("inject,vlan=1-5@pfd:3", PLK_E_NUM_SYNTAX, 12),
	BAD("inject,vlan=1+@pfd:3", PLK_E_NUM_MISSING, 14),
	BAD("inject,vlan=+1@pfd:3", PLK_E_NUM_MISSING, 12),
	BAD("inject,vlan=1+4095@pfd:3", PLK_E_NUM_RANGE, 14),
	BAD("inject,vlan=none@pfd:3", PLK_E_NUM_SYNTAX, 12),
	BAD("inject,rate=0@pfd:3", PLK_E_NUM_RANGE, 12),
	BAD("inject,rate=4294967296@pfd:3", PLK_E_NUM_RANGE, 12),
	BAD("inject,rate=:1@pfd:3", PLK_E_NUM_MISSING, 12),
	BAD("inject,rate=1:@pfd:3", PLK_E_NUM_MISSING, 14),
	BAD("inject,rate=1:0@pfd:3", PLK_E_NUM_RANGE, 14),
	BAD("inject,rate=1:4294967296@pfd:3", PLK_E_NUM_RANGE, 14),
	BAD("inject,rate=1:2:3@pfd:3", PLK_E_NUM_SYNTAX, 14),
	BAD("inject,rate=1k@pfd:3", PLK_E_NUM_SYNTAX, 12),
	BAD("inject,rate=01@pfd:3", PLK_E_NUM_SYNTAX, 12),
	BAD("inject,rate=1/s@pfd:3", PLK_E_NUM_SYNTAX, 12),
};
/* clang-format on */

/* The canonical text of a row is read again and is the same port, and it is printed in exactly as
 * much room as it needs. */
static void
canonical_check(struct rows *r, const struct plk_port *port, const char *canonical)
{
	static uint8_t text[PLK_PORT_TEXT_MAX];
	size_t want_n = strlen(canonical);
	struct plk_port again;
	size_t n = MARK_SIZE;
	size_t at = MARK_SIZE;

	for (size_t room = 0; room < want_n; room++) {
		row_true(r, "no room",
			 plk_port_encode(port, (struct plk_mspan){room > 0 ? text : NULL, room},
					 &n) == PLK_E_ROOM);
		row_number(r, "n is untouched", n, MARK_SIZE);
	}
	mark(text, sizeof text);
	row_true(r, "encode",
		 plk_port_encode(port, (struct plk_mspan){text, want_n}, &n) == PLK_OK);
	row_text(r, "canonical", (struct plk_span){text, n}, canonical);
	row_true(r, "nothing beyond", untouched(text + want_n, sizeof text - want_n));
	memset(&again, 0x5a, sizeof again);
	row_true(r, "read back",
		 plk_port_parse((struct plk_span){text, want_n}, &again, &at) == PLK_OK);
	row_true(r, "the same port", memcmp(&again, port, sizeof again) == 0);
}

static void
test_rows(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "port");
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct plk_span in = exact_new(row->text, row->n);
		const char *remote = memchr(row->text, '@', row->n);
		struct plk_port port;
		size_t at = MARK_SIZE;
		enum plk_err err;

		row_begin(&r, row->text, row->n);
		mark(&port, sizeof port);
		err = plk_port_parse(in, &port, &at);
		row_number(&r, "where the remote begins", plk_port_remote_at(in),
			   remote ? (size_t)(remote + 1 - row->text) : row->n);
		exact_free(in);
		row_err(&r, err, row->err);
		row_number(&r, "offset", at, row->err == PLK_OK ? MARK_SIZE : row->at);
		if (row->err != PLK_OK)
			row_true(&r, "port untouched", untouched(&port, sizeof port));
		else if (err == PLK_OK)
			canonical_check(&r, &port, row->canonical);
	}
	rows_end_strict(&r);
}

/* clang-format off */
#define PFD3 {.kind = PLK_REMOTE_PFD, .fd = 3}
/* clang-format on */

struct field_row {
	const char *text;
	size_t n;
	struct plk_port want;
};

/* clang-format off */
static const struct field_row field_rows[] = {
	{T("capture@pfd:3"), {.role = PLK_ROLE_CAPTURE, .remote = PFD3,
	 .direction = PLK_DIRECTION_BOTH, .latency = PLK_LATENCY_BULK}},
	{T("inject@pfd:3"), {.role = PLK_ROLE_INJECT, .remote = PFD3}},
	{T("attach@pfd:3"), {.role = PLK_ROLE_ATTACH, .remote = PFD3,
	 .direction = PLK_DIRECTION_IN, .latency = PLK_LATENCY_LOW}},
	{T("inject,format=vnet@pfd:3"), {.role = PLK_ROLE_INJECT, .remote = PFD3,
	 .format = PLK_FORMAT_VNET, .vnet_hdr = 12}},
	{T("capture,format=pcapng,snaplen=96,direction=out,latency=low,max-clients=5,allow-uid=7+8,"
	   "allow-gid=9,tcp=yes,on-loss=close@pfd:3"),
	 {.role = PLK_ROLE_CAPTURE, .remote = PFD3, .format = PLK_FORMAT_PCAPNG,
	  .direction = PLK_DIRECTION_OUT, .latency = PLK_LATENCY_LOW, .snaplen = 96,
	  .max_clients = 5, .n_uids = 2, .uids = {7, 8}, .n_gids = 1, .gids = {9},
	  .tcp = true, .close_on_loss = true}},
	{T("inject,mac=02:00:00:00:00:01+0a:0b:0c:0d:0e:0f,vlan=0+9+4094,rate=1000:50@pfd:3"),
	 {.role = PLK_ROLE_INJECT, .remote = PFD3, .n_macs = 2, .macs = {{2, 0, 0, 0, 0, 1}, {10,
	 11, 12, 13, 14, 15}}, .has_vlans = true, .vlans = {1, 2, [511] = 0x40}, .rate_fps = 1000,
	 .burst = 50}},
	{T("inject,rate=77@pfd:3"), {.role = PLK_ROLE_INJECT, .remote = PFD3, .rate_fps = 77,
	 .burst = 77}},
};
/* clang-format on */

/* Unused fields are zero: equal ports are equal bytes. */
static void
test_fields(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "fields of ports");
	for (size_t i = 0; i < COUNT(field_rows); i++) {
		struct plk_span in = exact_new(field_rows[i].text, field_rows[i].n);
		struct plk_port port;
		size_t at = MARK_SIZE;

		row_begin(&r, field_rows[i].text, field_rows[i].n);
		mark(&port, sizeof port);
		row_err(&r, plk_port_parse(in, &port, &at), PLK_OK);
		row_true(&r, "port", memcmp(&port, &field_rows[i].want, sizeof port) == 0);
		exact_free(in);
	}
	rows_end(&r);
}

/* The table of port.h: a key, and for which roles, formats and kinds of remote it is. */
struct fit_row {
	const char *key;
	const char *roles;   /* capture, inject, attach: 'y' or '-' */
	const char *formats; /* qemu, vnet, pcapng */
	const char *remotes; /* pfd, sd, punix, ptcp, unix, tcp */
};

/* clang-format off */
static const struct fit_row fit_rows[] = {
	{"vnet-hdr=12", "yyy", "-y-", "yyyyyy"},
	{"direction=in", "y-y", "yyy", "yyyyyy"},
	{"latency=low", "y-y", "yyy", "yyyyyy"},
	{"snaplen=64", "yyy", "--y", "yyyyyy"}, /* pcapng is for capture alone */
	{"max-clients=1", "yyy", "yyy", "yyyy--"},
	{"allow-uid=1", "yyy", "yyy", "yyy-y-"},
	{"allow-gid=1", "yyy", "yyy", "yyy-y-"},
	{"tcp=yes", "yyy", "yyy", "yy----"},
	{"on-loss=close", "yyy", "yyy", "yyyyyy"},
	{"mac=" MAC, "-yy", "yyy", "yyyyyy"},
	{"vlan=1", "-yy", "yyy", "yyyyyy"},
	{"rate=1", "-yy", "yyy", "yyyyyy"},
};
/* clang-format on */

static void
fit_check(struct rows *r, const struct fit_row *row, size_t role, size_t format, size_t remote)
{
	static const char *const roles[] = {"capture", "inject", "attach"};
	static const char *const formats[] = {"qemu", "vnet", "pcapng"};
	static const char *const remotes[] = {"pfd:3",  "sd:a",    "punix:/a",
					      "ptcp:1", "unix:/a", "tcp:1.2.3.4:5"};
	enum plk_err want = format == PLK_FORMAT_PCAPNG && role != PLK_ROLE_CAPTURE
				    ? PLK_E_VALUE_ROLE
			    : row->roles[role] != 'y'     ? PLK_E_KEY_ROLE
			    : row->formats[format] != 'y' ? PLK_E_KEY_FORMAT
			    : row->remotes[remote] != 'y' ? PLK_E_KEY_REMOTE
							  : PLK_OK;
	struct plk_port port;
	size_t at = MARK_SIZE;
	size_t key_at;
	char text[128];
	int n = snprintf(text, sizeof text, "%s,format=%s,%s@%s", roles[role], formats[format],
			 row->key, remotes[remote]);

	row_begin(r, text, (size_t)n);
	row_err(r, plk_port_parse((struct plk_span){(uint8_t *)text, (size_t)n}, &port, &at), want);
	key_at = (size_t)n - strlen(remotes[remote]) - 1 - strlen(row->key);
	if (want == PLK_E_VALUE_ROLE)
		row_number(r, "offset", at, strlen(roles[role]) + 8);
	else if (want != PLK_OK)
		row_number(r, "offset", at, key_at);
}

static void
test_fit(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "keys that fit");
	for (size_t i = 0; i < COUNT(fit_rows); i++) {
		for (size_t k = 0; k < 3 * 3 * 6; k++)
			fit_check(&r, &fit_rows[i], k / 18, k / 6 % 3, k % 6);
	}
	rows_end(&r);
}

/* Enumerators that are none, and combinations that no parser makes, are refused and write
 * nothing. */
/* clang-format off */
static const struct plk_port insane[] = {
	{.role = PLK_ROLES, .remote = PFD3},
	{.role = PLK_ROLES, .remote = PFD3, .direction = PLK_DIRECTION_IN, .latency = PLK_LATENCY_LOW},
	{.role = PLK_ROLE_INJECT, .remote = PFD3, .format = PLK_FORMATS},
	{.role = PLK_ROLE_CAPTURE, .remote = PFD3, .direction = PLK_DIRECTIONS,
	 .latency = PLK_LATENCY_LOW},
	{.role = PLK_ROLE_CAPTURE, .remote = PFD3, .direction = PLK_DIRECTION_IN,
	 .latency = PLK_LATENCIES},
	{.role = PLK_ROLE_CAPTURE, .remote = PFD3, .latency = PLK_LATENCY_LOW},
	{.role = PLK_ROLE_CAPTURE, .remote = PFD3, .direction = PLK_DIRECTION_IN},
	{.role = PLK_ROLE_ATTACH, .remote = PFD3, .direction = PLK_DIRECTION_IN},
	{.role = PLK_ROLE_ATTACH, .remote = PFD3, .latency = PLK_LATENCY_BULK},
	{.role = PLK_ROLE_INJECT, .remote = PFD3, .direction = PLK_DIRECTION_BOTH},
	{.role = PLK_ROLE_INJECT, .remote = PFD3, .latency = PLK_LATENCY_BULK},
	{.role = PLK_ROLE_INJECT, .remote = PFD3, .n_uids = PLK_LIST_MAX + 1},
	{.role = PLK_ROLE_INJECT, .remote = PFD3, .n_gids = PLK_LIST_MAX + 1},
	{.role = PLK_ROLE_INJECT, .remote = PFD3, .n_macs = PLK_LIST_MAX + 1},
	{.role = PLK_ROLE_INJECT, .remote = {.kind = PLK_REMOTE_KINDS}},
};
/* clang-format on */

static void
test_insane(void **state)
{
	static uint8_t text[PLK_PORT_TEXT_MAX];
	struct rows r;

	(void)state;
	rows_begin(&r, "ports that are none");
	for (size_t i = 0; i < COUNT(insane); i++) {
		size_t n = MARK_SIZE;

		row_begin_text(&r, "%zu", i);
		row_err(&r, plk_port_encode(&insane[i], (struct plk_mspan){text, sizeof text}, &n),
			PLK_E_MALFORMED);
		row_number(&r, "n", n, MARK_SIZE);
	}
	rows_end_strict(&r);
}

/* The longest printed port fits, and what PLK_PORT_TEXT_MAX promises is not far off. */
static void
test_longest(void **state)
{
	static uint8_t text[PLK_PORT_TEXT_MAX];
	static struct plk_port again;
	struct plk_port port = {
		.role = PLK_ROLE_ATTACH,
		.remote = {.kind = PLK_REMOTE_SD},
		.format = PLK_FORMAT_VNET,
		.vnet_hdr = 20,
		.direction = PLK_DIRECTION_BOTH,
		.latency = PLK_LATENCY_BULK,
		.max_clients = 1024,
		.n_uids = PLK_LIST_MAX,
		.n_gids = PLK_LIST_MAX,
		.tcp = true,
		.close_on_loss = true,
		.n_macs = PLK_LIST_MAX,
		.has_vlans = true,
		.rate_fps = UINT32_MAX,
		.burst = UINT32_MAX - 1,
	};
	size_t n = 0;
	size_t at;

	(void)state;
	memset(port.remote.name, 'x', PLK_NAME_MAX);
	memset(port.vlans, 0xff, sizeof port.vlans);
	port.vlans[511] = 0x7f;
	for (size_t i = 0; i < PLK_LIST_MAX; i++) {
		port.uids[i] = 4294967294U;
		port.gids[i] = 4294967294U;
		memset(port.macs[i], 0xff, PLK_ETH_ADDR);
	}
	assert_int_equal(plk_port_encode(&port, (struct plk_mspan){text, sizeof text}, &n), PLK_OK);
	assert_in_range(n, PLK_PORT_TEXT_MAX - 2048, PLK_PORT_TEXT_MAX);
	assert_int_equal(plk_port_parse((struct plk_span){text, n}, &again, &at), PLK_OK);
	assert_memory_equal(&again, &port, sizeof port);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),    cmocka_unit_test(test_fields),
		cmocka_unit_test(test_fit),     cmocka_unit_test(test_insane),
		cmocka_unit_test(test_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
