/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hostile.c: what the hostile programs share, and the attacks that none of the three may make.
 */
#include "hostile.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "ipc/msg.h"

#define FDS_MAX 4
#define IDLE_S 3600

static char name_marker[] = "/run/hostile/made";
static char name_memory[] = "/proc/self/mem";
static char name_passwd[] = "/etc/passwd";
static char name_proc[] = "/proc/1/environ";
static char name_shell[] = "/bin/sh";
static char name_empty[] = "";
static char *argv_shell[] = {name_shell, NULL};
static char *no_environment[] = {NULL};
static uint8_t buffer[4096];
static struct iovec vector = {buffer, sizeof buffer};
static struct ifreq request = {.ifr_name = "e0", .ifr_flags = IFF_UP | IFF_PROMISC};
static const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
static int pair[2];

#ifdef __x86_64__
/* getpid of i386; where the kernel has no such calls, it is a fault. */
static void
int80(void)
{
	long result = 20;

	__asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
	hostile_report(result);
}
#endif

/* Code in a page that can be written. */
static void
run_data(void)
{
	static uint8_t code[] = {0xc3, 0xc3, 0xc3, 0xc3}; /* ret */
	union {
		void *data;
		void (*call)(void);
	} page = {.data = code};

	page.call();
	hostile_report(0);
}

/* clang-format off */
static const struct hostile_attack shared[] = {
	/* other processes */
	CALL4("ptrace-supervisor", SYS_ptrace, PTRACE_ATTACH, HOSTILE_SUPERVISOR, 0, 0),
	CALL4("ptrace-front", SYS_ptrace, PTRACE_SEIZE, HOSTILE_FRONT, 0, 0),
	CALL4("ptrace-traceme", SYS_ptrace, PTRACE_TRACEME, 0, 0, 0),
	CALL2("kill-supervisor", SYS_kill, HOSTILE_SUPERVISOR, SIGKILL),
	CALL2("kill-front", SYS_kill, HOSTILE_FRONT, SIGKILL),
	CALL2("kill-broker", SYS_kill, HOSTILE_BROKER, SIGKILL),
	CALL2("kill-all", SYS_kill, -1, SIGKILL),
	CALL2("kill-group", SYS_kill, 0, SIGKILL),
	CALL2("tkill-front", SYS_tkill, HOSTILE_FRONT, SIGKILL),
	CALL3("tgkill-broker", SYS_tgkill, HOSTILE_BROKER, HOSTILE_BROKER, SIGKILL),
	CALL3("sigqueue-supervisor", SYS_rt_sigqueueinfo, HOSTILE_SUPERVISOR, SIGTERM, buffer),
	CALL2("pidfd-open", SYS_pidfd_open, HOSTILE_SUPERVISOR, 0),
	CALL4("pidfd-send-signal", SYS_pidfd_send_signal, 0, SIGKILL, 0, 0),
	CALL3("pidfd-getfd", SYS_pidfd_getfd, 0, 8, 0),
	CALL6("process-vm-readv", SYS_process_vm_readv, HOSTILE_FRONT, &vector, 1, &vector, 1, 0),
	CALL6("process-vm-writev", SYS_process_vm_writev, HOSTILE_FRONT, &vector, 1, &vector, 1, 0),
	CALL5("kcmp", SYS_kcmp, HOSTILE_FRONT, HOSTILE_BROKER, 0, 0, 0),
	CALL4("prlimit-supervisor", SYS_prlimit64, HOSTILE_SUPERVISOR, RLIMIT_NOFILE, &unlimited, 0),
	CALL4("prlimit-self", SYS_prlimit64, 0, RLIMIT_NPROC, &unlimited, 0),
	CALL3("affinity-front", SYS_sched_setaffinity, HOSTILE_FRONT, 8, buffer),
	CALL3("priority-front", SYS_setpriority, PRIO_PROCESS, HOSTILE_FRONT, 19),
	/* more processes */
	CALL5("clone", SYS_clone, SIGCHLD, 0, 0, 0, 0),
	CALL5("clone-thread", SYS_clone, CLONE_VM | CLONE_THREAD | CLONE_SIGHAND, buffer, 0, 0, 0),
	CALL5("clone-user", SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0),
	CALL2("clone3", SYS_clone3, buffer, 64),
	CALL3("execve", SYS_execve, name_shell, argv_shell, no_environment),
	CALL5("execveat", SYS_execveat, AT_FDCWD, name_shell, argv_shell, no_environment, 0),
	CALL5("execveat-fd", SYS_execveat, 2, name_empty, argv_shell, no_environment, AT_EMPTY_PATH),
	/* files */
	CALL4("openat-passwd", SYS_openat, AT_FDCWD, name_passwd, O_RDONLY, 0),
	CALL4("openat-proc", SYS_openat, AT_FDCWD, name_proc, O_RDONLY, 0),
	CALL4("openat-memory", SYS_openat, AT_FDCWD, name_memory, O_RDWR, 0),
	CALL4("openat-create", SYS_openat, AT_FDCWD, name_marker, O_CREAT | O_WRONLY, 0666),
	CALL4("openat2", SYS_openat2, AT_FDCWD, name_passwd, buffer, 24),
	CALL3("open-by-handle", SYS_open_by_handle_at, AT_FDCWD, buffer, O_RDONLY),
	CALL4("readlinkat", SYS_readlinkat, AT_FDCWD, "/proc/self/exe", buffer, sizeof buffer),
	CALL4("mknodat", SYS_mknodat, AT_FDCWD, name_marker, S_IFREG | 0666, 0),
	CALL3("mkdirat", SYS_mkdirat, AT_FDCWD, name_marker, 0777),
	CALL3("symlinkat", SYS_symlinkat, name_passwd, AT_FDCWD, name_marker),
	CALL5("linkat", SYS_linkat, AT_FDCWD, name_passwd, AT_FDCWD, name_marker, 0),
	CALL5("renameat2", SYS_renameat2, AT_FDCWD, "/run/hostile/victim", AT_FDCWD, name_marker, 0),
	CALL4("fchmodat", SYS_fchmodat, AT_FDCWD, "/run/hostile/victim", 0777, 0),
	CALL5("fchownat", SYS_fchownat, AT_FDCWD, "/run/hostile/victim", 0, 0, 0),
	CALL2("truncate", SYS_truncate, "/run/hostile/victim", 0),
	CALL1("chroot", SYS_chroot, "/proc/1/root"),
	CALL1("chdir", SYS_chdir, "/proc"),
	CALL5("mount", SYS_mount, "proc", "/run", "proc", 0, 0),
	CALL2("umount", SYS_umount2, "/", 2),
	CALL3("fanotify", SYS_fanotify_init, 0, O_RDONLY, 0),
	CALL1("inotify", SYS_inotify_init1, 0),
	/* namespaces and privileges */
	CALL1("unshare-user", SYS_unshare, CLONE_NEWUSER),
	CALL1("unshare-net", SYS_unshare, CLONE_NEWNET),
	CALL2("setns", SYS_setns, 0, CLONE_NEWNET),
	CALL1("setuid", SYS_setuid, 0),
	CALL3("setresuid", SYS_setresuid, 0, 0, 0),
	CALL2("capset", SYS_capset, buffer, buffer),
	CALL5("prctl-dumpable", SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0),
	CALL5("prctl-ptracer", SYS_prctl, PR_SET_PTRACER, -1, 0, 0, 0),
	CALL3("seccomp", SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, 0),
	CALL3("bpf", SYS_bpf, 0, buffer, 64),
	CALL5("perf-event", SYS_perf_event_open, buffer, 0, -1, -1, 0),
	CALL5("add-key", SYS_add_key, "user", "hostile", buffer, 1, -1),
	CALL1("personality", SYS_personality, 0x0400000), /* READ_IMPLIES_EXEC */
	/* memory */
	CALL6("mmap-rwx", SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
	CALL6("mmap-exec", SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
	CALL6("mmap", SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
	CALL3("mprotect-exec", SYS_mprotect, buffer, 4096, PROT_READ | PROT_WRITE | PROT_EXEC),
	CALL3("mprotect", SYS_mprotect, buffer, 4096, PROT_READ),
	CALL4("pkey-mprotect", SYS_pkey_mprotect, buffer, 4096, PROT_READ | PROT_EXEC, -1),
	CALL5("mremap", SYS_mremap, buffer, 4096, 8192, 1, 0),
	CALL3("madvise", SYS_madvise, buffer, 4096, MADV_DONTNEED),
	CALL1("brk", SYS_brk, 0),
	CALL3("shmget", SYS_shmget, 0, 4096, 01600),
	CALL1("userfaultfd", SYS_userfaultfd, 0),
	RUN("run-data", run_data),
	/* other ways to make system calls */
	CALL2("io-uring-setup", SYS_io_uring_setup, 8, buffer),
	CALL6("io-uring-enter", SYS_io_uring_enter, 3, 1, 1, 0, 0, 0),
	CALL2("aio", SYS_io_setup, 1, buffer),
	CALL6("io-submit", SYS_io_submit, 0, 0, 0, 0, 0, 0),
	/* sockets */
	CALL3("socket-packet-all", SYS_socket, AF_PACKET, SOCK_RAW, 0x0300),
	CALL3("socket-packet-dgram", SYS_socket, AF_PACKET, SOCK_DGRAM, 0),
	CALL3("socket-netlink", SYS_socket, AF_NETLINK, SOCK_RAW, 0),
	CALL3("socket-unix-dgram", SYS_socket, AF_UNIX, SOCK_DGRAM, 0),
	CALL3("socket-udp", SYS_socket, AF_INET, SOCK_DGRAM, 0),
	CALL3("socket-raw", SYS_socket, AF_INET, SOCK_RAW, IPPROTO_RAW),
	CALL3("socket-alg", SYS_socket, 38, SOCK_SEQPACKET, 0),
	CALL3("socket-vsock", SYS_socket, 40, SOCK_STREAM, 0),
	CALL3("socket-high", SYS_socket, HOSTILE_BEYOND + AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
	CALL4("socketpair", SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, pair),
	CALL3("ioctl-promisc", SYS_ioctl, 4, SIOCSIFFLAGS, &request),
	CALL3("ioctl-tap", SYS_ioctl, 4, TUNSETIFF, &request),
	CALL3("ioctl-type", SYS_ioctl, 0, TIOCSTI, buffer),
	/* descriptors */
	CALL1("dup", SYS_dup, 0),
	CALL3("dup3", SYS_dup3, 1, 64, 0),
	CALL3("fcntl-dupfd", SYS_fcntl, 1, F_DUPFD, 64),
	CALL3("fcntl-blocking", SYS_fcntl, 1, F_SETFL, 0),
	CALL3("fcntl-owner", SYS_fcntl, 1, F_SETOWN, 1),
	CALL3("close-range", SYS_close_range, 0, ~0U, 0),
	CALL2("pipe", SYS_pipe2, pair, 0),
	CALL4("sendfile", SYS_sendfile, 1, 0, 0, 4096),
	CALL6("splice", SYS_splice, 0, 0, 1, 0, 4096, 0),
	CALL4("vmsplice", SYS_vmsplice, 1, &vector, 1, 0),
	CALL3("writev", SYS_writev, 1, &vector, 1),
	CALL4("sendmmsg", SYS_sendmmsg, 1, buffer, 1, 0),
	CALL5("recvmmsg", SYS_recvmmsg, 0, buffer, 1, 0, 0),
	/* signals: what survives the death that a filter brings */
	CALL4("sigaction", SYS_rt_sigaction, SIGSYS, 0, 0, 8),
	CALL4("sigprocmask", SYS_rt_sigprocmask, SIG_BLOCK, buffer, 0, 8),
#ifdef __x86_64__
	CALL0("fork", SYS_fork),
	CALL0("vfork", SYS_vfork),
	CALL2("open", SYS_open, name_passwd, O_RDONLY),
	CALL2("dup2", SYS_dup2, 1, 64),
	CALL2("arch-prctl", SYS_arch_prctl, 0x1001, buffer),
	CALL3("modify-ldt", SYS_modify_ldt, 1, buffer, 16),
	CALL1("iopl", SYS_iopl, 3),
	CALL3("x32-write", HOSTILE_X32 | SYS_write, 8, buffer, 64),
	CALL6("x32-sendto", HOSTILE_X32 | SYS_sendto, 8, buffer, 64, MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0),
	CALL3("x32-execve", HOSTILE_X32 | 520, name_shell, argv_shell, no_environment),
	CALL3("x32-sendmsg", HOSTILE_X32 | 518, 1, buffer, MSG_DONTWAIT | MSG_NOSIGNAL),
	RUN("int80", int80),
#endif
};
/* clang-format on */

#define N_SHARED (sizeof shared / sizeof *shared)

uint64_t hostile_values[HOSTILE_VALUES] = {~0UL, ~0UL, ~0UL, ~0UL};

static uint32_t
own_count(void)
{
	uint32_t n = 0;

	while (hostile_own[n].name)
		n++;
	return n;
}

static const struct hostile_attack *
attack_find(uint32_t number)
{
	uint32_t n = own_count();

	if (number < n)
		return &hostile_own[number];
	return number - n < N_SHARED ? &shared[number - n] : NULL;
}

static uint64_t
resolve(uint64_t value)
{
	uint64_t which = value - HOSTILE_LATER;

	return which < HOSTILE_VALUES ? hostile_values[which] : value;
}

void
hostile_attack(uint32_t number)
{
	const struct hostile_attack *attack = attack_find(number);
	const uint64_t *a;

	if (!attack)
		_exit(HOSTILE_WORKED); /* the test and the program disagree: no test expects that */
	if (attack->run) {
		attack->run();
		return;
	}
	a = attack->arguments;
	hostile_report(syscall(attack->number, resolve(a[0]), resolve(a[1]), resolve(a[2]),
			       resolve(a[3]), resolve(a[4]), resolve(a[5])));
}

void
hostile_report(long result)
{
	_exit(result == -1 ? HOSTILE_ERRNO + errno : HOSTILE_WORKED);
}

void
hostile_idle(void)
{
	struct pollfd none = {.fd = -1};

	for (;;) {
		struct timespec long_time = {.tv_sec = IDLE_S};

		(void)ppoll(&none, 1, &long_time, NULL); /* what is permitted to all three */
	}
}

int
hostile_say(int channel, const void *p, size_t n, const int *fds, size_t n_fds)
{
	_Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(FDS_MAX * sizeof(int))] = {0};
	struct iovec iov = {.iov_base = (void *)(uintptr_t)p, .iov_len = n};
	struct msghdr header = {.msg_iov = &iov, .msg_iovlen = 1};
	struct cmsghdr *cmsg;

	if (n_fds > 0) {
		header.msg_control = control;
		header.msg_controllen = CMSG_SPACE(n_fds * sizeof *fds);
		cmsg = CMSG_FIRSTHDR(&header);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(n_fds * sizeof *fds);
		memcpy(CMSG_DATA(cmsg), fds, n_fds * sizeof *fds);
	}
	return sendmsg(channel, &header, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

int
hostile_say_type(int channel, unsigned type, int pass)
{
	uint8_t bytes[PLK_MSG_MAX] = {(uint8_t)type};

	return hostile_say(channel, bytes, plk_msg_size(type), &pass, pass < 0 ? 0 : 1);
}

static void
attacks_print(void)
{
	const struct hostile_attack *attack;

	for (uint32_t i = 0; (attack = attack_find(i)) != NULL; i++)
		(void)printf("%u %s\n", i, attack->name);
}

/* Before main(). The daemon's children have an empty environment. */
__attribute__((constructor)) static void
hostile_list(void)
{
	if (!getenv("PLK_HOSTILE_LIST"))
		return;
	attacks_print();
	(void)fflush(stdout);
	_exit(0);
}
