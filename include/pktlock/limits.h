/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * limits.h: every limit of pktlock, with its unit and its source. Everything that a peer can make
 * grow has one.
 */
#ifndef PKTLOCK_LIMITS_H
#define PKTLOCK_LIMITS_H

/* Frames on a stream, bytes. */
#define PLK_ETH_HDR 14      /* destination, source, EtherType (IEEE 802.3) */
#define PLK_ETH_ADDR 6      /* a MAC address */
#define PLK_VLAN_TAG 4      /* TPID and TCI (IEEE 802.1Q) */
#define PLK_FRAME_MIN 14    /* an Ethernet header; the kernel refuses to send less */
#define PLK_FRAME_MAX 65535 /* format qemu: what all known readers of QEMU's framing accept */
/* format vnet, header included: QEMU's NET_BUFSIZE, 4096 + 65536 */
#define PLK_VNET_FRAME_MAX 69632
#define PLK_PREFIX_MAX 8 /* two be32: N, and in format vnet H */
/* the longest thing on a stream: 69640 */
#define PLK_RECORD_MAX (PLK_PREFIX_MAX + PLK_VNET_FRAME_MAX)

/* virtio-net headers, bytes (linux/virtio_net.h). */
#define PLK_VNET_HDR 10          /* struct virtio_net_hdr; what AF_PACKET speaks */
#define PLK_VNET_HDR_MRG 12      /* with num_buffers; virtio 1.0 */
#define PLK_VNET_HDR_HASH 20     /* with hash report */
#define PLK_VNET_GSO_SIZE_MIN 48 /* bytes of payload a segment; less makes the kernel amplify */

/* Strings. */
#define PLK_FD_MAX 1048575     /* highest descriptor number: Linux' default fs.nr_open - 1 */
#define PLK_FD_FIRST 3         /* first inherited descriptor (sd_listen_fds(3)) */
#define PLK_PID_MAX 4194304    /* Linux' PID_MAX_LIMIT on 64-bit machines */
#define PLK_NAME_MAX 255       /* bytes of a descriptor name (systemd's FDNAME_MAX) */
#define PLK_PATH_MAX 107       /* bytes of a socket path: sun_path without its NUL (unix(7)) */
#define PLK_ZONE_MAX 15        /* bytes of an IPv6 zone: an interface name */
#define PLK_IFNAME_MAX 15      /* bytes of an interface name: IFNAMSIZ without its NUL */
#define PLK_LIST_MAX 32        /* values of allow-uid=, allow-gid= and mac= */
#define PLK_VLAN_IDS 4095      /* 0 (untagged) to 4094 (IEEE 802.1Q reserves 4095) */
#define PLK_VLAN_BYTES 512     /* a set of them, a bit for each */
#define PLK_SNAPLEN_MIN 64     /* bytes */
#define PLK_SNAPLEN_MAX 262144 /* bytes: libpcap's MAXIMUM_SNAPLEN */
#define PLK_FILTER_MAX 4095    /* bytes of a pcap expression, --filter */

/* The control socket. */
#define PLK_CONTROL_MESSAGE_MAX 65536 /* bytes of a request, a JSON object */
#define PLK_CONTROL_DEPTH_MAX 16      /* objects and arrays in each other */
#define PLK_CONTROL_ID_MAX 4096       /* bytes of a request's id, when it is written again */
#define PLK_CONTROL_PARAMS_MAX 8      /* of a command that takes many; requests may have more */
#define PLK_CONTROL_ARENA 2097152 /* bytes for the values of one request, while it is looked at */
#define PLK_CONTROL_CONNECTIONS 32
#define PLK_CONTROL_RESERVED 4         /* of these, for root and the service user */
#define PLK_CONTROL_TIME_S 10          /* for a client to send a request, or to take an answer */
#define PLK_CONTROL_TEXT_MAX 2097152   /* bytes of an answer's text */
#define PLK_CONTROL_CHANGE_MAX 8192    /* the same of a command that changes something */
#define PLK_CONTROL_ANSWER_MAX 4194304 /* bytes of an answer as it is sent */
#define PLK_CONTROL_ANSWERS 4          /* buffers of that size, one of which is always free */
#define PLK_CONTROL_SHARE 32           /* of a processor is used: one in so many */

/* A daemon. */
#define PLK_PORTS_MAX 64             /* remotes of one daemon */
#define PLK_REMOTE_DIRS_MAX 16       /* directories of --remote-dir */
#define PLK_REMOTES_FILE_MAX 1048576 /* bytes of --remotes-file */
#define PLK_CLIENTS_MAX 1024         /* connections of one daemon, --clients */
#define PLK_CLIENTS_DEFAULT 64
/* bytes of a client's output queue, --queue: one record of any length fits */
#define PLK_QUEUE_MIN PLK_RECORD_MAX
#define PLK_QUEUE_MAX 16777216
#define PLK_QUEUE_DEFAULT 1048576
/* instructions of a filter: Linux' BPF_MAXINSNS, 4096, less the 9 that we put before it (os/packet.c) */
#define PLK_BPF_MAX 4087

#endif
