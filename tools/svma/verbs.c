// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "client.h"
#include "verbs.h"
#include "verbs_share.h"

#ifndef SYS_mseal
#define SYS_mseal 462
#endif
#ifndef SYS_set_mempolicy_home_node
#define SYS_set_mempolicy_home_node 450
#endif

/*
 * Arguments of system calls are 64 bits wide where the interface has 32. Bits above are unknown to
 * every kernel: carry the fact that there are some, so that a check for unknown bits fails in the
 * same way.
 */
static __u32 narrow(__u64 value)
{
	return (__u32)value | (value >> 32 ? 1u << 31 : 0);
}

static __s64 space_mmap(const struct svma_verb *verb, const struct svma_verb_env *env,
			const __u64 a[SVMA_VERB_ARGS])
{
	__u64 addr = a[0];
	int fd = -1, err;

	(void)verb;
	if (!(a[3] & MAP_ANONYMOUS)) {
		fd = (int)a[4];
		if (fd >= 0 && env->fd)
			fd = env->fd(env->data, fd);
		if (fd < -1)
			return fd;
	}
	err = svma_client_mmap(env->space, &addr, a[1], narrow(a[2]), narrow(a[3]), fd, a[5]);
	return err ? err : (__s64)addr;
}

static __s64 space_munmap(const struct svma_verb *verb, const struct svma_verb_env *env,
			  const __u64 a[SVMA_VERB_ARGS])
{
	(void)verb;
	return svma_client_munmap(env->space, a[0], a[1]);
}

static __s64 space_mprotect(const struct svma_verb *verb, const struct svma_verb_env *env,
			    const __u64 a[SVMA_VERB_ARGS])
{
	int pkey = verb->nargs > 3 ? (int)a[3] : -1;

	return svma_client_mprotect(env->space, a[0], a[1], narrow(a[2]), pkey);
}

static __s64 space_brk(const struct svma_verb *verb, const struct svma_verb_env *env,
		       const __u64 a[SVMA_VERB_ARGS])
{
	__u64 brk = a[0];
	int err = svma_client_brk(env->space, &brk);

	(void)verb;
	return err ? err : (__s64)brk;
}

static __s64 space_mremap(const struct svma_verb *verb, const struct svma_verb_env *env,
			  const __u64 a[SVMA_VERB_ARGS])
{
	__u64 addr = a[4];
	int err = svma_client_mremap(env->space, a[0], a[1], a[2], a[3], &addr);

	(void)verb;
	return err ? err : (__s64)addr;
}

static __s64 space_madvise(const struct svma_verb *verb, const struct svma_verb_env *env,
			   const __u64 a[SVMA_VERB_ARGS])
{
	(void)verb;
	return svma_client_madvise(env->space, a[0], a[1], (__u32)a[2]);
}

static __s64 space_lock(const struct svma_verb *verb, const struct svma_verb_env *env,
			const __u64 a[SVMA_VERB_ARGS])
{
	switch (verb->nr) {
	case SYS_mlock:
		return svma_client_lock(env->space, a[0], a[1], SVMA_MLOCK, 0);
	case SYS_mlock2:
		return svma_client_lock(env->space, a[0], a[1], SVMA_MLOCK, (__u32)a[2]);
	case SYS_munlock:
		return svma_client_lock(env->space, a[0], a[1], SVMA_MUNLOCK, 0);
	case SYS_mlockall:
		return svma_client_lock(env->space, 0, 0, SVMA_MLOCKALL, (__u32)a[0]);
	default:
		return svma_client_lock(env->space, 0, 0, SVMA_MUNLOCKALL, 0);
	}
}

static __s64 space_msync(const struct svma_verb *verb, const struct svma_verb_env *env,
			 const __u64 a[SVMA_VERB_ARGS])
{
	(void)verb;
	return svma_client_msync(env->space, a[0], a[1], (__u32)a[2]);
}

static __s64 space_remap_file(const struct svma_verb *verb, const struct svma_verb_env *env,
			      const __u64 a[SVMA_VERB_ARGS])
{
	(void)verb;
	return svma_client_remap_file(env->space, a[0], a[1], narrow(a[2]), a[3], narrow(a[4]));
}

static __s64 space_mseal(const struct svma_verb *verb, const struct svma_verb_env *env,
			 const __u64 a[SVMA_VERB_ARGS])
{
	(void)verb;
	return svma_client_mseal(env->space, a[0], a[1], a[2]);
}

#define A(name, kind) { #name, SVMA_ARG_##kind }
#define RANGE A(addr, ADDR), A(len, LEN)
#define LAYOUT SVMA_VERB_LAYOUT
#define MERGES (SVMA_VERB_LAYOUT | SVMA_VERB_MERGES)

/*
 * Who adds a verb says how often svma fuzz calls it, or why it does not: TURNS or NEVER comes first
 * in each row, and a row without one does not compile.
 */
#define ROW_TURNS(n)	.turns = (n)
#define ROW_NEVER(why)	.never = (why)
#define VERB(random, verb, nargs_, min, gives, flags_, does, ...) {			\
	ROW_##random, .name = #verb, .nr = SYS_##verb, .nargs = nargs_, .min_args = min,	\
	.args = { __VA_ARGS__ }, .result = SVMA_RESULT_##gives, .flags = flags_, .space = does }
/* The same of one that is no system call of that number. */
#define OWN(random, verb, nargs_, gives, flags_, does, ...) {				\
	ROW_##random, .name = #verb, .nr = -1, .nargs = nargs_, .min_args = nargs_,	\
	.args = { __VA_ARGS__ }, .result = SVMA_RESULT_##gives, .flags = flags_, .space = does }

const struct svma_verb svma_verbs[] = {
	VERB(TURNS(30), mmap, 6, 6, ADDR, MERGES, space_mmap, RANGE, A(prot, PROT), A(flags, MAP),
	     A(fd, FD), A(offset, OFFSET)),
	VERB(TURNS(8), munmap, 2, 2, ZERO, LAYOUT, space_munmap, RANGE),
	VERB(TURNS(13), mprotect, 3, 3, ZERO, MERGES, space_mprotect, RANGE, A(prot, PROT)),
	VERB(TURNS(2), pkey_mprotect, 4, 4, ZERO, MERGES, space_mprotect, RANGE, A(prot, PROT),
	     A(pkey, INT)),
	VERB(TURNS(5), brk, 1, 1, BRK, MERGES, space_brk, A(brk, ADDR)),
	VERB(TURNS(13), mremap, 5, 4, ADDR, MERGES, space_mremap, A(old_address, ADDR),
	     A(old_size, LEN), A(new_size, LEN), A(flags, MREMAP), A(new_address, ADDR)),
	VERB(TURNS(12), madvise, 3, 3, ZERO, MERGES, space_madvise, RANGE, A(advice, ADVICE)),
	VERB(TURNS(2), mlock, 2, 2, ZERO, MERGES, space_lock, RANGE),
	VERB(TURNS(2), mlock2, 3, 3, ZERO, MERGES, space_lock, RANGE, A(flags, MLOCK)),
	VERB(TURNS(2), munlock, 2, 2, ZERO, MERGES, space_lock, RANGE),
	VERB(TURNS(1), mlockall, 1, 1, ZERO, MERGES, space_lock, A(flags, MCL)),
	VERB(TURNS(1), munlockall, 0, 0, ZERO, MERGES, space_lock, A(none, NONE)),
	VERB(TURNS(1), msync, 3, 3, ZERO, 0, space_msync, RANGE, A(flags, MS)),
	VERB(TURNS(1), remap_file_pages, 5, 5, ZERO, MERGES, space_remap_file, RANGE,
	     A(prot, PROT), A(pgoff, LEN), A(flags, MAP)),
	VERB(TURNS(1), mseal, 3, 3, ZERO, MERGES, space_mseal, RANGE, A(flags, LEN)),

	/* On a space by svma_side_ops.mincore, which has room for the vector. */
	VERB(TURNS(6), mincore, 3, 3, ZERO, 0, NULL, RANGE, A(vec, VEC)),

	/* Not on a space: of no interface there, or with an argument that no script carries. */
	VERB(NEVER("a space has no memory policy"), mbind, 6, 6, ZERO, MERGES, NULL, RANGE,
	     A(mode, OTHER), A(nodemask, OTHER), A(maxnode, INT), A(flags, OTHER)),
	VERB(NEVER("a space has no memory policy"), set_mempolicy_home_node, 4, 4, ZERO, MERGES,
	     NULL, RANGE, A(home_node, INT), A(flags, INT)),
	VERB(NEVER("a space has no segments of System V"), shmat, 3, 3, ADDR, MERGES, NULL,
	     A(shmid, INT), A(addr, ADDR), A(flags, OTHER)),
	VERB(NEVER("a space has no segments of System V"), shmdt, 1, 1, ZERO, LAYOUT, NULL,
	     A(addr, ADDR)),

	OWN(TURNS(9), load, 2, BYTES, SVMA_VERB_OWN, NULL, A(addr, ADDR), A(n, LEN)),
	OWN(TURNS(12), store, 2, INT, SVMA_VERB_OWN, NULL, A(addr, ADDR), A(bytes, BYTES)),

	OWN(NEVER("the kernel has none"), snapshot, 0, INT, 0, svma_space_snapshot, A(none, NONE)),
	OWN(NEVER("the kernel has none"), restore, 1, ZERO, MERGES, svma_space_restore,
	    A(snapshot, INT)),
	OWN(NEVER("the kernel has none"), copy, 4, INT, MERGES, svma_space_copy, A(snapshot, INT),
	    A(from, ADDR), A(to, ADDR), A(len, LEN)),
	OWN(NEVER("the kernel has none"), changed, 3, INT, 0, svma_space_changed,
	    A(snapshot, INT), RANGE),
	OWN(NEVER("the kernel has none"), transfer, 4, BYTES, 0, NULL, A(to, ADDR), A(bytes, BYTES),
	    A(from, ADDR), A(n, LEN)),

	OWN(TURNS(1), fork, 0, INT, SVMA_VERB_OWN | MERGES, NULL, A(none, NONE)),

	{ .name = NULL },
};

const struct svma_verb *svma_verb_find(const char *name, size_t len)
{
	const struct svma_verb *verb;

	for (verb = svma_verbs; verb->name; verb++)
		if (!strncmp(verb->name, name, len) && !verb->name[len])
			return verb;
	return NULL;
}

const struct svma_verb *svma_verb_find_nr(long nr)
{
	const struct svma_verb *verb;

	for (verb = svma_verbs; verb->name; verb++)
		if (verb->nr >= 0 && verb->nr == nr)
			return verb;
	return NULL;
}

__s64 svma_verb_space(const struct svma_verb *verb, const struct svma_verb_env *env,
		      const __u64 args[SVMA_VERB_ARGS])
{
	if (!verb->space)
		return -EOPNOTSUPP;
	return verb->space(verb, env, args);
}

enum svma_const_set svma_arg_consts(enum svma_arg_kind kind)
{
	switch (kind) {
	case SVMA_ARG_PROT:
		return SVMA_CONST_PROT;
	case SVMA_ARG_MAP:
		return SVMA_CONST_MAP;
	case SVMA_ARG_MREMAP:
		return SVMA_CONST_MREMAP;
	case SVMA_ARG_ADVICE:
		return SVMA_CONST_MADV;
	case SVMA_ARG_MCL:
		return SVMA_CONST_MCL;
	case SVMA_ARG_MLOCK:
		return SVMA_CONST_MLOCK;
	case SVMA_ARG_MS:
		return SVMA_CONST_MS;
	default:
		return SVMA_CONST_NONE;
	}
}

static int format_arg(char *buf, size_t size, enum svma_arg_kind kind, __u64 value)
{
	enum svma_const_set set = svma_arg_consts(kind);

	if (set != SVMA_CONST_NONE)
		return svma_const_format(buf, size, set, value);
	switch (kind) {
	case SVMA_ARG_ADDR:
		if (!value)
			return snprintf(buf, size, "NULL");
		return snprintf(buf, size, "0x%llx", value);
	case SVMA_ARG_OFFSET:
		return snprintf(buf, size, value ? "0x%llx" : "%llu", value);
	case SVMA_ARG_FD:
	case SVMA_ARG_INT:
		return snprintf(buf, size, "%d", (int)value);
	case SVMA_ARG_LEN:
		return snprintf(buf, size, "%llu", value);
	case SVMA_ARG_VEC:
		return snprintf(buf, size, "...");
	default:
		return snprintf(buf, size, "0x%llx", value);
	}
}

int svma_verb_format_path(char *buf, size_t size, const struct svma_verb *verb,
			  const __u64 args[SVMA_VERB_ARGS], const char *path)
{
	unsigned int n = verb->nargs;
	size_t len = 0;

#define ADD(...) (len += snprintf(len < size ? buf + len : NULL, len < size ? size - len : 0, \
				  __VA_ARGS__))
	/* As strace does: the new address counts only with flags that use it. */
	if (verb->nr == SYS_mremap && !(args[3] & (MREMAP_FIXED | MREMAP_DONTUNMAP)))
		n = verb->min_args;
	ADD("%s(", verb->name);
	for (unsigned int i = 0; i < n; i++) {
		char text[512];

		format_arg(text, sizeof(text), verb->args[i].kind, args[i]);
		ADD("%s%s", i ? ", " : "", text);
		if (path && verb->args[i].kind == SVMA_ARG_FD)
			ADD("<%s>", path);
	}
	ADD(")");
#undef ADD
	return (int)len;
}

int svma_verb_format(char *buf, size_t size, const struct svma_verb *verb,
		     const __u64 args[SVMA_VERB_ARGS])
{
	return svma_verb_format_path(buf, size, verb, args, NULL);
}

int svma_verb_format_result(char *buf, size_t size, const struct svma_verb *verb, __s64 result)
{
	if (verb->result != SVMA_RESULT_BRK && svma_result_is_error(result))
		return snprintf(buf, size, "-1 %s (%s)", svma_errno_name(-result),
				strerror(-result));
	if (verb->result == SVMA_RESULT_ADDR || verb->result == SVMA_RESULT_BRK)
		return snprintf(buf, size, "0x%llx", (__u64)result);
	return snprintf(buf, size, "%lld", result);
}
