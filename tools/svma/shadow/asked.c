// SPDX-License-Identifier: GPL-2.0
/*
 * What a program asked for once and for all, after which its address space goes by other rules:
 * nothing may become executable (PR_SET_MDWE), all memory is mergeable (PR_SET_MEMORY_MERGE), keys
 * that protect memory (pkey_alloc), events of userfaultfd.
 */
#include <errno.h>
#include <linux/userfaultfd.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "calls.h"
#include "compare.h"
#include "mirror.h"
#include "model.h"

/* PR_MDWE_NO_INHERIT: headers may not have it. */
#define MDWE_NO_INHERIT	2UL

/* Values that the headers of this machine may not have. */
#define MADV_POPULATE_READ_	22
#define MADV_POPULATE_WRITE_	23

/* What the kernel says to a key that nobody has. */
#define NO_KEY	16

#define ALL_KEYS 0xffffu

void shadow_asked_start(struct shadow_asked *asked)
{
	/* Key 0 is everybody's. */
	*asked = (struct shadow_asked){ .keys = 1 };
}

void shadow_asked_fork(struct shadow_asked *child, const struct shadow_asked *parent)
{
	*child = *parent;
	if (child->mdwe & MDWE_NO_INHERIT)
		child->mdwe = 0;
}

void shadow_asked_exec(struct shadow_asked *now, const struct shadow_asked *before)
{
	shadow_asked_fork(now, before);
	now->keys = 1;
	now->exec_key = 0;
	now->features = 0;
}

/* The key that memory gets that can only be executed: the first one that nobody has; 0 for none. */
static unsigned int exec_key(const struct shadow_asked *asked)
{
	if (asked->exec_key)
		return asked->exec_key;
	return asked->keys == ALL_KEYS ? 0 : ffs(~asked->keys) - 1;
}

__u32 shadow_asked_personality(struct shadow_asked *asked, __u32 personality)
{
	unsigned int key = exec_key(asked);

	/* The machine has keys, which is told anew whenever the space is read. */
	asked->machine |= personality & SVMA_EXEC_KEY;
	personality &= ~(SVMA_EXEC_KEY | SVMA_DENY_WRITE_EXEC | SVMA_MERGEABLE_ALL |
			 SVMA_UFFD_REMAP | SVMA_UFFD_FORK |
			 SVMA_EXEC_KEY_MASK << SVMA_EXEC_KEY_SHIFT);
	if (asked->mdwe)
		personality |= SVMA_DENY_WRITE_EXEC;
	if (asked->mergeable)
		personality |= SVMA_MERGEABLE_ALL;
	if (asked->features & UFFD_FEATURE_EVENT_REMAP)
		personality |= SVMA_UFFD_REMAP;
	if (asked->features & UFFD_FEATURE_EVENT_FORK)
		personality |= SVMA_UFFD_FORK;
	if (key && asked->machine)
		personality |= SVMA_EXEC_KEY | key << SVMA_EXEC_KEY_SHIFT;
	return personality;
}

__u64 shadow_asked_key(const struct shadow_asked *asked, __u64 key)
{
	if ((int)key <= 0)
		return key;
	if ((int)key >= NO_KEY || !(asked->keys & 1u << key) || key == asked->exec_key)
		return NO_KEY;
	return key;
}

/* Does the call read or write memory, or does it depend on who could? */
static bool touches(const struct shadow_call *call, const struct svma_region *r)
{
	switch (call->verb->nr) {
	case SYS_mlock:
	case SYS_mlock2:
		return true;
	case SYS_madvise:
		return r->flags & SVMA_VM_SEALED || call->args[2] == MADV_POPULATE_READ_ ||
		       call->args[2] == MADV_POPULATE_WRITE_;
	default:
		return false;
	}
}

/* What a thread's register allows it to do with memory that has a key is not followed. */
bool shadow_asked_unknown(struct shadow *sh, struct shadow_task *task)
{
	struct shadow_mirror *mirror = task->mirror;
	const struct shadow_call *call = &task->call;
	const struct shadow_asked *asked = &mirror->asked;
	__u64 end = call->args[0] + call->args[1];

	if (!(asked->keys & ~(1u | 1u << asked->exec_key)) || mirror->space < 0)
		return false;
	if (!mirror->listed && shadow_mirror_regions(sh, mirror))
		return false;
	for (size_t i = 0; i < mirror->regions.n; i++) {
		const struct svma_region *r = &mirror->regions.v[i];
		unsigned int key = r->flags >> SVMA_VM_PKEY_SHIFT;

		if (r->start < end && call->args[0] < r->end && key && key != asked->exec_key &&
		    touches(call, r))
			return true;
	}
	return false;
}

void shadow_asked_done(struct shadow_task *task)
{
	struct shadow_asked *asked = &task->mirror->asked;
	const struct shadow_call *call = &task->call;
	bool runs;

	runs = call->verb->nr == SYS_mmap || call->verb->nr == SYS_mprotect;
	if (!runs || call->args[2] != PROT_EXEC || svma_result_is_error(call->result) ||
	    asked->exec_key || !asked->machine)
		return;
	asked->exec_key = exec_key(asked);
	asked->keys |= 1u << asked->exec_key;
}

static void follow_keys(struct shadow_asked *asked, const struct shadow_call *call)
{
	if (call->verb->nr == SYS_pkey_alloc && call->result > 0 && call->result < NO_KEY)
		asked->keys |= 1u << call->result;
	if (call->verb->nr == SYS_pkey_free && !call->result)
		asked->keys &= ~(1u << (call->args[0] & 15));
}

/* The kernel writes what there is over what is asked for. */
void shadow_asked_begin(struct shadow_task *task)
{
	struct shadow_call *call = &task->call;
	struct uffdio_api api = { 0 };
	struct iovec to = { &api, sizeof(api) }, from = { (void *)call->args[2], sizeof(api) };

	call->features = 0;
	if (call->verb->nr == SYS_ioctl &&
	    process_vm_readv(task->tid, &to, 1, &from, 1, 0) == sizeof(api))
		call->features = api.features;
}

/*
 * These wait until somebody has read their event, and who should may close the descriptor instead.
 */
#define WAITS_FOR (UFFD_FEATURE_EVENT_REMOVE | UFFD_FEATURE_EVENT_UNMAP)

bool shadow_asked_unwatched(struct shadow *sh, struct shadow_task *task,
			    const struct shadow_parting *p)
{
	struct shadow_mirror *mirror = task->mirror;
	int nr = task->call.verb->nr;
	__u64 ours, theirs;

	if (p->field != SHADOW_FIELD_FLAGS || (nr != SYS_madvise && nr != SYS_munmap) ||
	    !(mirror->asked.features & WAITS_FOR))
		return false;
	ours = mirror->regions.v[p->model].flags;
	theirs = mirror->after.v[p->kernel].flags;
	if (theirs & SVMA_VM_UFFD || (ours ^ theirs) & ~SVMA_VM_UFFD)
		return false;
	shadow_count(&sh->stats.outside, "userfaultfd's registration ended in a call");
	shadow_log_call(sh, task, "registration ended");
	mirror->stale = true;
	return true;
}

enum shadow_asks shadow_asked_follow(struct shadow *sh, struct shadow_task *task)
{
	struct shadow_mirror *mirror = task->mirror;
	struct shadow_call *call = &task->call;

	if (call->verb->nr == SYS_pkey_alloc || call->verb->nr == SYS_pkey_free) {
		follow_keys(&mirror->asked, call);
		return SHADOW_ASKED;
	}
	if (call->verb->nr == SYS_ioctl) {
		if (!call->result)
			mirror->asked.features = call->features;
		return SHADOW_ASKED;
	}
	if (call->verb->nr == SYS_shmget) {
		shadow_shm_made(sh, task);
		return SHADOW_ASKED;
	}
	if (call->verb->nr != SYS_prctl)
		return SHADOW_ASKED_NOT;
	switch (call->args[0]) {
	case PR_SET_MDWE:
		if (!call->result)
			mirror->asked.mdwe = call->args[1];
		return SHADOW_ASKED;
	case PR_SET_MEMORY_MERGE:
		/* Kernels before 6.4, and those without it. */
		if (call->result || mirror->space < 0 || mirror->stale)
			return SHADOW_ASKED_NOT;
		mirror->asked.mergeable = call->args[1];
		if (shadow_mirror_limits(sh, mirror, task))
			return SHADOW_ASKED_NOT;
		call->predicted = true;
		call->expect = call->args[2] | call->args[3] | call->args[4] ? -EINVAL : 0;
		return SHADOW_ASKED_REGIONS;
	default:
		return SHADOW_ASKED_NOT;
	}
}
