/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * msg.h: the messages between our own processes.
 *
 * One message is one datagram of a SOCK_SEQPACKET pair:
 *
 *   message = u8 type, fields in the order of its table below, nothing else; each type has one exact length
 *   U8, U16, U32 = unsigned, machine's byte order, at most the maximum given; U64 = unsigned, any value
 *   STR(n)       = n bytes: a string without control characters, then NUL to the end, one at least
 *   RAW(n)       = n bytes, any value
 *
 * The tables make the structures, the encoder and the parser, so that they cannot disagree. Which
 * message may come over which channel, when, and with how many descriptors, says rules.h.
 *
 * Trust: each process takes the others for hijacked. Pure: no I/O, no allocation, no globals. Fuzz:
 * fuzz/msg_fuzz.c.
 */
#ifndef PLK_IPC_MSG_H
#define PLK_IPC_MSG_H

#include <stdbool.h>

#include <pktlock/err.h>
#include <pktlock/limits.h>
#include <pktlock/roles.h>
#include <pktlock/span.h>

#include "base/names.h"

/** enum plk_peer - who is at the other end of a channel that the supervisor hands out */
enum plk_peer { PLK_PEER_FRONT, PLK_PEER_BROKER, PLK_PEER_WORKER, PLK_PEERS };

/** enum plk_class - the packet sockets of a daemon: receivers, by class, and senders
 * A class of low latency has two: a ring has slots of one size, and superframes are forty times as long as other frames.
 */
enum plk_class {
	PLK_CLASS_CAPTURE_BULK,
	PLK_CLASS_CAPTURE_LOW,
	PLK_CLASS_ATTACH_BULK,
	PLK_CLASS_ATTACH_LOW,
	PLK_CLASS_CAPTURE_LONG, /* what is too long for the slots of CAPTURE_LOW: os/slots.h */
	PLK_CLASS_ATTACH_LONG,
	PLK_CLASS_RX, /* how many receivers there are */
	PLK_CLASS_TX = PLK_CLASS_RX,
	PLK_CLASS_TX_RING, /* short frames, many at once: os/txring.h */
	PLK_CLASSES
};

/** enum plk_netns - where a TAP lives, as far as the supervisor could see */
enum plk_netns {
	PLK_NETNS_OURS,
	PLK_NETNS_OTHER,
	PLK_NETNS_UNKNOWN, /* TUNGETDEVNETNS was not permitted */
	PLK_NETNS_KINDS
};

/** enum plk_step - what the broker was doing when a system call failed */
enum plk_step {
	PLK_STEP_NONE,
	PLK_STEP_INTERFACE, /* find it */
	PLK_STEP_KIND,      /* it has no Ethernet frames; the error is 0 */
	PLK_STEP_INVERTED,  /* it is a macvtap or ipvtap; the error is 0 */
	PLK_STEP_NETNS,     /* the TAP lives in another network namespace */
	PLK_STEP_MAC,       /* the TAP and the interface of its name have different addresses */
	PLK_STEP_SOCKET,
	PLK_STEP_OPTION,
	PLK_STEP_FILTER,
	PLK_STEP_BIND,
	PLK_STEP_VERIFY, /* the interface changed meanwhile */
	PLK_STEP_LISTEN,
	PLK_STEP_STALE, /* the path holds something that is no stale socket */
	PLK_STEP_ZONE,
	PLK_STEP_CONNECT,
	PLK_STEP_HANDOUT,
	/* the gates of a process: sandbox/sandbox.h */
	PLK_STEP_PRIVILEGES,
	PLK_STEP_CAPABILITIES,
	PLK_STEP_LANDLOCK,
	PLK_STEP_LIMITS,
	PLK_STEP_DUMPABLE,
	PLK_STEP_CALLS,
	PLK_STEPS
};

/** enum plk_namespace - the bits of struct plk_msg_confined.namespaces, and the order in which they are entered */
enum plk_namespace {
	PLK_NAMESPACE_USER,
	PLK_NAMESPACE_MOUNT,
	PLK_NAMESPACE_NET,
	PLK_NAMESPACE_IPC,
	PLK_NAMESPACE_UTS,
	PLK_NAMESPACES
};

/** enum plk_link_kind - what an interface is, as far as it matters */
enum plk_link_kind {
	PLK_LINK_OTHER, /* a NIC, and whatever else has Ethernet frames */
	PLK_LINK_TAP,
	PLK_LINK_BRIDGE,
	PLK_LINK_VETH,
	PLK_LINK_KINDS
};

/** enum plk_link - what became of the interface */
enum plk_link {
	PLK_LINK_UP,
	PLK_LINK_DOWN,
	PLK_LINK_GONE,  /* deleted or moved to another namespace */
	PLK_LINK_BACK,  /* there is one of its name again */
	PLK_LINK_UNFIT, /* there is, but of a kind that cannot be used */
	PLK_LINK_RENAMED,
	PLK_LINK_MTU,
	PLK_LINK_NO_CARRIER,
	PLK_LINK_CARRIER,
	PLK_LINKS
};

/** enum plk_about - the texts of which PLK_MSG_ABOUT carries pieces, in their order */
enum plk_about {
	PLK_ABOUT_IFNAME,
	PLK_ABOUT_FILTER, /* the pcap expression */
	PLK_ABOUT_OS,
	PLK_ABOUTS
};
#define PLK_ABOUT_PIECE 224 /* bytes at most in one message */

/** enum plk_close - why a client's connection ended */
enum plk_close {
	PLK_CLOSE_EOF,       /* it left */
	PLK_CLOSE_TRUNCATED, /* it left inside a frame */
	PLK_CLOSE_LENGTH,    /* a length out of range */
	PLK_CLOSE_HEADER,    /* a virtio-net header size that is not the port's */
	PLK_CLOSE_ERROR,     /* reading or writing failed */
	PLK_CLOSE_REFUSED,   /* the front did not admit it */
	PLK_CLOSE_STOP,      /* the daemon stops */
	PLK_CLOSE_LOST,      /* the interface went and the port says on-loss=close */
	PLK_CLOSE_REMOVED,   /* its port was removed */
	PLK_CLOSES
};

/** enum plk_event - what broker and worker have to say; the words are the front's */
enum plk_event {
	PLK_EVENT_BAD_MESSAGE, /* a: type, b: enum plk_err, c: length; the sender ends itself after it */
	PLK_EVENT_NO_ROOM,   /* a: port, b: slots taken, c: slots */
	PLK_EVENT_PORT_FULL, /* a: port, b: its clients, c: its max-clients */
	PLK_EVENT_ACCEPT,    /* a: port, b: errno */
	PLK_EVENT_IGNORED,   /* a: port; a capture client sends */
	PLK_EVENT_RX_ERROR,  /* a: class, b: errno */
	PLK_EVENT_RX_DEAD, /* a: class: its ring takes no frame any more; the bulk class of its ports is to be bound */
	PLK_EVENT_TX_ERROR,     /* b: errno, c: bytes */
	PLK_EVENT_BAD_HEADER,   /* a: port, b: enum plk_err */
	PLK_EVENT_REFUSED_MAC,  /* a: port, b: enum plk_where, c: the address, 48 bits */
	PLK_EVENT_REFUSED_VLAN, /* a: port, b: VLAN ID */
	PLK_EVENT_REFUSED_RATE, /* a: port, b: frames since this was last said */
	PLK_EVENT_UNJUDGED,     /* a: port, b: enum plk_err, c: 1 if its VLAN, 0 if its addresses */
	PLK_EVENT_MOVED, /* a: port where an address is now, b: where it was; PLK_PORTS_MAX is the interface; c: it */
	PLK_EVENT_MEMORY,  /* b: errno; c: bytes; the sender ends itself after it */
	PLK_EVENT_SYSTEM,  /* a: where, b: errno; the sender ends itself after it */
	PLK_EVENT_CONFINE, /* a: enum plk_step, b: errno; the sender ends itself after it */
	PLK_EVENTS
};

/** enum plk_where - where a frame claims an address */
enum plk_where {
	PLK_WHERE_SOURCE, /* of Ethernet */
	PLK_WHERE_ARP,
	PLK_WHERE_ND, /* an option of neighbour discovery */
	PLK_WHERES
};

/* What the worker counts; how they add up, and for whom there are rows of them, core/books.h says. */
/* clang-format off */
#define PLK_COUNTER_TABLE(X) \
	X(RX_FRAMES,       "rx_frames")       /* taken from the interface, once for each class of receivers */ \
	X(RX_BYTES,        "rx_bytes") \
	X(RX_PIECES,       "rx_pieces")       /* frames more, since superframes were cut */ \
	X(RX_COPIES,       "rx_copies")       /* frames more, since several clients had the same */ \
	X(RX_UNWANTED,     "rx_unwanted")     /* for no client: none there, none of that direction, or known to be for others */ \
	X(RX_KERNEL,       "rx_dropped_kernel")    /* PACKET_STATISTICS: the ring or the socket was full */ \
	X(RX_QUEUE,        "rx_dropped_queue")     /* a client's queue was full */ \
	X(RX_OVERSIZE,     "rx_dropped_oversize")  /* too long for the client's format */ \
	X(RX_GSO,          "rx_dropped_gso")       /* a superframe that cannot be cut, or that no header describes: a tunnel's */ \
	X(RX_MALFORMED,    "rx_dropped_malformed") /* the kernel's header does not fit the frame */ \
	X(RX_OFF,          "rx_dropped_off")       /* came while the status was off */ \
	X(RX_WORKER,       "rx_dropped_worker")    /* in a block that a worker was reading when it died */ \
	X(RX_MISSED,       "rx_missed")       /* never rx_frames: passed the interface while connections waited for this daemon */ \
	X(DELIVERED,       "delivered_frames")     /* put into a client's queue */ \
	X(UNSENT,          "unsent_frames")        /* of these: taken out again, when the connection was kept for the next daemon or the status became off */ \
	X(CLIENT_FRAMES,   "client_frames")   /* taken from clients */ \
	X(TX_FRAMES,       "tx_frames")       /* given to the interface */ \
	X(TX_BYTES,        "tx_bytes") \
	X(TX_PIECES,       "tx_pieces")       /* frames more, since superframes were cut */ \
	X(TX_SWITCHED,     "tx_switched")     /* not sent: for other attached clients only */ \
	X(TX_UNWANTED,     "tx_unwanted")     /* not sent: for the client it came from, or for one that takes none */ \
	X(TX_GSO,          "tx_dropped_gso")  /* a superframe that the interface does not take and that cannot be cut */ \
	X(TX_BAD_HEADER,   "tx_dropped_bad_header") \
	X(TX_MAC,          "tx_dropped_mac")  /* refused by mac=, vlan=, rate= of the port */ \
	X(TX_VLAN,         "tx_dropped_vlan") \
	X(TX_RATE,         "tx_dropped_rate") \
	X(TX_ENOBUFS,      "tx_dropped_enobufs") \
	X(TX_EMSGSIZE,     "tx_dropped_emsgsize") \
	X(TX_ENETDOWN,     "tx_dropped_enetdown") /* the interface is down or gone */ \
	X(TX_NOCARRIER,    "tx_dropped_nocarrier") /* it has no carrier: a TAP without a VM, a veth whose other end is down */ \
	X(TX_EINVAL,       "tx_dropped_einval") \
	X(TX_OFF,          "tx_dropped_off")      /* came while the status was off */ \
	X(TX_WORKER,       "tx_dropped_worker")   /* waited for room at the interface when a worker died; counted by the front */ \
	X(TX_OTHER,        "tx_dropped_other") \
	X(SWITCHED,        "switched_frames") /* from one attached client to another, once for each of these */ \
	X(SWITCH_MOVES,    "switch_moves")     /* an address was heard at another client than before, or at the interface */ \
	X(SWITCH_EVICTIONS, "switch_evictions") /* an address was forgotten, or not learned, since the table had no room */ \
	X(IGNORED_BYTES,   "ignored_bytes")   /* sent by capture clients */ \
	X(CLIENTS_TOTAL,   "clients_total")   /* admitted */ \
	X(CLIENTS_CLOSED,  "clients_closed") /* after they were admitted */ \
	X(CLIENTS_REFUSED, "clients_refused") /* no slot, or not admitted */
/* clang-format on */

enum plk_counter {
#define X(id, name) PLK_COUNTER_##id,
	PLK_COUNTER_TABLE(X)
#undef X
		PLK_COUNTERS
};

#define PLK_PATH_FIELD (PLK_PATH_MAX + 1)
#define PLK_NAME_FIELD (PLK_IFNAME_MAX + 1)
#define PLK_FILTER_INSNS 28 /* of a program's instructions, in one message */
#define PLK_FILTER_FIELD (PLK_FILTER_INSNS * 8)
#define PLK_ANY8 UINT8_MAX
#define PLK_ANY16 UINT16_MAX
#define PLK_ANY32 UINT32_MAX
#define PLK_PORT_INDEX (PLK_PORTS_MAX - 1)
#define PLK_ERRNO_MAX 4095 /* Linux' MAX_ERRNO */
/* A name of the descriptor store without its prefix, and the NUL. */
#define PLK_STORE_FIELD (PLK_NAME_MAX + 1 - (sizeof PLK_STORE_PREFIX - 1))
#define PLK_REASON_FIELD 256
/* directories of socket files: of each remote, those that --remote-dir names, and that of the control socket */
#define PLK_DIRECTORIES_MAX (PLK_PORTS_MAX + PLK_REMOTE_DIRS_MAX + 1)

/* The messages: P(TYPE, member) has fields, named PLK_MSG_TYPE_FIELDS; E(TYPE) has none. */
/* clang-format off */
#define PLK_MSG_TABLE(P, E) \
	/* supervisor to all: a channel to another process, which is its descriptor */ \
	P(CHANNEL, channel) \
	/* supervisor to broker: an inherited TAP, which is its descriptor */ \
	P(TAP, tap) \
	/* supervisor to front */ \
	P(WORKER_DIED, worker_died) \
	P(STOP, stop) \
	E(RELOAD) \
	E(DUMP) \
	/* front to supervisor */ \
	E(WORKER_WANTED) \
	E(WORKER_STUCK) \
	E(READY) \
	/* for the service manager: a name of its descriptor store, without our prefix, that means nothing to us */ \
	P(UNSTORE, unstore) \
	/* why the start failed */ \
	P(REASON, reason) \
	P(STATUS, status) \
	/* the worker has answered */ \
	E(ALIVE) \
	E(RELOADED) \
	/* a control client wants us all to stop */ \
	E(EXIT) \
	/* after STOP, if that says so: a connection that shall outlive us, which is its descriptor; then when we stopped */ \
	P(STORE, store) \
	P(STOPPED, stopped) \
	/* front to broker: what it will need to do, and whether more may be told it later; then: close your sandbox */ \
	P(ALLOW_DIRECTORY, allow_directory) \
	P(ALLOW_TCP, allow_tcp) \
	E(RUNTIME) \
	E(CONFINE) \
	/* front to broker */ \
	P(IFACE_NAME, iface_name) \
	P(IFACE_TAP, iface_tap) \
	P(LISTEN_UNIX, listen_unix) \
	P(LISTEN_TCP, listen_tcp) \
	/* for control clients; answered as the others, with port 0 */ \
	P(LISTEN_CONTROL, listen_control) \
	P(TARGET_UNIX, target_unix) \
	P(TARGET_TCP, target_tcp) \
	P(CONNECT, connect) \
	/* a remote is no more: its socket file goes, or it is connected to no more; DONE is when that is so */ \
	P(FORGET, forget) \
	/* instructions that follow those of the last one; all together are the capture classes' filter (bpf.h) */ \
	P(FILTER, filter) \
	P(OPEN, open) \
	P(BIND, bind) \
	P(SILENCE, silence) \
	P(PROMISC, promisc) \
	E(HANDOUT) \
	E(SEAL) \
	/* what has passed the interface, by its own count; the last thing that is asked if we stop */ \
	P(COUNT, count) \
	/* broker to front */ \
	P(IFACE_IS, iface_is) \
	P(LISTENING, listening) \
	P(CONNECTING, connecting) \
	P(DONE, done) \
	P(LINK, link) \
	P(COUNTED, counted) \
	/* broker to worker: a packet socket, which is its descriptor */ \
	P(PACKET, packet) \
	/* front to worker */ \
	P(CONFIG, config) \
	/* the VLANs of a port, before the port itself */ \
	P(VLANS, vlans) \
	P(PORT, port) \
	/* a port is no more; or its listener, an inherited one, only says no from now on, or is a port again */ \
	P(UNPORT, unport) \
	P(PARK, park) \
	/* while it serves: what has the number of a port's listener goes, and comes with the next message, PORT or FILL */ \
	P(ROOM, room) \
	E(FILL) \
	/* whether frames pass */ \
	P(FLOW, flow) \
	P(ABOUT, about) \
	/* a connection that the last daemon left, which is its descriptor; then what passed meanwhile */ \
	P(RESTORE, restore) \
	P(MISSED, missed) \
	P(CLIENT, client) \
	P(ADMIT, admit) \
	P(LINK_IS, link_is) \
	E(GO) \
	E(PING) \
	P(FINISH, finish) \
	/* worker to front */ \
	P(ADOPTED, adopted) \
	E(SERVING) \
	E(PONG) \
	P(ACCEPTED, accepted) \
	P(CLOSED, closed) \
	P(RESTORED, restored) \
	/* after UNPORT: all its clients are gone, and that was told */ \
	P(UNPORTED, unported) \
	/* after FINISH, if that says so: a connection whose stream stopped at a boundary, which is its descriptor */ \
	P(KEPT, kept) \
	/* after FINISH: all is said. The end itself may take the kernel a while, which closes packet sockets */ \
	E(LEFT) \
	/* supervisor, broker and worker to front: how far it is confined */ \
	P(CONFINED, confined) \
	/* broker and worker to front */ \
	P(EVENT, event)

#define PLK_MSG_CHANNEL_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U8(peer, PLK_PEERS - 1)
#define PLK_MSG_TAP_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U32(number, PLK_FD_MAX) U8(netns, PLK_NETNS_KINDS - 1)
#define PLK_MSG_WORKER_DIED_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U32(status, PLK_ANY32) U32(delay_ms, PLK_ANY32)
#define PLK_MSG_STOP_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U8(keep, 1)
#define PLK_MSG_UNSTORE_FIELDS(U8, U16, U32, U64, STR, RAW) \
	STR(name, PLK_STORE_FIELD)
#define PLK_MSG_REASON_FIELDS(U8, U16, U32, U64, STR, RAW) \
	STR(text, PLK_REASON_FIELD)
#define PLK_MSG_STATUS_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U32(clients, PLK_CLIENTS_MAX) U64(dropped)
#define PLK_MSG_STORE_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U64(tag)
#define PLK_MSG_STOPPED_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U32(ifindex, INT32_MAX) U64(rx_frames) U64(tx_frames) U64(time_ns)
#define PLK_MSG_ALLOW_DIRECTORY_FIELDS(U8, U16, U32, U64, STR, RAW) \
	STR(path, PLK_PATH_FIELD) U8(make, 1)
#define PLK_MSG_ALLOW_TCP_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U16(port, PLK_ANY16) U8(connect, 1)
#define PLK_MSG_LISTEN_CONTROL_FIELDS(U8, U16, U32, U64, STR, RAW) \
	STR(path, PLK_PATH_FIELD)
#define PLK_MSG_IFACE_NAME_FIELDS(U8, U16, U32, U64, STR, RAW) \
	STR(name, PLK_NAME_FIELD)
#define PLK_MSG_IFACE_TAP_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U32(number, PLK_FD_MAX)
#define PLK_MSG_LISTEN_UNIX_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U16(port, PLK_PORT_INDEX) STR(path, PLK_PATH_FIELD)
#define PLK_MSG_LISTEN_TCP_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U16(port, PLK_PORT_INDEX) U8(is_v6, 1) RAW(addr, 16) STR(zone, PLK_NAME_FIELD) U16(tcp_port, PLK_ANY16)
#define PLK_MSG_TARGET_UNIX_FIELDS(U8, U16, U32, U64, STR, RAW) \
	PLK_MSG_LISTEN_UNIX_FIELDS(U8, U16, U32, U64, STR, RAW)
#define PLK_MSG_TARGET_TCP_FIELDS(U8, U16, U32, U64, STR, RAW) \
	PLK_MSG_LISTEN_TCP_FIELDS(U8, U16, U32, U64, STR, RAW)
#define PLK_MSG_CONNECT_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U16(port, PLK_PORT_INDEX)
#define PLK_MSG_FORGET_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U16(port, PLK_PORT_INDEX)
#define PLK_MSG_FILTER_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U8(n, PLK_FILTER_INSNS) RAW(code, PLK_FILTER_FIELD)
#define PLK_MSG_OPEN_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U8(class, PLK_CLASSES - 1) U8(direction, PLK_DIRECTIONS - 1)
#define PLK_MSG_BIND_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U8(class, PLK_CLASSES - 1) U8(direction, PLK_DIRECTIONS - 1)
#define PLK_MSG_SILENCE_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U8(class, PLK_CLASSES - 1)
#define PLK_MSG_PROMISC_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U8(on, 1)
#define PLK_MSG_INTERFACE_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U32(index, INT32_MAX) U8(is_up, 1) U8(has_carrier, 1) U8(kind, PLK_LINK_KINDS - 1) U32(mtu, PLK_ANY32) \
	STR(name, PLK_NAME_FIELD)
#define PLK_MSG_IFACE_IS_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U8(step, PLK_STEPS - 1) U32(error, PLK_ERRNO_MAX) \
	PLK_MSG_INTERFACE_FIELDS(U8, U16, U32, U64, STR, RAW)
#define PLK_MSG_LISTENING_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U16(port, PLK_PORT_INDEX) U8(step, PLK_STEPS - 1) U32(error, PLK_ERRNO_MAX)
#define PLK_MSG_CONNECTING_FIELDS(U8, U16, U32, U64, STR, RAW) \
	PLK_MSG_LISTENING_FIELDS(U8, U16, U32, U64, STR, RAW)
#define PLK_MSG_DONE_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U8(request, PLK_ANY8) U8(class, PLK_CLASSES - 1) U8(step, PLK_STEPS - 1) U32(error, PLK_ERRNO_MAX)
#define PLK_MSG_LINK_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U8(state, PLK_LINKS - 1) PLK_MSG_INTERFACE_FIELDS(U8, U16, U32, U64, STR, RAW)
#define PLK_MSG_PACKET_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U8(class, PLK_CLASSES - 1) U32(block_bytes, PLK_ANY32) U32(n_blocks, PLK_ANY32)
#define PLK_MSG_COUNT_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U8(last, 1)
#define PLK_MSG_COUNTED_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U32(ifindex, INT32_MAX) U64(rx_frames) U64(tx_frames)
#define PLK_MSG_CONFIG_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U32(clients, PLK_CLIENTS_MAX) U32(queue, PLK_QUEUE_MAX) U16(ports, PLK_PORTS_MAX) U8(runtime, 1)
#define PLK_MSG_VLANS_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U16(port, PLK_PORT_INDEX) RAW(vlans, PLK_VLAN_BYTES)
#define PLK_MSG_PORT_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U16(port, PLK_PORT_INDEX) U8(role, PLK_ROLES - 1) U8(vnet_hdr, PLK_VNET_HDR_HASH) \
	U8(direction, PLK_DIRECTIONS - 1) U8(latency, PLK_LATENCIES - 1) U32(max_clients, PLK_CLIENTS_MAX) \
	U8(passive, 1) U8(adopt, 1) U8(tcp, 1) U8(close_on_loss, 1) U8(format, PLK_FORMATS - 1) \
	U32(snaplen, PLK_SNAPLEN_MAX) \
	U8(n_macs, PLK_LIST_MAX) RAW(macs, PLK_LIST_MAX * PLK_ETH_ADDR) U8(has_vlans, 1) \
	U32(rate_fps, PLK_ANY32) U32(burst, PLK_ANY32)
#define PLK_MSG_UNPORT_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U16(port, PLK_PORT_INDEX)
#define PLK_MSG_PARK_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U16(port, PLK_PORT_INDEX) U8(on, 1)
#define PLK_MSG_ROOM_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U16(port, PLK_PORT_INDEX)
#define PLK_MSG_FLOW_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U8(on, 1)
#define PLK_MSG_ABOUT_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U8(what, PLK_ABOUTS - 1) U8(n, PLK_ABOUT_PIECE) RAW(text, PLK_ABOUT_PIECE)
#define PLK_MSG_CLIENT_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U16(port, PLK_PORT_INDEX)
#define PLK_MSG_ADMIT_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U32(slot, PLK_CLIENTS_MAX - 1) U32(generation, PLK_ANY32) U8(admit, 1)
#define PLK_MSG_LINK_IS_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U8(is_there, 1) U8(is_up, 1) U8(has_carrier, 1) U8(kind, PLK_LINK_KINDS - 1) U32(mtu, PLK_ANY32)
#define PLK_MSG_ADOPTED_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U16(port, PLK_PORT_INDEX) U16(err, PLK_ERR_COUNT - 1) U32(error, PLK_ERRNO_MAX)
#define PLK_MSG_ACCEPTED_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U32(slot, PLK_CLIENTS_MAX - 1) U32(generation, PLK_ANY32) U16(port, PLK_PORT_INDEX)
#define PLK_MSG_CLOSED_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U32(slot, PLK_CLIENTS_MAX - 1) U32(generation, PLK_ANY32) U16(port, PLK_PORT_INDEX) \
	U8(reason, PLK_CLOSES - 1) U32(error, PLK_ERRNO_MAX) U64(from_client) U64(to_client) U64(dropped)
#define PLK_MSG_RESTORE_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U16(port, PLK_PORT_INDEX)
#define PLK_MSG_MISSED_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U64(in) U64(out)
#define PLK_MSG_FINISH_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U8(keep, 1)
#define PLK_MSG_RESTORED_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U32(slot, PLK_CLIENTS_MAX - 1) U32(generation, PLK_ANY32) U16(port, PLK_PORT_INDEX) \
	U16(err, PLK_ERR_COUNT - 1) U32(error, PLK_ERRNO_MAX)
#define PLK_MSG_UNPORTED_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U16(port, PLK_PORT_INDEX)
#define PLK_MSG_KEPT_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U32(slot, PLK_CLIENTS_MAX - 1) U32(generation, PLK_ANY32) U16(port, PLK_PORT_INDEX) \
	U64(from_client) U64(to_client) U64(dropped) U64(unsent)
#define PLK_MSG_CONFINED_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U8(namespaces, (1 << PLK_NAMESPACES) - 1) U32(namespaces_error, PLK_ERRNO_MAX) \
	U64(capabilities) U64(bounding) U8(securebits, 1) U8(landlock, PLK_ANY8) U32(files, PLK_ANY32) \
	U8(mdwe, 1) U16(calls, PLK_ANY16) U16(conditions, PLK_ANY16)
#define PLK_MSG_EVENT_FIELDS(U8, U16, U32, U64, STR, RAW) \
	U16(code, PLK_EVENTS - 1) U64(a) U64(b) U64(c)
/* clang-format on */

/** enum plk_msg_type - the first byte of a message; 0 is none */
enum plk_msg_type {
	PLK_MSG_NONE,
#define P(TYPE, member) PLK_MSG_##TYPE,
#define E(TYPE) PLK_MSG_##TYPE,
	PLK_MSG_TABLE(P, E)
#undef P
#undef E
		PLK_MSG_TYPES
};

#define PLK_DECLARE_U8(name, max) uint8_t name;
#define PLK_DECLARE_U16(name, max) uint16_t name;
#define PLK_DECLARE_U32(name, max) uint32_t name;
#define PLK_DECLARE_U64(name) uint64_t name;
#define PLK_DECLARE_STR(name, bytes) char name[bytes];
#define PLK_DECLARE_RAW(name, bytes) uint8_t name[bytes];
#define P(TYPE, member)                                                                    \
	struct plk_msg_##member {                                                          \
		PLK_MSG_##TYPE##_FIELDS(PLK_DECLARE_U8, PLK_DECLARE_U16, PLK_DECLARE_U32,  \
					PLK_DECLARE_U64, PLK_DECLARE_STR, PLK_DECLARE_RAW) \
	};
#define E(TYPE)
PLK_MSG_TABLE(P, E)
#undef P
#undef E

/** struct plk_msg - one message; the member of the union is that of the type */
struct plk_msg {
	enum plk_msg_type type;
	union {
#define P(TYPE, member) struct plk_msg_##member member;
#define E(TYPE)
		PLK_MSG_TABLE(P, E)
#undef P
#undef E
	} u;
};

/* Enough for every encoded message, bytes. */
#define PLK_MSG_MAX 516

/** plk_class_is_bulk(), plk_class_is_long(), plk_class_is_attach() - what a receiver's class says */
bool plk_class_is_bulk(enum plk_class rx);
bool plk_class_is_long(enum plk_class rx);
bool plk_class_is_attach(enum plk_class rx);

/** plk_class_takes() - whether a receiver's class serves ports of this role and latency; for low latency there are two */
bool plk_class_takes(enum plk_class rx, enum plk_role role, enum plk_latency latency);

/** plk_msg_name() - the name of a type, for logs; "?" for what is none */
const char *plk_msg_name(unsigned type);

/** plk_msg_size() - the exact encoded length of a type, bytes; 0 for what is none */
size_t plk_msg_size(unsigned type);

/** plk_msg_parse() - read one message
 * @in:   borrowed; a whole datagram
 * @out:  set on PLK_OK only; points to nothing of @in
 * Return: PLK_OK; PLK_E_SHORT; PLK_E_TRAILING; PLK_E_MALFORMED (no such type, a string that is
 * none); PLK_E_LIMIT (a field above its maximum).
 */
PLK_MUST_USE enum plk_err plk_msg_parse(struct plk_span in, struct plk_msg *out);

/** plk_msg_encode() - write one message
 * @n:  set on PLK_OK only; bytes written: plk_msg_size()
 * Return: PLK_OK; PLK_E_MALFORMED (no such type); PLK_E_ROOM.
 */
PLK_MUST_USE enum plk_err plk_msg_encode(const struct plk_msg *msg, struct plk_mspan out,
					 size_t *n);

#endif
