// SPDX-License-Identifier: GPL-2.0
/*
 * Random verbs on spaces whose pages carry stamps, each with the stamps that are due after it.
 */
#include <unistd.h>

#include "stamp.h"

static void fill(__u64 *values, unsigned int count, __u64 value)
{
	while (count--)
		values[count] = value;
}

static void write_page(struct worker *worker, unsigned int space, unsigned int page, bool by_window)
{
	__u64 value = stamp_next(worker, space, page);
	bool done;

	stamp_begin(worker, space, page, 1, &value);
	if (by_window)
		done = !store(worker->views[space] + page * PAGE, value);
	else
		done = !page_put(worker->spaces[space], page, value);
	stamp_end(worker, space, page, 1, done);
}

static void change(struct worker *worker, unsigned int space, unsigned int page, unsigned int count,
		   unsigned int op)
{
	int fd = worker->spaces[space];
	__u64 values[PAGES];
	unsigned int i;

	for (i = 0; i < count; i++) {
		values[i] = stamp_settle(worker, space, page + i);
		if (op == 2 && values[i] != UNREADABLE)
			values[i] = 0;
	}
	if (op < 2)
		fill(values, count, op ? UNREADABLE : 0);
	stamp_begin(worker, space, page, count, values);
	switch (op) {
	case 0:
		stamp_end(worker, space, page, count, !map_pages(fd, page, count, RW));
		return;
	case 1:
		stamp_end(worker, space, page, count, !verb_munmap(fd, at(page), count * PAGE));
		return;
	case 2:
		stamp_end(worker, space, page, count,
			  !verb_madvise(fd, at(page), count * PAGE, MADV_DONTNEED));
		return;
	case 3:
		verb_mprotect(fd, at(page), count * PAGE, PROT_READ);
		break;
	default:
		verb_mprotect(fd, at(page), count * PAGE, RW);
	}
	stamp_end(worker, space, page, count, true);
}

static void move(struct worker *worker, unsigned int space, unsigned int from, unsigned int to,
		 unsigned int count)
{
	__u64 values[PAGES];
	unsigned int i;
	bool done;

	if (from + count > to && to + count > from)
		return;
	/* One that is refused may have unmapped its target. */
	change(worker, space, to, count, 1);
	for (i = 0; i < PAGES; i++)
		values[i] = stamp_settle(worker, space, i);
	/* Kernels differ in what becomes of a target where the source has a hole. */
	for (i = 0; i < count; i++) {
		if (values[from + i] == UNREADABLE)
			return;
		values[to + i] = values[from + i];
	}
	fill(values + from, count, UNREADABLE);
	stamp_begin(worker, space, 0, PAGES, values);
	done = verb_mremap(worker->spaces[space], at(from), count * PAGE, count * PAGE,
			   MREMAP_MAYMOVE | MREMAP_FIXED, at(to)) == (long)at(to);
	stamp_end(worker, space, 0, PAGES, done);
}

/* Both spaces are locked. */
static void copy(struct worker *worker, unsigned int space, unsigned int other, unsigned int page,
		 unsigned int count)
{
	struct svma_copy arg = {
		.fd = worker->spaces[other], .from = at(page), .to = at(page), .len = count * PAGE,
	};
	__u64 values[PAGES];
	unsigned int i;

	for (i = 0; i < count; i++)
		values[i] = stamp_settle(worker, other, page + i);
	stamp_begin(worker, space, page, count, values);
	i = call(worker->spaces[space], SVMA_IOC_COPY, &arg) ? 0 : arg.done / PAGE;
	stamp_end(worker, space, page, i, true);
	stamp_end(worker, space, page + i, count - i, false);
}

static void snapshot(struct worker *worker, unsigned int space, struct kept *kept)
{
	unsigned int i;

	if (kept->fd >= 0)
		close(kept->fd);
	for (i = 0; i < PAGES; i++)
		kept->values[i] = stamp_settle(worker, space, i);
	kept->fd = verb_snapshot(worker->spaces[space]);
}

static void kept_check(struct worker *worker, unsigned int space, const struct kept *kept)
{
	unsigned int i;

	for (i = 0; kept->fd >= 0 && i < PAGES; i++) {
		struct record record = { .was = kept->values[i], .will = kept->values[i] };
		__u64 value = page_get(kept->fd, i);

		if (value != kept->values[i])
			stamp_wrong(worker, 4000 + space * 100 + i, value, &record);
	}
}

static void restore(struct worker *worker, unsigned int space, const struct kept *kept)
{
	if (kept->fd < 0)
		return;
	kept_check(worker, space, kept);
	stamp_begin(worker, space, 0, PAGES, kept->values);
	stamp_end(worker, space, 0, PAGES, !verb_restore(worker->spaces[space], kept->fd));
}

/* A child space, written to while its parent goes on. */
static void fork_space(struct worker *worker, unsigned int space)
{
	struct kept child;
	unsigned int i;
	char *view;

	for (i = 0; i < PAGES; i++)
		child.values[i] = stamp_settle(worker, space, i);
	child.fd = verb_fork(worker->spaces[space]);
	stamp_lock(worker, F_UNLCK, space, 0, PAGES);
	if (child.fd < 0)
		return;
	view = window(child.fd, 0, PAGES, RW);
	for (i = random_next(&worker->seed) % 3; view != NO_WINDOW && i < PAGES; i += 3)
		/* No space has this stamp: nobody else may see it. */
		if (!store(view + i * PAGE, 0xcc00000000000000ULL | i))
			child.values[i] = 0xcc00000000000000ULL | i;
	kept_check(worker, space, &child);
	if (view != NO_WINDOW)
		munmap(view, PAGES * PAGE);
	close(child.fd);
}

static void own_window(struct worker *worker, unsigned int space, unsigned int page,
		       unsigned int count, unsigned int op)
{
	char *view = worker->views[space];
	struct svma_window_fill arg = { .addr = (unsigned long)view, .len = PAGES * PAGE };

	switch (op) {
	case 0:
		call(worker->spaces[space], SVMA_IOC_WINDOW_FILL, &arg);
		break;
	case 1:
		mmap(view, PAGES * PAGE, RW, MAP_SHARED | MAP_FIXED, worker->spaces[space], at(0));
		break;
	case 2:
		mprotect(view + page * PAGE, count * PAGE, PROT_READ);
		break;
	default:
		mprotect(view + page * PAGE, count * PAGE, RW);
	}
}

void stamp_one_verb(struct worker *worker)
{
	__u64 random = random_next(&worker->seed);
	unsigned int space = random % SPACES, other = (space + 1) % SPACES;
	unsigned int page = (random >> 8) % PAGES, count = 1 + (random >> 16) % 6, op;
	unsigned int to = (random >> 24) % PAGES;
	struct kept *kept = &worker->kept[space][(random >> 32) % SNAPSHOTS];

	count = count > PAGES - page ? PAGES - page : count;
	op = (random >> 40) % 24;
	if (op < 8) {
		stamp_lock(worker, F_WRLCK, space, page, 1);
		write_page(worker, space, page, op < 6);
	} else if (op < 14) {
		stamp_lock(worker, F_WRLCK, space, page, count);
		change(worker, space, page, count, op - 8);
	} else if (op < 18) {
		own_window(worker, space, page, count, op - 14);
		return;
	} else if (op == 18 && to + count <= PAGES) {
		stamp_lock(worker, F_WRLCK, space, 0, PAGES);
		move(worker, space, page, to, count);
	} else if (op == 19) {
		stamp_lock(worker, F_WRLCK, space < other ? space : other, 0, PAGES);
		stamp_lock(worker, F_WRLCK, space < other ? other : space, 0, PAGES);
		copy(worker, space, other, page, count);
		stamp_lock(worker, F_UNLCK, other, 0, PAGES);
	} else if (op == 20) {
		stamp_lock(worker, F_WRLCK, space, 0, PAGES);
		snapshot(worker, space, kept);
	} else if (op < 23) {
		stamp_lock(worker, F_WRLCK, space, 0, PAGES);
		restore(worker, space, kept);
	} else {
		stamp_lock(worker, F_WRLCK, space, 0, PAGES);
		fork_space(worker, space);
		return;
	}
	stamp_lock(worker, F_UNLCK, space, 0, PAGES);
}
