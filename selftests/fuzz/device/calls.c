// SPDX-License-Identifier: GPL-2.0
/*
 * The fuzzer of the device: makes one call of a program.
 */
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz.h"
#include "ioctl_table.h"
#include "support.h"

static const struct arg_type *arg_type(unsigned int cmd)
{
	unsigned int i;

	for (i = 0; i < arg_type_count; i++)
		if (arg_types[i].cmd == cmd)
			return &arg_types[i];
	return NULL;
}

static void field_put(char *arg, const struct field *field, uint64_t value)
{
	memcpy(arg + field->offset, &value, field->size);
}

/* Where a call begins, by its argument: the first address of it; without one nothing is told. */
static bool arg_begin(const struct arg_type *type, const char *arg, uint64_t *begin)
{
	unsigned int i;

	for (i = 0; i < type->count; i++) {
		if (type->fields[i].kind == FIELD_ADDR) {
			memcpy(begin, arg + type->fields[i].offset, sizeof(*begin));
			return true;
		}
	}
	return false;
}

/* What would let a run hold more of the guest's memory than it should. */
static void arg_tame(unsigned int cmd, void *arg)
{
	if (cmd == SVMA_IOC_MACHINE_SET)
		((struct svma_machine *)arg)->told &= SVMA_MACHINE_FREE | SVMA_MACHINE_CACHE |
						      SVMA_MACHINE_RECLAIMABLE |
						      SVMA_MACHINE_HUGE_FREE;
	else if (cmd == SVMA_IOC_LAYOUT_SET)
		((struct svma_layout *)arg)->told &= ~SVMA_LAYOUT_LIMIT_AS;
}

/* Operations of a batch, each of them a verb with fields by chance. */
static void batch_fill(struct world *world, const struct op *op, char *buffer)
{
	static const unsigned int verbs[] = {
		SVMA_IOC_MMAP, SVMA_IOC_MUNMAP, SVMA_IOC_MPROTECT, SVMA_IOC_BRK,
		SVMA_IOC_MREMAP, SVMA_IOC_MADVISE, SVMA_IOC_LOCK, SVMA_IOC_REMAP_FILE,
		SVMA_IOC_MSEAL, SVMA_IOC_FORK,
	};
	struct rng rng = { op->choice[CHOICES - 2] };
	struct svma_op *ops = (struct svma_op *)buffer;
	unsigned int i, j;

	memset(buffer, 0, BUFFER);
	for (i = 0; i < 24; i++) {
		const struct arg_type *type;

		ops[i].cmd = verbs[rng_below(&rng, sizeof(verbs) / sizeof(verbs[0]))];
		type = arg_type(ops[i].cmd);
		for (j = 0; j < type->count; j++)
			field_put((char *)&ops[i].arg, &type->fields[j],
				  value_of(world, type->fields[j].kind, rng_next(&rng), buffer));
	}
}

/* What world_make() made stays. */
static void world_take(struct world *world, const struct op *op, int fd)
{
	if (fd >= 0)
		world_put(world, FIRST + op->target % (SLOTS - FIRST), fd);
}

static void do_ioctl(struct world *world, const struct op *op, char *buffer)
{
	const struct ioctl_row *row = &ioctl_table[op->kind % ioctl_rows];
	const struct arg_type *type = arg_type(row->cmd);
	struct ioctl_fds fds = { .machine = world->slot[0], .space = world->slot[2] };
	int target = op->target % 8 ? world_space(world, op->target) :
				      world->slot[op->target / 8 % SLOTS];
	_Alignas(8) char arg[ARG_ROOM] = { 0 };
	unsigned int cmd = row->cmd, i;
	uint64_t begin;

	if (row->machine && !row->space && op->target % 8)
		target = world->slot[0];
	if (op->valid)
		row->fill(&fds, arg);
	for (i = 0; i < type->count && i < CHOICES; i++) {
		uint64_t choice = op->choice[i], value;

		/* What comes together does so at one place. */
		if (!choice && type->fields[i].kind == FIELD_ADDR && op->target & 64)
			choice = NAMED;
		if (!choice)
			continue;
		value = value_of(world, type->fields[i].kind, choice, buffer);
		if (type->fields[i].kind == FIELD_END && choice % 8 &&
		    arg_begin(type, arg, &begin))
			value = begin + value_of(world, FIELD_LEN, choice >> 3, buffer);
		field_put(arg, &type->fields[i], value);
	}
	arg_tame(cmd, arg);
	if (cmd == SVMA_IOC_BATCH)
		batch_fill(world, op, buffer);
	if (op->kind >= OP_SIZED)
		cmd = ioctl_sized(cmd, op->choice[CHOICES - 1] % (2 * _IOC_SIZE(cmd) + 8));
	shared->calls++;
	if (ioctl(target, cmd, arg) < 0) {
		shared->failed++;
		return;
	}
	if (arg_begin(type, arg, &begin))
		world->named = begin;
	if (cmd == SVMA_IOC_SPACE_CREATE)
		world_take(world, op, ((struct svma_space_create *)arg)->fd);
	else if (cmd == SVMA_IOC_FORK)
		world_take(world, op, ((struct svma_fork *)arg)->fd);
	else if (cmd == SVMA_IOC_SNAPSHOT)
		world_take(world, op, ((struct svma_snapshot *)arg)->fd);
}

static void note(long result)
{
	shared->calls++;
	if (result < 0)
		shared->failed++;
}

static char *area_at(uint64_t choice)
{
	return AREA + PAGE * (choice % AREA_PAGES);
}

static unsigned long area_len(uint64_t start, uint64_t choice)
{
	unsigned long left = AREA_PAGES - start % AREA_PAGES, len = 1 + choice % 64;

	return PAGE * (len < left ? len : left);
}

static int protection(uint64_t choice)
{
	static const int some[] = { RW, RW, RW, PROT_READ, PROT_NONE, PROT_READ | PROT_EXEC, RWX };

	return some[choice % (sizeof(some) / sizeof(some[0]))];
}

static void do_touch(const struct op *op)
{
	char *addr = area_at(op->choice[0]) + op->choice[2] % (PAGE - 8);
	__u64 value;
	int sig = op->kind == OP_LOAD ? load(addr, &value) : store(addr, op->choice[1]);

	shared->touches++;
	if (sig)
		shared->signals++;
}

static void do_window(struct world *world, const struct op *op, int target)
{
	const uint64_t *c = op->choice;
	char *addr = area_at(c[0]);
	unsigned long len = area_len(c[0], c[1]);
	void *ret = NULL;

	switch (op->kind) {
	case OP_WINDOW:
		ret = mmap(addr, len, protection(c[2]),
			   (c[3] % 16 ? MAP_SHARED : MAP_PRIVATE) | MAP_FIXED |
				   (c[3] % 5 ? 0 : MAP_POPULATE),
			   target,
			   c[4] % 32 ? at(c[4] % 96) : c[5]);
		break;
	case OP_UNMAP:
		munmap(addr, len);
		break;
	case OP_PROTECT:
		mprotect(addr, len, protection(c[2]));
		break;
	case OP_MOVE:
		ret = mremap(addr, len, area_len(c[3], c[1]), MREMAP_MAYMOVE | MREMAP_FIXED,
			     area_at(c[3]));
		break;
	case OP_DISCARD:
		madvise(addr, len, c[2] % 30);
		break;
	}
	note(ret == MAP_FAILED ? -1 : 0);
}

/* A child has the windows, too, uses them, and ends in one way or another. */
static void do_child(struct world *world, const struct op *op)
{
	pid_t pid = fork();
	unsigned int i;

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (i = 0; i < 8; i++)
			store(area_at(op->choice[i]), i);
		munmap(area_at(op->choice[8]), area_len(op->choice[8], op->choice[9]));
		if (op->choice[10] & 1)
			kill(getpid(), SIGKILL);
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
	note(pid);
}

static void do_fdinfo(int target)
{
	char path[64], text[1024];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", target);
	file = fopen(path, "re");
	note(file ? 0 : -1);
	if (!file)
		return;
	while (fgets(text, sizeof(text), file))
		;
	fclose(file);
}

void op_do(struct world *world, const struct op *op, char *buffer)
{
	int target = world_fd(world, op->target);

	switch (op->kind) {
	case OP_READ:
		note(pread(target, buffer, op->choice[1] % BUFFER,
			   value_of(world, FIELD_ADDR, op->choice[0], buffer)));
		break;
	case OP_WRITE:
		note(pwrite(target, buffer, op->choice[1] % BUFFER,
			    value_of(world, FIELD_ADDR, op->choice[0], buffer)));
		break;
	case OP_LOAD:
	case OP_STORE:
		do_touch(op);
		break;
	case OP_CLOSE:
		if (op->target % SLOTS >= FIRST || op->choice[0] % 16 == 0)
			world_put(world, op->target, -1);
		break;
	case OP_PASS:
		fd_send(world->link, target);
		break;
	case OP_TAKE:
		world_take(world, op, fd_receive(world->link));
		break;
	case OP_CHILD:
		do_child(world, op);
		break;
	case OP_FDINFO:
		do_fdinfo(target);
		break;
	case OP_FILE:
		note(ftruncate(world->slot[4], op->choice[0] % 48 * PAGE));
		break;
	case OP_WINDOW:
	case OP_UNMAP:
	case OP_PROTECT:
	case OP_MOVE:
	case OP_DISCARD:
		do_window(world, op, target);
		break;
	default:
		do_ioctl(world, op, buffer);
		break;
	}
}
