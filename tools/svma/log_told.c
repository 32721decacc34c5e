// SPDX-License-Identifier: GPL-2.0
/*
 * The comments that svma record writes: see shadow/record.h for what they are.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "log.h"
#include "maps.h"

/* Words of a comment line. */
#define WORDS SVMA_RUN_SETTINGS

static struct svma_log_space *now(struct svma_run *run)
{
	return run->log->now->space;
}

/* Use the space of the process whose number is first. False: there is none. */
static bool use_process(struct svma_run *run, char **save)
{
	char *word = strtok_r(NULL, " ", save);
	pid_t pid = word ? atoi(word) : 0;

	run->log->now = pid > 0 ? svma_log_process(run, pid) : NULL;
	return run->log->now && now(run) && svma_side_switch(&run->shadow, now(run)->number);
}

/* The values in the rest of the line: 0 or a negative errno. */
static int read_values(char **save, struct svma_layout *layout, struct svma_machine *machine)
{
	struct svma_setting settings[WORDS];
	const char *why;
	size_t n = 0;

	for (char *word; (word = strtok_r(NULL, " ", save)); n++)
		if (n == WORDS || !svma_setting_parse(word, &settings[n], &why))
			return -EBADMSG;
	svma_settings_apply(settings, n, layout, machine);
	return 0;
}

static int told_machine(struct svma_run *run, char **save)
{
	struct svma_machine machine;
	struct svma_layout layout;
	int err = read_values(save, &layout, &machine);

	return err ? err : svma_client_machine_set(run->shadow.machine, &machine);
}

/* What was asked for on the command line counts more than what the program had. */
static int set_values(struct svma_run *run, const struct svma_layout *layout)
{
	int err = svma_client_layout_set(run->shadow.space, layout);

	if (!err && svma_run_set_shadow(run))
		err = -EINVAL;
	return err;
}

static int told_layout(struct svma_run *run, char **save)
{
	struct svma_layout layout, old;
	struct svma_machine machine;
	int err;

	if (!use_process(run, save))
		return -ESRCH;
	err = read_values(save, &layout, &machine);
	if (!err)
		err = svma_client_layout_get(run->shadow.space, &old);
	if (!err && (now(run)->told || now(run)->last))
		err = svma_log_renew(run, now(run));
	if (err)
		return err;
	if (now(run)->told) {
		layout.def_flags = old.def_flags;
		layout.told |= SVMA_LAYOUT_DEF_FLAGS;
	}
	now(run)->told = true;
	now(run)->heap = layout.told & SVMA_LAYOUT_BRK;
	now(run)->base = layout.told & SVMA_LAYOUT_MMAP_BASE;
	return set_values(run, &layout);
}

static int told_values(struct svma_run *run, char **save)
{
	struct svma_machine machine;
	struct svma_layout layout;
	int err;

	if (!use_process(run, save))
		return -ESRCH;
	err = read_values(save, &layout, &machine);
	return err ? err : set_values(run, &layout);
}

/* May be opened without doing anything by that? */
static int region_file(struct svma_run *run, const char *path)
{
	struct stat st;
	int fd = -1;

	if (!stat(path, &st) && S_ISREG(st.st_mode))
		fd = svma_side_file(&run->shadow, path, O_RDONLY);
	if (fd >= 0)
		return fd;
	return svma_log_stand_in(run, -1, path);
}

static int told_region(struct svma_run *run, char **save)
{
	struct svma_import import = { .fd = -1 };
	char *word, *flags, *written;
	__u64 offset;
	int err;

	if (!use_process(run, save))
		return -ESRCH;
	word = strtok_r(NULL, " ", save);
	if (!word || sscanf(word, "%llx-%llx", &import.start, &import.end) != 2)
		return -EBADMSG;
	word = strtok_r(NULL, " ", save);
	flags = strtok_r(NULL, " ", save);
	written = strtok_r(NULL, " ", save);
	if (!written || !svma_number_parse(word, &offset) ||
	    !svma_maps_flags_parse(flags, &import.flags))
		return -EBADMSG;
	import.pgoff = offset >> SVMA_PAGE_SHIFT;
	/* The rest is the path, whatever is in it. */
	if (**save == '/') {
		import.fd = region_file(run, *save);
		if (import.fd < 0)
			return import.fd;
	}
	err = svma_client_import(run->shadow.space, &import);
	if (!err && !strcmp(written, "written"))
		err = svma_log_written(run, import.start);
	return err;
}

/* Could two regions be one but for their protection? Then the kernel gives both one reverse map. */
static bool compatible(const struct svma_region *low, const struct svma_region *high)
{
	const __u64 ignored = SVMA_VM_READ | SVMA_VM_WRITE | SVMA_VM_EXEC;

	return low->end == high->start && !((low->flags ^ high->flags) & ~ignored) &&
	       low->inode == high->inode && low->dev_major == high->dev_major &&
	       low->dev_minor == high->dev_minor &&
	       low->pgoff + ((low->end - low->start) >> SVMA_PAGE_SHIFT) == high->pgoff;
}

static __u32 reusable(const struct svma_region *r)
{
	return r->anon_flags & SVMA_ANON_FORKED ? 0 : r->anon;
}

int svma_log_written(struct svma_run *run, __u64 addr)
{
	struct svma_region region, near;
	__u32 anon = 0, last = 0;
	struct svma_region_list all = { 0 };
	int err = svma_client_lookup(run->shadow.space, addr, &region);

	if (err || region.start > addr)
		return -ENOENT;
	if (region.anon)
		return 0;
	if (!svma_client_lookup(run->shadow.space, region.end, &near) && compatible(&region, &near))
		anon = reusable(&near);
	if (!anon && region.start &&
	    !svma_client_lookup(run->shadow.space, region.start - 1, &near) &&
	    compatible(&near, &region))
		anon = reusable(&near);
	if (!anon)
		err = svma_client_regions(run->shadow.space, 0, ~0ULL, &all);
	for (size_t i = 0; i < all.n; i++)
		if (all.v[i].anon > last)
			last = all.v[i].anon;
	svma_region_list_free(&all);
	return err ? err : svma_client_anon(run->shadow.space, region.start, anon ? anon : last + 1,
					    0);
}

/* A process and an address in its space. */
static int told_place(struct svma_run *run, char **save, __u64 *addr)
{
	char *word;

	if (!use_process(run, save))
		return -ESRCH;
	word = strtok_r(NULL, " ", save);
	return word && svma_number_parse(word, addr) ? 0 : -EBADMSG;
}

static int told_written(struct svma_run *run, char **save)
{
	__u64 addr;
	int err = told_place(run, save, &addr);

	return err ? err : svma_log_written(run, addr);
}

static int told_grown(struct svma_run *run, char **save)
{
	__u64 addr;
	int err = told_place(run, save, &addr);

	return err ? err : svma_client_grow(run->shadow.space, addr);
}

int svma_log_comment(struct svma_run *run, const char *text)
{
	static const struct {
		const char *word;
		int (*told)(struct svma_run *run, char **save);
	} comments[] = {
		{ "#machine", told_machine }, { "#layout", told_layout },
		{ "#region", told_region },   { "#set", told_values },
		{ "#written", told_written }, { "#grown", told_grown },
	};
	char *copy = strdup(text), *save, *word;
	int err = 0;

	if (!copy)
		return -ENOMEM;
	word = strtok_r(copy, " ", &save);
	for (size_t i = 0; word && i < sizeof(comments) / sizeof(comments[0]); i++)
		if (!strcmp(word, comments[i].word))
			err = comments[i].told(run, &save);
	if (err) {
		svma_log_count(run, &run->log->unused, "%s: %s", word, strerror(-err));
		err = 0;
	}
	free(copy);
	return err;
}
