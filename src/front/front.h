/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * front.h: what the files of the front share.
 *
 * Theory of operation. The front reads what people write: the command line and LISTEN_*. It has
 * nothing to lose: no capability, and it never holds a packet socket. It orders, the broker and the
 * worker answer. The start is a sequence of orders, each awaited (start.c); after it the front
 * waits for what happens: connections to admit (clients.c), connections to make (active.c), an
 * interface that goes and comes (link.c), a worker that died and its successor (main.c). Connections
 * may have been those of another daemon, and may be again (store.c). Ports come and go at run time (ports.c); the file
 * that names some of them is read in remotes.c. What a service manager is to hear is in service.c. A pcap expression is compiled by a child (expression.c). The words of the
 * log are here (words.c), and how many of its lines others may cause (lines.c).
 */
#ifndef PLK_FRONT_FRONT_H
#define PLK_FRONT_FRONT_H

#include <pktlock/listen.h>

#include "base/writer.h"
#include "core/backoff.h"
#include "core/books.h"
#include "core/ratelimit.h"
#include "ipc/bpf.h"
#include "os/channel.h"
#include "os/log.h"
#include "os/loop.h"
#include "os/peer.h"
#include "sandbox/sandbox.h"
#include "text/cmdline.h"
#include "text/policy.h"
#include "text/remotesfile.h"
#include "text/stored.h"

#define PLK_LABEL_BYTES 1024 /* of a port in the log, escaped */
#define PLK_LABEL_MAX 250    /* bytes of a port in the log; "..." stands for the rest */
#define PLK_CONNECT_TIMEOUT_MS 10000
#define PLK_PROMISC_MS 1000
#define PLK_OS_BYTES 132  /* two fields of struct utsname, and a space */
#define PLK_PULSE_MS 2500 /* a worker with clients that has not answered for so long is replaced */

/** enum front_port_state - how far a port is */
enum front_port_state {
	PLK_PORT_NEW,     /* being opened */
	PLK_PORT_OPEN,    /* a worker has it, or will have */
	PLK_PORT_LEAVING, /* removed; the worker has not said yet that all is told */
	PLK_PORT_PARKED, /* removed, but its listener is inherited, and stays: who connects is told no */
};

/** struct front_port - a port, and what the front does for it
 * @used:     there is one; else all others are meaningless
 * @is_told:  the worker that is there has it
 * @canon:    the canonical PORT-SPEC; lives as long as the port
 * @origin:   who wrote it
 * @text:     the PORT-SPEC as it was written, during the start
 * @line:     of the remotes file, if it came from there
 * @label:    for the log
 * @fd:       pfd:, sd: the number of the inherited descriptor; else -1
 * @listener: a copy of the listening socket, for the next worker; -1 if there is none
 * The others are for active remotes.
 * @connecting: a socket on its way, or -1
 */
struct front_port {
	bool used;
	enum front_port_state state;
	bool is_told;
	enum plk_origin origin;
	struct plk_port port;
	struct plk_span canon;
	struct plk_span text;
	size_t line;
	char label[PLK_LABEL_BYTES];
	int fd;
	int listener;
	int connecting;
	struct plk_watch watch;
	struct plk_timer timer;
	struct plk_backoff backoff;
	bool is_asked;     /* the broker is connecting, and has not answered yet */
	uint64_t since_ms; /* connected; 0 if it is not */
	int last_error;    /* logged already; 0 while it is connected */
	uint64_t begun_ms; /* when it got here */
	uint64_t n_lost;   /* connections that ended with a worker */
};

/** struct front_client - a connection that the worker has */
struct front_client {
	bool used;
	uint32_t generation;
	uint16_t port;
	bool admitted;
	bool is_unjudged;  /* it came when we stopped */
	uint64_t since_ms; /* when it was admitted */
	struct plk_peer_id peer;
};

/** struct front_stored - a descriptor that came from the service manager's store
 * @fd:   of a connection; -1 if there is none, or no more
 * @tag:  of its port
 * @name: as it is called there
 */
struct front_stored {
	int fd;
	uint64_t tag;
	struct plk_span name;
};

#define PLK_STORED_MAX (PLK_CLIENTS_MAX + 64) /* every connection, and what others left there */

/** struct front_store - connections between two daemons
 * @stop:     how things were when the last one stopped, if @has_stop
 * @stopped:  the same of us
 * @counts:   the broker was asked for it, and has not answered yet
 * @n_kept:   connections that are in the store now
 * @is_stuck: the supervisor does not take any more
 */
struct front_store {
	struct front_stored entries[PLK_STORED_MAX];
	size_t n;
	bool has_stop;
	struct plk_stored stop;
	uint32_t n_restored;
	uint32_t n_closed;
	struct plk_msg_stopped stopped;
	bool counts;
	uint32_t n_kept;
	bool is_stuck;
};

/** enum plk_control_end - why a control client was refused or closed */
enum plk_control_end {
	PLK_CONTROL_NOT_ALLOWED,
	PLK_CONTROL_TOO_MANY,
	PLK_CONTROL_MALFORMED,
	PLK_CONTROL_TOO_LONG,
	PLK_CONTROL_CUT, /* it ended inside a request */
	PLK_CONTROL_SLOW_REQUEST,
	PLK_CONTROL_SLOW_ANSWER,
	PLK_CONTROL_IDLE, /* and others come */
	PLK_CONTROL_NO_MEMORY,
	PLK_CONTROL_ENDS
};

/** enum plk_lines - kinds of lines that others can make us log as often as they like; some have reasons */
enum plk_lines {
	PLK_LINES_CONNECTED,
	PLK_LINES_REFUSED,
	PLK_LINES_UNSEEN, /* refused, too: nobody could look who it was */
	PLK_LINES_CLOSED, /* enum plk_close */
	PLK_LINES_RESTORED,
	PLK_LINES_NOT_RESTORED,
	PLK_LINES_KEPT,
	PLK_LINES_NOT_KEPT,
	PLK_LINES_WORKER, /* enum plk_event */
	PLK_LINES_BROKER, /* enum plk_event */
	PLK_LINES_CONFINED,
	PLK_LINES_ADOPTED,
	PLK_LINES_UNKNOWN,     /* the worker speaks of a client that is not there */
	PLK_LINES_LINK,        /* enum plk_link */
	PLK_LINES_CONTROL,     /* enum plk_control_end */
	PLK_LINES_CHANGED,     /* plk_command_number() */
	PLK_LINES_NOT_CHANGED, /* the same */
	PLK_LINES_REMOTES,     /* what becomes of a remote at run time, beside who wanted it */
	PLK_LINES
};

#define PLK_LINES_REASONS 32 /* of any kind, at most */

/** struct front_lines - @limits: one for each reason; @timer: runs while lines were held back and that was not said */
struct front_lines {
	struct plk_ratelimit limits[PLK_LINES][PLK_LINES_REASONS];
	struct plk_timer timer;
};

/** struct front_listen - LISTEN_*, if it is for us
 * @names: empty unless @has_names; in @copy
 * @copy:  owned; never freed, since the sandbox lets nobody give memory back
 */
struct front_listen {
	bool ours;
	bool has_names;
	uint32_t n_fds;
	struct plk_span names;
	char *copy;
};

/** struct front - all there is */
struct front {
	struct plk_loop loop;
	enum plk_stage stage;
	/* how far each process is confined; of the others as they said */
	struct {
		struct plk_msg_confined supervisor;
		struct plk_msg_confined broker;
		struct plk_msg_confined front;
		struct plk_msg_confined worker;
	} confined;
	bool is_nobody; /* there is no user pktlock */
	unsigned uid;   /* as which we all run */
	unsigned gid;
	uint64_t begun_ms;      /* when we started */
	uint64_t n_restarts;    /* workers that died and were replaced */
	struct plk_books books; /* what all workers counted */
	const void *page;       /* what the living one counts in; NULL if there is none */
	struct plk_channel_end supervisor;
	struct plk_channel_end broker;
	struct plk_channel_end worker;
	struct plk_watch supervisor_watch;
	struct plk_watch broker_watch;
	struct plk_watch worker_watch;
	struct plk_cmdline cmdline;
	struct plk_bpf filter; /* of the capture classes; empty: there is none */
	struct front_listen listen;
	/* the inherited descriptor that control clients come by, or -1; our copy of it, or what the broker made */
	struct {
		int fd;
		int listener;
	} control;
	struct front_store store;
	struct plk_directories directories; /* where remotes may lie that come at run time */
	struct front_port ports[PLK_PORTS_MAX];
	size_t n_ports; /* that are used */
	struct front_client clients[PLK_CLIENTS_MAX];
	uint32_t n_attached;
	bool promisc; /* what the broker was last asked for */
	uint64_t promisc_since_ms;
	struct plk_timer promisc_timer;
	bool promisc_asked; /* and has not answered yet */
	/* asked for and not answered: the last one is for the worker that is there */
	uint32_t handouts;
	bool bind_later;             /* the interface came back during the start */
	struct plk_timer bind_timer; /* a socket could not be bound again: once more */
	struct plk_backoff bind_backoff;
	char os[PLK_OS_BYTES];         /* system and release of this machine */
	struct plk_msg_iface_is iface; /* as the broker said last */
	bool iface_gone;
	bool low_is_dead
		[PLK_ROLES]; /* ports of low latency take from the bulk class instead: PLK_EVENT_RX_DEAD */
	enum plk_msg_type awaited; /* NONE: the answer has come */
	struct plk_received answer;
	bool goes;  /* the first worker was told GO, and we are not ready yet */
	bool stops; /* and were told to stop meanwhile, and to keep connections */
	bool serving;
	bool worker_runs;   /* GO was sent to the worker that is there */
	int no_worker;      /* keeps the number of its channel while there is none */
	bool is_off;        /* no frame passes: status off */
	bool reload_wanted; /* by SIGHUP */
	enum plk_direction bound[PLK_CLASSES]; /* what the broker was last told; NONE: nothing */
	uint16_t unporting;                    /* the port that UNPORTED is awaited of */
	struct plk_timer settle_timer;
	struct plk_timer pulse_timer;
	/* PINGs that the worker got that is there, and its PONGs: one each, in their order */
	uint64_t pings;
	uint64_t pongs;
	uint64_t pulse_ping; /* the last of each kind; 0: none */
	uint64_t watchdog_ping;
	uint64_t watchdog_ms; /* between two of them; 0: nobody wants any */
	struct plk_timer watchdog_timer;
	struct plk_msg_status status; /* as it was told */
	struct plk_timer status_timer;
	bool replacing; /* the supervisor was asked for another worker, and has not answered yet */
	struct plk_timer stop_timer;
	struct front_lines lines;
};

extern struct front front;

/** plk_port_index() - its number, by which other processes know it */
static inline uint16_t
plk_port_index(const struct front_port *p)
{
	return (uint16_t)(p - front.ports);
}

/* main.c */

/** plk_front_send() - send an order
 * A worker that does not take it is replaced; the broker and the supervisor must.
 * Return: 0; -EPIPE or -ECONNRESET (the receiver has died); -ETOOMANYREFS (@pass cannot be sent now, to a worker that serves);
 * another -errno (the worker is being replaced)
 */
int plk_front_send(int fd, const struct plk_msg *msg, int pass);

/** plk_front_ask() - an order and its answer, which is in front.answer afterwards */
void plk_front_ask(int fd, const struct plk_msg *msg, int pass, enum plk_msg_type answer);

/** plk_front_await() - wait for a message of some type, which is in front.answer afterwards */
void plk_front_await(enum plk_msg_type answer);

/** plk_front_config_send() - what a new worker is told first: how much memory it needs, and where to count */
void plk_front_config_send(void);

/** plk_front_about_send() - what a worker tells at the beginning of pcapng streams */
void plk_front_about_send(void);

/** plk_front_replace() - have the worker killed, and so replaced
 * @error: -errno
 */
void plk_front_replace(const char *why, int error);

/** plk_front_descriptor_send() - what the worker waits for, and for nothing else: after ROOM */
void plk_front_descriptor_send(const struct plk_msg *msg, int fd);

/** plk_front_port_send() - make a port known to the worker that is there, if it does not know it */
void plk_front_port_send(struct front_port *p);

/* ports.c */

/** plk_ports_runtime() - whether ports may come and go at run time */
bool plk_ports_runtime(void);

/** plk_ports_init() - there are none */
void plk_ports_init(void);

/** plk_ports_next() - the port that follows @p, or the first for NULL
 * Return: NULL if there is none.
 */
struct front_port *plk_ports_next(const struct front_port *p);

/** plk_port_new() - a port that nothing was opened for yet
 * Return: NULL if there is no room: PLK_PORTS_MAX are there.
 */
struct front_port *plk_port_new(const struct plk_port *port, enum plk_origin origin);

/** plk_port_order() - the order that makes the broker open (passive) or remember (active) a remote that is not inherited */
void plk_port_order(const struct front_port *p, struct plk_msg *msg);

/** plk_port_state(), plk_port_origin() - how a port is, and who wrote it; one word */
const char *plk_port_state(const struct front_port *p);
const char *plk_port_origin(const struct front_port *p);

/** plk_port_clients() - how many it has now, admitted ones */
uint32_t plk_port_clients(const struct front_port *p);

/** plk_ports_reload() - read the remotes file again, and apply what changed
 * @why: the reason, if the answer is false: then nothing changed
 */
bool plk_ports_reload(struct plk_writer *why);

/** plk_command_add_remote() and others - see front/commands.h */
bool plk_command_add_remote(const struct plk_span *params, size_t n, struct plk_writer *out);
bool plk_command_remove_remote(const struct plk_span *params, size_t n, struct plk_writer *out);
bool plk_command_list_remotes(const struct plk_span *params, size_t n, struct plk_writer *out);
bool plk_command_reload(const struct plk_span *params, size_t n, struct plk_writer *out);
bool plk_command_status(const struct plk_span *params, size_t n, struct plk_writer *out);

/* remotes.c */

/** plk_remotes_open() - open the directory of the remotes file, once
 * @why: what is wrong, if the answer is false: one line without its end, and so below
 */
bool plk_remotes_open(struct plk_writer *why);

/** plk_remotes_read() - read the remotes file; it must be ours or root's, and no one else may write it
 * @text: set if the answer is true; until the next call
 */
bool plk_remotes_read(struct plk_span *text, struct plk_writer *why);

/** plk_remotes_load() - read it, and what it says
 * @directories: for the policy; NULL during the start
 * Return: until the next call; NULL: see @why
 */
const struct plk_remotesfile *plk_remotes_load(const struct plk_directories *directories,
					       struct plk_writer *why);

/** plk_remotes_place() - begin to say what is wrong with a line: "PATH:LINE:COLUMN: 'TEXT': " */
void plk_remotes_place(size_t line, size_t column, struct plk_span text, struct plk_writer *why);

/* start.c */

/** plk_start_plan() - read the command line and LISTEN_*; ends the process on error, and when only an answer was wanted */
void plk_start_plan(int argc, char **argv);

/** plk_start_allow() - tell the broker which directories and TCP ports it will need, and to close its sandbox */
void plk_start_allow(void);

/** plk_start_open() - have everything opened; ends the process on error */
void plk_start_open(void);

/* expression.c */

/** plk_expression_compile() - a pcap expression as a program; ends the process on error
 * It starts a child and waits for it: before the gates are closed.
 * @text: 1 to PLK_FILTER_MAX bytes, and a NUL behind them
 * @out:  set
 */
void plk_expression_compile(struct plk_span text, struct plk_bpf *out);

/* clients.c */

/** plk_front_is_listed() - whether a peer is one of some users, or was in one of some groups; nobody is, where the kernel says nothing
 * @fd: of the connection
 */
bool plk_front_is_listed(const struct plk_peer_id *peer, int fd, const uint32_t *uids,
			 size_t n_uids, const uint32_t *gids, size_t n_gids);

/** plk_client_who() - who is at the other end: uid=U pid=P, or peer=tcp:ADDR:PORT
 * @out: PLK_WHO_BYTES
 */
#define PLK_WHO_BYTES 96
void plk_client_who(const struct plk_peer_id *peer, char *out);

/** plk_front_accepted() - a connection to be admitted; takes the descriptor over */
void plk_front_accepted(const struct plk_msg_accepted *accepted, int *fd);

/** plk_front_promisc() - see to it that the interface is promiscuous while an attached client is there
 * One order at a time, and not off again within PLK_PROMISC_MS: clients may come and go faster than an interface should be
 * switched, and the kernel logs each time.
 */
void plk_front_promisc(void);

/** plk_front_pulse() - ask the worker from time to time whether it is there, as long as it has clients
 * It can be held up by what it does for one of them: a descriptor that a client sends to it, for one, may take its time when it
 * is thrown away.
 */
void plk_front_pulse(void);

/** plk_front_closed() - a connection ended */
void plk_front_closed(const struct plk_msg_closed *closed);

/** plk_front_clients_forget() - the worker died, and all connections with it */
void plk_front_clients_forget(void);

/** plk_front_restored() - a connection of another daemon, to be admitted to a port anew; takes the descriptor over
 * During the start, when the port is known to the worker.
 * Return: whether the worker has it; if not, that was logged.
 */
bool plk_front_restored(uint16_t port, int *fd);

/** plk_front_kept() - a connection that is to outlive us
 * @fd: borrowed
 * Return: whether it is the one that the worker says it is. If not, the worker is hijacked.
 */
bool plk_front_kept(const struct plk_msg_kept *kept, int fd);

/* store.c */

/** plk_store_is_name() - whether a name of LISTEN_FDNAMES is one of the store's */
bool plk_store_is_name(struct plk_span name);

/** plk_store_claim() - a descriptor of the store was passed to us: take it over, or close it
 * @name: lives on
 */
void plk_store_claim(int fd, struct plk_span name);

/** plk_store_lift() - give them numbers that are no fixed ones; Return: 0 or -errno */
int plk_store_lift(void);

/** plk_store_next() - the lowest descriptor from @from on that is one of the store's; INT_MAX if there is none */
int plk_store_next(int from);

/** plk_store_restore() - the worker gets the connections that one of its ports has a use for, the others are closed */
void plk_store_restore(void);

/** plk_store_missed() - the worker gets to know what passed the interface while they waited; when its receivers are bound */
void plk_store_missed(void);

/** plk_store_forget() - all of that is out of the store: what is closed later shall be closed */
void plk_store_forget(void);

/** plk_store_begin() - we stop, and connections go into the store */
void plk_store_begin(void);

/** plk_store_keep() - one of them; takes the descriptor over */
void plk_store_keep(const struct plk_msg_kept *kept, int *fd);

/** plk_store_counted() - what the interface had counted when we stopped */
void plk_store_counted(const struct plk_msg_counted *now);

/** plk_store_waits() - whether that is wanted and has not come yet */
bool plk_store_waits(void);

/** plk_store_end() - all are there */
void plk_store_end(void);

/* service.c */

/** plk_front_reason() - tell the supervisor why the start fails; we end next
 * @text: what standard error gets, one line; control characters and bytes that are not ASCII become '?'
 */
void plk_front_reason(const char *text);

/** plk_front_status() - clients have come or gone: tell the supervisor soon, and from time to time how many frames were dropped */
void plk_front_status(void);

/** plk_front_ping() - ask the worker whether it is there; Return: for plk_front_awaits() */
uint64_t plk_front_ping(void);

/** plk_front_awaits() - whether the answer to a PING has not come yet
 * @ping: 0: there was none
 */
bool plk_front_awaits(uint64_t ping);

/** plk_front_pong() - the worker answered */
void plk_front_pong(void);

/** plk_front_pings_forget() - the worker died, and answers no more */
void plk_front_pings_forget(void);

/** plk_front_watchdog_read() - take WATCHDOG_* from the environment */
void plk_front_watchdog_read(void);

/** plk_front_watchdog() - begin to ask the worker for the service manager, if that wants to know */
void plk_front_watchdog(void);

/* active.c */

/** plk_active_restored() - an active remote is connected, since it was when the last daemon stopped */
void plk_active_restored(uint16_t port);

/** plk_active_stop() - never connect again; what the broker was asked for has come */
void plk_active_stop(struct front_port *p);

/** plk_active_start() - begin to connect an active remote */
void plk_active_start(struct front_port *p);

/** plk_active_connecting() - the broker's answer; takes the descriptor over */
void plk_active_connecting(const struct plk_msg_connecting *answer, int *fd);

/** plk_active_ended() - the connection of an active remote ended, if it is one */
void plk_active_ended(uint16_t port);

/** plk_active_forget() - the worker died: connections of all active remotes ended */
void plk_active_forget(void);

/* lines.c */

/** plk_lines_may() - may another line of a kind be logged? Says how many were not.
 * @reason: of the kind; 0 if it has none
 */
bool plk_lines_may(enum plk_lines kind, unsigned reason);

/** plk_lines_end() - we end: say now what would have been said later */
void plk_lines_end(void);

/* link.c */

/** plk_link_said() - what became of the interface */
void plk_link_said(const struct plk_msg_link *link);

/** plk_link_tell() - tell the worker how the interface is */
void plk_link_tell(void);

/** plk_link_wish() - what the ports that take from a class want of it together; NONE: there is no such port */
enum plk_direction plk_link_wish(enum plk_class class);

/** plk_link_adjust() - ports have come or gone: have the broker bind and silence what that needs, and wait until it has */
void plk_link_adjust(void);

/** plk_link_bind_one() - the order to bind a class as its ports want it */
struct plk_msg plk_link_bind_one(enum plk_class class);

/** plk_link_dead() - a worker says that a class of low latency is dead: another one takes its place */
void plk_link_dead(uint64_t class);

/** plk_link_latency() - what a port has, whatever it asked for */
enum plk_latency plk_link_latency(const struct plk_port *port);

/** plk_link_bind() - order all packet sockets to be bound to the interface */
void plk_link_bind(void);

/** plk_link_bind_failed() - one could not be bound, and is deaf: later again, while there is an interface */
void plk_link_bind_failed(void);

/* words.c */

/** plk_words_link() - log what became of the interface; front.iface is how it was before */
void plk_words_link(const struct plk_msg_link *link);

/** plk_words_carrier() - log whether front.iface has a carrier */
void plk_words_carrier(bool has_carrier);

/** plk_words_step() - what failed; a phrase */
const char *plk_words_step(unsigned step);

/** plk_words_hint() - what to do about an error of a step; "" or a phrase that begins with "; "
 * @is_tcp: it was about a TCP socket, not about a path
 */
const char *plk_words_hint(unsigned step, int error, bool is_tcp);

/** plk_words_quote() - a control client's text in an answer, in Open vSwitch's way
 * What a terminal would obey is escaped in the answer (plk_json_string()), and here the newline, which ends a line of ours.
 */
void plk_words_quote(struct plk_span text, struct plk_writer *out);

/** plk_words_refuse() - the text, and why it is refused; Return: false */
bool plk_words_refuse(struct plk_span text, struct plk_writer *out, const char *why);

/** plk_words_close() - why a connection ended; a word of the counters */
const char *plk_words_close(unsigned reason);

/** plk_words_control() - why a control client was refused or closed; a word */
const char *plk_words_control(unsigned end);

/** plk_words_is_fault() - whether a connection that ended so should not have */
bool plk_words_is_fault(unsigned reason);

/** plk_words_event_name() - what broker or worker said; one word */
const char *plk_words_event_name(unsigned code);

/** plk_words_link_state() - what became of the interface; one word */
const char *plk_words_link_state(unsigned state);

/** plk_words_class() - the name of a class of packet sockets */
const char *plk_words_class(unsigned class);

/** plk_words_event() - log what broker or worker said; @from: PLK_LINES_BROKER, PLK_LINES_WORKER */
void plk_words_event(enum plk_lines from, const struct plk_msg_event *event);

/** plk_words_counter() - the name of a counter */
const char *plk_words_counter(enum plk_counter counter);

/** plk_words_counters() - log the counters that are not zero
 * @values: PLK_COUNTERS of them
 */
void plk_words_counters(const uint64_t *values);

/** struct plk_name - a name of an interface, as a word of the log */
struct plk_name {
	char text[4 * PLK_IFNAME_MAX + 1];
};

/** plk_words_name() - escape one: the kernel lets it have any bytes but blanks, '/' and ':', and a hijacked broker those, too */
struct plk_name plk_words_name(const char *name);

/** plk_words_error() - what errno says; static lifetime. Like strerror(), but never allocates: the number may be anybody's. */
const char *plk_words_error(uint64_t error);

/** plk_words_confinement() - how far a process is confined, as words
 * @is_worker: it should have namespaces
 * @out:       PLK_CONFINEMENT_BYTES
 */
#define PLK_CONFINEMENT_BYTES 384
void plk_words_confinement(const struct plk_msg_confined *confined, bool is_worker, char *out);

/** plk_words_confined() - log how far a process is confined
 * @process:   its name
 * @is_worker: it should have namespaces
 */
void plk_words_confined(const char *process, const struct plk_msg_confined *confined,
			bool is_worker);

/** plk_words_namespaces() - the names of namespaces, joined by commas; "none" for none
 * @set: bits of enum plk_namespace
 * @out: room for PLK_NAMESPACES_TEXT bytes
 */
#define PLK_NAMESPACES_TEXT 40
void plk_words_namespaces(unsigned set, char *out);

/** plk_words_fail() - a start-up error: "pktlockd: OPTION: 'TEXT': REASON", then the end of the process
 * @text: without bytes (NULL) if the message is about no text
 */
_Noreturn void plk_words_fail(int status, const char *option, struct plk_span text,
			      const char *reason, ...) __attribute__((format(printf, 4, 5)));

/** plk_words_fail_at() - the same for an expected error, with its offset, and what to do where that is not plain */
_Noreturn void plk_words_fail_at(const char *option, struct plk_span text, enum plk_err err,
				 size_t at);

extern const char plk_words_help[];

#endif
