// SPDX-License-Identifier: GPL-2.0
/*
 * The seccomp filter: the kernel stops the program at the calls in the table, and at no others.
 */
#include <asm/unistd.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/ioctl.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "calls.h"
#include "shadow.h"

#define X32_BIT	0x40000000u

static void emit(struct shadow_filter *p, unsigned short code, unsigned int k, unsigned char yes,
		 unsigned char no)
{
	if (p->n == SHADOW_FILTER_MAX)
		abort();
	p->v[p->n++] = (struct sock_filter)BPF_JUMP(code, k, yes, no);
}

static void load(struct shadow_filter *p, size_t offset)
{
	emit(p, BPF_LD | BPF_W | BPF_ABS, offset, 0, 0);
}

static void answer(struct shadow_filter *p, unsigned int what)
{
	emit(p, BPF_RET | BPF_K, what, 0, 0);
}

static size_t low_half(int arg)
{
	return offsetof(struct seccomp_data, args) + arg * sizeof(__u64);
}

/* "If the number loaded is @nr, stop." Every row is a pair, so that no jump is long. */
static void stop_at(struct shadow_filter *p, unsigned int nr, unsigned int what)
{
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1);
	answer(p, what);
}

/*
 * clone is a stop only if the child gets an address space of its own, or asks not to be traced: the
 * filter would fail each memory call of a child that is not.
 */
static void stop_at_clone(struct shadow_filter *p, unsigned int what)
{
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, __NR_clone, 0, 5);
	load(p, low_half(0));
	emit(p, BPF_JMP | BPF_JSET | BPF_K, CLONE_UNTRACED, 2, 0);
	emit(p, BPF_JMP | BPF_JSET | BPF_K, CLONE_VM, 0, 1);
	answer(p, SECCOMP_RET_ALLOW);
	answer(p, what);
}

/* ptrace is one where a task gets another tracer, and not at all that a debugger does. */
static void stop_at_ptrace(struct shadow_filter *p, unsigned int what)
{
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, __NR_ptrace, 0, 6);
	load(p, low_half(0));
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, PTRACE_TRACEME, 3, 0);
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, PTRACE_ATTACH, 2, 0);
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, PTRACE_SEIZE, 1, 0);
	answer(p, SECCOMP_RET_ALLOW);
	answer(p, what);
}

/* ioctl is one where a program says what it wants of userfaultfd. */
static void stop_at_ioctl(struct shadow_filter *p, unsigned int what)
{
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, __NR_ioctl, 0, 4);
	load(p, low_half(1));
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, UFFDIO_API, 1, 0);
	answer(p, SECCOMP_RET_ALLOW);
	answer(p, what);
}

void shadow_filter_build(struct shadow_filter *p, unsigned int what)
{
	size_t i, n;
	const struct shadow_verb *verbs = shadow_verbs(&n);
	const unsigned short *compat;

	p->n = 0;
	load(p, offsetof(struct seccomp_data, arch));
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 0);
	size_t arch_jump = p->n - 1;

	load(p, offsetof(struct seccomp_data, nr));
	/* x32: whatever it is, it is to be named. */
	emit(p, BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
	answer(p, what);
	for (i = 0; i < n; i++)
		if (verbs[i].nr != __NR_clone && verbs[i].nr != __NR_ptrace &&
		    verbs[i].nr != __NR_ioctl)
			stop_at(p, verbs[i].nr, what);
	stop_at_ioctl(p, what);
	stop_at_ptrace(p, what);
	stop_at_clone(p, what);
	answer(p, SECCOMP_RET_ALLOW);

	/* int 0x80: other numbers for the same calls. */
	p->v[arch_jump].jf = p->n - arch_jump - 1;
	compat = shadow_compat_calls(&n);
	load(p, offsetof(struct seccomp_data, nr));
	for (i = 0; i < n; i++)
		stop_at(p, compat[i], what);
	answer(p, SECCOMP_RET_ALLOW);
}

bool shadow_filter_there(pid_t tid)
{
	char path[64], line[128];
	int mode = 0;
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
	status = fopen(path, "re");
	while (status && fgets(line, sizeof(line), status))
		if (sscanf(line, "Seccomp: %d", &mode) == 1)
			break;
	if (status)
		fclose(status);
	return mode == SECCOMP_MODE_FILTER;
}

int shadow_filter_install(void)
{
	struct shadow_filter p;
	struct sock_fprog prog;

	shadow_filter_build(&p, SECCOMP_RET_TRACE | SHADOW_FILTER_DATA);
	prog = (struct sock_fprog){ .len = p.n, .filter = p.v };
	if (!syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog))
		return 0;
	if (errno != EACCES)
		return -errno;
	/* Without privilege a filter is for who gives up gaining any, as traced programs do. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) ? -errno : 0;
}
