// SPDX-License-Identifier: GPL-2.0
/*
 * Children that ask not to be traced. Untraced, the filter would fail each of their memory calls,
 * and what they do to a space that they share would be seen by nobody. So the flag is taken
 * out of the call, and put back where the program could see that it is gone.
 */
#include <sched.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>

#include "calls.h"
#include "shadow.h"

/* clone has its flags in a register, clone3 in memory, both as the first thing. */
static bool get_flags(const struct shadow_task *task, __u64 *flags)
{
	struct iovec to = { flags, sizeof(*flags) };
	struct iovec from = { (void *)task->call.args[0], sizeof(*flags) };

	if (task->call.verb->nr == SYS_clone) {
		*flags = task->call.args[0];
		return true;
	}
	return task->call.verb->nr == SYS_clone3 &&
	       process_vm_readv(task->tid, &to, 1, &from, 1, 0) == sizeof(*flags);
}

static bool put_flags(const struct shadow_call *call, pid_t tid, __u64 flags)
{
	struct iovec from = { &flags, sizeof(flags) };
	struct iovec to = { (void *)call->args[0], sizeof(flags) };

	if (call->verb->nr == SYS_clone)
		return !ptrace(PTRACE_POKEUSER, tid, offsetof(struct user_regs_struct, rdi), flags);
	return process_vm_writev(tid, &from, 1, &to, 1, 0) == sizeof(flags);
}

__u64 shadow_clone_flags(struct shadow *sh, struct shadow_task *task)
{
	__u64 flags = 0;

	task->flags_taken = 0;
	if (!get_flags(task, &flags) || !(flags & CLONE_UNTRACED))
		return flags;
	if (put_flags(&task->call, task->tid, flags & ~(__u64)CLONE_UNTRACED)) {
		task->flags_taken = flags;
		shadow_count(&sh->stats.notes, "child that asked not to be traced: traced");
	} else {
		shadow_count(&sh->stats.notes, "child that asked not to be traced: not traced");
	}
	return flags;
}

void shadow_clone_restore(struct shadow_task *task)
{
	if (task->flags_taken)
		put_flags(&task->call, task->tid, task->flags_taken);
	task->flags_taken = 0;
}

void shadow_clone_inherit(struct shadow_task *child, const struct shadow_task *parent)
{
	child->flags_taken = parent->flags_taken;
	child->call.verb = parent->call.verb;
	child->call.args[0] = parent->call.args[0];
}
