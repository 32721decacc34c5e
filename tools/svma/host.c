// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"
#include "proc.h"
#include "verbs.h"

/*
 * The code that the child executes. It is this program's own text, which the child has mapped from
 * the same file: nothing has to be written into the child, and no page of its text becomes private.
 * A bare child has a copy in a page of its own. Each piece ends in a breakpoint.
 */
extern const char svma_host_code[], svma_host_code_load[], svma_host_code_store[];
extern const char svma_host_code_end[];

__asm__(".text\n"
	".p2align 4\n"
	".globl svma_host_code, svma_host_code_load, svma_host_code_store\n"
	".globl svma_host_code_end\n"
	"svma_host_code:\n"
	"	syscall\n"
	"	int3\n"
	"svma_host_code_load:\n"
	"	rep lodsb\n"
	"	int3\n"
	"svma_host_code_store:\n"
	"	rep movsb\n"
	"	int3\n"
	"svma_host_code_end:\n");

#define SELF "/proc/self/exe"

/*
 * Distance of the buffer from the stack pointer: outside the red zone, inside the stack that exec
 * made.
 */
#define BUFFER_GAP (16 * 1024)

static void child_main(bool randomize)
{
	static char *const argv[] = { "svma-host", NULL };
	static char *const envp[] = { NULL };

	/* They come when there is memory for them, and would show in what mincore tells. */
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	if (!randomize)
		personality(ADDR_NO_RANDOMIZE);
	/* A descriptor that a script names is one that the script opened. */
	close_range(0, ~0U, CLOSE_RANGE_CLOEXEC);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		_exit(errno);
	execve(SELF, argv, envp);
	_exit(errno);
}

static int wait_stop(pid_t pid, int *sig)
{
	int status;

	while (waitpid(pid, &status, __WALL) < 0)
		if (errno != EINTR)
			return -errno;
	if (!WIFSTOPPED(status))
		return -ESRCH;
	*sig = WSTOPSIG(status);
	return 0;
}

static void use_code(struct svma_host *host, __u64 at)
{
	host->syscall = at;
	host->load = at + (svma_host_code_load - svma_host_code);
	host->store = at + (svma_host_code_store - svma_host_code);
}

/* Where the child has the code that stands at @code in this process. */
static int find_code(struct svma_host *host)
{
	struct svma_proc_maps own = { 0 }, child = { 0 };
	__u64 code = (__u64)(unsigned long)svma_host_code;
	const struct svma_proc_map *here;
	int err = svma_proc_maps_read(getpid(), &own);

	if (!err)
		err = svma_proc_maps_read(host->pid, &child);
	if (err)
		goto out;
	err = -ENOEXEC;
	here = svma_proc_maps_find(&own, code);
	for (size_t i = 0; here && i < child.n; i++) {
		const struct svma_proc_map *map = &child.v[i];

		if (map->inode != here->inode || map->dev_major != here->dev_major ||
		    map->dev_minor != here->dev_minor || map->pgoff != here->pgoff)
			continue;
		use_code(host, map->start + (code - here->start));
		err = 0;
	}
out:
	svma_proc_maps_free(&own);
	svma_proc_maps_free(&child);
	return err;
}

static int open_mem(pid_t pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int attach_child(struct svma_host *host)
{
	struct user_regs_struct regs;
	int sig, err;

	err = wait_stop(host->pid, &sig);
	if (err)
		return err;
	if (ptrace(PTRACE_SETOPTIONS, host->pid, NULL, PTRACE_O_EXITKILL | PTRACE_O_TRACEFORK))
		return -errno;
	host->mem = open_mem(host->pid);
	if (host->mem < 0)
		return host->mem;
	if (ptrace(PTRACE_GETREGS, host->pid, NULL, &regs))
		return -errno;
	host->buffer = (regs.rsp - BUFFER_GAP) & ~(SVMA_PAGE_SIZE - 1);
	return find_code(host);
}

/* A system call that has to work. */
static int must(struct svma_host *host, long nr, __u64 a, __u64 b, __u64 c, __u64 d)
{
	const __u64 args[6] = { a, b, c, d, (__u64)-1, 0 };
	__s64 result;
	int err = svma_host_syscall(host, nr, args, &result);

	return err ? err : result < 0 ? (int)result : 0;
}

/* Take all files out of the child: what stays is a page of code, the stack and the kernel's own. */
static int make_bare(struct svma_host *host)
{
	const size_t size = svma_host_code_end - svma_host_code;
	struct svma_proc_maps maps = { 0 };
	__u64 page = 0;
	int err = svma_proc_maps_read(host->pid, &maps);

	/* The first page of the program: its header, not the code that runs now. */
	if (!err && maps.n)
		page = maps.v[0].start;
	if (!err)
		err = must(host, SYS_mmap, page, SVMA_PAGE_SIZE, PROT_READ | PROT_EXEC,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED);
	if (!err && pwrite(host->mem, svma_host_code, size, (off_t)page) != (ssize_t)size)
		err = -EIO;
	if (!err)
		use_code(host, page);
	for (size_t i = 0; !err && i < maps.n; i++) {
		const struct svma_proc_map *map = &maps.v[i];
		__u64 start = i ? map->start : page + SVMA_PAGE_SIZE;

		/* Zeroed data of the program goes too: it has no name, or that of the heap. */
		if ((*map->path != '[' || !strcmp(map->path, "[heap]")) && start < map->end)
			err = must(host, SYS_munmap, start, map->end - start, 0, 0);
	}
	svma_proc_maps_free(&maps);
	return err;
}

int svma_host_start(struct svma_host *host, bool randomize, bool bare)
{
	int err;

	*host = (struct svma_host){ .mem = -1 };
	fflush(NULL);
	host->pid = fork();
	if (host->pid < 0) {
		host->pid = 0;
		return -errno;
	}
	if (!host->pid)
		child_main(randomize);
	err = attach_child(host);
	if (!err && bare)
		err = make_bare(host);
	if (err)
		svma_host_stop(host);
	return err;
}

void svma_host_stop(struct svma_host *host)
{
	if (host->mem >= 0)
		close(host->mem);
	if (host->pid) {
		kill(host->pid, SIGKILL);
		waitpid(host->pid, NULL, __WALL);
	}
	for (unsigned int i = 0; i < host->n_left; i++) {
		kill(host->left[i], SIGKILL);
		waitpid(host->left[i], NULL, __WALL);
	}
	*host = (struct svma_host){ .mem = -1 };
}

/*
 * Let the child run from @rip until it stops: 0 at the breakpoint, a signal, or a negative errno.
 */
static int run_code(struct svma_host *host, struct user_regs_struct *regs, __u64 rip)
{
	int sig, err;

	regs->rip = rip;
	/* Not inside a system call: the kernel must not think of restarting one. */
	regs->orig_rax = ~0ULL;
	for (;;) {
		if (ptrace(PTRACE_SETREGS, host->pid, NULL, regs) ||
		    ptrace(PTRACE_CONT, host->pid, NULL, NULL))
			return -errno;
		err = wait_stop(host->pid, &sig);
		if (err)
			return err;
		if (ptrace(PTRACE_GETREGS, host->pid, NULL, regs))
			return -errno;
		if (sig == SIGTRAP)
			return 0;
		if (sig == SIGSEGV || sig == SIGBUS)
			return sig;
		/*
		 * A signal from the terminal and the like: take it away and go on where the child
		 * is.
		 */
	}
}

static int get_regs(struct svma_host *host, struct user_regs_struct *regs)
{
	return ptrace(PTRACE_GETREGS, host->pid, NULL, regs) ? -errno : 0;
}

int svma_host_syscall(struct svma_host *host, long nr, const __u64 args[6], __s64 *result)
{
	struct user_regs_struct regs;
	int err = get_regs(host, &regs);

	if (err)
		return err;
	regs.rax = nr;
	regs.rdi = args[0];
	regs.rsi = args[1];
	regs.rdx = args[2];
	regs.r10 = args[3];
	regs.r8 = args[4];
	regs.r9 = args[5];
	err = run_code(host, &regs, host->syscall);
	if (err)
		return err < 0 ? err : -EFAULT;
	*result = (__s64)regs.rax;
	return 0;
}

/* The new process is traced from its birth on; the old one stops once for that inside its call. */
int svma_host_fork(struct svma_host *host, bool child)
{
	const __u64 none[6] = { 0 };
	unsigned long made;
	__s64 result;
	int sig, err;

	if (host->n_left == SVMA_HOST_FORKS)
		return -EMFILE;
	err = svma_host_syscall(host, SYS_fork, none, &result);
	if (err)
		return err;
	if (ptrace(PTRACE_GETEVENTMSG, host->pid, NULL, &made))
		return -errno;
	/* It failed: this was the breakpoint already. */
	if (svma_result_is_error(result) && result != -ENOSYS)
		return (int)result;
	if (ptrace(PTRACE_CONT, host->pid, NULL, NULL))
		return -errno;
	err = wait_stop(host->pid, &sig);
	if (!err)
		err = wait_stop((pid_t)made, &sig);
	if (err)
		return err;
	host->left[host->n_left++] = child ? host->pid : (pid_t)made;
	if (!child)
		return 0;
	close(host->mem);
	host->pid = (pid_t)made;
	host->mem = open_mem(host->pid);
	return host->mem < 0 ? host->mem : 0;
}

/* What the child may read and its memory file does not give, as the kernel's own pages (vvar). */
static int load_by_copy(struct svma_host *host, struct user_regs_struct *regs, __u64 addr,
			void *buf, size_t n)
{
	int err;

	regs->rsi = addr;
	regs->rdi = host->buffer;
	regs->rcx = n;
	err = run_code(host, regs, host->store);
	if (err)
		return err;
	return pread(host->mem, buf, n, (off_t)host->buffer) == (ssize_t)n ? 0 : -EIO;
}

int svma_host_load(struct svma_host *host, __u64 addr, void *buf, size_t n)
{
	struct user_regs_struct regs;
	int err = get_regs(host, &regs);

	if (err)
		return err;
	regs.rsi = addr;
	regs.rcx = n;
	regs.eflags &= ~0x400ULL;
	err = run_code(host, &regs, host->load);
	if (err)
		return err;
	/*
	 * The child may read them, as was just seen; so this way to the bytes cannot lie about
	 * protection.
	 */
	if (pread(host->mem, buf, n, (off_t)addr) == (ssize_t)n)
		return 0;
	return load_by_copy(host, &regs, addr, buf, n);
}

int svma_host_store(struct svma_host *host, __u64 addr, const void *buf, size_t n)
{
	struct user_regs_struct regs;
	int err = get_regs(host, &regs);

	if (err)
		return err;
	if (n > SVMA_HOST_BYTES)
		return -EINVAL;
	if (pwrite(host->mem, buf, n, (off_t)host->buffer) != (ssize_t)n)
		return -EIO;
	regs.rsi = host->buffer;
	regs.rdi = addr;
	regs.rcx = n;
	regs.eflags &= ~0x400ULL;
	return run_code(host, &regs, host->store);
}

int svma_host_mincore(struct svma_host *host, __u64 addr, __u64 len, char *vec, __s64 *result)
{
	const __u64 args[6] = { addr, len, host->buffer };
	size_t n = (len + SVMA_PAGE_SIZE - 1) / SVMA_PAGE_SIZE;
	int err = svma_host_syscall(host, SYS_mincore, args, result);

	if (err || *result)
		return err;
	return pread(host->mem, vec, n, (off_t)host->buffer) == (ssize_t)n ? 0 : -EIO;
}

int svma_host_limit(struct svma_host *host, int resource, __u64 value)
{
	struct rlimit r;

	if (prlimit(host->pid, resource, NULL, &r))
		return -errno;
	r.rlim_cur = value;
	if (r.rlim_max < value)
		r.rlim_max = value;
	return prlimit(host->pid, resource, &r, NULL) ? -errno : 0;
}

int svma_host_open(struct svma_host *host, const char *path, int flags)
{
	size_t len = strlen(path) + 1;
	__u64 args[6] = { (__u64)AT_FDCWD, host->buffer, flags, 0 };
	__s64 result;
	int err;

	if (len > SVMA_HOST_BYTES)
		return -ENAMETOOLONG;
	if (pwrite(host->mem, path, len, (off_t)host->buffer) != (ssize_t)len)
		return -EIO;
	err = svma_host_syscall(host, SYS_openat, args, &result);
	return err ? err : (int)result;
}
