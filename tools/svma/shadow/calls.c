// SPDX-License-Identifier: GPL-2.0
#include <linux/ioctl.h>
#include <linux/userfaultfd.h>
#include <stdlib.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "calls.h"

#ifndef SYS_map_shadow_stack
#define SYS_map_shadow_stack 453
#endif
#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

#define ARCH_MAP_VDSO_FIRST	0x2001
#define ARCH_SHSTK_LAST		0x5004

/* No memory verbs, but they change an address space, or what is known about one, all the same. */
static const struct shadow_verb others[] = {
	{ SYS_fork, "fork", SHADOW_FORK, NULL },
	{ SYS_clone, "clone", SHADOW_FORK, NULL },
	{ SYS_clone3, "clone3", SHADOW_FORK, NULL },
	{ SYS_prlimit64, "prlimit64", SHADOW_LIMIT, NULL },
	{ SYS_setrlimit, "setrlimit", SHADOW_LIMIT, NULL },
	{ SYS_personality, "personality", SHADOW_LIMIT, NULL },
	{ SYS_prctl, "prctl", SHADOW_NAMED, NULL },
	{ SYS_arch_prctl, "arch_prctl", SHADOW_NAMED, NULL },
	{ SYS_map_shadow_stack, "map_shadow_stack", SHADOW_NAMED, NULL },
	{ SYS_shmget, "shmget", SHADOW_NAMED, NULL },
	{ SYS_pkey_alloc, "pkey_alloc", SHADOW_NAMED, NULL },
	{ SYS_pkey_free, "pkey_free", SHADOW_NAMED, NULL },
	{ SYS_ioctl, "ioctl", SHADOW_NAMED, NULL },
	{ SYS_process_madvise, "process_madvise", SHADOW_NAMED, NULL },
	{ SYS_userfaultfd, "userfaultfd", SHADOW_NOTED, NULL },
	{ SYS_io_uring_setup, "io_uring_setup", SHADOW_NOTED, NULL },
	{ SYS_ptrace, "ptrace", SHADOW_TRACES, NULL },
	{ SYS_seccomp, "seccomp", SHADOW_NOTED, NULL },
};

#define N_OTHERS (sizeof(others) / sizeof(others[0]))

static const unsigned short compat_calls[] = {
	45,	/* brk */
	90,	/* mmap */
	91,	/* munmap */
	117,	/* ipc: shmat, shmdt */
	125,	/* mprotect */
	150,	/* mlock */
	151,	/* munlock */
	152,	/* mlockall */
	153,	/* munlockall */
	163,	/* mremap */
	192,	/* mmap2 */
	219,	/* madvise */
	257,	/* remap_file_pages */
	376,	/* mlock2 */
	380,	/* pkey_mprotect */
	397,	/* shmat */
	398,	/* shmdt */
	462,	/* mseal */
};

const unsigned short *shadow_compat_calls(size_t *n)
{
	*n = sizeof(compat_calls) / sizeof(compat_calls[0]);
	return compat_calls;
}

const struct shadow_verb *shadow_verbs(size_t *n)
{
	static struct shadow_verb *table;
	static size_t count;
	const struct svma_verb *verb;
	size_t room = N_OTHERS;

	if (!table) {
		for (verb = svma_verbs; verb->name; verb++)
			room++;
		table = calloc(room, sizeof(*table));
		if (!table)
			abort();
		/* A new memory verb is followed without a word here. */
		for (verb = svma_verbs; verb->name; verb++)
			if (verb->nr >= 0 && verb->flags & SVMA_VERB_LAYOUT)
				table[count++] = (struct shadow_verb){
					.nr = verb->nr, .name = verb->name, .verb = verb,
					.kind = verb->space ? SHADOW_MODELLED : SHADOW_NAMED,
				};
		for (size_t i = 0; i < N_OTHERS; i++)
			table[count++] = others[i];
	}
	*n = count;
	return table;
}

const struct shadow_verb *shadow_verb_find(__u64 nr)
{
	size_t n;
	const struct shadow_verb *table = shadow_verbs(&n);

	for (size_t i = 0; i < n; i++)
		if ((__u64)table[i].nr == nr)
			return &table[i];
	return NULL;
}

bool shadow_verb_matters(const struct shadow_verb *verb, const __u64 args[6])
{
	switch (verb->nr) {
	case SYS_prctl:
		return args[0] == PR_SET_MM || args[0] == PR_SET_THP_DISABLE ||
		       args[0] == PR_SET_VMA || args[0] == PR_SET_MDWE ||
		       args[0] == PR_SET_MEMORY_MERGE;
	case SYS_arch_prctl:
		return args[0] >= ARCH_MAP_VDSO_FIRST && args[0] <= ARCH_SHSTK_LAST;
	case SYS_personality:
		return (__u32)args[0] != 0xffffffff;
	case SYS_ptrace:
		return args[0] == PTRACE_TRACEME || args[0] == PTRACE_ATTACH ||
		       args[0] == PTRACE_SEIZE;
	case SYS_ioctl:
		return (__u32)args[1] == UFFDIO_API;
	case SYS_seccomp:
		return false;
	case SYS_prlimit64:
		return args[2] != 0;
	default:
		return true;
	}
}
