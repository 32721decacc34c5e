// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "fields.h"

#define FIELD(type, name, kind, bit, limit, classic)					\
	{ #name, SVMA_FIELD_##kind, offsetof(struct type, name),			\
	  sizeof(((struct type *)0)->name), bit, limit, classic }
#define LAYOUT(name, kind, bit)	FIELD(svma_layout, name, kind, SVMA_LAYOUT_##bit, -1, false)
#define LIMIT(name, limit)	FIELD(svma_layout, name, BYTES, SVMA_LAYOUT_LIMIT_##limit, \
				      RLIMIT_##limit, false)
#define MACHINE(name, kind, bit) FIELD(svma_machine, name, kind, bit, -1, false)
#define STAT(name, kind)	FIELD(svma_stats, name, kind, 0, -1, false)
#define CLASSIC(name, kind)	FIELD(svma_stats, name, kind, 0, -1, true)
#define END { NULL, SVMA_FIELD_NUMBER, 0, 0, 0, -1, false }

const struct svma_field svma_layout_fields[] = {
	LAYOUT(low, ADDR, LOW),
	LAYOUT(high, ADDR, HIGH),
	LAYOUT(mmap_base, ADDR, MMAP_BASE),
	LAYOUT(legacy_base, ADDR, LEGACY_BASE),
	LAYOUT(min_addr, ADDR, MIN_ADDR),
	LAYOUT(start_code, ADDR, START_CODE),
	LAYOUT(end_code, ADDR, END_CODE),
	LAYOUT(start_data, ADDR, START_DATA),
	LAYOUT(end_data, ADDR, END_DATA),
	LAYOUT(start_brk, ADDR, START_BRK),
	LAYOUT(brk, ADDR, BRK),
	LAYOUT(stack_top, ADDR, STACK_TOP),
	LAYOUT(guard_gap, BYTES, GUARD_GAP),
	LIMIT(limit_as, AS),
	LIMIT(limit_data, DATA),
	LIMIT(limit_stack, STACK),
	LIMIT(limit_memlock, MEMLOCK),
	LAYOUT(max_map_count, NUMBER, MAX_MAP_COUNT),
	LAYOUT(direction, NUMBER, DIRECTION),
	LAYOUT(personality, BITS, PERSONALITY),
	LAYOUT(def_flags, BITS, DEF_FLAGS),
	END,
};

const struct svma_field svma_machine_fields[] = {
	MACHINE(ram, PAGES, SVMA_MACHINE_RAM),
	MACHINE(free, PAGES, SVMA_MACHINE_FREE),
	MACHINE(cache, PAGES, SVMA_MACHINE_CACHE),
	MACHINE(reclaimable, PAGES, SVMA_MACHINE_RECLAIMABLE),
	MACHINE(swap, PAGES, SVMA_MACHINE_SWAP),
	MACHINE(huge, PAGES, SVMA_MACHINE_HUGE),
	MACHINE(huge_free, PAGES, SVMA_MACHINE_HUGE_FREE),
	MACHINE(overcommit_mode, NUMBER, SVMA_MACHINE_MODE),
	MACHINE(overcommit_ratio, NUMBER, SVMA_MACHINE_RATIO),
	MACHINE(overcommit_kbytes, NUMBER, SVMA_MACHINE_KBYTES),
	MACHINE(admin_reserve, PAGES, SVMA_MACHINE_ADMIN_RESERVE),
	MACHINE(user_reserve, PAGES, SVMA_MACHINE_USER_RESERVE),
	MACHINE(committed, PAGES, 0),
	MACHINE(commit_limit, PAGES, 0),
	MACHINE(huge_reserved, PAGES, 0),
	END,
};

const struct svma_field svma_stats_fields[] = {
	STAT(regions, NUMBER),
	STAT(total, PAGES),
	STAT(locked, PAGES),
	STAT(data, PAGES),
	STAT(exec, PAGES),
	STAT(stack, PAGES),
	STAT(committed, PAGES),
	STAT(resident, PAGES),
	STAT(windows, NUMBER),
	STAT(splits, NUMBER),
	STAT(merges, NUMBER),
	STAT(faults, NUMBER),
	CLASSIC(free_area_cache, ADDR),
	CLASSIC(cached_hole_size, HOLE),
	CLASSIC(cache_hits, NUMBER),
	CLASSIC(cache_misses, NUMBER),
	STAT(memory, BYTES),
	STAT(reclaimed, PAGES),
	STAT(huge_entries, NUMBER),
	STAT(kept, PAGES),
	END,
};

__u64 svma_field_get(const struct svma_field *field, const void *structure)
{
	const char *at = (const char *)structure + field->offset;

	return field->size == 8 ? *(const __u64 *)at : *(const __u32 *)at;
}

static void field_set(const struct svma_field *field, void *structure, __u64 value)
{
	char *at = (char *)structure + field->offset;

	if (field->size == 8)
		*(__u64 *)at = value;
	else
		*(__u32 *)at = (__u32)value;
}

void svma_field_format(const struct svma_field *field, __u64 value, char *buf, size_t size)
{
	switch (field->kind) {
	case SVMA_FIELD_ADDR:
	case SVMA_FIELD_BITS:
		snprintf(buf, size, "0x%llx", value);
		break;
	case SVMA_FIELD_BYTES:
	case SVMA_FIELD_HOLE:
		if (value == ~0ULL)
			snprintf(buf, size, "%s",
				 field->kind == SVMA_FIELD_HOLE ? "unknown" : "unlimited");
		else
			snprintf(buf, size, "%llu", value);
		break;
	default:
		snprintf(buf, size, "%llu", value);
	}
}

static const struct svma_field *find_field(const struct svma_field *fields, const char *name,
					   size_t len)
{
	for (; fields->name; fields++)
		if (!strncmp(fields->name, name, len) && !fields->name[len])
			return fields;
	return NULL;
}

bool svma_number_parse(const char *text, __u64 *value)
{
	static const char units[] = "KMGT";
	const char *unit;
	char *end;

	if (!strcmp(text, "unlimited")) {
		*value = ~0ULL;
		return true;
	}
	if (*text < '0' || *text > '9')
		return false;
	*value = strtoull(text, &end, 0);
	unit = *end ? strchr(units, *end) : NULL;
	if (unit) {
		*value <<= 10 * (unit - units + 1);
		end++;
	}
	return !*end;
}

bool svma_setting_parse(const char *text, struct svma_setting *setting, const char **why)
{
	size_t len = strcspn(text, "=");

	if (!text[len]) {
		*why = "it has no \"=\"";
		return false;
	}
	setting->machine = false;
	setting->field = find_field(svma_layout_fields, text, len);
	if (!setting->field) {
		setting->field = find_field(svma_machine_fields, text, len);
		setting->machine = true;
	}
	if (!setting->field) {
		*why = "neither a space nor a machine has such a value";
		return false;
	}
	if (!setting->field->told) {
		*why = "this value can only be read";
		return false;
	}
	if (!svma_number_parse(text + len + 1, &setting->value)) {
		*why = "what follows \"=\" is not a number";
		return false;
	}
	return true;
}

void svma_settings_apply(const struct svma_setting *settings, size_t n, struct svma_layout *layout,
			 struct svma_machine *machine)
{
	*layout = (struct svma_layout){ 0 };
	*machine = (struct svma_machine){ 0 };
	for (size_t i = 0; i < n; i++) {
		const struct svma_setting *s = &settings[i];

		if (s->machine) {
			field_set(s->field, machine, s->value);
			machine->told |= s->field->told;
		} else {
			field_set(s->field, layout, s->value);
			layout->told |= s->field->told;
		}
	}
}
