/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/slots.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <stdbool.h>
#include <sys/mman.h>

#include "wire/rxslot.h"

/* Our mark in a status word. The kernel looks for TP_STATUS_KERNEL, which is 0, alone. */
#define SLOT_READ (1U << 30)

static uint8_t *
slot_at(const struct plk_slots *slots, size_t i)
{
	return slots->map + i * slots->slot_bytes;
}

static uint32_t *
status_at(const struct plk_slots *slots, size_t i)
{
	return (uint32_t *)(void *)slot_at(slots, i); /* a slot begins with it, and is aligned */
}

/* The kernel's stores to the slot come before its store to the status. */
static uint32_t
status_of(const struct plk_slots *slots, size_t i)
{
	return __atomic_load_n(status_at(slots, i), __ATOMIC_ACQUIRE);
}

static bool
is_ours(const struct plk_slots *slots, size_t i)
{
	return status_of(slots, i) & TP_STATUS_USER;
}

/* The oldest of all slots, which are all ours. */
static size_t
oldest(const struct plk_slots *slots)
{
	size_t at = 0;

	for (size_t i = 1; i < slots->n_slots; i++) {
		if (plk_rxslot_time(slot_at(slots, i)) < plk_rxslot_time(slot_at(slots, at)))
			at = i;
	}
	return at;
}

/* The first one that is ours behind one that is not; where it is now if there is none. The kernel goes on meanwhile, but at the other
 * end. */
void
plk_slots_find(struct plk_slots *slots)
{
	const size_t n = slots->n_slots;
	bool before = is_ours(slots, n - 1);
	size_t n_ours = 0;

	for (size_t i = 0; i < n; i++) {
		const bool ours = is_ours(slots, i);

		if (ours && !before) {
			slots->next = i;
			return;
		}
		n_ours += ours;
		before = ours;
	}
	if (n_ours == n)
		slots->next = oldest(slots);
}

/* Where the kernel goes on if nothing is ours: behind the newest, since a slot that was given back still has its time. */
static size_t
behind_newest(const struct plk_slots *slots)
{
	uint64_t newest = 0;
	size_t at = 0;

	for (size_t i = 0; i < slots->n_slots; i++) {
		const uint64_t time = plk_rxslot_time(slot_at(slots, i));

		if (time == 0 || time < newest)
			continue;
		newest = time;
		at = i + 1 < slots->n_slots ? i + 1 : 0;
	}
	return at;
}

int
plk_slots_open(struct plk_slots *slots, int fd, size_t slot_bytes, size_t n_slots)
{
	void *map = mmap(NULL, slot_bytes * n_slots, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		return -errno;
	*slots = (struct plk_slots){.map = map, .slot_bytes = slot_bytes, .n_slots = n_slots};
	plk_slots_find(slots);
	if (plk_slots_peek(slots).n == 0)
		slots->next = behind_newest(slots);
	return 0;
}

uint32_t
plk_slots_skip(struct plk_slots *slots)
{
	const uint32_t both = TP_STATUS_USER | SLOT_READ;
	uint32_t n = 0;

	while (n < slots->n_slots && (status_of(slots, slots->next) & both) == both) {
		plk_slots_give(slots);
		n++;
	}
	return n;
}

struct plk_mspan
plk_slots_peek(const struct plk_slots *slots)
{
	if (slots->n_slots == 0 || !is_ours(slots, slots->next))
		return (struct plk_mspan){NULL, 0};
	return (struct plk_mspan){slot_at(slots, slots->next), slots->slot_bytes};
}

void
plk_slots_mark(struct plk_slots *slots)
{
	uint32_t *status = status_at(slots, slots->next);

	__atomic_store_n(status, *status | SLOT_READ, __ATOMIC_RELAXED);
}

void
plk_slots_give(struct plk_slots *slots)
{
	__atomic_store_n(status_at(slots, slots->next), TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	slots->next = slots->next + 1 < slots->n_slots ? slots->next + 1 : 0;
}
