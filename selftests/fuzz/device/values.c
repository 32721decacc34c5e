// SPDX-License-Identifier: GPL-2.0
/*
 * The fuzzer of the device: what a random choice comes to, by the meaning of the field.
 */
#include <unistd.h>

#include "fuzz.h"
#include "support.h"

#define PAGES_MOST 512 /* no range is longer that pages are brought into */

static uint64_t address(uint64_t choice)
{
	uint64_t rest = choice >> 8;

	switch (choice % 32) {
	case 0:
		return rest;
	case 1:
		return 0;
	case 2:
		return -PAGE * (rest % 4);
	case 3:
		return (1UL << 47) - PAGE * (rest % 8);
	case 4:
		return at(rest % PAGES_MOST) + rest % PAGE;
	case 5:
		return at(512 * (rest % 4)); /* at a node of the page table */
	default:
		return at(rest % 112);
	}
}

static uint64_t length(uint64_t choice)
{
	uint64_t rest = choice >> 8;

	switch (choice % 16) {
	case 0:
		return rest;
	case 1:
		return 0;
	case 2:
		return rest % (4 * PAGE);
	case 3:
		return (rest % PAGES_MOST) * PAGE;
	case 4:
		return -PAGE * (rest % 3);
	default:
		return (1 + rest % 24) * PAGE;
	}
}

static uint64_t bits(uint64_t choice)
{
	uint64_t rest = choice >> 8;

	switch (choice % 8) {
	case 0:
		return rest;
	case 1:
		return 1ULL << rest % 64;
	case 2:
		return 1ULL << rest % 24 | 1ULL << (rest >> 8) % 8;
	case 3:
		return rest % 128;
	case 4:
		return MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | (rest & 1 ? MAP_POPULATE : 0);
	case 5:
		return MAP_FIXED | MAP_SHARED | (rest & 1 ? MAP_ANONYMOUS : 0);
	default:
		return rest % 32;
	}
}

/* Most regions that there are have about half of the rights, and few of the other flags. */
static uint64_t region(uint64_t choice)
{
	struct rng rng = { choice };
	uint64_t some = rng_next(&rng) & rng_next(&rng) & rng_next(&rng);
	unsigned int i;
	uint64_t flags = rng_next(&rng) & (SVMA_VM_READ | SVMA_VM_WRITE | SVMA_VM_SHARED |
					   SVMA_VM_MAYREAD | SVMA_VM_MAYWRITE | SVMA_VM_MAYSHARE);

	if (choice % 16 == 15)
		return choice;
	for (i = 0; i < region_flag_count; i++)
		if (some >> i & 1)
			flags |= region_flags[i];
	return flags;
}

static uint64_t advice(uint64_t choice)
{
	uint64_t rest = choice >> 8;

	switch (choice % 16) {
	case 0:
		return rest;
	case 1:
		return MADV_HWPOISON + rest % 4;
	default:
		return rest % 32;
	}
}

static uint64_t buffer_address(uint64_t choice, char *buffer)
{
	uint64_t rest = choice >> 8;

	switch (choice % 16) {
	case 0:
		return rest;
	case 1:
		return 0;
	case 2:
		return 0xffffffff81000000ULL + rest % 0x10000000;
	case 3:
	case 4:
		return (uintptr_t)(AREA + PAGE * (rest % AREA_PAGES));
	case 5:
		return (uintptr_t)(buffer + BUFFER - rest % 64);
	case 6:
		return (uintptr_t)(buffer + rest % 16);
	default:
		return (uintptr_t)buffer;
	}
}

static uint64_t version(uint64_t choice)
{
	static const uint32_t known[] = {
		0,
		SVMA_KERNEL(6, 1),
		SVMA_KERNEL(6, 12),
		SVMA_KERNEL(7, 3),
		SVMA_KERNEL(5, 9),
	};

	return choice % 8 < 5 ? known[choice % 8] : SVMA_KERNEL(6, (choice >> 8) % 24);
}

static uint64_t process_id(struct world *world, uint64_t choice)
{
	switch (choice % 4) {
	case 0:
		return choice >> 8;
	case 1:
		return getpid();
	default:
		return world->traced;
	}
}

static uint64_t file(struct world *world, uint64_t choice)
{
	switch (choice % 8) {
	case 0:
		return choice >> 8;
	case 1:
		return world_fd(world, choice >> 8);
	case 2:
	case 3:
	case 4:
		return world->slot[4];
	default:
		return -1;
	}
}

uint64_t value_of(struct world *world, enum field_kind kind, uint64_t choice, void *buffer)
{
	uint64_t rest = choice >> 8;

	switch (kind) {
	case FIELD_ADDR:
		return choice & NAMED ? (uint64_t)world->named : address(choice);
	case FIELD_END:
		return address(choice);
	case FIELD_LEN:
		return length(choice);
	case FIELD_OFFSET:
		return choice % 8 ? (rest % 32) * PAGE : rest;
	case FIELD_PAGES:
		return choice % 8 ? rest % 32 : rest;
	case FIELD_BUFFER:
		return buffer_address(choice, buffer);
	case FIELD_COUNT:
		return choice % 8 ? rest % 200 : rest;
	case FIELD_FD:
		return choice % 16 ? (uint64_t)world_fd(world, rest) : rest;
	case FIELD_PID:
		return process_id(world, choice);
	case FIELD_BITS:
		return bits(choice);
	case FIELD_REGION:
		return region(choice);
	case FIELD_RESERVED:
		return choice % 64 ? 0 : rest;
	case FIELD_FEW:
		return choice % 16 ? rest % 4 : rest;
	case FIELD_FILE:
		return file(world, choice);
	case FIELD_ADVICE:
		return advice(choice);
	case FIELD_VERSION:
		return version(choice);
	case FIELD_WINDOW:
		return choice % 8 ? (uintptr_t)(AREA + PAGE * (rest % AREA_PAGES)) : rest;
	case FIELD_NUMBER:
		break;
	}
	return choice % 4 ? rest % 64 : rest;
}
