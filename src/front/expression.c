/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * expression.c: from a pcap expression to a filter's program, by libpcap in a child of a moment.
 *
 * Theory of operation. The kernel takes the outer VLAN tag out of a frame before a filter sees it. libpcap knows that, but only
 * of a capture that is live: for one that is not (pcap_open_dead()), `vlan` means a tag in the bytes. So the child enters a user
 * and a network namespace of its own, captures on the loopback there, and compiles for that: what comes out finds tags in both places. The front
 * itself stays in the host's network. Where namespaces are refused an expression without `vlan` is compiled all the same. And one with
 * `vlan` is not optimised: libpcap's optimizer takes the offsets of a tag in the bytes for those of every tag, so that
 * "arp or (vlan and arp)" does not see a tag in metadata (libpcap issue 1513, open in 2026).
 *
 * Trust: expressions are often somebody else's, and libpcap is a large parser. The child holds nothing but a pipe; it has no
 * capability, makes no process, writes no file, sends no signal, and has so much time and memory. What comes through the pipe is
 * read as coming from a stranger: the program by ipc/bpf.h, libpcap's words as bytes that are escaped.
 *
 *   answer = u32 outcome, u32 error, u32 n, then by outcome
 *     COMPILED: error: errno, why there are no namespaces, or 0; n: instructions, then these, if they are not too many
 *     REFUSED:  n: bytes of libpcap's words, then these
 *     FAILED:   error: errno; n: enum plk_step, the gate that could not be closed
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/writer.h"
#include "front/front.h"
#include "os/clock.h"
#include "os/fd.h"

#define CPU_SECONDS 5
#define WAIT_MS 10000
#define MEMORY_BYTES ((rlim_t)1 << 29)
#define FILES 32 /* descriptors: libpcap's, and those of the name service */
#define HEAD_BYTES 12
#define WORDS_BYTES PCAP_ERRBUF_SIZE

enum outcome { COMPILED = 1, REFUSED, FAILED };

struct answer {
	uint32_t outcome;
	uint32_t error;
	uint32_t n;
	uint8_t rest[PLK_BPF_BYTES];
	size_t n_rest;
};

/* Where `vlan` is in the expression, or @text.n. Where it means nothing (a name that has it inside) that counts too. */
static size_t
vlan_at(struct plk_span text)
{
	const uint8_t *at = memmem(text.p, text.n, "vlan", 4);

	return at ? (size_t)(at - text.p) : text.n;
}

/* ---- the child ---- */

static _Noreturn void
child_answer(enum outcome outcome, int error, uint32_t n, const void *rest, size_t n_rest)
{
	static uint8_t bytes[HEAD_BYTES + PLK_BPF_BYTES];

	host32_store(bytes, outcome);
	host32_store(bytes + 4, (uint32_t)-error);
	host32_store(bytes + 8, n);
	memcpy(bytes + HEAD_BYTES, rest, n_rest);
	for (size_t at = 0; at < HEAD_BYTES + n_rest;) {
		ssize_t written = write(STDIN_FILENO, bytes + at, HEAD_BYTES + n_rest - at);

		if (written < 0)
			_exit(1);
		at += (size_t)written;
	}
	_exit(0);
}

/* The pipe is 0; nothing else is left. */
static int
descriptors_close(int out)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(out, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
	    dup2(null, STDERR_FILENO) < 0 ||
	    syscall(SYS_close_range, STDERR_FILENO + 1L, (long)~0U, 0L) < 0)
		return -errno;
	return 0;
}

static int
loopback_up(void)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	/* of a family that a unit lets us have (RestrictAddressFamilies=); the request is not about it */
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int error = fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0 ? -errno : 0;

	if (fd >= 0)
		plk_fd_close(&fd);
	return error;
}

/* A capture on a network of our own; Return: 0 or -errno. */
static int
live_open(pcap_t **out)
{
	char words[PCAP_ERRBUF_SIZE];
	pcap_t *pcap;
	int error;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return -errno;
	error = loopback_up(); /* refused where a user namespace has no capabilities (AppArmor) */
	if (error < 0)
		return error;
	pcap = pcap_create("lo", words);
	if (!pcap)
		return -ENOMEM;
	if (pcap_activate(pcap) < 0 || pcap_datalink(pcap) != DLT_EN10MB) {
		pcap_close(pcap);
		return -EOPNOTSUPP;
	}
	*out = pcap;
	return 0;
}

static void
must(int error, enum plk_step step)
{
	if (error < 0)
		child_answer(FAILED, error, step, "", 0);
}

/* So that nothing takes for ever. A sanitizer has more memory than any limit that would be one. */
static int
bounds(void)
{
	/* the second is for who does not heed SIGXCPU */
	const struct rlimit cpu = {CPU_SECONDS, CPU_SECONDS + 1};
	int error = setrlimit(RLIMIT_CPU, &cpu) < 0 ? -errno : 0;

#ifndef PLK_INSTRUMENTED
	const struct rlimit memory = {MEMORY_BYTES, MEMORY_BYTES};

	if (error == 0 && setrlimit(RLIMIT_AS, &memory) < 0)
		error = -errno;
#endif
	(void)alarm(WAIT_MS / 1000);
	return error;
}

/* Files may be read: names of services and protocols are in some. */
static int
landlock(struct plk_msg_confined *confined)
{
	const struct plk_landlock_rule all = {open("/", O_PATH | O_CLOEXEC), PLK_LANDLOCK_READ};

	return plk_confine_landlock(confined,
				    &(const struct plk_landlock){.rules = &all, .n_rules = 1});
}

static void
gates(pid_t parent)
{
	struct plk_msg_confined confined = {0};

	must(plk_confine_capabilities(&confined, PLK_CAPABILITIES_NONE), PLK_STEP_CAPABILITIES);
	must(landlock(&confined), PLK_STEP_LANDLOCK);
	must(plk_confine_limits(&confined, &(const struct plk_limits){.in_flight = FILES}),
	     PLK_STEP_LIMITS);
	must(plk_confine_dumpable(), PLK_STEP_DUMPABLE);
	plk_confine_memory(&confined);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* these arguments are good */
	if (getppid() != parent)
		_exit(1);
}

static _Noreturn void
child_main(struct plk_span text, int out, pid_t parent)
{
	struct bpf_program program;
	pcap_t *pcap = NULL;
	int error;

	if (descriptors_close(out) < 0)
		_exit(1);
	must(bounds(), PLK_STEP_LIMITS);
	error = live_open(&pcap);
	if (error < 0)
		pcap = pcap_open_dead(DLT_EN10MB, PLK_SNAPLEN_MAX);
	if (!pcap)
		must(-ENOMEM, PLK_STEP_NONE);
	gates(parent);
	if (pcap_compile(pcap, &program, (const char *)text.p, vlan_at(text) == text.n,
			 PCAP_NETMASK_UNKNOWN) < 0)
		child_answer(REFUSED, 0, (uint32_t)strlen(pcap_geterr(pcap)), pcap_geterr(pcap),
			     strlen(pcap_geterr(pcap)));
	child_answer(COMPILED, error, program.bf_len, program.bf_insns,
		     program.bf_len <= PLK_BPF_MAX ? program.bf_len * sizeof *program.bf_insns : 0);
}

/* ---- the parent ---- */

static _Noreturn void
fail_system(struct plk_span text, const char *what, int error)
{
	plk_words_fail(1, "--filter", text, "%s: %s at byte 0", what,
		       plk_words_error((uint64_t)-error));
}

/* Reads to the end, or as much as an answer can have; Return: bytes; -errno. */
static ssize_t
read_all(int fd, uint8_t *out, size_t room)
{
	const uint64_t end_ms = plk_now_ms() + WAIT_MS;
	size_t n = 0;

	while (n < room) {
		const uint64_t now_ms = plk_now_ms();
		struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
		ssize_t got;

		if (now_ms >= end_ms)
			return -ETIMEDOUT;
		if (poll(&poll_fd, 1, (int)(end_ms - now_ms)) <= 0)
			continue;
		got = read(fd, out + n, room - n);
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	return (ssize_t)n;
}

/* Ends the child, if it has not ended; Return: the signal that it died of, or 0. */
static int
child_reap(pid_t pid)
{
	int status = 0;

	(void)kill(pid, SIGKILL); /* one that has ended keeps its status */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* Has a child compile; what it answers; ends the process if it does not. */
static void
answer_get(struct plk_span text, struct answer *answer)
{
	static uint8_t bytes[HEAD_BYTES + PLK_BPF_BYTES];
	const pid_t parent = getpid();
	int ends[2];
	ssize_t n;
	pid_t pid;
	int died_of;

	if (pipe2(ends, O_CLOEXEC) < 0)
		fail_system(text, "cannot make a pipe", -errno);
	pid = fork();
	if (pid == 0)
		child_main(text, ends[1], parent);
	if (pid < 0)
		fail_system(text, "cannot start a process", -errno);
	plk_fd_close(&ends[1]);
	n = read_all(ends[0], bytes, sizeof bytes);
	plk_fd_close(&ends[0]);
	died_of = child_reap(pid);
	if (n == -ETIMEDOUT || died_of == SIGXCPU || died_of == SIGALRM)
		plk_words_fail(2, "--filter", text, "takes libpcap longer than %d s at byte 0",
			       CPU_SECONDS);
	if (n < HEAD_BYTES)
		plk_words_fail(1, "--filter", text,
			       "the process that compiles it ended without an answer (signal %d) "
			       "at byte 0",
			       died_of);
	*answer = (struct answer){
		.outcome = host32_load(bytes),
		.error = host32_load(bytes + 4),
		.n = host32_load(bytes + 8),
		.n_rest = (size_t)n - HEAD_BYTES,
	};
	memcpy(answer->rest, bytes + HEAD_BYTES, answer->n_rest);
}

/* libpcap's words may have bytes of the expression, or others. They stand in no quotes: an apostrophe is one. */
static _Noreturn void
refused(struct plk_span text, const struct answer *answer)
{
	uint8_t words[4 * WORDS_BYTES + 8];
	struct plk_writer w;

	plk_writer_init(&w, (struct plk_mspan){words, sizeof words});
	for (size_t i = 0; i < answer->n_rest && i < WORDS_BYTES; i++) {
		if (answer->rest[i] == '\'')
			plk_writer_char(&w, '\'');
		else
			plk_writer_escaped(&w, (struct plk_span){answer->rest + i, 1}, 1);
	}
	plk_writer_cstr(&w);
	plk_words_fail(2, "--filter", text, "%s at byte 0", (const char *)words);
}

static void
namespaces_check(struct plk_span text, uint32_t error)
{
	const size_t at = vlan_at(text);

	if (error == 0)
		return;
	if (at < text.n)
		plk_words_fail(1, "--filter", text,
			       "vlan can only be compiled in a network namespace, and none can be "
			       "made: %s "
			       "at byte %zu; a container, a unit (RestrictNamespaces=) or a sysctl "
			       "(user.max_user_namespaces) may forbid it: permit user namespaces, "
			       "or leave "
			       "vlan out",
			       plk_words_error(error), at);
	plk_log(PLK_LOG_LINE_INFO, "filter compiled without a network namespace: %s",
		plk_words_error(error));
}

static void
program_take(struct plk_span text, const struct answer *answer, struct plk_bpf *out)
{
	const struct plk_span bytes = {answer->rest, answer->n_rest};

	if (answer->n > PLK_BPF_MAX)
		plk_words_fail(2, "--filter", text,
			       "has %u instructions, but the kernel takes %d, of which %d are "
			       "pktlock's own at byte 0",
			       answer->n, BPF_MAXINSNS, BPF_MAXINSNS - PLK_BPF_MAX);
	if (plk_bpf_parse(bytes, out) != PLK_OK || out->n != answer->n)
		plk_words_fail(2, "--filter", text,
			       "libpcap's program is none that the kernel takes (protochain is not "
			       "possible) at byte 0");
	namespaces_check(text, answer->error);
}

void
plk_expression_compile(struct plk_span text, struct plk_bpf *out)
{
	static struct answer answer;

	answer_get(text, &answer);
	switch (answer.outcome) {
	case COMPILED:
		program_take(text, &answer, out);
		break;
	case REFUSED:
		refused(text, &answer);
	default:
		fail_system(text, plk_words_step(answer.n), -(int)(answer.error & PLK_ERRNO_MAX));
	}
}
