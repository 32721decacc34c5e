// SPDX-License-Identifier: GPL-2.0
/*
 * Snapshots: exact, frozen, and gone back to at once, in all windows, as often as one likes.
 */
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "snapshot.h"

/* Of newer headers. */
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL	102
#define MADV_GUARD_REMOVE	103
#endif

static unsigned long committed(int machine)
{
	struct svma_machine values = { 0 };

	call(machine, SVMA_IOC_MACHINE_GET, &values);
	return values.committed;
}

TEST_F(snapshot, contents_come_back)
{
	char *other = window(self->space, 0, PAGES, PROT_READ);
	unsigned long page, round;
	int snapshot;

	ASSERT_NE(NO_WINDOW, other);
	for (page = 0; page < PAGES; page += 10)
		ASSERT_EQ(0, store(self->view + page * PAGE, page + 1));
	snapshot = verb_snapshot(self->space);
	ASSERT_LE(0, snapshot);
	for (round = 0; round < 3; round++) {
		/* One written through a window, one by pwrite, one new, one that goes. */
		ASSERT_EQ(0, store(self->view + 10 * PAGE, 7));
		ASSERT_EQ(0, page_put(self->space, 600, 8));
		ASSERT_EQ(0, store(self->view + 601 * PAGE, 9));
		ASSERT_EQ(0, verb_madvise(self->space, at(1100), 20 * PAGE, MADV_DONTNEED));
		EXPECT_EQ(round ? 5 : 0, peek(self->view + 801 * PAGE));
		EXPECT_EQ(7, peek(other + 10 * PAGE));
		EXPECT_EQ(0, peek(other + 1100 * PAGE));
		EXPECT_EQ(PAGES / 10 + 1 - 2 + !!round, space_stats(self->space).resident);
		ASSERT_EQ(0, verb_restore(self->space, snapshot));
		EXPECT_EQ(PAGES / 10, space_stats(self->space).resident);
		for (page = 0; page < PAGES; page += 10) {
			EXPECT_EQ(page + 1, see(self->space, self->view, page));
			EXPECT_EQ(page + 1, peek(other + page * PAGE));
			EXPECT_EQ(page + 1, page_get(snapshot, page));
		}
		EXPECT_EQ(0, see(self->space, self->view, 601));
		EXPECT_EQ(0, see(self->space, self->view, 801));
		ASSERT_EQ(0, store(self->view + 801 * PAGE, 5));
		EXPECT_EQ(5, see(self->space, self->view, 801));
		EXPECT_EQ(5, peek(other + 801 * PAGE));
	}
	close(snapshot);
	EXPECT_EQ(1, see(self->space, self->view, 0));
}

/* What a window shows as zero is remembered, also when the leaf of the snapshot is taken over. */
TEST_F(snapshot, zero_page)
{
	int snapshot, i;

	ASSERT_EQ(0, store(self->view, 1));
	snapshot = verb_snapshot(self->space);
	ASSERT_LE(0, snapshot);
	ASSERT_EQ(0, store(self->view + PAGE, 2));
	EXPECT_EQ(0, peek(self->view + 2 * PAGE));
	/* The leaf is mended; then nothing differs. */
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, verb_restore(self->space, snapshot));
	ASSERT_EQ(0, page_put(self->space, 2, 3));
	EXPECT_EQ(3, see(self->space, self->view, 2));
	EXPECT_EQ(0, see(self->space, self->view, 1));
	close(snapshot);
}

/* In another process that has only a window. */
TEST_F(snapshot, windows_elsewhere)
{
	struct peer peer;
	int snapshot;

	ASSERT_EQ(0, store(self->view, 1));
	ASSERT_EQ(0, peer_start(&peer, self->space, 0, 4, RW));
	ASSERT_EQ(0, peer_close_space(&peer));
	snapshot = verb_snapshot(self->space);
	ASSERT_LE(0, snapshot);
	ASSERT_EQ(0, peer_store(&peer, 0, 2));
	ASSERT_EQ(0, peer_store(&peer, 1, 3));
	EXPECT_EQ(2, see(self->space, self->view, 0));
	EXPECT_EQ(1, page_get(snapshot, 0));
	ASSERT_EQ(0, verb_restore(self->space, snapshot));
	ASSERT_EQ(0, peer_load(&peer, 0));
	EXPECT_EQ(1, peer.value);
	ASSERT_EQ(0, peer_load(&peer, 1));
	EXPECT_EQ(0, peer.value);
	ASSERT_EQ(0, peer_store(&peer, 0, 4));
	EXPECT_EQ(4, see(self->space, self->view, 0));
	EXPECT_EQ(1, page_get(snapshot, 0));
	EXPECT_EQ(0, peer_stop(&peer));
	close(snapshot);
}

/* Regions too: cut, moved, protected, unmapped, new ones; the heap; locks; what charges. */
TEST_F(snapshot, regions_come_back)
{
	struct svma_lock lock = { .addr = at(4), .len = 4 * PAGE, .op = SVMA_MLOCK };
	struct svma_stats before, after;
	struct svma_layout layout_before, layout_after;
	__u64 heap = verb_brk(self->space, 0), value;
	char text[512];
	int snapshot;

	ASSERT_EQ((long)heap + 10 * (long)PAGE, verb_brk(self->space, heap + 10 * PAGE));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_LOCK, &lock));
	ASSERT_EQ(0, verb_mprotect(self->space, at(20), 4 * PAGE, PROT_READ));
	ASSERT_EQ(0, verb_madvise(self->space, at(40), 4 * PAGE, MADV_DONTFORK));
	ASSERT_EQ(0, store(self->view + 30 * PAGE, 30));
	ASSERT_EQ(0, load(self->view + 20 * PAGE, &value));
	ASSERT_EQ(0, store(self->view + 50 * PAGE, 50));
	ASSERT_EQ(0, verb_mprotect(self->space, at(50), PAGE, PROT_NONE));
	strcpy(text, layout(self->space));
	before = space_stats(self->space);
	ASSERT_EQ(0, call(self->space, SVMA_IOC_LAYOUT_GET, &layout_before));
	snapshot = verb_snapshot(self->space);
	ASSERT_LE(0, snapshot);
	EXPECT_STREQ(text, layout(snapshot));
	EXPECT_EQ(before.locked, space_stats(snapshot).locked);
	EXPECT_EQ(before.resident, space_stats(snapshot).resident);
	EXPECT_EQ(2 * before.committed, committed(self->machine));

	ASSERT_EQ(0, verb_munmap(self->space, at(2), 10 * PAGE));
	ASSERT_EQ(0, verb_mprotect(self->space, at(20), 8 * PAGE, RW));
	ASSERT_EQ(0, store(self->view + 20 * PAGE, 20));
	ASSERT_EQ((long)at(2000), verb_mremap(self->space, at(30), 4 * PAGE, 4 * PAGE,
					      MREMAP_MAYMOVE | MREMAP_FIXED, at(2000)));
	EXPECT_EQ(30, page_get(self->space, 2000));
	ASSERT_EQ(0, map_pages(self->space, 3000, 50, RW));
	ASSERT_EQ(0, page_put(self->space, 3001, 1));
	ASSERT_EQ((long)heap + 2 * (long)PAGE, verb_brk(self->space, heap + 2 * PAGE));
	/* The page stays the same, what the window lets through does not. */
	ASSERT_EQ(0, verb_mprotect(self->space, at(50), PAGE, RW));
	EXPECT_EQ(50, see(self->space, self->view, 50));
	EXPECT_STRNE(text, layout(self->space));

	ASSERT_EQ(0, verb_restore(self->space, snapshot));
	EXPECT_STREQ(text, layout(self->space));
	after = space_stats(self->space);
	EXPECT_EQ(before.resident, after.resident);
	EXPECT_EQ(before.locked, after.locked);
	EXPECT_EQ(before.total, after.total);
	EXPECT_EQ(before.data, after.data);
	EXPECT_EQ(before.committed, after.committed);
	EXPECT_EQ(2 * before.committed, committed(self->machine));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_LAYOUT_GET, &layout_after));
	EXPECT_EQ(0, memcmp(&layout_before, &layout_after, sizeof(layout_before)));
	EXPECT_EQ(30, see(self->space, self->view, 30));
	EXPECT_EQ(0, see(self->space, self->view, 20));
	/* Windows show what the regions allow again, and no more. */
	EXPECT_EQ(SIGSEGV, store(self->view + 20 * PAGE, 1));
	EXPECT_EQ(UNREADABLE, peek(self->view + 50 * PAGE));
	EXPECT_EQ(0, store(self->view + 24 * PAGE, 1));
	EXPECT_EQ(0, store(self->view + 2 * PAGE, 1));
	EXPECT_EQ(UNREADABLE, page_get(self->space, 3001));
	EXPECT_EQ((long)heap + 10 * (long)PAGE, verb_brk(self->space, 0));
	close(snapshot);
	EXPECT_EQ(before.committed, committed(self->machine));
}

/* Nothing that is done with a snapshot changes it. */
TEST_F(snapshot, is_frozen)
{
	struct svma_layout layout_set = { .told = SVMA_LAYOUT_END_CODE, .end_code = 5 };
	struct svma_grow grow = { .addr = at(0) };
	struct svma_lock lock = { .addr = at(0), .len = PAGE, .op = SVMA_MLOCK };
	int snapshot, child, again, status;
	struct svma_window_fill fill;
	char *view;
	pid_t pid;

	ASSERT_EQ(0, store(self->view, 1));
	snapshot = verb_snapshot(self->space);
	ASSERT_LE(0, snapshot);
	EXPECT_EQ(FD_CLOEXEC, fcntl(snapshot, F_GETFD));
	EXPECT_EQ(-EROFS, verb_mmap(snapshot, at(5000), PAGE, RW, FIXED));
	EXPECT_EQ(-EROFS, verb_munmap(snapshot, at(0), PAGE));
	EXPECT_EQ(-EROFS, verb_mprotect(snapshot, at(0), PAGE, PROT_READ));
	EXPECT_EQ(-EROFS, verb_madvise(snapshot, at(0), PAGE, MADV_DONTNEED));
	EXPECT_EQ(-EROFS, verb_mremap(snapshot, at(0), PAGE, PAGE, 0, 0));
	EXPECT_EQ(-EROFS, verb_brk(snapshot, 0));
	EXPECT_EQ(-EROFS, call(snapshot, SVMA_IOC_LAYOUT_SET, &layout_set));
	EXPECT_EQ(-EROFS, call(snapshot, SVMA_IOC_GROW, &grow));
	EXPECT_EQ(-EROFS, call(snapshot, SVMA_IOC_LOCK, &lock));
	EXPECT_EQ(-EROFS, verb_restore(snapshot, snapshot));
	EXPECT_EQ(-EBADF, page_put(snapshot, 0, 2));
	EXPECT_EQ(NO_WINDOW, window(snapshot, 0, 4, RW));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(NO_WINDOW, mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, snapshot, at(0)));
	EXPECT_EQ(EINVAL, errno);
	view = window(snapshot, 0, 4, PROT_READ);
	ASSERT_NE(NO_WINDOW, view);
	EXPECT_EQ(1, see(snapshot, view, 0));
	EXPECT_EQ(0, see(snapshot, view, 1));
	EXPECT_EQ(SIGSEGV, store(view, 2));
	EXPECT_EQ(-1, mprotect(view, PAGE, RW));
	EXPECT_EQ(EACCES, errno);
	fill = (struct svma_window_fill){ .addr = (unsigned long)view, .len = 4 * PAGE };
	EXPECT_EQ(0, call(snapshot, SVMA_IOC_WINDOW_FILL, &fill));
	EXPECT_EQ(1, fill.filled);
	EXPECT_EQ(SIGSEGV, store(view, 2));
	pid = traced_child();
	ASSERT_LT(0, pid);
	EXPECT_EQ(-1, ptrace(PTRACE_POKEDATA, pid, view, 6L));
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(1, see(snapshot, view, 0));

	/* A snapshot of it, and a space that lives. */
	again = verb_snapshot(snapshot);
	ASSERT_LE(0, again);
	child = verb_fork(snapshot);
	ASSERT_LE(0, child);
	EXPECT_EQ(-EROFS, verb_munmap(again, at(0), PAGE));
	ASSERT_EQ(0, page_put(child, 0, 3));
	ASSERT_EQ(0, store(self->view, 4));
	EXPECT_EQ(1, see(snapshot, view, 0));
	EXPECT_EQ(1, page_get(again, 0));
	ASSERT_EQ(0, verb_restore(child, again));
	EXPECT_EQ(1, page_get(child, 0));
	EXPECT_EQ(4, see(self->space, self->view, 0));
	close(child);
	close(again);
	close(snapshot);
}

/* A region that grows does not do so in a snapshot; it did, or did not, at the time. */
TEST_F(snapshot, stack)
{
	long stack = verb_mmap(self->space, at(3000), 4 * PAGE, RW, FIXED | MAP_GROWSDOWN);
	char *view = window(self->space, 2990, 14, RW), *frozen;
	int snapshot;

	ASSERT_EQ((long)at(3000), stack);
	ASSERT_NE(NO_WINDOW, view);
	snapshot = verb_snapshot(self->space);
	ASSERT_LE(0, snapshot);
	ASSERT_EQ(0, store(view + 8 * PAGE, 1));
	EXPECT_STREQ("0-1200:rw 2998-3004:rw", layout(self->space));
	frozen = window(snapshot, 2990, 14, PROT_READ);
	ASSERT_NE(NO_WINDOW, frozen);
	EXPECT_EQ(UNREADABLE, peek(frozen + 8 * PAGE));
	EXPECT_EQ(0, peek(frozen + 10 * PAGE));
	ASSERT_EQ(0, verb_restore(self->space, snapshot));
	EXPECT_STREQ("0-1200:rw 3000-3004:rw", layout(self->space));
	EXPECT_EQ(UNREADABLE, page_get(self->space, 2998));
	EXPECT_EQ(0, peek(view + 8 * PAGE));
	EXPECT_STREQ("0-1200:rw 2998-3004:rw", layout(self->space));
	close(snapshot);
}

/* Shared memory is not private to a space, so no snapshot has it for itself. */
TEST_F(snapshot, shared_memory_goes_on)
{
	int snapshot;

	ASSERT_EQ((long)at(3000), verb_mmap(self->space, at(3000), 4 * PAGE, RW,
					    MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED));
	ASSERT_EQ(0, page_put(self->space, 3000, 1));
	snapshot = verb_snapshot(self->space);
	ASSERT_LE(0, snapshot);
	ASSERT_EQ(0, page_put(self->space, 3000, 2));
	ASSERT_EQ(0, page_put(self->space, 3001, 3));
	EXPECT_EQ(2, page_get(snapshot, 3000));
	EXPECT_EQ(3, page_get(snapshot, 3001));
	ASSERT_EQ(0, verb_restore(self->space, snapshot));
	EXPECT_EQ(2, page_get(self->space, 3000));
	EXPECT_EQ(3, page_get(self->space, 3001));
	/* Gone from the space, it comes back with what it holds. */
	ASSERT_EQ(0, verb_munmap(self->space, at(3000), 4 * PAGE));
	ASSERT_EQ(0, verb_restore(self->space, snapshot));
	EXPECT_EQ(2, page_get(self->space, 3000));
	close(snapshot);
}

TEST_F(snapshot, whose)
{
	int elsewhere = space_open(0), layout_only = space_make(self->machine, SVMA_SPACE_LAYOUT);
	int other = space_make(self->machine, 0), snapshot, flat;
	struct svma_restore arg = { .flags = 1 };
	struct svma_snapshot make = { .flags = 1 };

	ASSERT_EQ(0, store(self->view, 5));
	snapshot = verb_snapshot(self->space);
	ASSERT_LE(0, snapshot);
	EXPECT_EQ(-EOPNOTSUPP, call(self->space, SVMA_IOC_RESTORE, &arg));
	EXPECT_EQ(-EOPNOTSUPP, call(self->space, SVMA_IOC_SNAPSHOT, &make));
	EXPECT_EQ(-EBADF, verb_restore(self->space, -1));
	EXPECT_EQ(-EINVAL, verb_restore(self->space, self->machine));
	EXPECT_EQ(-EINVAL, verb_restore(self->space, other));
	EXPECT_EQ(-EINVAL, verb_restore(self->space, self->space));
	EXPECT_EQ(-EINVAL, verb_restore(elsewhere, snapshot));
	EXPECT_EQ(-EINVAL, verb_restore(layout_only, snapshot));
	/* Another space of the machine becomes what the first one was. */
	ASSERT_EQ(0, verb_restore(other, snapshot));
	EXPECT_EQ(5, page_get(other, 0));
	EXPECT_STREQ("0-1200:rw", layout(other));
	ASSERT_EQ(0, page_put(other, 0, 6));
	EXPECT_EQ(5, see(self->space, self->view, 0));
	/* Spaces without pages have snapshots as well. */
	ASSERT_EQ(0, map_pages(layout_only, 0, 4, RW));
	flat = verb_snapshot(layout_only);
	ASSERT_LE(0, flat);
	ASSERT_EQ(0, verb_munmap(layout_only, at(1), PAGE));
	ASSERT_EQ(0, verb_restore(layout_only, flat));
	EXPECT_STREQ("0-4:rw", layout(layout_only));
	EXPECT_EQ(-EINVAL, verb_restore(self->space, flat));
	close(flat);
	close(snapshot);
	close(other);
	close(layout_only);
	close(elsewhere);
}

/* What the snapshot has more than the space may be refused; then nothing has changed. */
TEST_F(snapshot, overcommit)
{
	struct svma_machine told = {
		.told = SVMA_MACHINE_RAM | SVMA_MACHINE_MODE | SVMA_MACHINE_SWAP |
			SVMA_MACHINE_RATIO | SVMA_MACHINE_ADMIN_RESERVE |
			SVMA_MACHINE_USER_RESERVE | SVMA_MACHINE_HUGE,
		.ram = 1000, .overcommit_mode = 2, .overcommit_ratio = 100,
	};
	int machine = machine_open(), space, snapshot, greedy;

	ASSERT_LE(0, machine);
	ASSERT_EQ(0, call(machine, SVMA_IOC_MACHINE_SET, &told));
	space = space_make(machine, 0);
	greedy = space_make(machine, 0);
	ASSERT_LE(0, space);
	ASSERT_EQ(0, map_pages(space, 0, 400, RW));
	ASSERT_EQ(0, page_put(space, 0, 1));
	snapshot = verb_snapshot(space);
	ASSERT_LE(0, snapshot);
	EXPECT_EQ(800, committed(machine));
	EXPECT_EQ(-ENOMEM, verb_snapshot(space));
	ASSERT_EQ(0, verb_munmap(space, at(0), 300 * PAGE));
	ASSERT_EQ(0, page_put(space, 350, 2));
	ASSERT_EQ(0, map_pages(greedy, 0, 300, RW));
	EXPECT_EQ(-ENOMEM, verb_restore(space, snapshot));
	EXPECT_STREQ("300-400:rw", layout(space));
	EXPECT_EQ(2, page_get(space, 350));
	EXPECT_EQ(800, committed(machine));
	ASSERT_EQ(0, verb_munmap(greedy, at(0), 300 * PAGE));
	ASSERT_EQ(0, verb_restore(space, snapshot));
	EXPECT_EQ(1, page_get(space, 0));
	EXPECT_EQ(800, committed(machine));
	close(snapshot);
	EXPECT_EQ(400, committed(machine));
	close(greedy);
	close(space);
	close(machine);
}

/* Guards are contents. */
TEST_F(snapshot, guards)
{
	struct svma_space_create create = { .kernel = SVMA_KERNEL(7, 3), .fd = -1 };
	int snapshot, space;

	ASSERT_EQ(0, call(self->machine, SVMA_IOC_SPACE_CREATE, &create));
	space = create.fd;
	ASSERT_EQ(0, map_pages(space, 0, 600, RW));
	ASSERT_EQ(0, page_put(space, 1, 1));
	ASSERT_EQ(0, verb_madvise(space, at(2), PAGE, MADV_GUARD_INSTALL));
	snapshot = verb_snapshot(space);
	ASSERT_LE(0, snapshot);
	ASSERT_EQ(0, verb_madvise(space, at(0), 520 * PAGE, MADV_GUARD_REMOVE));
	ASSERT_EQ(0, verb_madvise(space, at(515), PAGE, MADV_GUARD_INSTALL));
	EXPECT_EQ(0, page_get(space, 2));
	EXPECT_EQ(UNREADABLE, page_get(space, 515));
	EXPECT_EQ(UNREADABLE, page_get(snapshot, 2));
	EXPECT_EQ(0, page_get(snapshot, 515));
	ASSERT_EQ(0, verb_restore(space, snapshot));
	EXPECT_EQ(UNREADABLE, page_get(space, 2));
	EXPECT_EQ(0, page_get(space, 515));
	/* A guard in a shared leaf stays when the pages beside it go. */
	ASSERT_EQ(0, verb_madvise(space, at(0), 600 * PAGE, MADV_DONTNEED));
	EXPECT_EQ(UNREADABLE, page_get(space, 2));
	EXPECT_EQ(0, page_get(space, 1));
	EXPECT_EQ(1, page_get(snapshot, 1));
	close(snapshot);
	close(space);
}

TEST_HARNESS_MAIN
