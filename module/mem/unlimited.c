// SPDX-License-Identifier: GPL-2.0
/*
 * Writing to a file in the name of somebody who could not do it by write(2): RLIMIT_FSIZE is about
 * that alone, and is asked of whoever calls the file system. The kernel's own writing back of
 * mappings knows nothing of it, and what is written back may be another process's. So a thread of
 * the kernel's calls then, with the caller's rights, at his cgroup's expense, and no longer than he
 * lives.
 */
#include <linux/completion.h>
#include <linux/cred.h>
#include <linux/kthread.h>
#include <linux/memcontrol.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>

#include "writeback.h"

/**
 * struct svma_unlimited - what the thread is to do
 * @fn: this
 * @data: with that
 * @cred: the caller's rights
 * @memcg: whom memory that the file needs is charged to: the caller's
 * @killed: the caller was
 * @done: it is done
 */
struct svma_unlimited {
	svma_unlimited_fn fn;
	void *data;
	const struct cred *cred;
	struct mem_cgroup *memcg;
	bool killed;
	struct completion done;
};

static int svma_unlimited_thread(void *data)
{
	struct svma_unlimited *args = data;
	const struct cred *old;
	struct mem_cgroup *payer;
	int err = -EINTR;

	/* One that came before this was ignored, but then @killed had been set even before. */
	allow_kernel_signal(SIGKILL);
	if (!READ_ONCE(args->killed)) {
		old = override_creds(args->cred);
		payer = set_active_memcg(args->memcg);
		err = args->fn(args->data);
		set_active_memcg(payer);
		revert_creds(old);
	}
	complete(&args->done);
	return err;
}

static int svma_unlimited_call(struct svma_unlimited *args)
{
	struct task_struct *thread = kthread_create(svma_unlimited_thread, args, "svma_write");
	int err;

	/* Also when there are as many threads as there may be: it is to be tried again. */
	if (IS_ERR(thread))
		return PTR_ERR(thread) == -EINTR ? -EINTR : -ENOMEM;
	get_task_struct(thread);
	wake_up_process(thread);
	if (wait_for_completion_killable(&args->done)) {
		/* Its writing ends as the caller's would. */
		WRITE_ONCE(args->killed, true);
		send_sig(SIGKILL, thread, 1);
		wait_for_completion(&args->done);
	}
	/* Until it has left the module's code, too. */
	err = kthread_stop(thread);
	put_task_struct(thread);
	return err;
}

/**
 * svma_unlimited() - do something that RLIMIT_FSIZE of the caller is not about
 * @fn: what writes to files; ends when it is killed, and takes no lock that the caller holds
 * @data: for it
 *
 * Return: what it returned; or -ENOMEM, -EINTR, and it was not called.
 */
int svma_unlimited(svma_unlimited_fn fn, void *data)
{
	struct svma_unlimited args = { .fn = fn, .data = data, .cred = current_cred() };
	int err;

	if (rlimit(RLIMIT_FSIZE) == RLIM_INFINITY)
		return fn(data);
	init_completion(&args.done);
	args.memcg = get_mem_cgroup_from_mm(current->mm);
	err = svma_unlimited_call(&args);
	mem_cgroup_put(args.memcg);
	return err;
}
