// SPDX-License-Identifier: GPL-2.0
/*
 * SVMA_IOC_TASK and SVMA_IOC_TASK_REGIONS: a traced program's layout as /proc has it, for its
 * tracer only.
 */
#include <pthread.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "svma_test.h"

#define MAX_REGIONS	256

/* Where the child has put what the tests look at. */
struct scene {
	char *anon;		/* pages 0: written, 1: no access, 2: not written */
	char *first;		/* two mappings of one open file, */
	char *again;
	char *other;		/* and one of another open of it */
	pid_t thread;
};

FIXTURE(task) {
	int machine;
	pid_t child;
	struct scene *scene;
};

static void *child_thread(void *arg)
{
	struct scene *scene = arg;

	scene->thread = syscall(SYS_gettid);
	for (;;)
		pause();
	return NULL;
}

static void child_main(struct scene *scene)
{
	int first = open("/proc/self/exe", O_RDONLY), other = open("/proc/self/exe", O_RDONLY);
	pthread_t thread;
	char *split;

	scene->anon = mmap(NULL, 3 * PAGE, RW, ANON, -1, 0);
	mprotect(scene->anon + PAGE, PAGE, PROT_NONE);
	*(volatile char *)scene->anon = 1;
	mmap(NULL, PAGE, PROT_NONE, ANON, -1, 0);
	/* Two regions that share a reverse map. */
	split = mmap(NULL, 2 * PAGE, RW, ANON, -1, 0);
	*(volatile char *)split = 1;
	mprotect(split, PAGE, PROT_READ);
	scene->first = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, first, 0);
	mmap(NULL, PAGE, PROT_NONE, ANON, -1, 0);
	scene->again = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, first, PAGE);
	mmap(NULL, PAGE, PROT_NONE, ANON, -1, 0);
	scene->other = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, other, 0);
	mlock(scene->first, PAGE);
	mlockall(MCL_FUTURE);
	pthread_create(&thread, NULL, child_thread, scene);
	while (!*(volatile pid_t *)&scene->thread)
		usleep(1000);
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
	_exit(0);
}

FIXTURE_SETUP(task)
{
	int status;

	self->machine = machine_open();
	ASSERT_LE(0, self->machine);
	self->scene = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->scene);
	self->child = fork();
	ASSERT_LE(0, self->child);
	if (!self->child)
		child_main(self->scene);
	ASSERT_EQ(self->child, waitpid(self->child, &status, 0));
	ASSERT_TRUE(WIFSTOPPED(status));
}

FIXTURE_TEARDOWN(task)
{
	kill(self->child, SIGKILL);
	waitpid(self->child, NULL, 0);
	close(self->machine);
}

static long task_get(int machine, pid_t pid, struct svma_task *task)
{
	memset(task, 0, sizeof(*task));
	task->pid = pid;
	return call(machine, SVMA_IOC_TASK, task);
}

/* All regions, asked for in pieces of that many; their number or a negative errno. */
static long task_regions(int machine, pid_t pid, unsigned int piece, struct svma_task_region *list)
{
	struct svma_task_regions arg = { .pid = pid, .end = ~0ULL };
	unsigned int count = 0;
	long err;

	do {
		arg.buf = (unsigned long)(list + count);
		arg.count = piece < MAX_REGIONS - count ? piece : MAX_REGIONS - count;
		err = call(machine, SVMA_IOC_TASK_REGIONS, &arg);
		if (err)
			return err;
		count += arg.count;
	} while (arg.more && arg.count && count < MAX_REGIONS);
	return count;
}

TEST_F(task, not_for_others)
{
	struct svma_task_region list[MAX_REGIONS];
	struct svma_task task;
	int status;
	pid_t stranger = fork(), tracer;

	ASSERT_LE(0, stranger);
	if (!stranger)
		for (;;)
			pause();
	EXPECT_EQ(-EPERM, task_get(self->machine, getpid(), &task));
	EXPECT_EQ(-EPERM, task_get(self->machine, getppid(), &task));
	EXPECT_EQ(-EPERM, task_get(self->machine, stranger, &task));
	EXPECT_EQ(-EPERM, task_regions(self->machine, stranger, 8, list));
	EXPECT_EQ(-EPERM, task_get(self->machine, 1, &task));
	EXPECT_EQ(-ESRCH, task_get(self->machine, 0, &task));
	EXPECT_EQ(-ESRCH, task_get(self->machine, -1, &task));
	EXPECT_EQ(-ESRCH, task_get(self->machine, 4000000, &task));
	EXPECT_EQ(-ESRCH, task_regions(self->machine, 4000000, 8, list));
	/* Not for the tracer's child, though it has the machine. */
	tracer = fork();
	ASSERT_LE(0, tracer);
	if (!tracer)
		_exit(task_get(self->machine, self->child, &task) == -EPERM ? 0 : 1);
	ASSERT_EQ(tracer, waitpid(tracer, &status, 0));
	EXPECT_EQ(0, status);
	kill(stranger, SIGKILL);
	waitpid(stranger, NULL, 0);
	/* Nor once it is let go. */
	ASSERT_EQ(0, task_get(self->machine, self->child, &task));
	ASSERT_EQ(0, ptrace(PTRACE_DETACH, self->child, 0, SIGSTOP));
	EXPECT_EQ(-EPERM, task_get(self->machine, self->child, &task));
}

static void *thread_of_the_tracer(void *arg)
{
	struct _test_data_task *self = arg;
	struct svma_task task;

	return (void *)task_get(self->machine, self->child, &task);
}

TEST_F(task, for_all_threads_of_the_tracer)
{
	pthread_t thread;
	void *answer = (void *)1;

	ASSERT_EQ(0, pthread_create(&thread, NULL, thread_of_the_tracer, self));
	ASSERT_EQ(0, pthread_join(thread, &answer));
	EXPECT_EQ(NULL, answer);
}

/* Field @nr of /proc/PID/stat, as proc(5) counts them. */
static __u64 stat_field(pid_t pid, int nr)
{
	char path[64], text[2048], *field;
	FILE *file;
	size_t len;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	len = file ? fread(text, 1, sizeof(text) - 1, file) : 0;
	text[len] = '\0';
	if (file)
		fclose(file);
	field = strrchr(text, ')');
	for (nr -= 2; field && nr > 0; nr--) {
		field = strchr(field, ' ');
		field = field ? field + 1 : NULL;
	}
	return field ? strtoull(field, NULL, 10) : ~0ULL;
}

/* Page tables of five levels have room for longer addresses. */
static bool five_levels(void)
{
	return !system("grep -qw la57 /proc/cpuinfo");
}

TEST_F(task, layout)
{
	struct svma_task_region list[MAX_REGIONS];
	struct svma_task task;
	long count;

	ASSERT_EQ(0, task_get(self->machine, self->child, &task));
	EXPECT_EQ(stat_field(self->child, 26), task.start_code);
	EXPECT_EQ(stat_field(self->child, 27), task.end_code);
	EXPECT_EQ(stat_field(self->child, 28), task.stack_top);
	EXPECT_EQ(stat_field(self->child, 45), task.start_data);
	EXPECT_EQ(stat_field(self->child, 46), task.end_data);
	EXPECT_EQ(stat_field(self->child, 47), task.start_brk);
	EXPECT_LE(task.start_brk, task.brk);
	EXPECT_EQ(stat_field(self->child, 23), task.total * PAGE);
	EXPECT_EQ((1ULL << (five_levels() ? 56 : 47)) - PAGE, task.high);
	EXPECT_EQ(SVMA_TOPDOWN, task.direction);
	EXPECT_LT(task.legacy_base, task.mmap_base);
	EXPECT_EQ(SVMA_VM_LOCKED, task.def_flags);
	EXPECT_LE(1, task.locked);
	EXPECT_LT(0, task.data);
	count = task_regions(self->machine, self->child, MAX_REGIONS, list);
	EXPECT_EQ(count, task.map_count);
	/* What it mapped last lies below the base, which is below the stack. */
	EXPECT_LT((unsigned long)self->scene->other, task.mmap_base);
	EXPECT_LT(task.mmap_base, task.stack_top);
}

TEST_F(task, identity_of_the_address_space)
{
	struct svma_task task, again;
	pid_t thread = self->scene->thread, other;
	int status;

	ASSERT_EQ(0, task_get(self->machine, self->child, &task));
	EXPECT_NE(0, task.mm);
	EXPECT_GT(1ULL << 32, task.mm);
	ASSERT_EQ(0, task_get(self->machine, self->child, &again));
	EXPECT_EQ(task.mm, again.mm);
	ASSERT_EQ(0, ptrace(PTRACE_ATTACH, thread, 0, 0));
	ASSERT_EQ(thread, waitpid(thread, &status, __WALL));
	ASSERT_EQ(0, task_get(self->machine, thread, &again));
	EXPECT_EQ(task.mm, again.mm);
	ASSERT_EQ(0, ptrace(PTRACE_DETACH, thread, 0, 0));

	other = traced_child();
	ASSERT_LT(0, other);
	ASSERT_EQ(0, task_get(self->machine, other, &again));
	EXPECT_NE(task.mm, again.mm);
	/* Without an address space there is nothing to tell. */
	kill(other, SIGKILL);
	waitid(P_PID, other, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
	EXPECT_EQ(-ESRCH, task_get(self->machine, other, &again));
	waitpid(other, NULL, 0);
}

/* The listing says what /proc/PID/maps says, in pieces of any size. */
TEST_F(task, regions_as_in_maps)
{
	struct svma_task_region list[MAX_REGIONS], pieces[MAX_REGIONS];
	char path[64], line[512];
	long count = task_regions(self->machine, self->child, MAX_REGIONS, list), i = 0;
	FILE *maps;

	ASSERT_LT(10, count);
	ASSERT_GT(MAX_REGIONS, count);
	snprintf(path, sizeof(path), "/proc/%d/maps", self->child);
	maps = fopen(path, "re");
	ASSERT_NE(NULL, maps);
	while (fgets(line, sizeof(line), maps)) {
		__u64 start, end, offset, inode, flags;
		char prot[8];
		int fields;

		if (strstr(line, "[vsyscall]"))
			continue;
		fields = sscanf(line, "%llx-%llx %7s %llx %*s %llu", &start, &end, prot,
				&offset, &inode);
		ASSERT_EQ(5, fields);
		ASSERT_LT(i, count);
		flags = list[i].flags;
		EXPECT_EQ(start, list[i].start);
		EXPECT_EQ(end, list[i].end);
		EXPECT_EQ(prot[0] == 'r', !!(flags & SVMA_VM_READ)) TH_LOG("%s", line);
		EXPECT_EQ(prot[1] == 'w', !!(flags & SVMA_VM_WRITE)) TH_LOG("%s", line);
		EXPECT_EQ(prot[2] == 'x', !!(flags & SVMA_VM_EXEC)) TH_LOG("%s", line);
		EXPECT_EQ(prot[3] == 's', !!(flags & SVMA_VM_MAYSHARE)) TH_LOG("%s", line);
		EXPECT_EQ(!!inode, !!list[i].file) TH_LOG("%s", line);
		if (inode)
			EXPECT_EQ(offset, list[i].pgoff * PAGE) TH_LOG("%s", line);
		EXPECT_EQ(!!strstr(line, "[stack]"), !!(flags & SVMA_VM_GROWSDOWN));
		i++;
	}
	fclose(maps);
	EXPECT_EQ(count, i);
	EXPECT_EQ(count, task_regions(self->machine, self->child, 1, pieces));
	EXPECT_EQ(0, memcmp(list, pieces, count * sizeof(list[0])));
	EXPECT_EQ(count, task_regions(self->machine, self->child, 7, pieces));
	EXPECT_EQ(0, memcmp(list, pieces, count * sizeof(list[0])));
}

/* The region that holds an address, or one of zeros. */
static struct svma_task_region region_at(struct _test_data_task *self, const void *addr)
{
	struct svma_task_region region = { 0 };
	struct svma_task_regions arg = {
		.pid = self->child, .count = 1, .start = (unsigned long)addr,
		.end = (unsigned long)addr + 1, .buf = (unsigned long)&region,
	};

	if (call(self->machine, SVMA_IOC_TASK_REGIONS, &arg) || arg.count != 1)
		memset(&region, 0, sizeof(region));
	return region;
}

TEST_F(task, identities)
{
	struct svma_task_region written = region_at(self, self->scene->anon);
	struct svma_task_region closed = region_at(self, self->scene->anon + PAGE);
	struct svma_task_region fresh = region_at(self, self->scene->anon + 2 * PAGE);
	struct svma_task_region first = region_at(self, self->scene->first);
	struct svma_task_region again = region_at(self, self->scene->again);
	struct svma_task_region other = region_at(self, self->scene->other);

	EXPECT_EQ((unsigned long)self->scene->anon, written.start);
	EXPECT_NE(0, written.anon);
	EXPECT_EQ(0, written.file);
	EXPECT_EQ(0, closed.flags & (SVMA_VM_READ | SVMA_VM_WRITE));
	EXPECT_EQ(0, closed.anon);
	EXPECT_EQ(0, fresh.anon);
	EXPECT_NE(0, first.file);
	EXPECT_EQ(first.file, again.file);
	EXPECT_NE(0, other.file);
	EXPECT_NE(first.file, other.file);
	EXPECT_EQ(0, first.pgoff);
	EXPECT_EQ(1, again.pgoff);
	EXPECT_EQ(0, first.anon);
	EXPECT_NE(0, first.flags & SVMA_VM_LOCKED);
	EXPECT_EQ(0, again.flags & SVMA_VM_LOCKED);
	/* Nothing is where nothing is. */
	EXPECT_EQ(0, region_at(self, (void *)PAGE).end);
}

/* The stack was written before the fork, so it has more than one reverse map since. */
TEST_F(task, forked)
{
	struct svma_task task;
	struct svma_task_region stack;

	ASSERT_EQ(0, task_get(self->machine, self->child, &task));
	stack = region_at(self, (void *)task.stack_top);
	EXPECT_NE(0, stack.anon);
	EXPECT_EQ(SVMA_ANON_FORKED, stack.anon_flags);
	EXPECT_EQ(0, region_at(self, self->scene->anon).anon_flags);
}

/* Numbers are never addresses, and no two machines' need agree. */
TEST_F(task, numbers_are_small)
{
	struct svma_task_region list[MAX_REGIONS];
	long count = task_regions(self->machine, self->child, MAX_REGIONS, list), i;

	ASSERT_LT(0, count);
	for (i = 0; i < count; i++) {
		EXPECT_GT(10000, list[i].file);
		EXPECT_GT(10000, list[i].anon);
	}
}

/* A region of the child as it is, but for what the space is to be told; -1 for its own file. */
static long import_region(struct _test_data_task *self, int space,
			  const struct svma_task_region *region, int fd)
{
	struct svma_import import = {
		.start = region->start, .end = region->end, .flags = region->flags,
		.pgoff = region->pgoff, .fd = fd,
	};
	char path[96];
	long err;

	if (fd >= 0)
		return call(space, SVMA_IOC_IMPORT, &import);
	snprintf(path, sizeof(path), "/proc/%d/map_files/%llx-%llx", self->child, region->start,
		 region->end);
	import.fd = region->file ? open(path, O_RDONLY) : -1;
	err = call(space, SVMA_IOC_IMPORT, &import);
	if (import.fd >= 0)
		close(import.fd);
	return err;
}

TEST_F(task, match)
{
	struct svma_space_create create = {
		.flags = SVMA_SPACE_LAYOUT, .profile = SVMA_PROFILE_HOST, .fd = -1,
	};
	struct svma_task_region list[MAX_REGIONS], again = region_at(self, self->scene->again);
	long count = task_regions(self->machine, self->child, MAX_REGIONS, list);
	struct svma_task_match match = { .pid = self->child };
	struct svma_munmap hole = { .addr = again.start, .len = PAGE };
	struct svma_lookup lookup = { .addr = (unsigned long)self->scene->anon };
	unsigned int files = 0;

	ASSERT_LT(10, count);
	ASSERT_EQ(0, call(self->machine, SVMA_IOC_SPACE_CREATE, &create));
	ASSERT_EQ(0, call(create.fd, SVMA_IOC_TASK_MATCH, &match));
	EXPECT_EQ(list[0].start, match.addr);
	for (long i = 0; i < count; i++) {
		ASSERT_EQ(0, import_region(self, create.fd, &list[i], -1));
		files += !!list[i].file;
	}
	ASSERT_EQ(0, call(create.fd, SVMA_IOC_TASK_MATCH, &match));
	EXPECT_EQ(SVMA_MATCH_ALL, match.addr);
	EXPECT_EQ(files, match.files);
	/* What was written it has told the space. */
	ASSERT_EQ(0, call(create.fd, SVMA_IOC_LOOKUP, &lookup));
	EXPECT_NE(0, lookup.region.anon);
	EXPECT_EQ(region_at(self, self->scene->anon).anon, lookup.region.anon);
	/* A region less, and one of another file, of other flags, at another offset. */
	ASSERT_EQ(0, call(create.fd, SVMA_IOC_MUNMAP, &hole));
	ASSERT_EQ(0, call(create.fd, SVMA_IOC_TASK_MATCH, &match));
	EXPECT_EQ(again.start, match.addr);
	for (int i = 0; i < 3; i++) {
		struct svma_task_region wrong = again;
		int fd = open(i ? "/proc/self/exe" : "/bin/sh", O_RDONLY);

		wrong.flags ^= i == 1 ? SVMA_VM_RAND_READ : 0;
		wrong.pgoff += i == 2;
		ASSERT_EQ(0, import_region(self, create.fd, &wrong, fd));
		ASSERT_EQ(0, call(create.fd, SVMA_IOC_TASK_MATCH, &match));
		EXPECT_EQ(again.start, match.addr) TH_LOG("wrong %d", i);
		ASSERT_EQ(0, call(create.fd, SVMA_IOC_MUNMAP, &hole));
		close(fd);
	}
	ASSERT_EQ(0, import_region(self, create.fd, &again, -1));
	ASSERT_EQ(0, call(create.fd, SVMA_IOC_TASK_MATCH, &match));
	EXPECT_EQ(SVMA_MATCH_ALL, match.addr);
	close(create.fd);
}

/* What the space was told wrongly of anonymous pages is told anew, whatever it was. */
TEST_F(task, match_tells)
{
	struct svma_space_create create = {
		.flags = SVMA_SPACE_LAYOUT, .profile = SVMA_PROFILE_HOST, .fd = -1,
	};
	struct svma_task_region list[MAX_REGIONS];
	struct svma_task_match match = { .pid = self->child };
	long count = task_regions(self->machine, self->child, MAX_REGIONS, list), last = -1;
	int written = 0, forked = 0, shared = 0;

	ASSERT_LT(10, count);
	ASSERT_EQ(0, call(self->machine, SVMA_IOC_SPACE_CREATE, &create));
	for (long i = 0; i < count; i++)
		ASSERT_EQ(0, import_region(self, create.fd, &list[i], -1));
	for (long i = 0; i < count; i++) {
		struct svma_lookup lookup = { .addr = list[i].start };
		/* Nobody's number, the number of the region before, and other flags. */
		struct svma_anon wrong[] = {
			{ list[i].start, 999999, list[i].anon_flags },
			{ list[i].start, last < 0 ? 0 : list[last].anon, list[i].anon_flags },
			{ list[i].start, list[i].anon, list[i].anon_flags ^ SVMA_ANON_FORKED },
			{ list[i].start, list[i].anon, list[i].anon_flags ^ SVMA_ANON_CLOSES },
		};

		for (int n = 0; n < 4; n++) {
			ASSERT_EQ(0, call(create.fd, SVMA_IOC_ANON, &wrong[n]));
			ASSERT_EQ(0, call(create.fd, SVMA_IOC_TASK_MATCH, &match));
			EXPECT_EQ(SVMA_MATCH_ALL, match.addr);
			ASSERT_EQ(0, call(create.fd, SVMA_IOC_LOOKUP, &lookup));
			EXPECT_EQ(list[i].anon, lookup.region.anon) TH_LOG("%ld, %d", i, n);
			EXPECT_EQ(list[i].anon_flags, lookup.region.anon_flags)
				TH_LOG("%ld, %d", i, n);
		}
		shared += last >= 0 && list[i].anon == list[last].anon;
		if (list[i].anon)
			last = i;
		written += !!list[i].anon;
		forked += !!(list[i].anon_flags & SVMA_ANON_FORKED);
	}
	EXPECT_LT(1, written);
	EXPECT_LT(0, forked);
	EXPECT_LT(0, shared);
	close(create.fd);
}

TEST_HARNESS_MAIN
