/* SPDX-License-Identifier: BSD-2-Clause */
#include "lab.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "fatal.h"
#include "rows.h"

#define TYPE_AT 12
#define NUMBER_AT 14
#define TEXT 300
#define LINE 2000
#define COUNTERS " counters"

struct lab lab;

struct door doors[] = {
	{"capture-vnet10", 10, DOOR_TO_US, -1},
	{"capture-vnet12", 12, DOOR_TO_US, -1},
	{"capture-vnet20", 20, DOOR_TO_US, -1},
	{"capture-low", 12, DOOR_TO_US, -1},
	{"capture-qemu", 0, DOOR_TO_US, -1},
	{"capture-low-qemu", 0, DOOR_TO_US, -1},
	{"inject-vnet10", 10, DOOR_FROM_US, -1},
	{"inject-vnet12", 12, DOOR_FROM_US, -1},
	{"inject-qemu", 0, DOOR_FROM_US, -1},
	{"attach-vnet12", 12, DOOR_TO_US | DOOR_FROM_US, -1},
	{"attach-qemu", 0, DOOR_TO_US | DOOR_FROM_US, -1},
};

_Static_assert(sizeof doors / sizeof *doors == DOORS, "all of them");

struct door *
lab_door(const char *name)
{
	for (size_t i = 0; i < DOORS; i++) {
		if (strcmp(doors[i].name, name) == 0)
			return &doors[i];
	}
	fail("no such door");
}

/* ---- fences ---- */

static struct frame
fence_make(uint8_t from, uint8_t to)
{
	const struct kind kind = {.to = to, .from = from, .type = TYPE_FENCE, .payload = 46};
	struct frame frame = frame_make(&kind, OFFLOAD_NONE);
	uint32_t net = htonl(++lab.fence);

	memcpy(frame.p + NUMBER_AT, &net, sizeof net);
	return frame;
}

void
lab_fence_from_vm(void)
{
	struct frame fence = fence_make(MAC_VM, MAC_BROADCAST);

	virtio_send(&lab.vm, &fence, 1);
	free(fence.p);
}

void
lab_fence_from(const struct door *door)
{
	struct list fence = {0};

	list_take(&fence, fence_make(MAC_CLIENT, MAC_VM));
	door_send(door, &fence);
	list_free(&fence);
}

/* The number of a fence; 0 if it is none. */
static uint32_t
fence_number(const struct frame *frame)
{
	uint32_t net;

	if (frame->n < NUMBER_AT + sizeof net || frame->p[TYPE_AT] != TYPE_FENCE >> 8 ||
	    frame->p[TYPE_AT + 1] != (TYPE_FENCE & 0xff))
		return 0;
	memcpy(&net, frame->p + NUMBER_AT, sizeof net);
	return ntohl(net);
}

/* Keeps a frame, unless it is a fence. Whether it is the latest one. */
static bool
keep(struct list *got, struct frame frame)
{
	uint32_t number = fence_number(&frame);

	if (number == 0)
		list_take(got, frame);
	else
		free(frame.p);
	return number == lab.fence;
}

bool
lab_collect(const struct door *door, struct list *got)
{
	struct frame frame;

	while (door_receive(door, &frame, SOON_MS)) {
		if (keep(got, frame))
			return true;
	}
	return false;
}

bool
lab_collect_vm(struct list *got)
{
	struct frame frame;

	while (virtio_receive(&lab.vm, &frame, SOON_MS)) {
		if (keep(got, frame))
			return true;
	}
	return false;
}

/* ---- what is said ---- */

void
lab_compare(const char *section, const char *name, const char *door, bool complete,
	    const struct list *got, const struct list *expected)
{
	char what[TEXT];

	list_compare(got, expected, what, sizeof what);
	if (!complete)
		strncat(what, "; and the fence is missing", sizeof what - strlen(what) - 1);
	printf("row %s %s %s: %s\n", section, name, door, what);
}

/* The counters as the log then has them. */
static void
counters_ask(char *line, int n)
{
	(void)fseek(lab.log, 0, SEEK_END);
	if (kill(lab.daemon, SIGUSR1) < 0)
		die("cannot ask for the counters");
	for (int i = 0; i < SOON_MS / RETRY_MS; i++) {
		(void)poll(NULL, 0, RETRY_MS);
		clearerr(lab.log);
		while (fgets(line, n, lab.log)) {
			if (strstr(line, COUNTERS))
				return;
		}
	}
	fail("no counters in the log");
}

/* What was done last is counted a moment later: so until they say the same twice. */
const char *
lab_counters(const char *when)
{
	static char line[LINE];
	char before[LINE];

	counters_ask(line, sizeof line);
	do {
		memcpy(before, line, sizeof before);
		counters_ask(line, sizeof line);
	} while (strcmp(before, line) != 0);
	printf("counters %s%s", when, strstr(line, COUNTERS) + strlen(COUNTERS));
	return line;
}

unsigned long
lab_counter(const char *line, const char *name)
{
	const char *found = strstr(line, name);

	return found ? strtoul(found + strlen(name), NULL, 10) : 0;
}
