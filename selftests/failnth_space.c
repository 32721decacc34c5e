// SPDX-License-Identifier: GPL-2.0
/*
 * The space that failnth_test makes its calls on.
 */
#include <stdarg.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup.h"
#include "failnth.h"
#include "inject.h"
#include "support.h"

static bool watching, made[_IOC_NRMASK + 1];

void failnth_watch(bool on)
{
	watching = on;
}

bool failnth_made(unsigned int cmd)
{
	return made[_IOC_NR(cmd)];
}

int __real_ioctl(int fd, unsigned long cmd, ...);
int __wrap_ioctl(int fd, unsigned long cmd, ...);

/* What this program calls by the name of ioctl. */
int __wrap_ioctl(int fd, unsigned long cmd, ...)
{
	va_list args;
	void *arg;

	va_start(args, cmd);
	arg = va_arg(args, void *);
	va_end(args);
	if (watching && _IOC_TYPE(cmd) == SVMA_IOC_TYPE)
		made[_IOC_NR(cmd)] = true;
	return __real_ioctl(fd, cmd, arg);
}

int failnth_files(struct failnth_space *s)
{
	s->file = memfd_create("failnth", MFD_CLOEXEC);
	s->more = memfd_create("failnth more", MFD_CLOEXEC);
	if (s->file < 0 || s->more < 0)
		return -errno;
	return ftruncate(s->file, 16 * PAGE) || ftruncate(s->more, 16 * PAGE) ? -errno : 0;
}

long failnth_map(struct failnth_space *s, unsigned long page, unsigned long count, int flags,
		 int fd)
{
	struct svma_mmap arg = {
		.addr = at(page),
		.len = count * PAGE,
		.prot = RW,
		.flags = flags | MAP_FIXED,
		.fd = fd,
	};

	return call(s->space, SVMA_IOC_MMAP, &arg);
}

static long map_anon(struct failnth_space *s, unsigned long page, unsigned long count, int flags)
{
	return failnth_zero(verb_mmap(s->space, at(page), count * PAGE, RW,
				      flags | MAP_ANONYMOUS | MAP_FIXED));
}

static long fill_space(struct failnth_space *s)
{
	struct svma_layout heap = {
		.told = SVMA_LAYOUT_START_BRK | SVMA_LAYOUT_BRK,
		.start_brk = FAILNTH_HEAP,
		.brk = FAILNTH_HEAP,
	};
	long err = call(s->space, SVMA_IOC_LAYOUT_SET, &heap);
	unsigned long page;

	err = err ?: map_pages(s->space, 0, 12, RW);
	for (page = 0; page < 12 && !err; page++)
		err = page_put(s->space, page, page + 1);
	err = err ?: verb_mprotect(s->space, at(8), 4 * PAGE, PROT_READ);
	err = err ?: map_anon(s, 16, 8, MAP_SHARED);
	err = err ?: page_put(s->space, 16, 17);
	err = err ?: failnth_map(s, 32, 4, MAP_PRIVATE, s->file);
	err = err ?: failnth_map(s, 40, 4, MAP_SHARED, s->file);
	err = err ?: map_anon(s, FAILNTH_FRESH_SHARED, 8, MAP_SHARED);
	err = err ?: map_anon(s, FAILNTH_FRESH, 8, MAP_PRIVATE);
	err = err ?: failnth_map(s, FAILNTH_FRESH_FILE, 4, MAP_PRIVATE, s->file);
	err = err ?: failnth_map(s, FAILNTH_FRESH_FILE_SHARED, 4, MAP_SHARED, s->file);
	if (!err && verb_brk(s->space, FAILNTH_HEAP + PAGE) != (long)(FAILNTH_HEAP + PAGE))
		err = -ENOTRECOVERABLE;
	return err;
}

/* What some cases want of the space besides. */
static long fill_more(struct failnth_space *s, unsigned int flags)
{
	struct svma_lock lock = { .addr = at(0), .len = 8 * PAGE, .op = SVMA_MLOCK };
	long err = flags & FAILNTH_LOCKED ? call(s->space, SVMA_IOC_LOCK, &lock) : 0;

	if (!err && flags & FAILNTH_STACK)
		err = map_anon(s, FAILNTH_STACK_TOP, 4, MAP_PRIVATE | MAP_GROWSDOWN);
	return err;
}

/* A task with a written region where the space has one, traced by us and stopped. */
static pid_t make_task(void)
{
	pid_t pid = fork();

	if (!pid) {
		char *mem = mmap((void *)at(0), 8 * PAGE, RW, FIXED, -1, 0);

		*(volatile char *)mem = 1;
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(0);
	}
	return pid < 0 || waitpid(pid, NULL, 0) != pid ? -errno : pid;
}

int failnth_cgroup(void)
{
	int err = cgroup_make("failnth", 0);

	return err == -EEXIST ? 0 : err;
}

int failnth_make(struct failnth_space *s, const struct failnth_case *c)
{
	long err;

	s->other = -1;
	s->made = -1;
	s->task = 0;
	s->window = NULL;
	s->second = NULL;
	if (s->stranger && cgroup_enter("failnth"))
		return -EPERM;
	s->machine = machine_open();
	s->space = space_make(s->machine, 0);
	if (s->stranger && cgroup_enter("."))
		return -EPERM;
	if (s->machine < 0 || s->space < 0)
		return -EBADF;
	err = fill_space(s) ?: fill_more(s, c->flags);
	if (!err && c->flags & FAILNTH_TASK) {
		s->task = make_task();
		err = s->task < 0 ? s->task : 0;
	}
	if (!err && c->flags & FAILNTH_SNAPSHOT) {
		s->other = verb_snapshot(s->space);
		err = s->other < 0 ? s->other : page_put(s->space, 1, 100);
	}
	if (!err && c->flags & FAILNTH_WINDOW) {
		s->window = window(s->space, 0, FAILNTH_WINDOW_PAGES, RW);
		err = s->window == NO_WINDOW ? -errno : 0;
	}
	return err;
}

void failnth_settle(struct failnth_space *s)
{
	if (s->made >= 0)
		close(s->made);
	if (s->second)
		munmap(s->second, s->second_len);
	s->made = -1;
	s->second = NULL;
}

void failnth_close(struct failnth_space *s)
{
	failnth_settle(s);
	/* It has the descriptors, too. */
	if (s->task > 0) {
		kill(s->task, SIGKILL);
		waitpid(s->task, NULL, 0);
	}
	if (s->window)
		munmap(s->window, FAILNTH_WINDOW_PAGES * PAGE);
	if (s->other >= 0)
		close(s->other);
	close(s->space);
}

long failnth_drop(struct failnth_space *s)
{
	struct svma_machine machine;
	long err;

	failnth_close(s);
	err = call(s->machine, SVMA_IOC_MACHINE_GET, &machine);
	close(s->machine);
	return err ?: (long)machine.committed;
}
