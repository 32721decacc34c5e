// SPDX-License-Identifier: GPL-2.0
/* Run a random sequence; when core and model part, find a short one that still does it. */
#include "memory.h"
#include "sequence.h"

/* Replay calls: the number of the one that fails, or count. */
static unsigned int replay(const struct pair_config *config, const struct call *calls,
			   unsigned int count, enum call_memory memory, bool print)
{
	struct call_result result;
	struct pair pair;
	unsigned int i;

	if (pair_init(&pair, config))
		abort();
	for (i = 0; i < count; i++) {
		bool same = call_run(&pair, &calls[i], memory, &result);

		if (print)
			call_print(&calls[i], &result);
		if (!same)
			break;
	}
	if (print && pair.why[0]) {
		printf("# %s\n", pair.why);
		pair_print(&pair);
	}
	pair_destroy(&pair);
	if (pair.why[0] && i == count)
		i = count - 1;	/* found only at the end */
	return i;
}

/* Leave out ever smaller runs of calls as long as what is left fails. */
static unsigned int shrink(const struct pair_config *config, struct call *calls, unsigned int count,
			   enum call_memory memory)
{
	struct call *less = malloc(count * sizeof(*less));
	unsigned int chunk, at, left, failed;

	for (chunk = count / 2; chunk; chunk = chunk > 1 ? (chunk + 1) / 2 : 0) {
		for (at = 0; at + chunk <= count;) {
			left = count - chunk;
			memcpy(less, calls, at * sizeof(*less));
			memcpy(less + at, calls + at + chunk, (left - at) * sizeof(*less));
			failed = replay(config, less, left, memory, false);
			if (failed < left) {
				count = failed + 1;
				memcpy(calls, less, count * sizeof(*less));
			} else {
				at += chunk;
			}
		}
	}
	free(less);
	return count;
}

static void print_config(const struct pair_config *config)
{
	const struct svma_layout *layout = &config->layout;
	const struct svma_machine *machine = &config->machine;

	printf("# kernel %u.%u, %#lx-%#lx, mmap base %#llx, legacy base %#llx, %s\n",
	       config->kernel >> 16, config->kernel >> 8 & 0xff, config->base,
	       config->base + config->pages * PAGE, layout->mmap_base, layout->legacy_base,
	       layout->direction == SVMA_BOTTOMUP ? "bottom-up" : "top-down");
	printf("# guard %#llx, data %#llx-%#llx, brk %#llx, personality %#x\n", layout->guard_gap,
	       layout->start_data, layout->end_data, layout->start_brk, layout->personality);
	printf("# limits: as %#llx data %#llx memlock %#llx map count %llu\n", layout->limit_as,
	       layout->limit_data, layout->limit_memlock, layout->max_map_count);
	printf("# overcommit %u: ram %llu swap %llu huge %llu ratio %u kbytes %llu\n",
	       machine->overcommit_mode, machine->ram, machine->swap, machine->huge,
	       machine->overcommit_ratio, machine->overcommit_kbytes);
	printf("# reserves %llu %llu\n", machine->admin_reserve, machine->user_reserve);
}

/* Where calls come from: a seed, or bytes, so many for each. */
struct source {
	struct rng rng;
	const uint8_t *bytes;
	size_t left;
};

static bool next_call(struct source *source, const struct pair *pair, struct call *call)
{
	size_t count = source->left < SEQUENCE_CALL_BYTES ? source->left : SEQUENCE_CALL_BYTES;

	if (source->bytes) {
		if (!count)
			return false;
		source->rng = (struct rng){ 0, source->bytes, count };
		source->bytes += count;
		source->left -= count;
	}
	generate_call(&source->rng, pair, call);
	return true;
}

/* Run calls until core and model part; then print a short sequence that makes them part. */
static bool run(const char *name, const struct pair_config *config, struct source *source,
		unsigned int length, enum call_memory memory, struct sequence_count *count)
{
	struct call *calls = malloc((length + 1) * sizeof(*calls));
	struct call_result result;
	unsigned int i, made;
	struct pair pair;
	bool same = true;

	if (pair_init(&pair, config)) {
		tap_fail(__FILE__, __LINE__, "%s: no pair", name);
		free(calls);
		return false;
	}
	for (i = 0; i < length && same && next_call(source, &pair, &calls[i]); i++) {
		same = call_run(&pair, &calls[i], memory, &result);
		count->calls[calls[i].verb]++;
		count->good[calls[i].verb] += !result.error;
		count->errors[-result.error & 255]++;
	}
	made = i;
	pair_destroy(&pair);
	same = !pair.why[0];
	if (!same) {
		tap_fail(__FILE__, __LINE__, "%s, kernel %u.%u, call %u: %s", name,
			 config->kernel >> 16, config->kernel >> 8 & 0xff, made, pair.why);
		made = shrink(config, calls, made, memory);
		print_config(config);
		replay(config, calls, made, memory, true);
	}
	free(calls);
	return same;
}

bool sequence_run(u32 kernel, uint64_t seed, unsigned int length, enum call_memory memory,
		  struct sequence_count *count)
{
	struct source source = { .rng = { seed } };
	struct pair_config config;
	char name[32];

	generate_config(&source.rng, kernel, &config);
	snprintf(name, sizeof(name), "seed %llu", (unsigned long long)seed);
	return run(name, &config, &source, length, memory, count);
}

bool sequence_bytes(const char *name, const uint8_t *bytes, size_t size,
		    struct sequence_count *count)
{
	static const u32 kernels[] = { SVMA_KERNEL(6, 1), SVMA_KERNEL(6, 12), SVMA_KERNEL(7, 3),
				       MODEL_CLASSIC };
	struct source source = { .rng = { 0 } };
	struct pair_config config;
	struct rng head;
	u32 which;

	if (size <= SEQUENCE_HEAD_BYTES)
		return true;
	which = bytes[0] % (2 * ARRAY_SIZE(kernels));
	head = (struct rng){ 0, bytes + 1, SEQUENCE_HEAD_BYTES - 1 };
	generate_config(&head, kernels[which / 2], &config);
	source.bytes = bytes + SEQUENCE_HEAD_BYTES;
	source.left = size - SEQUENCE_HEAD_BYTES;
	return run(name, &config, &source, SEQUENCE_CALLS_MAX,
		   which % 2 ? MEMORY_FAILS : MEMORY_ENOUGH, count);
}
