// SPDX-License-Identifier: GPL-2.0
/*
 * The fuzzer of the device: the descriptors that the calls of a process are made on.
 */
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz.h"
#include "support.h"

#define RAM 2048 /* pages that all spaces of a machine may hold */

/* Strict overcommit bounds what a run can make the guest hold, whatever it asks for. */
static int machine_small(void)
{
	struct svma_machine values = {
		.told = SVMA_MACHINE_RAM | SVMA_MACHINE_SWAP | SVMA_MACHINE_MODE |
			SVMA_MACHINE_RATIO | SVMA_MACHINE_ADMIN_RESERVE | SVMA_MACHINE_USER_RESERVE,
		.ram = RAM,
		.overcommit_mode = SVMA_OVERCOMMIT_NEVER,
		.overcommit_ratio = 100,
	};
	int machine = machine_open();

	if (machine >= 0 && call(machine, SVMA_IOC_MACHINE_SET, &values)) {
		close(machine);
		return -EINVAL;
	}
	return machine;
}

static int file_make(void)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd >= 0 && ftruncate(fd, 32 * PAGE)) {
		close(fd);
		return -1;
	}
	return fd;
}

static int traced_make(void)
{
	pid_t parent = getpid(), pid = fork();
	int status;

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* Killed already: init would be the tracer of one that is stopped for ever. */
		if (getppid() != parent)
			_exit(0);
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(0);
	}
	if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_EXITKILL);
		return pid;
	}
	return 0;
}

int world_make(struct world *world, int link)
{
	unsigned int i;
	int space;

	world->link = link;
	for (i = 0; i < SLOTS; i++)
		world->slot[i] = -1;
	world->slot[0] = machine_small();
	space = space_make(world->slot[0], 0);
	world->slot[1] = space;
	world->slot[2] = space_make(world->slot[0], SVMA_SPACE_LAYOUT);
	if (world->slot[0] < 0 || space < 0 || world->slot[2] < 0)
		return -EIO;
	map_pages(space, 0, 32, RW);
	map_pages(world->slot[2], 0, 1, RW);
	verb_mmap(space, at(40), 16 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED);
	page_put(space, 3, 3);
	world->slot[3] = verb_snapshot(space);
	world->slot[4] = file_make();
	world->slot[5] = verb_fork(space);
	mmap(AREA, AREA_PAGES * PAGE, RW, MAP_SHARED | MAP_FIXED, space, at(0));
	world->traced = traced_make();
	return 0;
}

void world_end(struct world *world)
{
	unsigned int i;

	munmap(AREA, AREA_PAGES * PAGE);
	for (i = 0; i < SLOTS; i++)
		world_put(world, i, -1);
	if (world->traced) {
		kill(world->traced, SIGKILL);
		waitpid(world->traced, NULL, 0);
	}
}

int world_fd(struct world *world, uint64_t choice)
{
	/* The space with pages is what most is about; then that without. */
	if (choice % 3 == 0)
		return world->slot[1];
	return world->slot[choice % 9 == 1 ? 2 : choice / 3 % SLOTS];
}

/* Most calls are for spaces, and tell another descriptor before they look at anything. */
int world_space(struct world *world, uint64_t choice)
{
	int fd = choice % 9 == 0 ? world->slot[3] : world_fd(world, choice);
	int none = fd < 0 || fd == world->slot[0] || fd == world->slot[4];

	return none ? world->slot[choice & 1 ? 1 : 2] : fd;
}

void world_put(struct world *world, uint64_t choice, int fd)
{
	int old = atomic_exchange(&world->slot[choice % SLOTS], fd);

	if (old >= 0)
		close(old);
}
