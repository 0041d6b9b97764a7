/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * worker.h: what the files of the worker share.
 *
 * Theory of operation. Frames come from the interface (rx.c) or from a client (client.c), are
 * judged and sent to the interface (tx.c), and are put into the queues of other clients
 * (deliver.c). Putting never blocks and never closes; queues are written to the sockets afterwards
 * (plk_clients_flush()). A client whose queue is full loses frames, whole ones; nobody waits for
 * it.
 *
 * A connection takes a slot. It is WAITING until the front has admitted it: before that no byte is
 * read or written. When it ends the slot is GONE until the front has been told, then FREE. A slot's
 * generation counts its connections, so that late answers meet nobody else. Connections that another
 * daemon left come before GO, admitted already, and are OPEN with it. When the daemon stops and shall
 * be followed by another, streams end between two frames (leave.c).
 *
 * After GO nothing is allocated: slots, buffers and queues are one mapping, touched as it is used.
 */
#ifndef PLK_WORKER_WORKER_H
#define PLK_WORKER_WORKER_H

#include <pktlock/deframer.h>

#include "core/allow.h"
#include "core/batch.h"
#include "core/boundary.h"
#include "core/bucket.h"
#include "core/fdb.h"
#include "core/ledger.h"
#include "core/outq.h"
#include "core/ratelimit.h"
#include "os/adopt.h"
#include "os/channel.h"
#include "os/loop.h"
#include "os/packet.h"
#include "os/ring.h"
#include "os/slots.h"
#include "os/txring.h"
#include "sandbox/sandbox.h"
#include "wire/pcapng.h"

#define PLK_IN_BYTES 131072 /* a client's input buffer: some reads' worth, and any record */
#define PLK_IN_ROOM 16      /* of it, before the first record: see plk_tx() */
/* Read from a client in one go; then others get their turn. Of all clients' turns together, as far as the bounds let. */
#define PLK_READ_MIN 16384
#define PLK_READ_MAX PLK_RECORD_MAX
#define PLK_READ_TURNS 262144
#define PLK_READ_REST 16384 /* a frame that lacks so much is read to its end, and no further */
#define PLK_SEND_NOW 4096   /* a record that lies in one piece and is so long is not queued first */
#define PLK_RX_FRAMES 1024  /* taken from slots in one go, so that clients get their turn */
/* A class of low latency gets a wake-up for each frame while these are few, at more than PLK_POLL_FROM in a window none, but a look
 * every PLK_POLL_NS, at less than PLK_POLL_TO wake-ups again. */
#define PLK_POLL_NS 200000
#define PLK_POLL_WINDOW_NS 1000000
#define PLK_POLL_FROM 80       /* frames */
#define PLK_POLL_TO 40         /* frames */
#define PLK_MISSED_NS 10000000 /* what another processor still writes is there by then */
#define PLK_RX_LONG 8          /* of them long ones, half a queue's worth: then it is written */
#define PLK_RX_WORK 20000 /* records made in one go: superframes may be many, for many clients */
#define PLK_TX_WORK 5000  /* records made for other clients in one go, of frames of one */
#define PLK_RX_BLOCKS 4   /* taken from a ring in one go */
#define PLK_ACCEPTS 16    /* connections accepted in one go */
#define PLK_ADMISSIONS_MAX 64   /* connections that wait for the front; more wait in the listener */
#define PLK_ROOM_MS 1000        /* for what the front has sent next already */
#define PLK_ACCEPT_PAUSE_MS 100 /* after EMFILE, ENFILE, ENOMEM, ENOBUFS */
#define PLK_ACCEPT_BROKEN_MS 1000         /* after an error that will not go away */
#define PLK_TX_BATCH 64                   /* frames that are given to the interface at once */
#define PLK_TX_PENDING (PLK_TX_BATCH + 1) /* and one that did not fit in */
#define PLK_TX_RETRY_MS 1
#define PLK_TX_ERROR_MS 60000 /* an error that goes on is said again */
#define PLK_TX_WAIT_MS 1000   /* an interface without room is waited for so long */
#define PLK_TX_GSO_TYPES \
	8 /* a power of 2; without the ECN bit the highest is PLK_VNET_GSO_UDP_L4 */
#define PLK_TX_WHOLE_MS 1000 /* superframes that were refused are tried again after it */
#define PLK_TX_REFUSED \
	4 /* so many in a row, that is: one may have found the queue full for an instant */
#define PLK_LOSSES_MS 200 /* after frames came, the kernel is asked what it had to drop */
#define PLK_LOOK_MS 1000  /* as often it is asked in any case where a ring may have died */
#define PLK_DEAD_TELLS 8  /* the front may have missed one */
#define PLK_TRACE_MS 1000 /* between two statistics of a pcapng stream, while packets come */
#define PLK_GUARD_MS 5000 /* between two lines about what a port's guard refused, of a kind */
#define PLK_LOST_MS 50    /* after the interface went, its last frames come out of the rings */
/* How long streams have for the end of a frame when the daemon stops; who is so long in the way, delays all others. */
#define PLK_LEAVE_MS 500
#define PLK_LEAVE_DRAIN_MS 100 /* of it, after the last frame, for all that is queued */
#define PLK_LEAVE_LAST_MS 40   /* and at least, for the end of a frame */
/* Until the first look: a block of a ring is delivered after a millisecond, but kernels before 6.18 count in ticks: two of them, of 4 ms
 * at 250 Hz. */
#define PLK_LEAVE_FIRST_MS 10
#define PLK_LEAVE_STEP_MS 2 /* between two looks */
#define PLK_LEAVE_ROUNDS 16 /* the rings are read once more so often, at most */

/** struct port - what clients of one remote may do
 * @watch: of the listener; its fd is -1 while none is waited for
 */
struct port {
	bool used;
	enum plk_role role;
	enum plk_format format;
	struct plk_framing framing;
	uint32_t snaplen; /* bytes of a frame in a pcapng stream; 0 is all */
	enum plk_direction direction;
	enum plk_latency latency;
	uint32_t max_clients;
	bool close_on_loss;
	bool is_guarded; /* worker.guards has its guard */
	uint32_t n_clients;
	struct client *clients;  /* those that are OPEN, by @next */
	uint32_t n_open;         /* of them */
	struct plk_batch *batch; /* of a capture port: see deliver.c */
	uint64_t batch_ns;       /* when the last frame in it came */
	/* what goes before a frame that asks for nothing, but for its length */
	uint8_t plain_head[PLK_PREFIX_MAX + PLK_VNET_HDR_HASH];
	size_t plain_head_n;
	int listener;    /* owned; -1 for an active remote */
	bool is_adopted; /* others may hold the listener too, and may even make it blocking */
	bool is_late; /* came while we served: the listener is as the front has it, and may block */
	bool is_parked;  /* who connects is told no at once */
	bool is_leaving; /* removed; its clients are not all gone, or not told */
	bool is_untold; /* a connection of an active remote found no slot: the front is to be told */
	struct plk_watch watch;
};

/** struct guard - what clients of a port may send: mac=, vlan=, rate=
 * @has_set: the set of VLANs has come, which is before the port
 * @bucket:  all clients of the port take from it: more connections send no more; its fps is 0 if there is no rate=
 * @limited: frames that the bucket refused since that was last said
 * @again_ms: when a line about a counter may be said again; by PLK_COUNTER_TX_MAC and the two that follow
 */
struct guard {
	struct plk_allow allow;
	bool has_set;
	struct plk_bucket bucket;
	uint64_t limited;
	uint64_t again_ms[PLK_COUNTER_TX_RATE - PLK_COUNTER_TX_MAC + 1];
};

enum client_state {
	CLIENT_FREE,
	CLIENT_WAITING, /* for the front */
	CLIENT_OPEN,
	CLIENT_GONE, /* the front is to be told */
};

/** struct tx_frame - a frame from a client, whose header was judged
 * @eth:  in the client's input buffer; the PLK_VNET_HDR bytes before it may be written to
 * @vnet: as it goes to the kernel
 */
struct tx_frame {
	struct plk_mspan eth;
	struct plk_vnet vnet;
};

/** struct client - a slot
 * @pending:     frames that the interface had no room for, from @pending_at to @n_pending - 1
 * @is_blocked:  there are such; nothing is read meanwhile
 * @is_paused:   there may be more frames in its buffer, which come when others have had their turn
 * @pieces_sent: of the superframe that is being sent in pieces, how many are
 * @is_dirty:    on the list of queues to be written
 * @is_lost:     the interface went, and its port says on-loss=close: it will be closed in a moment
 * @is_cut:      nothing more is put into its queue, and no more written than the end of the record that has begun
 * @is_hung_up:  nothing more will come but what is there already
 * @is_restored: another daemon had it before
 * @boundary:    where the queue's reader stands
 */
struct client {
	enum client_state state;
	uint32_t generation;
	uint16_t port;
	struct client *next; /* of the port */
	int fd;
	struct plk_watch watch;
	struct plk_deframer deframer;
	struct plk_mspan in;
	struct plk_mspan out;
	struct plk_outq queue;
	struct plk_boundary boundary;
	bool is_dirty;
	bool is_lost;
	bool is_cut;
	bool is_restored;
	bool is_half_closed;
	bool is_hung_up;
	bool has_sent; /* a capture client, what it should not */
	bool is_blocked;
	bool is_paused;
	struct tx_frame *pending; /* PLK_TX_PENDING of them */
	size_t n_pending;
	size_t pending_at;
	size_t pieces_sent;
	bool piece_dropped;   /* one of them; the frame counts as dropped */
	uint64_t deadline_ms; /* until when this client waits for room; 0 if it does not */
	enum plk_close reason;
	int error;
	struct plk_account *account; /* its row in the books */
	uint64_t dropped;            /* frames; a superframe of its own is one */
	/* of a pcapng stream */
	uint64_t losses_before; /* of the kernel, when it began */
	uint64_t trace_ns;      /* the time of its last packet */
	bool trace_due;         /* packets came since the last statistics */
};

/** enum leaving - how far the end is */
enum leaving {
	LEAVING_NOT,
	LEAVING_INPUT, /* clients come to the end of a frame; frames of the interface still go to them */
	LEAVING_OUTPUT, /* what is queued goes to them */
};

/** struct rx - a receiving packet socket; @fd is -1 if the class is not used
 * @ring:        of a bulk class
 * @slots:       of another
 * @missed_ns:   since when the kernel says that there is something and nothing was, with @n_missed slots taken
 * @is_polled:   of a class of low latency: looked at by the tick, since the kernel would wake us for a few frames each
 * @is_served:   there are ports that take from it; else it is left alone
 * @is_dead:     of slots: the kernel fills them no more, see rx.c
 * @n_taken:     slots taken, ever; @n_seen of them at the last look
 * @window_ns:   since when @window_n frames came
 */
struct rx {
	int fd;
	enum plk_class class;
	struct plk_ring ring;
	struct plk_slots slots;
	uint64_t missed_ns;
	uint64_t n_missed;
	bool is_polled;
	bool is_served;
	bool is_dead;
	uint64_t n_taken;
	uint64_t n_seen;
	uint64_t window_ns;
	uint32_t window_n;
	uint64_t losses; /* frames that the kernel dropped, ever */
	struct plk_watch watch;
};

/** struct tx_whole - whether the interface takes superframes of a kind
 * @refused: how many in a row went in pieces instead, as far as that matters
 * @again_ms: until when none is tried whole
 */
struct tx_whole {
	unsigned refused;
	uint64_t again_ms;
};

/** struct about - a text that pcapng streams begin with */
struct about {
	uint8_t bytes[PLK_PCAPNG_TEXT_MAX];
	size_t n;
};

/** struct worker - all there is */
struct worker {
	struct plk_loop loop;
	enum plk_stage stage;
	struct plk_msg_confined confined;
	bool is_runtime;  /* ports may come and go */
	int first_client; /* number of the first client's descriptor: sandbox/descriptors.h */
	struct plk_channel_end supervisor;
	struct plk_channel_end front;
	struct plk_channel_end broker;
	struct plk_watch supervisor_watch;
	struct plk_watch front_watch;
	struct plk_watch broker_watch;
	struct port ports[PLK_PORTS_MAX];
	struct guard guards[PLK_PORTS_MAX];
	struct plk_adopted adopted[PLK_PORTS_MAX];
	size_t n_adopted;
	struct client *clients;
	uint32_t n_slots;
	uint32_t n_used;                /* slots that are not FREE */
	uint32_t n_waiting;             /* slots that are WAITING */
	uint32_t n_gone;                /* slots that are GONE */
	uint32_t open[PLK_CLIENTS_MAX]; /* slots that are OPEN */
	uint32_t n_open;
	uint32_t dirty[PLK_CLIENTS_MAX];
	uint32_t n_dirty;
	struct about about[PLK_ABOUTS];
	struct rx rx[PLK_CLASS_RX];
	int tx;
	struct plk_txring tx_ring;
	struct plk_msg_link_is link;  /* how the interface is */
	struct plk_msg_missed missed; /* what passed it while connections waited for us */
	bool is_off;                  /* no frame passes: status off */
	bool finishes;                /* FINISH has come, and we served */
	enum leaving leaving;
	uint64_t leave_by_ms; /* until then */
	uint64_t drain_by_ms;
	struct plk_timer leave_timer;
	struct plk_fdb fdb;
	struct plk_timer fdb_timer; /* while there is an address that ages */
	struct plk_timer accept_timer;
	struct plk_timer tx_timer;
	uint32_t
		retry_first; /* the slot whose turn it is when there may be room at the interface */
	struct plk_timer pause_timer;
	struct plk_timer gone_timer;
	struct plk_timer lost_timer;
	struct plk_timer losses_timer;
	struct plk_timer look_timer;
	unsigned dead_tells; /* how often the front was told of a ring that died */
	struct plk_timer trace_timer;
	struct plk_ratelimit limits[PLK_EVENTS];
	int tx_error; /* the last one, said already */
	uint64_t tx_error_again_ms;
	struct tx_whole tx_whole[2][PLK_TX_GSO_TYPES]; /* by ECN and type */
	struct plk_ledger ledger;                      /* the books, which outlive us */
};

extern struct worker worker;

/* main.c */

/** plk_worker_tell() - a message to the front; Return: 0 or -errno, -EAGAIN if the front does not read */
int plk_worker_tell(const struct plk_msg *msg, int pass);

/** plk_worker_event() - something for the log, rate limited by its code; lost if the front does not read */
void plk_worker_event(enum plk_event code, uint64_t a, uint64_t b, uint64_t c);

/** plk_worker_count(), plk_port_count(), plk_client_count() - add to a counter; in the books with the next plk_worker_enter()
 * What a client counts, its port and the worker count too, and what a port does, the worker.
 * @cell: a counter, or a sum of enum plk_cell
 */
static inline void
plk_worker_count(enum plk_counter counter, uint64_t n)
{
	plk_ledger_total(&worker.ledger, counter, n);
}

static inline void
plk_port_count(uint16_t port, enum plk_counter counter, uint64_t n)
{
	plk_ledger_port(&worker.ledger, port, counter, n);
}

static inline void
plk_client_count(struct client *client, unsigned cell, uint64_t n)
{
	plk_ledger_client(&worker.ledger, client->account, cell, n);
}

/** plk_client_counted() - what a client's counter has */
static inline uint64_t
plk_client_counted(const struct client *client, unsigned cell)
{
	return plk_ledger_get(&worker.ledger, client->account, cell);
}

/** plk_worker_enter() - write into the books what was counted
 * Done when a block is given back to the kernel, and after each step of the loop: a worker that dies within a block has
 * not counted it, and the next one will.
 */
void plk_worker_enter(void);

/* client.c */

/** plk_clients_make() - the slots and all their memory; Return: 0 or -errno */
int plk_clients_make(uint32_t n_slots, uint32_t queue_bytes);

/** plk_clients_accept() - let connections of a listener in (callback of its watch; @ctx is the port) */
void plk_clients_accept(void *ctx, uint32_t events);

/** plk_clients_add() - take over a connection that the broker made and the front has already seen */
void plk_clients_add(uint16_t port, int *fd);

/** plk_clients_refuse() - a connection that the broker made got lost on the way: the front shall try again */
void plk_clients_refuse(uint16_t port);

/** plk_clients_admit() - what the front says of a connection */
void plk_clients_admit(const struct plk_msg_admit *admit);

/** plk_clients_flush() - write what was put into queues */
void plk_clients_flush(void);

/** plk_clients_lose() - the interface went: end the connections of ports that say so, when its last frames have come */
void plk_clients_lose(void);

/** plk_clients_remove() - end all connections of a port; PLK_MSG_UNPORTED says when that was told */
void plk_clients_remove(uint16_t port);

/** plk_clients_stop() - no frame passes any more: what is queued ends with the record that has begun, what waits to be sent is
 * dropped */
void plk_clients_stop(void);

/** plk_clients_finish() - end all connections: what can be written at once is written */
void plk_clients_finish(void);

/** plk_clients_restore() - take over a connection that another daemon left, before GO
 * @client: its slot, if it has one afterwards
 * Return: PLK_OK; what plk_adopt_connection() says; PLK_E_LIMIT (there is no room).
 */
PLK_MUST_USE enum plk_err plk_clients_restore(uint16_t port, int *fd, int *error,
					      const struct client **client);

/** plk_clients_open() - serve the connections that another daemon left */
void plk_clients_open(void);

/** plk_client_close() - end a connection
 * @error: errno, or 0
 */
void plk_client_close(struct client *client, enum plk_close reason, int error);

/** plk_client_free() - a connection is somebody else's now: forget it, and close what is ours of it */
void plk_client_free(struct client *client);

/** plk_client_flush() - write what is queued for a client; it may be closed afterwards */
void plk_client_flush(struct client *client);

/** plk_client_between() - whether nothing has been read from a client but whole frames, and all of these are done with */
bool plk_client_between(const struct client *client);

/** plk_client_is_full() - whether the socket has said that it is full, and will say when it is no more */
bool plk_client_is_full(const struct client *client);

/** plk_client_output() - bytes of a client's queue that are to be written still, in one piece or more */
size_t plk_client_output(const struct client *client);

/** plk_client_slot() - its number */
uint32_t plk_client_slot(const struct client *client);

/** plk_client_put() - put a record into a client's queue, to be written by plk_clients_flush()
 * Return: false if it does not fit: then nothing was put.
 */
bool plk_client_put(struct client *client, const struct plk_span *parts, size_t n_parts);

/** plk_client_add() - room for a record in a client's queue, in one piece; see plk_outq_add() */
uint8_t *plk_client_add(struct client *client, size_t n);

/** plk_client_put_batch() - send what the socket takes now, if nothing is queued before it, and queue the rest
 * A connection that has ended is found by plk_clients_flush(), and ended there.
 * Return: how many of the batch's records were sent or queued.
 */
uint32_t plk_client_put_batch(struct client *client, const struct plk_batch *batch);

/** plk_client_port() - the port of a client */
static inline struct port *
plk_client_port(const struct client *client)
{
	return &worker.ports[client->port];
}

/** plk_direction_has() - whether frames of one direction, IN or OUT, are among those of a port */
static inline bool
plk_direction_has(enum plk_direction ports, enum plk_direction one)
{
	return ports == PLK_DIRECTION_BOTH || ports == one;
}

/* guard.c */

/** plk_guard_vlans() - the VLANs of a port that will come; Return: PLK_OK; PLK_E_LIMIT (they came already, or the port did) */
PLK_MUST_USE enum plk_err plk_guard_vlans(const struct plk_msg_vlans *vlans);

/** plk_guard_make() - the guard of a port that has come
 * @is_guarded:  set on PLK_OK only; whether it has any
 * Return: PLK_OK; PLK_E_LIMIT (the VLANs have not come, or nobody asked for them; a burst without a rate, or none with one).
 */
PLK_MUST_USE enum plk_err plk_guard_make(const struct plk_msg_port *port, bool *is_guarded);

/** plk_guard_forget() - a port is no more */
void plk_guard_forget(uint16_t port);

/** plk_guard_pass() - whether a client of a guarded port may send a frame
 * @vnet: its header, which passed plk_vnet_check() with it
 * Return: false if not: then it is counted, and told.
 */
bool plk_guard_pass(struct client *from, struct plk_span eth, const struct plk_vnet *vnet);

/* tx.c */

/** plk_tx_judge() - whether a frame from a client may go on; if not it is counted
 * @frame: in the client's input buffer
 * @out:   set if true only
 */
bool plk_tx_judge(struct client *from, const struct plk_frame *frame, struct tx_frame *out);

/** plk_tx() - a frame that may go on to the interface, and to other attached clients
 * Short frames are collected, and go with plk_tx_flush(), which is to be called before frames of another client come, and before
 * the input buffer changes. Others are sent from where they were read: the kernel wants its header right before the frame, where the
 * client's own, its prefix, or the end of the frame before stands, and all of these are done with.
 * Return: true; false if the interface has no room now: then the frame, and what was collected before it, are among the pending.
 */
bool plk_tx(struct client *from, const struct tx_frame *frame);

/** plk_tx_flush() - send what was collected of a client's frames
 * Return: true; false if the interface has no room now: then some of them are pending.
 */
bool plk_tx_flush(struct client *from);

/** plk_tx_again() - offer pending frames once more; Return: whether none is left */
bool plk_tx_again(struct client *from);

/** plk_tx_drop() - pending frames will not be offered again */
void plk_tx_drop(struct client *from);

/* trace.c */

/** plk_trace_about() - a piece of a text that pcapng streams begin with; Return: PLK_OK; PLK_E_LIMIT (it gets too long) */
PLK_MUST_USE enum plk_err plk_trace_about(const struct plk_msg_about *about);

/** plk_trace_begin() - if the client's format is pcapng, put its beginning into the queue, which is empty
 * Return: false if it does not fit
 */
bool plk_trace_begin(struct client *client);

/** plk_trace_seen() - a packet went to a client, or would have */
void plk_trace_seen(struct client *client, uint64_t time_ns);

/** plk_trace_drained() - all that was queued for a client is written: so are, soon, the statistics that found no room */
void plk_trace_drained(const struct client *client);

/** plk_trace_instead() - ports of low latency are about to take from the bulk class: what they lost so far goes on to count */
void plk_trace_instead(enum plk_role role);

/** plk_trace_statistics() - statistics, if the format is pcapng and packets came since the last ones */
void plk_trace_statistics(struct client *client);

/** plk_trace_tick() - the callback of worker.trace_timer: statistics for all */
void plk_trace_tick(void *ctx);

/* deliver.c */

/** plk_deliver_join() - a client is OPEN */
void plk_deliver_join(struct client *client);

/** plk_deliver_leave() - a client is no longer */
void plk_deliver_leave(struct client *client);

/** plk_deliver_rx() - a frame from the interface to the clients of a class
 * @room: memory that ends where the frame begins, and may be written to
 */
void plk_deliver_rx(enum plk_class class, const struct plk_rxpkt *packet, struct plk_mspan room);

/** plk_deliver_instead() - ports of low latency take from the bulk class from now on */
void plk_deliver_instead(enum plk_role role);

/** plk_deliver_flush() - what plk_deliver_rx() has put together goes into queues, or to sockets, and is counted */
void plk_deliver_flush(enum plk_class class);

/** plk_deliver_work() - how many records were put into queues or dropped, ever */
uint64_t plk_deliver_work(void);

/** plk_deliver_local() - a frame of an attached client to one other (@to) or all others (@to is NULL)
 * Return: for how many clients it was.
 */
size_t plk_deliver_local(struct client *from, struct plk_span eth, const struct plk_vnet *vnet,
			 const struct client *to);

/* switch.c */

/** plk_switch_init() - an empty switch with a key of its own; Return: 0 or -errno */
int plk_switch_init(void);

/** plk_switch_learn() - a frame came from @mac, at a client's slot or PLK_FDB_INTERFACE */
void plk_switch_learn(const uint8_t *mac, uint32_t owner);

/* leave.c */

/** plk_leave() - stop all streams between two frames, and give their connections to the front; then the process ends */
void plk_leave(void);

/** plk_worker_leave() - end the process; connections that are left end with it */
_Noreturn void plk_worker_leave(int status);

/* rx.c */

/** plk_rx_open() - take over a receiving packet socket; Return: 0 or -errno */
int plk_rx_open(enum plk_class class, int *fd, const struct plk_packet_ring *ring);

/** plk_rx_start() - begin to wait for frames; Return: 0 or -errno */
int plk_rx_start(void);

/** plk_rx_latency() - what a port that comes now has, whatever it asked for: a ring may have died, and the front not know yet */
enum plk_latency plk_rx_latency(enum plk_role role, enum plk_latency latency);

/** plk_rx_serve() - ports have come: begin to wait for frames of the classes that they take from; Return: 0 or -errno */
int plk_rx_serve(void);

/** plk_rx_flush() - take what is in the rings now */
void plk_rx_flush(void);

/** plk_rx_stop() - what is in the rings is delivered, and nothing more is taken */
void plk_rx_stop(void);

/** plk_rx_losses() - add what the kernel dropped since the last call to the counters */
void plk_rx_losses(void);

#endif
