// SPDX-License-Identifier: GPL-2.0
/*
 * The shadow side: verbs by ioctl, memory by windows.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cmd.h"
#include "proc.h"
#include "side.h"
#include "vec.h"

/* So many windows are kept. */
#define WINDOWS_MAX 32

/**
 * struct svma_window - a window on the space
 * @addr: address in the space
 * @len: bytes
 * @mem: where it is mapped
 */
struct svma_window {
	__u64 addr;
	__u64 len;
	volatile char *mem;
};

/* The place to go on at when an access through a window ends in a signal. */
static sigjmp_buf touch_return;
static volatile sig_atomic_t touching;

static void on_signal(int sig)
{
	if (touching)
		siglongjmp(touch_return, sig);
	signal(sig, SIG_DFL);
	raise(sig);
}

static void catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
}

/*
 * A window that holds [addr, addr + n): one that is there already, or a new one. Older ones are
 * kept, so that entries in them would show if a verb did not remove them.
 */
static int find_window(struct svma_side *side, __u64 addr, size_t n, volatile char **mem)
{
	struct svma_window *w;
	__u64 start = addr & ~(SVMA_PAGE_SIZE - 1), end;
	void *p;

	if (__builtin_add_overflow(addr, n + SVMA_PAGE_SIZE - 1, &end))
		return -ENXIO;
	end &= ~(SVMA_PAGE_SIZE - 1);
	for (w = side->windows; w < side->windows + side->n_windows; w++)
		if (w->addr <= start && end <= w->addr + w->len) {
			*mem = w->mem + (addr - w->addr);
			return 0;
		}
	if (!side->windows)
		side->windows = calloc(WINDOWS_MAX, sizeof(*side->windows));
	if (!side->windows)
		return -ENOMEM;
	p = mmap(NULL, end - start, PROT_READ | PROT_WRITE, MAP_SHARED, side->space, (off_t)start);
	if (p == MAP_FAILED)
		return -errno;
	if (side->n_windows == WINDOWS_MAX) {
		munmap((void *)side->windows[0].mem, side->windows[0].len);
		memmove(side->windows, side->windows + 1,
			--side->n_windows * sizeof(*side->windows));
	}
	w = &side->windows[side->n_windows++];
	*w = (struct svma_window){ .addr = start, .len = end - start, .mem = p };
	*mem = w->mem + (addr - start);
	return 0;
}

/* Copy by single bytes, upwards, as the host's child does: 0 or a signal. */
static int touch(volatile char *to, const volatile char *from, size_t n)
{
	int sig = sigsetjmp(touch_return, 1);

	if (!sig) {
		touching = 1;
		for (size_t i = 0; i < n; i++)
			to[i] = from[i];
	}
	touching = 0;
	return sig;
}

/* Windows for an address outside of what can be mapped: no region can be there either. */
static int no_window(int err, struct svma_outcome *outcome)
{
	if (err == -ENXIO || err == -EOVERFLOW || err == -EINVAL) {
		outcome->kind = SVMA_OUTCOME_SIGNAL;
		outcome->sig = SIGSEGV;
		return 0;
	}
	return err;
}

/*
 * What an access does to the regions of a space without pages: a stack below which it is grows. As
 * the processor does, page by page until one cannot be accessed.
 */
static void grow_stacks(struct svma_side *side, __u64 addr, size_t n, __u64 need)
{
	struct svma_region region;

	for (__u64 page = addr & ~(SVMA_PAGE_SIZE - 1); page < addr + n; page += SVMA_PAGE_SIZE)
		if (svma_client_grow(side->space, page) ||
		    svma_client_lookup(side->space, page, &region) || region.start > page ||
		    !(region.flags & need))
			return;
}

static int space_touch(struct svma_side *side, __u64 addr, char *load, const char *store, size_t n,
		       struct svma_outcome *outcome)
{
	volatile char *mem = NULL;
	int err, sig;

	if (!side->pages) {
		grow_stacks(side, addr, n, store ? SVMA_VM_WRITE :
			    SVMA_VM_READ | SVMA_VM_WRITE | SVMA_VM_EXEC);
		outcome->kind = SVMA_OUTCOME_UNSUPPORTED;
		return 0;
	}
	/* No byte, no access: as for a program. */
	if (!n)
		return 0;
	err = find_window(side, addr, n, &mem);
	if (err)
		return no_window(err, outcome);
	sig = load ? touch(load, mem, n) : touch(mem, store, n);
	if (sig) {
		outcome->kind = SVMA_OUTCOME_SIGNAL;
		outcome->sig = sig;
	}
	return 0;
}

static int space_load(struct svma_side *side, __u64 addr, size_t n, struct svma_outcome *outcome)
{
	outcome->kind = SVMA_OUTCOME_BYTES;
	outcome->n = n;
	return space_touch(side, addr, outcome->bytes, NULL, n, outcome);
}

static int space_store(struct svma_side *side, __u64 addr, const void *bytes, size_t n,
		       struct svma_outcome *outcome)
{
	outcome->kind = SVMA_OUTCOME_RESULT;
	outcome->result = n;
	return space_touch(side, addr, NULL, bytes, n, outcome);
}

/*
 * Numbers that a script names without a path stand for closed descriptors, as in the host's child.
 */
static int find_fd(void *data, int fd)
{
	struct svma_side *side = data;

	for (size_t i = 0; i < side->n_files; i++)
		if (side->files[i].fd == fd)
			return fd;
	return -1;
}

static int space_call(struct svma_side *side, const struct svma_verb *verb,
		      const __u64 args[SVMA_VERB_ARGS], struct svma_outcome *outcome)
{
	struct svma_verb_env env = { .space = side->space, .fd = find_fd, .data = side };

	outcome->kind = SVMA_OUTCOME_RESULT;
	outcome->result = svma_verb_space(verb, &env, args);
	if (!verb->space || outcome->result == -ENOTTY || outcome->result == -EOPNOTSUPP)
		outcome->kind = SVMA_OUTCOME_UNSUPPORTED;
	return 0;
}

static int space_mincore(struct svma_side *side, __u64 addr, __u64 len,
			 struct svma_outcome *outcome)
{
	int err = svma_client_mincore(side->space, addr, len, (unsigned char *)outcome->bytes);

	svma_vec_outcome(outcome, err, len);
	/* Without pages none is present, whatever the host has. */
	outcome->vec &= side->pages;
	if (err == -ENOTTY || err == -EOPNOTSUPP)
		outcome->kind = SVMA_OUTCOME_UNSUPPORTED;
	return 0;
}

static int space_transfer(struct svma_side *side, const __u64 args[SVMA_VERB_ARGS],
			  const void *bytes, size_t n, struct svma_outcome *outcome)
{
	__s64 got = svma_client_transfer(side->space, args[0], bytes, n, args[2], outcome->bytes,
					 args[3]);

	outcome->kind = SVMA_OUTCOME_BYTES;
	outcome->n = got < 0 ? 0 : got;
	if (got < 0) {
		outcome->kind = SVMA_OUTCOME_RESULT;
		outcome->result = got;
	}
	if (got == -ENOTTY || got == -EOPNOTSUPP)
		outcome->kind = SVMA_OUTCOME_UNSUPPORTED;
	return 0;
}

static int space_open(struct svma_side *side, const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	(void)side;
	return fd < 0 ? -errno : fd;
}

bool svma_side_window(const struct svma_side *side, size_t i, __u64 *addr, __u64 *len, __u64 *mem)
{
	if (i >= side->n_windows)
		return false;
	*addr = side->windows[i].addr;
	*len = side->windows[i].len;
	*mem = (__u64)(unsigned long)side->windows[i].mem;
	return true;
}

int svma_side_numbered(const struct svma_side *side, unsigned int number)
{
	if (side->number == number)
		return side->space;
	for (size_t i = 0; i < side->n_left; i++)
		if (side->left[i].number == number)
			return side->left[i].space;
	return -1;
}

static void drop_windows(struct svma_side *side)
{
	for (size_t i = 0; i < side->n_windows; i++)
		munmap((void *)side->windows[i].mem, side->windows[i].len);
	side->n_windows = 0;
}

bool svma_side_switch(struct svma_side *side, unsigned int number)
{
	for (size_t i = 0; i < side->n_left; i++) {
		struct svma_left now = side->left[i];

		if (now.number != number)
			continue;
		drop_windows(side);
		side->left[i] = (struct svma_left){ side->space, side->number };
		side->space = now.space;
		side->number = now.number;
		return true;
	}
	return side->number == number;
}

void svma_side_drop(struct svma_side *side, unsigned int number)
{
	for (size_t i = 0; i < side->n_left; i++)
		if (side->left[i].number == number) {
			close(side->left[i].space);
			side->left[i] = side->left[--side->n_left];
			return;
		}
}

/* Keep one more space beside that of the script: its number or a negative errno. Closed then. */
static int add_left(struct svma_side *side, int space)
{
	struct svma_left *left = reallocarray(side->left, side->n_left + 1, sizeof(*left));

	if (!left) {
		close(space);
		return -ENOMEM;
	}
	side->left = left;
	left[side->n_left++] = (struct svma_left){ space, ++side->made };
	return (int)side->made;
}

/* The space that is left behind stays open to the end, as a process of the other side stays. */
static int space_fork(struct svma_side *side, bool child, struct svma_outcome *outcome)
{
	int fork = svma_client_fork(side->space);
	int number;

	if ((fork == -EOPNOTSUPP || fork == -ENOTTY) && !child) {
		outcome->kind = SVMA_OUTCOME_UNSUPPORTED;
		return 0;
	}
	if (fork < 0)
		return fork;
	number = add_left(side, fork);
	if (number < 0)
		return number;
	if (child)
		svma_side_switch(side, number);
	outcome->kind = SVMA_OUTCOME_RESULT;
	return 0;
}

static void space_close(struct svma_side *side)
{
	drop_windows(side);
	free(side->windows);
	for (size_t i = 0; i < side->n_left; i++)
		close(side->left[i].space);
	free(side->left);
	for (size_t i = 0; i < side->n_files; i++)
		close(side->files[i].fd);
	close(side->space);
	close(side->machine);
}

static const struct svma_side_ops space_ops = {
	.name = "shadow",
	.call = space_call,
	.load = space_load,
	.store = space_store,
	.mincore = space_mincore,
	.transfer = space_transfer,
	.fork = space_fork,
	.open = space_open,
	.close = space_close,
};

/* Values that hold for every process of this machine. */
static int fill_common(int space)
{
	const __u64 common = SVMA_LAYOUT_MAX_MAP_COUNT | SVMA_LAYOUT_MIN_ADDR |
			     SVMA_LAYOUT_GUARD_GAP | SVMA_LAYOUT_PERSONALITY;
	struct svma_layout layout;
	int err = svma_proc_layout(getpid(), &layout);

	if (err)
		return err;
	layout.told &= common;
	return svma_client_layout_set(space, &layout);
}

int svma_side_more(struct svma_side *side, __u32 profile, __u32 kernel)
{
	int space = svma_client_space(side->machine, side->pages ? 0 : SVMA_SPACE_LAYOUT, profile,
				      kernel);
	int err;

	if (space < 0)
		return space;
	err = fill_common(space);
	if (!err)
		return add_left(side, space);
	close(space);
	return err;
}

int svma_side_space(struct svma_side *side, __u32 flags, __u32 profile, __u32 kernel)
{
	struct svma_machine machine;
	int err;

	*side = (struct svma_side){
		.space = -1, .number = 1, .made = 1, .pages = !(flags & SVMA_SPACE_LAYOUT),
	};
	side->machine = svma_client_machine();
	if (side->machine < 0)
		return side->machine;
	side->space = svma_client_space(side->machine, flags, profile, kernel);
	if (side->space < 0) {
		err = side->space;
		close(side->machine);
		return err;
	}
	side->ops = &space_ops;
	catch_signals();
	err = svma_proc_machine(&machine);
	if (!err)
		err = svma_client_machine_set(side->machine, &machine);
	if (!err)
		err = fill_common(side->space);
	if (err)
		svma_side_stop(side);
	return err;
}
