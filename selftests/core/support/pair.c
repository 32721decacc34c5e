// SPDX-License-Identifier: GPL-2.0
/* A space of the core and its model: set-up, and what the core reports. */
#include <stdarg.h>

#include "hooks.h"
#include "memory.h"
#include "pair.h"

const char *const pair_file_names[FILE_NR] = {
	"rw",	  "rw2",   "ro",  "wo",	  "append", "noexec",
	"nommap", "shmem", "thp", "sync", "huge",   "hook",
};

#define SPACE_ID	77	/* of the first space of a machine; others follow */
#define RW	(SVMA_BACKING_READ | SVMA_BACKING_WRITE)

static const u32 file_flags[FILE_NR] = {
	[FILE_RW] = RW | SVMA_BACKING_NO_SEARCH,
	[FILE_RW2] = RW | SVMA_BACKING_NO_SEARCH | SVMA_BACKING_PREPARES,
	[FILE_RO] = SVMA_BACKING_READ,
	[FILE_WO] = SVMA_BACKING_WRITE,
	[FILE_APPEND] = RW | SVMA_BACKING_APPEND,
	[FILE_NOEXEC] = RW | SVMA_BACKING_NOEXEC,
	[FILE_NOMMAP] = RW | SVMA_BACKING_NOMMAP,
	[FILE_SHMEM] = RW | SVMA_BACKING_SHMEM,
	[FILE_THP] = RW | SVMA_BACKING_THP_ALIGN,
	[FILE_SYNC] = RW | SVMA_BACKING_SYNC,
	[FILE_HUGE] = RW | SVMA_BACKING_HUGETLB,
	[FILE_HOOK] = RW,
};

void pair_backing_get(struct svma_backing *backing)
{
	container_of(backing, struct test_backing, backing)->refs++;
}

void pair_backing_put(struct svma_backing *backing)
{
	struct test_backing *test = container_of(backing, struct test_backing, backing);
	struct pair *home = test->home;

	BUG_ON(test->refs <= 0);
	if (--test->refs || !home)
		return;
	svma_core_backing_release(&home->machine, backing);
	/* The model may look at it until the call is over. */
	test->dead = home->dead;
	home->dead = test;
}

static void free_dead(struct pair *home)
{
	struct test_backing *dead;

	while (home->dead) {
		dead = home->dead;
		home->dead = dead->dead;
		kfree(dead);
	}
}

static const struct svma_backing_ops backing_ops = {
	.get = pair_backing_get, .put = pair_backing_put,
};

static struct pair *pair_of(struct svma_core *core)
{
	struct pair *pair = container_of(core, struct pair, core);

	/* The hooks of another space must be unit_no_ops. */
	BUG_ON(core->id < SPACE_ID || core->id >= SPACE_ID + PAIR_SPACES);
	return pair;
}

void pair_differ(struct pair *pair, const char *fmt, ...)
{
	char *why = pair->home->why;
	va_list ap;

	if (why[0])
		return;
	va_start(ap, fmt);
	vsnprintf(why, sizeof(pair->why), fmt, ap);
	va_end(ap);
}

static void mark(struct pair *pair, bool *marks, unsigned long start, unsigned long end,
		 const char *what)
{
	unsigned long i;

	pair->reports++;
	/* What it says of space that can have no pages does not matter. */
	if (start >= end || (start | end) & ~SVMA_PAGE_MASK)
		pair_differ(pair, "%s of %lx-%lx reported", what, start, end);
	else
		for (i = model_index(&pair->model, start); i < model_index(&pair->model, end); i++)
			marks[i] = true;
}

static void ops_unmap(struct svma_core *core, unsigned long start, unsigned long end)
{
	mark(pair_of(core), pair_of(core)->unmapped, start, end, "unmap");
}

static void ops_protect(struct svma_core *core, unsigned long start, unsigned long end)
{
	mark(pair_of(core), pair_of(core)->protected, start, end, "protect");
}

static int ops_discard(struct svma_core *core, unsigned long start, unsigned long end)
{
	mark(pair_of(core), pair_of(core)->discarded, start, end, "discard");
	return 0;
}

static int ops_guard(struct svma_core *core, unsigned long start, unsigned long end, bool install)
{
	struct pair *pair = pair_of(core);
	unsigned long i;

	pair->reports++;
	if (start >= end || (start | end) & ~SVMA_PAGE_MASK || start < pair->model.base)
		pair_differ(pair, "guard of %lx-%lx reported", start, end);
	else
		for (i = model_index(&pair->model, start); i < model_index(&pair->model, end); i++)
			pair->guards[i] = install ? 1 : -1;
	return 0;
}

static void ops_move(struct svma_core *core, unsigned long from, unsigned long to,
		     unsigned long len)
{
	struct pair *pair = pair_of(core);
	struct model *model = &pair->model;
	unsigned long i;

	pair->reports++;
	if (!len || (from | to | len) & ~SVMA_PAGE_MASK || from < model->base || to < model->base ||
	    from + len > model_addr(model, model->count) ||
	    to + len > model_addr(model, model->count)) {
		pair_differ(pair, "move of %lx bytes from %lx to %lx reported", len, from, to);
		return;
	}
	for (i = 0; i < len / PAGE; i++) {
		if (pair->unmapped[model_index(model, from) + i])
			pair_differ(pair, "move of page %lx that was unmapped before",
				    from + i * PAGE);
		pair->moved[model_index(model, from) + i] = model_index(model, to) + i + 1;
	}
}

static struct svma_backing *ops_shared_anon(struct svma_core *core, unsigned long len)
{
	struct test_backing *made = kzalloc(sizeof(*made), GFP_KERNEL);

	if (!made)
		return ERR_PTR(-ENOMEM);
	made->backing.ops = &backing_ops;
	made->backing.flags = RW | SVMA_BACKING_SHMEM | SVMA_BACKING_ANON_SHARED;
	made->backing.size = len;
	made->refs = 1;
	made->home = pair_of(core)->home;
	made->home->made = &made->backing;
	return &made->backing;
}

static const struct svma_core_ops core_ops = {
	.unmap = ops_unmap,
	.protect = ops_protect,
	.discard = ops_discard,
	.set_guard = ops_guard,
	.move = ops_move,
	.shared_anon = ops_shared_anon,
};

/*
 * The model takes what the core made in the same call, and something that is nowhere if it made
 * none.
 */
static struct svma_backing *model_shared_anon(struct model *model, unsigned long len)
{
	static struct svma_backing none;
	struct pair *home = container_of(model, struct pair, model)->home;

	(void)len;
	return home->made ? home->made : &none;
}

void pair_config_default(struct pair_config *config, u32 kernel)
{
	const unsigned long base = 1UL << 28, pages = 4096, high = base + pages * PAGE;

	memset(config, 0, sizeof(*config));
	config->kernel = kernel;
	config->base = base;
	config->pages = pages;
	config->layout = (struct svma_layout) {
		.mmap_base = high - 64 * PAGE,
		.legacy_base = base + pages / 3 * PAGE,
		.guard_gap = 16 * PAGE,
		.limit_as = ~0ULL,
		.limit_data = ~0ULL,
		.limit_stack = ~0ULL,
		.limit_memlock = ~0ULL,
		.max_map_count = 65530,
		.start_brk = base + 32 * PAGE,
		.brk = base + 32 * PAGE,
	};
	config->machine = (struct svma_machine) {
		.ram = 1UL << 20,
		.overcommit_mode = SVMA_OVERCOMMIT_GUESS,
		.overcommit_ratio = 50,
	};
}

static void start_marks(struct pair *pair, unsigned long pages)
{
	pair->was_mapped = calloc(pages, sizeof(*pair->was_mapped));
	pair->unmapped = calloc(pages, sizeof(*pair->unmapped));
	pair->guards = calloc(pages, sizeof(*pair->guards));
	pair->discarded = calloc(pages, sizeof(*pair->discarded));
	pair->protected = calloc(pages, sizeof(*pair->protected));
	pair->moved = calloc(pages, sizeof(*pair->moved));
}

static void free_marks(struct pair *pair)
{
	free(pair->was_mapped);
	free(pair->unmapped);
	free(pair->protected);
	free(pair->discarded);
	free(pair->guards);
	free(pair->moved);
}

/* A space of home's machine. */
static int start(struct pair *pair, struct pair *home, unsigned int place, u32 kernel,
		 unsigned long base, unsigned long pages)
{
	u32 profile = kernel == MODEL_CLASSIC ? SVMA_PROFILE_CLASSIC : SVMA_PROFILE_HOST;
	int error;

	pair->home = home;
	error = svma_core_init(&pair->core, &home->machine, &core_ops, profile, kernel);
	if (error)
		return error;
	home->spaces[place] = pair;
	pair->core.id = SPACE_ID + place;
	model_init(&pair->model, &home->model_machine, kernel, base, pages);
	pair->model.shared_anon = model_shared_anon;
	start_marks(pair, pages);
	return 0;
}

int pair_init(struct pair *pair, const struct pair_config *config)
{
	struct svma_layout layout = config->layout;
	struct svma_machine machine = config->machine;
	int error, i;

	memset(pair, 0, sizeof(*pair));
	layout.told = SVMA_LAYOUT_ALL;
	layout.low = 0;
	layout.high = config->base + config->pages * PAGE;
	layout.min_addr = config->base;
	layout.stack_top = layout.high;
	machine.told = SVMA_MACHINE_ALL;
	pair->home = pair;
	svma_core_machine_init(&pair->machine);
	error = svma_core_machine_set(&pair->machine, &machine);
	if (error)
		return error;
	pair->model_machine.told = machine;
	error = start(pair, pair, 0, config->kernel, config->base, config->pages);
	if (error)
		return error;
	error = svma_core_layout_set(&pair->core, &layout);
	if (error)
		return error;
	pair->model.layout = layout;
	pair->model.search_from = layout.mmap_base;
	for (i = 0; i < FILE_NR; i++) {
		pair->files[i].backing.ops = i == FILE_HOOK ? &hook_ops : &backing_ops;
		pair->files[i].backing.flags = file_flags[i];
		pair->files[i].backing.inode = i + 1;
		pair->files[i].refs = 1;
		svma_rmap_init(&pair->files[i].rmap);
		pair->files[i].backing.rmap = &pair->files[i].rmap;
	}
	return 0;
}

int pair_fork(struct pair *parent, unsigned int place, int *core_error, int *model_error)
{
	const struct model *model = &parent->model;
	struct pair *child = calloc(1, sizeof(*child));
	int error;

	error = start(child, parent->home, place, model->kernel, model->base, model->count);
	if (error)
		abort();
	*core_error = svma_core_fork(&parent->core, &child->core);
	*model_error = model_fork(model, &child->model);
	if (*core_error)
		pair_exit(child);
	return *core_error;
}

/* The core's part of a space; a warning of it is a difference. */
static void destroy_core(struct pair *pair)
{
	struct memory_place here;

	memory_warn_to = &here;
	if (setjmp(here.where))
		pair_differ(pair, "warning at the end: %s", memory_warning);
	else
		svma_core_destroy(&pair->core);
	memory_warn_to = NULL;
	model_destroy(&pair->model);
	free_marks(pair);
}

void pair_exit(struct pair *pair)
{
	unsigned int i;

	destroy_core(pair);
	for (i = 0; i < PAIR_SPACES; i++)
		if (pair->home->spaces[i] == pair)
			pair->home->spaces[i] = NULL;
	free(pair);
}

/* Everything that the core took is given back. */
void pair_destroy(struct pair *pair)
{
	int i;

	for (i = 1; i < PAIR_SPACES; i++)
		if (pair->spaces[i])
			pair_exit(pair->spaces[i]);
	destroy_core(pair);
	free_dead(pair);
	for (i = 0; i < FILE_NR; i++) {
		if (pair->files[i].refs != 1)
			pair_differ(pair, "%ld references of file %s left at the end",
				    pair->files[i].refs - 1, pair_file_names[i]);
		svma_core_backing_release(&pair->machine, &pair->files[i].backing);
	}
	if (pair->machine.committed || pair->machine.huge_reserved)
		pair_differ(pair, "%lu pages charged and %lu huge ones taken at the end",
			    pair->machine.committed, pair->machine.huge_reserved);
}

void pair_clear_report(struct pair *pair)
{
	unsigned long count = pair->model.count, i;

	for (i = 0; i < count; i++)
		pair->was_mapped[i] = pair->model.pages[i].mapped;
	memset(pair->unmapped, 0, count * sizeof(*pair->unmapped));
	memset(pair->guards, 0, count * sizeof(*pair->guards));
	memset(pair->discarded, 0, count * sizeof(*pair->discarded));
	memset(pair->protected, 0, count * sizeof(*pair->protected));
	memset(pair->moved, 0, count * sizeof(*pair->moved));
	pair->reports = 0;
	pair->home->made = NULL;
	free_dead(pair->home);
	model_clear_report(&pair->model);
}

