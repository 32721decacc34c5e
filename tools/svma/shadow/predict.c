// SPDX-License-Identifier: GPL-2.0
/*
 * A call of the program as a verb on its space, before the kernel answers.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "calls.h"
#include "mirror.h"
#include "model.h"

#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE 101
#endif

/* Where a prediction needs one of the program's descriptors. */
struct borrowing {
	struct shadow *sh;
	struct shadow_task *task;
};

/*
 * A copy of the very descriptor: regions merge only if they were mapped through the same open file
 * description, so opening the file again would not do.
 */
static int borrow_fd(void *data, int fd)
{
	struct borrowing *b = data;
	int pidfd = syscall(SYS_pidfd_open, b->task->tgid, 0);
	struct statfs fs;
	int ours;

	if (pidfd < 0)
		return -errno;
	ours = syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	close(pidfd);
	b->task->call.fd = ours;
	/* No such descriptor: that the model is to tell. */
	if (ours < 0 && errno == EBADF)
		return -1;
	if (ours < 0)
		return -errno;
	b->task->call.fs = fstatfs(ours, &fs) ? 0 : (unsigned long)fs.f_type;
	/* Locked by its own rule, and counted as that. */
	if (b->task->call.fs == SECRETMEM_MAGIC)
		b->task->call.why = "secret memory";
	else if (b->task->call.fs == HUGETLBFS_MAGIC)
		b->task->call.why = shadow_huge_tell(b->sh, &b->task->call, ours);
	return b->task->call.why ? -EOPNOTSUPP : ours;
}

/* Where a mapping goes that depends on what no space knows: why, or NULL. */
static const char *unpredictable(const struct shadow_mirror *mirror, const struct shadow_call *call)
{
	__u64 flags = call->args[3];

	if (call->verb->nr != SYS_mmap || flags & (MAP_FIXED | MAP_FIXED_NOREPLACE))
		return NULL;
	/* With addresses drawn at random these start at another place at each call. */
	if (mirror->randomized && flags & MAP_32BIT)
		return "MAP_32BIT, placed at random";
	return shadow_large_placed(call) ? "shared memory of large pages, aligned to them" : NULL;
}

/* Of what some machines do and others refuse, whatever the layout. */
static bool is_for_machine(const struct shadow_call *call)
{
	return call->verb->nr == SYS_madvise &&
	       (call->args[2] == MADV_HWPOISON || call->args[2] == MADV_SOFT_OFFLINE);
}

void shadow_predict(struct shadow *sh, struct shadow_task *task)
{
	struct shadow_call *call = &task->call;
	struct shadow_mirror *mirror = task->mirror;
	struct borrowing data = { sh, task };
	__u64 args[6];
	struct svma_verb_env env = { .space = mirror->space, .fd = borrow_fd, .data = &data };

	if (call->verb->nr == SYS_shmat || call->verb->nr == SYS_shmdt) {
		call->predicted = shadow_shm_predict(sh, task);
		return;
	}
	if (call->verb->kind == SHADOW_NAMED) {
		shadow_asked_begin(task);
		return;
	}
	if (call->verb->kind != SHADOW_MODELLED)
		return;
	if (mirror->space < 0) {
		call->why = mirror->broken ? "address space not read" : NULL;
		return;
	}
	if (shadow_asked_unknown(sh, task)) {
		call->why = "protection key";
		return;
	}
	if (is_for_machine(call)) {
		call->why = "memory that fails";
		return;
	}
	memcpy(args, call->args, sizeof(args));
	if (call->verb->nr == SYS_pkey_mprotect)
		args[3] = shadow_asked_key(&mirror->asked, args[3]);
	if (call->verb->nr == SYS_mmap && args[3] & MAP_HUGETLB && args[3] & MAP_ANONYMOUS)
		shadow_huge_tell(sh, call, -1);
	call->expect = sh->model->call(call->verb->verb, &env, args);
	call->predicted = true;
	call->unpredictable = unpredictable(mirror, call);
}
