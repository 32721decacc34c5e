/* SPDX-License-Identifier: GPL-2.0 */
/*
 * System calls made in a stopped task, as if it had made them itself.
 */
#ifndef SVMA_SHADOW_REMOTE_H
#define SVMA_SHADOW_REMOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>
#include <sys/types.h>
#include <sys/user.h>

/**
 * struct shadow_remote - a task that calls are made in
 * @tid: the task
 * @entry: it is stopped at the entry of a call, which it makes anew afterwards
 * @made: a call was made already
 * @insn: address of a system call instruction
 * @saved: its registers
 * @sig: a signal that arrived meanwhile, 0 for none: to be passed on when it goes on
 * @ended: it ended meanwhile, with @status
 * @status: what waitpid() told
 */
struct shadow_remote {
	pid_t tid;
	bool entry;
	bool made;
	__u64 insn;
	struct user_regs_struct saved;
	int sig;
	bool ended;
	int status;
};

/* Begin: 0 or a negative errno. The task is in a ptrace stop, and no other stop is waited for. */
int shadow_remote_begin(struct shadow_remote *r, pid_t tid, bool entry);
/* Copy @size bytes into free room on the task's stack: their address, or a negative errno. */
__s64 shadow_remote_push(struct shadow_remote *r, const void *data, size_t size);
/* The call's result. */
__s64 shadow_remote_call(struct shadow_remote *r, long nr, __u64 a, __u64 b, __u64 c);
/* The task gets its registers back; a call that was interrupted is made again. */
void shadow_remote_end(struct shadow_remote *r);

#endif
