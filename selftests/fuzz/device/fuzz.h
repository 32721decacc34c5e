/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fuzzer of the device: what its files share.
 */
#ifndef SVMA_DEVICE_FUZZ_H
#define SVMA_DEVICE_FUZZ_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/svma.h>

/* What a field of a struct means. The tables are made from the header by describe. */
enum field_kind {
	FIELD_NUMBER,
	FIELD_ADDR,
	FIELD_END,
	FIELD_LEN,
	FIELD_OFFSET,
	FIELD_PAGES,
	FIELD_BUFFER,
	FIELD_COUNT,
	FIELD_FD,
	FIELD_PID,
	FIELD_BITS,
	FIELD_VERSION,
	FIELD_WINDOW,
	FIELD_REGION, /* flags of a region */
	FIELD_ADVICE,
	FIELD_FEW, /* one of few values or sets of bits */
	FIELD_FILE, /* what is mapped */
	FIELD_RESERVED, /* zero, or the call fails */
};

struct field {
	unsigned short offset, size;
	enum field_kind kind;
};

struct arg_type {
	unsigned int cmd;
	const struct field *fields;
	unsigned int count;
};

extern const struct arg_type arg_types[];
extern const unsigned int arg_type_count;
extern const uint64_t region_flags[];
extern const unsigned int region_flag_count;

#define CHOICES 40 /* more than any struct has fields */
#define CALLS 12 /* in a program */

/**
 * struct op - one call, as choices: what they come to depends on what is there when it is made
 * @kind: below OP_IOCTL an ioctl (a row of ioctl_table.c), else enum op_kind
 * @target: which descriptor
 * @valid: begin with the table's valid argument
 * @choice: for each field; 0 leaves it as it is
 */
struct op {
	uint8_t kind, target, valid;
	uint64_t choice[CHOICES];
};

enum op_kind {
	OP_READ = 200,
	OP_WRITE,
	OP_WINDOW,
	OP_UNMAP,
	OP_PROTECT,
	OP_MOVE,
	OP_DISCARD,
	OP_LOAD,
	OP_STORE,
	OP_CLOSE,
	OP_PASS,
	OP_TAKE,
	OP_CHILD,
	OP_FDINFO,
	OP_SIZED, /* an ioctl with another size in its number */
	OP_FILE, /* the file that is mapped changes its size */
	OP_LAST,
};

struct program {
	unsigned int count;
	struct op op[CALLS];
};

/* Offsets in the module's code. Each is a basic block, as the compiler marked it. */
#define BLOCKS (1u << 20)
#define CORPUS 2048

/**
 * struct shared - what all processes of a run see
 * @programs: run so far
 * @calls: ioctls and the like
 * @failed: of these, with an error
 * @touches: loads and stores in windows
 * @signals: of these, answered by a signal
 * @killed: processes
 * @blocks: different offsets in @seen
 * @corpus_count: programs in @corpus, all of which reached something new
 */
struct shared {
	_Atomic unsigned long programs, calls, failed, touches, signals, killed;
	_Atomic unsigned int blocks, corpus_count;
	_Atomic bool stop;
	_Atomic uint8_t seen[BLOCKS];
	struct program corpus[CORPUS];
};

extern struct shared *shared;

/* random.c */
struct rng {
	uint64_t state;
};

uint64_t rng_next(struct rng *rng);
unsigned int rng_below(struct rng *rng, unsigned int limit);
void program_make(struct rng *rng, struct program *program);
void program_mutate(struct rng *rng, struct program *program);

/* world.c: what the calls of a process are made on; its threads share it. */
#define SLOTS 12
#define FIRST 5 /* slot that world_make() leaves to the calls, but for a child */
#define AREA ((char *)0x5e0000000000) /* where windows are */
#define AREA_PAGES 128u

struct world {
	_Atomic int slot[SLOTS]; /* descriptors, -1 for none */
	_Atomic uint64_t named; /* where the last ioctl that did not fail began */
	int link; /* a socket to another process */
	int traced; /* a child that this process traces, or 0 */
};

int world_make(struct world *world, int link);
void world_end(struct world *world);
int world_fd(struct world *world, uint64_t choice);
int world_space(struct world *world, uint64_t choice); /* if there is one */
void world_put(struct world *world, uint64_t choice, int fd);

/* values.c: what a choice comes to */
#define NAMED 64 /* in the choice of an address: where another call was */
uint64_t value_of(struct world *world, enum field_kind kind, uint64_t choice, void *buffer);

/* calls.c */
void op_do(struct world *world, const struct op *op, char *buffer);
#define BUFFER (64 * 1024)

/* cover.c */
int cover_open(void); /* for this thread; a negative errno: there is none */
void cover_begin(void);
unsigned int cover_end(void); /* blocks that nobody had reached before */

#endif /* SVMA_DEVICE_FUZZ_H */
