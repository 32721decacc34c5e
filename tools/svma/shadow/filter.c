// SPDX-License-Identifier: GPL-2.0
/*
 * The seccomp filter: the kernel stops the program at the calls in the table, and at no others.
 */
#include <asm/unistd.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "calls.h"
#include "shadow.h"

#define X32_BIT	0x40000000u

struct program {
	struct sock_filter v[256];
	unsigned short n;
};

static void emit(struct program *p, unsigned short code, unsigned int k, unsigned char yes,
		 unsigned char no)
{
	if (p->n == sizeof(p->v) / sizeof(p->v[0]))
		abort();
	p->v[p->n++] = (struct sock_filter)BPF_JUMP(code, k, yes, no);
}

static void load(struct program *p, size_t offset)
{
	emit(p, BPF_LD | BPF_W | BPF_ABS, offset, 0, 0);
}

static void answer(struct program *p, unsigned int what)
{
	emit(p, BPF_RET | BPF_K, what, 0, 0);
}

static size_t low_half(int arg)
{
	return offsetof(struct seccomp_data, args) + arg * sizeof(__u64);
}

/* "If the number loaded is @nr, stop." Every row is a pair, so that no jump is long. */
static void stop_at(struct program *p, unsigned int nr)
{
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1);
	answer(p, SECCOMP_RET_TRACE);
}

/*
 * clone is a stop only if the child gets an address space of its own, or asks not to be traced: the
 * filter would fail each memory call of a child that is not.
 */
static void stop_at_clone(struct program *p)
{
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, __NR_clone, 0, 5);
	load(p, low_half(0));
	emit(p, BPF_JMP | BPF_JSET | BPF_K, CLONE_UNTRACED, 2, 0);
	emit(p, BPF_JMP | BPF_JSET | BPF_K, CLONE_VM, 0, 1);
	answer(p, SECCOMP_RET_ALLOW);
	answer(p, SECCOMP_RET_TRACE);
}

static void build(struct program *p)
{
	size_t i, n;
	const struct shadow_verb *verbs = shadow_verbs(&n);
	const unsigned short *compat;

	load(p, offsetof(struct seccomp_data, arch));
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 0);
	size_t arch_jump = p->n - 1;

	load(p, offsetof(struct seccomp_data, nr));
	/* x32: whatever it is, it is to be named. */
	emit(p, BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
	answer(p, SECCOMP_RET_TRACE);
	for (i = 0; i < n; i++)
		if (verbs[i].nr != __NR_clone)
			stop_at(p, verbs[i].nr);
	stop_at_clone(p);
	answer(p, SECCOMP_RET_ALLOW);

	/* int 0x80: other numbers for the same calls. */
	p->v[arch_jump].jf = p->n - arch_jump - 1;
	compat = shadow_compat_calls(&n);
	load(p, offsetof(struct seccomp_data, nr));
	for (i = 0; i < n; i++)
		stop_at(p, compat[i]);
	answer(p, SECCOMP_RET_ALLOW);
}

int shadow_filter_install(void)
{
	struct program p = { .n = 0 };
	struct sock_fprog prog;

	build(&p);
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
