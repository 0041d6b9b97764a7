/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hostile.h: a process of ours between hostile peers.
 *
 * The process runs whole: its main(), the request table, the channel and the loop are those that are
 * shipped. The other ends of its channels are ours. What reaches the world (packet sockets,
 * listeners, netlink, children, the sandbox, the clock, the log) is replaced when the harness is
 * linked: by fakes.c for all, by the harness for one, and by the linker's --wrap for calls of the C
 * library. There is one thread: where the process would wait, epoll_pwait() takes the next step of
 * the input instead.
 *
 * Descriptors have fixed numbers in the world (sandbox/descriptors.h), and so they have here: the
 * numbers below HOSTILE_FD are those of the process, what is ours is above.
 *
 *   input = what the harness takes for itself, then steps
 *   step  = u8 op, then by its two upper bits
 *     0 word:    u8 index into the harness' table of messages; descriptors as the table says, or by op
 *     1 fitting: u8 type, then its fields, as long as they must be (zeros stand for what is missing)
 *     2 raw:     u8 length (255: longer than any message), then that many bytes
 *     3 event:   bits 0-5 say which, see enum hostile_event
 *   In words, fittings and raws bits 0-2 are the channel, bits 3-5 an enum descriptor.
 *
 * What must hold, besides that nothing is undefined:
 *   - a message that is not permitted ends the process with the status that says so; it does not
 *     wait again. Nor does it when one of its gates cannot be closed
 *   - when it waits, every descriptor is in its state or closed; what came with a refused message is
 *     closed
 *   - what it says can be parsed and may be said on that channel
 *   - it does not spin, and it ends when the supervisor is gone
 *   - what the harness checks in its fakes
 * Whether a message is permitted is judged with the parser and the request table themselves, for the
 * stage that the process says it is in: faults in those are msg_fuzz.c's to find.
 */
#ifndef PLK_FUZZ_HOSTILE_H
#define PLK_FUZZ_HOSTILE_H

#include <setjmp.h>
#include <sys/resource.h>

#include "ipc/rules.h"

#include "harness.h"

#define HOSTILE_CHANNELS 3
#define HOSTILE_STEPS 100   /* of an input; what follows is ignored */
#define HOSTILE_SOCKETS 160 /* of a run, that are ours */
#define HOSTILE_FD 512 /* the first number that is ours; 3 and above below it are the process' */

/** enum descriptor - what comes with a message */
enum descriptor {
	FD_NONE,
	FD_STREAM,   /* one end of a connection; the other is ours */
	FD_PIPE,     /* nothing comes, nothing can be written */
	FD_MEMORY,   /* a file, which cannot be waited for */
	FD_LISTENER, /* a Unix socket that listens */
	FD_TCP,      /* the same TCP socket each time; it listens */
	FD_TWO,
	FD_FIVE,      /* more than a control buffer of ours holds */
	FD_CONNECTED, /* in tables: the same TCP connection each time */
	FD_PACKET,    /* in tables: what stands for a packet socket; the other end is ours */
	FD_CHANNEL,   /* FD_CHANNEL + i, in tables: a new channel i */
};

/** enum hostile_event - what else can happen */
enum hostile_event {
	EVENT_TIME, /* as much time passes as the process would wait; a minute if that is for ever */
	EVENT_DEAF,     /* we read the channels no longer, or again */
	EVENT_CLOSE,    /* u8 channel */
	EVENT_BYTES,    /* u8 stream, u8 length, bytes: written to it */
	EVENT_SHUTDOWN, /* u8 stream: we write no more; its upper bit: and read no more */
	EVENT_READ,     /* u8 stream */
	EVENT_CONNECT,  /* u8 listener */
	EVENT_STARVE,   /* at the next step the process has no descriptor number left */
	EVENT_OWN,      /* and above: the harness' own events, from 0 */
};

/** enum hostile_reads - when the process takes what is sent over a channel */
enum hostile_reads {
	READS_NOW,
	READS_LATER, /* or never */
};

/** struct hostile_word - a message of a harness' table */
struct hostile_word {
	unsigned channel;
	enum descriptor with;
	struct plk_msg msg;
};

/** struct hostile_channel - a channel of the process under test
 * @fd:    our end; -1 while there is none
 * @in:    the rules for what we send
 * @out:   the rules for what the process sends; PLK_CHANNELS: it sends nothing
 * @rules: what of ours was permitted so far
 */
struct hostile_channel {
	int fd;
	enum plk_channel in;
	enum plk_channel out;
	struct plk_rules rules;
};

/** struct hostile_process - what a harness says about its process
 * @run:        the process; Return: its status
 * @begin:      after the channels were made: what the process needs first
 * @stage:      of the process, for a message over a channel
 * @reads:      whether it takes messages of a channel now
 * @permitted:  told before a message is sent that is permitted
 * @heard:      told what the process said; may take @fd
 * @event:      an event of the harness' own
 * @owns:       how many descriptors the state of the process has; see hostile_is_run()
 * @waits:      told when the process waits; NULL: it need not be
 * @is_ending:  whether it may wait although it was sent what is not permitted; NULL: never
 * @refusal:    the status after a message that is not permitted
 * @finish:     make it end
 * @status_max: greatest status that it may end with, but for a @refusal
 */
struct hostile_process {
	int (*run)(void);
	void (*begin)(void);
	enum plk_stage (*stage)(unsigned channel);
	enum hostile_reads (*reads)(unsigned channel);
	void (*permitted)(unsigned channel, const struct plk_msg *msg);
	void (*heard)(unsigned channel, const struct plk_msg *msg, int *fd);
	void (*event)(unsigned which);
	size_t (*owns)(void);
	void (*waits)(void);
	bool (*is_ending)(void);
	int (*refusal)(unsigned channel, unsigned type);
	void (*finish)(void);
	const struct hostile_word *words;
	size_t n_words;
	struct hostile_channel channels[HOSTILE_CHANNELS];
	size_t n_channels;
	int status_max;
};

/** struct hostile - a run */
struct hostile {
	const struct hostile_process *process;
	struct plk_span in;
	struct hostile_channel channels[HOSTILE_CHANNELS];
	bool running;
	bool is_wide; /* set before a run: channels have the room that they have in the world */
	jmp_buf end;
	int status;
	uint64_t now_ms;
	size_t n_steps;
	size_t n_sent;
	unsigned n_wakes;
	unsigned n_waits; /* after the end of the input */
	bool deaf;
	bool starve;   /* at the next step */
	bool starved;  /* since the last one */
	size_t n_fds;  /* of what is being sent: see hostile_process.permitted */
	bool wrong;    /* sent was what is not permitted, or a channel closed, or no number left */
	bool refused;  /* what was sent last is not permitted */
	bool must_end; /* for that, or for another reason: it may not wait again */
	int must_status;
	bool finishing;
	int ours[HOSTILE_SOCKETS];
	size_t n_ours;
	int streams[HOSTILE_SOCKETS];
	size_t n_streams;
	int listeners[HOSTILE_SOCKETS]; /* ours: copies */
	size_t n_listeners;
};

extern struct hostile hostile;

/** struct hostile_things - made once, from HOSTILE_FD on
 * @standard: what were standard input, output and error
 * @memory: see FD_MEMORY
 * @tcp:    see FD_TCP
 * @connected: see FD_CONNECTED
 * @accepted: its other end
 * @limit: of descriptors
 */
struct hostile_things {
	int standard[3];
	int memory;
	int tcp;
	int connected;
	int accepted;
	struct rlimit limit;
};

/** hostile_things() - made at the first call */
const struct hostile_things *hostile_things(void);

/** hostile_run() - run the process with an input; its state must be that before main() */
void hostile_run(const struct hostile_process *process, struct plk_span in);

/** hostile_channel() - make a channel, instead of one that is there; Return: the process' end */
int hostile_channel(unsigned i);

/** hostile_channel_adopt() - make a copy of @fd our end of a channel that the process made */
void hostile_channel_adopt(unsigned i, int fd);

/** hostile_channel_narrow() - leave room for a few messages that the process sends over @fd */
void hostile_channel_narrow(int fd);

/** hostile_stream() - a connection; the other end is ours, and the last of hostile.streams */
int hostile_stream(void);

/** hostile_channel_close() - close our end */
void hostile_channel_close(unsigned i);

/** hostile_stdin() - make a descriptor the process' standard input; takes @fd */
void hostile_stdin(int fd);

/** hostile_say() - send a message */
void hostile_say(unsigned channel, const struct plk_msg *msg, enum descriptor with);

/** hostile_wait() - the process waits, but not in the loop: take the next step; Return: whether time passes */
bool hostile_wait(void);

/** hostile_write() - write to a stream of ours as much as fits */
void hostile_write(int fd, struct plk_span bytes);

/** hostile_is_run() - whether a descriptor has a number of the process', beside 0, 1 and 2 */
bool hostile_is_run(int fd);

/** hostile_copy() - another descriptor of hostile_things()->memory, which becomes the process'
 * Return: it, or -EMFILE: see EVENT_STARVE.
 */
int hostile_copy(void);

/** hostile_n_open() - how many descriptors are open, from @from to before @to */
size_t hostile_n_open(int from, int to);

/** hostile_must_end() - the process may not wait again, and ends with a status */
void hostile_must_end(int status);

/** hostile_said() - the type of the oldest message that the process said and nobody has heard yet; PLK_MSG_NONE: none */
unsigned hostile_said(unsigned channel);

/** hostile_refusal_one(), hostile_refusal_named() - for hostile_process.refusal: 1; a status that names the message */
int hostile_refusal_one(unsigned channel, unsigned type);
int hostile_refusal_named(unsigned channel, unsigned type);

/** hostile_leave() - the end of the process */
_Noreturn void hostile_leave(int status);

#endif
