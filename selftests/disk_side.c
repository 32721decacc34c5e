// SPDX-License-Identifier: GPL-2.0
/*
 * disk.h: the same of the kernel's mapping and of a window.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "disk.h"

static long answer_of(long ret)
{
	return ret < 0 ? -errno : ret;
}

void side_told(struct side *side, const char *name, long answer)
{
	size_t len = strlen(side->told);

	snprintf(side->told + len, side->room - len, "%s:%ld ", name, answer);
}

int side_open(struct side *side, bool kernel, char *told, size_t room)
{
	*side = (struct side){ .kernel = kernel, .space = -1, .told = told, .room = room };
	*told = 0;
	if (kernel)
		return 0;
	side->space = space_open(0);
	return side->space < 0 ? side->space : 0;
}

void side_close(struct side *side)
{
	side_unmap(side);
	if (!side->kernel)
		close(side->space);
}

long side_map(struct side *side, int fd, unsigned long pages, int prot, int flags)
{
	char *view;

	side->pages = pages;
	if (side->kernel) {
		view = mmap(NULL, pages * PAGE, prot, flags, fd, 0);
	} else {
		long err = map_file(side->space, 0, pages, prot, flags, fd, 0);

		if (err)
			return err;
		view = window(side->space, 0, pages, RW);
	}
	if (view == NO_WINDOW)
		return -errno;
	side->view = view;
	return 0;
}

long side_unmap(struct side *side)
{
	long err = 0;

	if (!side->view)
		return 0;
	if (!side->kernel)
		err = verb_munmap(side->space, at(0), side->pages * PAGE);
	munmap(side->view, side->pages * PAGE);
	side->view = NULL;
	return err;
}

/* The signal that it takes, or 0. */
void side_load(struct side *side, unsigned long page)
{
	__u64 value;

	side_told(side, "load", load(side->view + page * PAGE, &value));
}

void side_store(struct side *side, unsigned long page, __u64 value)
{
	side_told(side, "store", store(side->view + page * PAGE, value));
}

/* A forked process, or a forked space. */
void side_load_in_child(struct side *side, unsigned long page)
{
	__u64 value;
	int status = -1;

	if (side->kernel) {
		pid_t pid = fork();

		if (!pid)
			_exit(load(side->view + page * PAGE, &value));
		waitpid(pid, &status, 0);
		status = WEXITSTATUS(status);
	} else {
		int child = verb_fork(side->space);
		char *view = window(child, 0, side->pages, RW);

		if (view != NO_WINDOW) {
			status = load(view + page * PAGE, &value);
			munmap(view, side->pages * PAGE);
		}
		close(child);
	}
	side_told(side, "child", status);
}

void side_advise(struct side *side, unsigned long page, unsigned long count, int advice)
{
	char name[32];

	snprintf(name, sizeof(name), "advice%d", advice);
	if (side->kernel)
		side_told(side, name,
			  answer_of(madvise(side->view + page * PAGE, count * PAGE, advice)));
	else
		side_told(side, name, verb_madvise(side->space, at(page), count * PAGE, advice));
}

void side_lock(struct side *side, unsigned long page, unsigned long count, int flags)
{
	struct svma_lock arg = { .addr = at(page), .len = count * PAGE, .flags = flags };

	if (side->kernel)
		side_told(side, "lock",
			  answer_of(mlock2(side->view + page * PAGE, count * PAGE, flags)));
	else
		side_told(side, "lock", call(side->space, SVMA_IOC_LOCK, &arg));
}

void side_sync(struct side *side, unsigned long page, unsigned long count, int flags)
{
	struct svma_sync arg = { .addr = at(page), .len = count * PAGE, .flags = flags };

	if (side->kernel)
		side_told(side, "sync",
			  answer_of(msync(side->view + page * PAGE, count * PAGE, flags)));
	else
		side_told(side, "sync", call(side->space, SVMA_IOC_MSYNC, &arg));
}

static long side_copy(struct side *side, unsigned long page, unsigned long count, bool write)
{
	char *mine = calloc(count, PAGE), *theirs = side->view + page * PAGE;
	struct iovec from = { mine, count * PAGE }, to = { theirs, count * PAGE };
	long done;

	if (!mine)
		return -ENOMEM;
	if (side->kernel)
		done = write ? process_vm_writev(getpid(), &from, 1, &to, 1, 0) :
			       process_vm_readv(getpid(), &from, 1, &to, 1, 0);
	else
		done = write ? pwrite(side->space, mine, count * PAGE, at(page)) :
			       pread(side->space, mine, count * PAGE, at(page));
	done = answer_of(done);
	free(mine);
	return done;
}

void side_read(struct side *side, unsigned long page, unsigned long count)
{
	side_told(side, "read", side_copy(side, page, count, false));
}

void side_write(struct side *side, unsigned long page, unsigned long count)
{
	side_told(side, "write", side_copy(side, page, count, true));
}
