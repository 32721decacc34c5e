// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "proc.h"
#include "remote.h"

/* Below the stack pointer a leaf function may keep what it likes: its red zone. */
#define RED_ZONE	128
#define INSN_SIZE	2

/* What the kernel keeps for itself: calls to be made again once a signal was dealt with. */
#define ERESTARTSYS		512
#define ERESTARTNOINTR		513
#define ERESTARTNOHAND		514
#define ERESTART_RESTARTBLOCK	516

/* The kernel's own code in each address space has calls for what it cannot do without. */
static __u64 find_insn(pid_t tid)
{
	static const unsigned char insn[INSN_SIZE] = { 0x0f, 0x05 };
	struct svma_proc_maps maps = { 0 };
	__u64 found = 0;

	if (svma_proc_maps_read(tid, &maps))
		return 0;
	for (size_t i = 0; !found && i < maps.n; i++) {
		size_t size = maps.v[i].end - maps.v[i].start;
		struct iovec from = { (void *)maps.v[i].start, size }, to = { NULL, size };
		unsigned char *at;

		if (strcmp(maps.v[i].path, "[vdso]"))
			continue;
		to.iov_base = malloc(size);
		if (to.iov_base && process_vm_readv(tid, &to, 1, &from, 1, 0) == (ssize_t)size) {
			at = memmem(to.iov_base, size, insn, sizeof(insn));
			if (at)
				found = maps.v[i].start + (at - (unsigned char *)to.iov_base);
		}
		free(to.iov_base);
	}
	svma_proc_maps_free(&maps);
	return found;
}

int shadow_remote_begin(struct shadow_remote *r, pid_t tid, bool entry)
{
	*r = (struct shadow_remote){ .tid = tid, .entry = entry };
	if (ptrace(PTRACE_GETREGS, tid, NULL, &r->saved))
		return -errno;
	r->insn = entry ? r->saved.rip - INSN_SIZE : find_insn(tid);
	return r->insn ? 0 : -ENOENT;
}

__s64 shadow_remote_push(struct shadow_remote *r, const void *data, size_t size)
{
	__u64 to = (r->saved.rsp - RED_ZONE - size) & ~63ULL;
	struct iovec from = { (void *)data, size }, at = { (void *)to, size };

	if (process_vm_writev(r->tid, &from, 1, &at, 1, 0) != (ssize_t)size)
		return -EFAULT;
	return to;
}

/* Let it run to the next stop at a call's entry or exit: false if it ended. */
static bool step(struct shadow_remote *r)
{
	for (;;) {
		if (ptrace(PTRACE_SYSCALL, r->tid, NULL, NULL))
			return false;
		if (waitpid(r->tid, &r->status, __WALL) != r->tid)
			return false;
		if (!WIFSTOPPED(r->status)) {
			r->ended = true;
			return false;
		}
		if (WSTOPSIG(r->status) == (SIGTRAP | 0x80))
			return true;
		if (!(r->status >> 16))
			r->sig = WSTOPSIG(r->status);
	}
}

__s64 shadow_remote_call(struct shadow_remote *r, long nr, __u64 a, __u64 b, __u64 c)
{
	struct user_regs_struct regs = r->saved;
	bool in_place = r->entry && !r->made;

	r->made = true;
	regs.rdi = a;
	regs.rsi = b;
	regs.rdx = c;
	regs.r10 = 0;
	regs.r8 = 0;
	regs.rax = nr;
	regs.orig_rax = in_place ? (__u64)nr : (__u64)-1;
	if (!in_place)
		regs.rip = r->insn;
	if (ptrace(PTRACE_SETREGS, r->tid, NULL, &regs))
		return -errno;
	if ((!in_place && !step(r)) || !step(r))
		return -ESRCH;
	if (ptrace(PTRACE_GETREGS, r->tid, NULL, &regs))
		return -errno;
	return regs.rax;
}

void shadow_remote_end(struct shadow_remote *r)
{
	struct user_regs_struct regs = r->saved;
	__s64 result = regs.rax;

	if (r->ended || !r->made)
		return;
	if (r->entry || ((__s64)regs.orig_rax >= 0 &&
			 (result == -ERESTARTSYS || result == -ERESTARTNOINTR ||
			  result == -ERESTARTNOHAND))) {
		regs.rax = regs.orig_rax;
		regs.rip -= INSN_SIZE;
	} else if ((__s64)regs.orig_rax >= 0 && result == -ERESTART_RESTARTBLOCK) {
		regs.rax = -EINTR;
	}
	regs.orig_rax = -1;
	ptrace(PTRACE_SETREGS, r->tid, NULL, &regs);
}
