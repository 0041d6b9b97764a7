/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/rules.h"

#include <stdbool.h>

struct rule {
	enum plk_channel channel;
	enum plk_msg_type type;
	uint8_t stages; /* bits of enum plk_stage */
	uint8_t min_fds;
	uint8_t max_fds;
	bool once;
};

#define START (1U << PLK_STAGE_START)
#define IFACE (1U << PLK_STAGE_IFACE)
#define SETUP (1U << PLK_STAGE_SETUP)
#define RUN (1U << PLK_STAGE_RUN)
#define STOP (1U << PLK_STAGE_STOP)
#define OPEN (1U << PLK_STAGE_OPEN)
#define LAST (RUN | STOP)
#define SEALED (RUN | OPEN)
#define ANY (START | IFACE | SETUP | RUN)
#define ONCE true
#define AGAIN false

/* clang-format off */
static const struct rule rules_table[] = {
	/* channel                       type                  stages       fds   */
	{PLK_CHANNEL_SUPERVISOR_BROKER, PLK_MSG_CHANNEL,       ANY | OPEN,  1, 1, AGAIN},
	{PLK_CHANNEL_SUPERVISOR_BROKER, PLK_MSG_TAP,           START,       1, 1, AGAIN},
	{PLK_CHANNEL_SUPERVISOR_FRONT,  PLK_MSG_CHANNEL,       ANY,         1, 1, AGAIN},
	{PLK_CHANNEL_SUPERVISOR_FRONT,  PLK_MSG_WORKER_DIED,   ANY,         0, 0, AGAIN},
	{PLK_CHANNEL_SUPERVISOR_FRONT,  PLK_MSG_STOP,          ANY,         0, 0, ONCE},
	{PLK_CHANNEL_SUPERVISOR_FRONT,  PLK_MSG_RELOAD,        RUN,         0, 0, AGAIN},
	{PLK_CHANNEL_SUPERVISOR_FRONT,  PLK_MSG_DUMP,          ANY,         0, 0, AGAIN},
	{PLK_CHANNEL_SUPERVISOR_FRONT,  PLK_MSG_CONFINED,      ANY,         0, 0, ONCE},
	{PLK_CHANNEL_SUPERVISOR_WORKER, PLK_MSG_CHANNEL,       START,       1, 1, AGAIN},

	{PLK_CHANNEL_FRONT_SUPERVISOR,  PLK_MSG_WORKER_WANTED, START | STOP, 0, 0, ONCE},
	{PLK_CHANNEL_FRONT_SUPERVISOR,  PLK_MSG_WORKER_STUCK,  LAST,        0, 0, AGAIN},
	{PLK_CHANNEL_FRONT_SUPERVISOR,  PLK_MSG_READY,         START | STOP, 0, 0, ONCE},
	{PLK_CHANNEL_FRONT_SUPERVISOR,  PLK_MSG_UNSTORE,       START | STOP, 0, 0, AGAIN},
	{PLK_CHANNEL_FRONT_SUPERVISOR,  PLK_MSG_REASON,        START | STOP, 0, 0, ONCE},
	{PLK_CHANNEL_FRONT_SUPERVISOR,  PLK_MSG_STATUS,        LAST,        0, 0, AGAIN},
	{PLK_CHANNEL_FRONT_SUPERVISOR,  PLK_MSG_ALIVE,         LAST,        0, 0, AGAIN},
	{PLK_CHANNEL_FRONT_SUPERVISOR,  PLK_MSG_RELOADED,      LAST,        0, 0, AGAIN},
	{PLK_CHANNEL_FRONT_SUPERVISOR,  PLK_MSG_EXIT,          LAST,        0, 0, ONCE},
	{PLK_CHANNEL_FRONT_SUPERVISOR,  PLK_MSG_STORE,         STOP,        1, 1, AGAIN},
	{PLK_CHANNEL_FRONT_SUPERVISOR,  PLK_MSG_STOPPED,       STOP,        0, 0, ONCE},

	{PLK_CHANNEL_FRONT_BROKER,      PLK_MSG_ALLOW_DIRECTORY, START,     0, 0, AGAIN},
	{PLK_CHANNEL_FRONT_BROKER,      PLK_MSG_ALLOW_TCP,     START,       0, 0, AGAIN},
	{PLK_CHANNEL_FRONT_BROKER,      PLK_MSG_RUNTIME,       START,       0, 0, ONCE},
	{PLK_CHANNEL_FRONT_BROKER,      PLK_MSG_CONFINE,       START,       0, 0, ONCE},
	{PLK_CHANNEL_FRONT_BROKER,      PLK_MSG_IFACE_NAME,    IFACE,       0, 0, ONCE},
	{PLK_CHANNEL_FRONT_BROKER,      PLK_MSG_IFACE_TAP,     IFACE,       0, 0, ONCE},
	{PLK_CHANNEL_FRONT_BROKER,      PLK_MSG_LISTEN_UNIX,   SETUP | OPEN, 0, 0, AGAIN},
	{PLK_CHANNEL_FRONT_BROKER,      PLK_MSG_LISTEN_TCP,    SETUP | OPEN, 0, 0, AGAIN},
	{PLK_CHANNEL_FRONT_BROKER,      PLK_MSG_LISTEN_CONTROL, SETUP,      0, 0, ONCE},
	{PLK_CHANNEL_FRONT_BROKER,      PLK_MSG_TARGET_UNIX,   SETUP | OPEN, 0, 0, AGAIN},
	{PLK_CHANNEL_FRONT_BROKER,      PLK_MSG_TARGET_TCP,    SETUP | OPEN, 0, 0, AGAIN},
	{PLK_CHANNEL_FRONT_BROKER,      PLK_MSG_FILTER,        SETUP,       0, 0, AGAIN},
	{PLK_CHANNEL_FRONT_BROKER,      PLK_MSG_OPEN,          SETUP,       0, 0, AGAIN},
	{PLK_CHANNEL_FRONT_BROKER,      PLK_MSG_CONNECT,       SETUP | SEALED, 0, 0, AGAIN},
	{PLK_CHANNEL_FRONT_BROKER,      PLK_MSG_BIND,          SETUP | SEALED, 0, 0, AGAIN},
	{PLK_CHANNEL_FRONT_BROKER,      PLK_MSG_SILENCE,       SEALED,      0, 0, AGAIN},
	{PLK_CHANNEL_FRONT_BROKER,      PLK_MSG_FORGET,        OPEN,        0, 0, AGAIN},
	{PLK_CHANNEL_FRONT_BROKER,      PLK_MSG_PROMISC,       SETUP | SEALED, 0, 0, AGAIN},
	{PLK_CHANNEL_FRONT_BROKER,      PLK_MSG_HANDOUT,       SETUP | SEALED, 0, 0, AGAIN},
	{PLK_CHANNEL_FRONT_BROKER,      PLK_MSG_SEAL,          SETUP,       0, 0, ONCE},
	{PLK_CHANNEL_FRONT_BROKER,      PLK_MSG_COUNT,         SETUP | SEALED, 0, 0, AGAIN},

	{PLK_CHANNEL_FRONT_WORKER,      PLK_MSG_CONFIG,        START,       1, 1, ONCE},
	{PLK_CHANNEL_FRONT_WORKER,      PLK_MSG_VLANS,         SETUP | RUN, 0, 0, AGAIN},
	{PLK_CHANNEL_FRONT_WORKER,      PLK_MSG_PORT,          SETUP | RUN, 0, 1, AGAIN},
	{PLK_CHANNEL_FRONT_WORKER,      PLK_MSG_UNPORT,        RUN,         0, 0, AGAIN},
	{PLK_CHANNEL_FRONT_WORKER,      PLK_MSG_PARK,          SETUP | RUN, 0, 0, AGAIN},
	{PLK_CHANNEL_FRONT_WORKER,      PLK_MSG_ROOM,          RUN,         0, 0, AGAIN},
	{PLK_CHANNEL_FRONT_WORKER,      PLK_MSG_FILL,          RUN,         1, 1, AGAIN},
	{PLK_CHANNEL_FRONT_WORKER,      PLK_MSG_FLOW,          SETUP | RUN, 0, 0, AGAIN},
	{PLK_CHANNEL_FRONT_WORKER,      PLK_MSG_ABOUT,         SETUP,       0, 0, AGAIN},
	{PLK_CHANNEL_FRONT_WORKER,      PLK_MSG_RESTORE,       SETUP,       1, 1, AGAIN},
	{PLK_CHANNEL_FRONT_WORKER,      PLK_MSG_MISSED,        SETUP,       0, 0, ONCE},
	{PLK_CHANNEL_FRONT_WORKER,      PLK_MSG_GO,            SETUP,       0, 0, ONCE},
	{PLK_CHANNEL_FRONT_WORKER,      PLK_MSG_CLIENT,        RUN,         1, 1, AGAIN},
	{PLK_CHANNEL_FRONT_WORKER,      PLK_MSG_ADMIT,         RUN,         0, 0, AGAIN},
	{PLK_CHANNEL_FRONT_WORKER,      PLK_MSG_LINK_IS,       SETUP | RUN, 0, 0, AGAIN},
	{PLK_CHANNEL_FRONT_WORKER,      PLK_MSG_PING,          RUN,         0, 0, AGAIN},
	{PLK_CHANNEL_FRONT_WORKER,      PLK_MSG_FINISH,        ANY,         0, 0, ONCE},

	{PLK_CHANNEL_BROKER_FRONT,      PLK_MSG_IFACE_IS,      SETUP,       0, 0, ONCE},
	{PLK_CHANNEL_BROKER_FRONT,      PLK_MSG_LISTENING,     SETUP | LAST, 0, 1, AGAIN},
	{PLK_CHANNEL_BROKER_FRONT,      PLK_MSG_CONNECTING,    SETUP | LAST, 0, 1, AGAIN},
	{PLK_CHANNEL_BROKER_FRONT,      PLK_MSG_DONE,          SETUP | LAST, 0, 0, AGAIN},
	{PLK_CHANNEL_BROKER_FRONT,      PLK_MSG_LINK,          SETUP | LAST, 0, 0, AGAIN},
	{PLK_CHANNEL_BROKER_FRONT,      PLK_MSG_COUNTED,       SETUP | LAST, 0, 0, AGAIN},
	{PLK_CHANNEL_BROKER_FRONT,      PLK_MSG_CONFINED,      SETUP,       0, 0, ONCE},
	{PLK_CHANNEL_BROKER_FRONT,      PLK_MSG_EVENT,         ANY | STOP,  0, 0, AGAIN},

	{PLK_CHANNEL_BROKER_WORKER,     PLK_MSG_PACKET,        SETUP,       1, 1, AGAIN},

	{PLK_CHANNEL_WORKER_FRONT,      PLK_MSG_ADOPTED,       SETUP | RUN, 0, 0, AGAIN},
	{PLK_CHANNEL_WORKER_FRONT,      PLK_MSG_SERVING,       SETUP | LAST, 0, 0, ONCE},
	{PLK_CHANNEL_WORKER_FRONT,      PLK_MSG_PONG,          LAST,        0, 0, AGAIN},
	{PLK_CHANNEL_WORKER_FRONT,      PLK_MSG_ACCEPTED,      SETUP | LAST, 1, 1, AGAIN},
	{PLK_CHANNEL_WORKER_FRONT,      PLK_MSG_CLOSED,        SETUP | LAST, 0, 0, AGAIN},
	{PLK_CHANNEL_WORKER_FRONT,      PLK_MSG_RESTORED,      SETUP,       0, 0, AGAIN},
	{PLK_CHANNEL_WORKER_FRONT,      PLK_MSG_UNPORTED,      LAST,        0, 0, AGAIN},
	{PLK_CHANNEL_WORKER_FRONT,      PLK_MSG_KEPT,          STOP,        1, 1, AGAIN},
	{PLK_CHANNEL_WORKER_FRONT,      PLK_MSG_LEFT,          LAST,        0, 0, ONCE},
	{PLK_CHANNEL_WORKER_FRONT,      PLK_MSG_CONFINED,      SETUP | LAST, 0, 0, ONCE},
	{PLK_CHANNEL_WORKER_FRONT,      PLK_MSG_EVENT,         SETUP | LAST, 0, 0, AGAIN},
};
/* clang-format on */

#define N_RULES (sizeof rules_table / sizeof *rules_table)

#define STATUS_FIRST 43 /* of exit statuses, above those that mean something else */
#define STATUS_LAST 119 /* below what the tests, a shell and plk_spawn() use */
_Static_assert(STATUS_FIRST + PLK_MSG_TYPES - 1 <= STATUS_LAST, "one for each type");

int
plk_rules_status(unsigned type)
{
	return STATUS_FIRST + (int)(type < PLK_MSG_TYPES ? type : PLK_MSG_NONE);
}

const char *
plk_rules_named(int status)
{
	if (status < STATUS_FIRST || status >= STATUS_FIRST + PLK_MSG_TYPES)
		return NULL;
	return plk_msg_name((unsigned)(status - STATUS_FIRST));
}

static const struct rule *
rule_find(enum plk_channel channel, enum plk_msg_type type)
{
	for (size_t i = 0; i < N_RULES; i++) {
		if (rules_table[i].channel == channel && rules_table[i].type == type)
			return &rules_table[i];
	}
	return NULL;
}

enum plk_err
plk_rules_check(struct plk_rules *rules, enum plk_channel channel, enum plk_stage stage,
		enum plk_msg_type type, size_t n_fds)
{
	const struct rule *rule = rule_find(channel, type);

	if (!rule || !(rule->stages & 1U << stage))
		return PLK_E_MALFORMED;
	if (rule->once && rules->seen[type])
		return PLK_E_MALFORMED;
	if (n_fds < rule->min_fds || n_fds > rule->max_fds)
		return PLK_E_LIMIT;
	rules->seen[type] = true;
	return PLK_OK;
}
