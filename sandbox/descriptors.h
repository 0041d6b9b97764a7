/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * descriptors.h: which descriptor has which number. The system call filters compare these numbers, so that what a
 * process may do to a descriptor depends on what the descriptor is.
 *
 * What is accepted or received gets the lowest number that is free. So all numbers below that of the first client
 * are taken before there is a client, by a copy of /dev/null where nothing else is to be there.
 */
#ifndef PLK_SANDBOX_DESCRIPTORS_H
#define PLK_SANDBOX_DESCRIPTORS_H

/* The worker. */
#define PLK_WORKER_FD_SUPERVISOR 0
#define PLK_WORKER_FD_FRONT 1
#define PLK_WORKER_FD_NULL 2 /* /dev/null; standard error in instrumented builds */
#define PLK_WORKER_FD_EPOLL 3
#define PLK_WORKER_FD_RX 4 /* one for each class */
#define PLK_WORKER_FD_RX_LAST 9
#define PLK_WORKER_FD_TX 10
#define PLK_WORKER_FD_TX_RING 11
#define PLK_WORKER_FD_BROKER 12
#define PLK_WORKER_FD_LISTENER 13 /* one for each port */
#define PLK_WORKER_FD_LISTENER_LAST 127

/* The first client. There are two filters, since few daemons have many ports, and 128 numbers are many where the limit of
 * descriptors is low. */
#define PLK_WORKER_FD_CLIENT_FEW 24
#define PLK_WORKER_FD_CLIENT_MANY (PLK_WORKER_FD_LISTENER_LAST + 1)
#define PLK_WORKER_PORTS_FEW (PLK_WORKER_FD_CLIENT_FEW - PLK_WORKER_FD_LISTENER)
#ifdef PLK_MANY_PORTS
#define PLK_WORKER_FD_CLIENT PLK_WORKER_FD_CLIENT_MANY
#else
#define PLK_WORKER_FD_CLIENT PLK_WORKER_FD_CLIENT_FEW
#endif
#define PLK_WORKER_FD_MAX 2047 /* PLK_CLIENTS_MAX clients fit below it */

/* Where a worker finds the namespaces that it enters; closed afterwards. */
#define PLK_WORKER_FD_NAMESPACE PLK_WORKER_FD_CLIENT_FEW

/* The front. */
#define PLK_FRONT_FD_SUPERVISOR 0
#define PLK_FRONT_FD_BROKER 1
#define PLK_FRONT_FD_LOG 2
#define PLK_FRONT_FD_EPOLL 3
#define PLK_FRONT_FD_WORKER 4
#define PLK_FRONT_FD_JOURNAL 5   /* the journal's socket */
#define PLK_FRONT_FD_DIRECTORY 6 /* in which the remotes file is */
#define PLK_FRONT_FD_OTHER 7     /* listeners, connections that are being made */
#define PLK_FRONT_FD_MAX 2047
/* Bytes of what it maps, the counters of a worker: core/books.h has it too, and whoever includes both hears if they differ. */
#define PLK_BOOKS_BYTES 1048576

/* The broker. */
#define PLK_BROKER_FD_SUPERVISOR 0
#define PLK_BROKER_FD_FRONT 1

#endif
