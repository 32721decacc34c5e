// SPDX-License-Identifier: GPL-2.0
#include <cpuid.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <unistd.h>

#include "proc.h"

#define FIRST_TEXT 16384

ssize_t svma_proc_text(const char *path, char **text, size_t *cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t got;
	int err = 0;

	if (fd < 0)
		return -errno;
	for (;;) {
		if (*cap - len < 2 || !*text) {
			size_t room = *cap ? *cap * 2 : FIRST_TEXT;
			char *p = realloc(*text, room);

			if (!p) {
				err = -ENOMEM;
				break;
			}
			*text = p;
			*cap = room;
		}
		got = read(fd, *text + len, *cap - len - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			err = -errno;
		if (got <= 0)
			break;
		len += got;
	}
	close(fd);
	if (err)
		return err;
	(*text)[len] = '\0';
	return len;
}

int svma_proc_number(const char *path, __u64 *value)
{
	char *text = NULL, *end;
	size_t cap = 0;
	ssize_t len = svma_proc_text(path, &text, &cap);
	int err = len < 0 ? (int)len : 0;

	if (!err) {
		*value = strtoull(text, &end, 10);
		if (end == text)
			err = -EBADMSG;
	}
	free(text);
	return err;
}

int svma_proc_choice(const char *path, char *word, size_t room)
{
	char *text = NULL, *from, *to;
	size_t cap = 0;
	ssize_t len = svma_proc_text(path, &text, &cap);
	int err = len < 0 ? (int)len : 0;

	from = err ? NULL : strchr(text, '[');
	to = from ? strchr(from, ']') : NULL;
	if (to)
		snprintf(word, room, "%.*s", (int)(to - from - 1), from + 1);
	else if (!err)
		err = -EBADMSG;
	free(text);
	return err;
}

/* One line of maps without its newline. */
static int parse_map(char *line, struct svma_proc_map *map)
{
	__u64 offset;
	int at = 0;

	if (sscanf(line, "%llx-%llx %4s %llx %x:%x %llu%n", &map->start, &map->end, map->perms,
		   &offset, &map->dev_major, &map->dev_minor, &map->inode, &at) != 7)
		return -EBADMSG;
	map->pgoff = offset >> SVMA_PAGE_SHIFT;
	line += at;
	while (*line == ' ')
		line++;
	map->path = line;
	return 0;
}

int svma_proc_maps_read(pid_t pid, struct svma_proc_maps *maps)
{
	char path[64], *line, *next;
	ssize_t len;
	int err;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	maps->n = 0;
	len = svma_proc_text(path, &maps->text, &maps->text_cap);
	if (len < 0)
		return len;
	for (line = maps->text; *line; line = next) {
		next = strchrnul(line, '\n');
		if (*next)
			*next++ = '\0';
		if (maps->n == maps->cap) {
			size_t cap = maps->cap ? maps->cap * 2 : 256;
			struct svma_proc_map *v = reallocarray(maps->v, cap, sizeof(*v));

			if (!v)
				return -ENOMEM;
			maps->v = v;
			maps->cap = cap;
		}
		err = parse_map(line, &maps->v[maps->n]);
		if (err)
			return err;
		maps->n++;
	}
	return 0;
}

void svma_proc_maps_free(struct svma_proc_maps *maps)
{
	free(maps->v);
	free(maps->text);
	*maps = (struct svma_proc_maps){ 0 };
}

const struct svma_proc_map *svma_proc_maps_find(const struct svma_proc_maps *maps, __u64 addr)
{
	for (size_t i = 0; i < maps->n; i++)
		if (addr >= maps->v[i].start && addr < maps->v[i].end)
			return &maps->v[i];
	return NULL;
}

/* Fields of /proc/PID/stat by their number in proc(5). */
enum {
	STAT_START_CODE = 26,
	STAT_END_CODE = 27,
	STAT_START_STACK = 28,
	STAT_START_DATA = 45,
	STAT_END_DATA = 46,
	STAT_START_BRK = 47,
	STAT_FIELDS = 53,
};

static int read_stat(pid_t pid, __u64 fields[STAT_FIELDS])
{
	char path[64], *text = NULL, *p, *save;
	size_t cap = 0;
	ssize_t len;
	int i = 3;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	len = svma_proc_text(path, &text, &cap);
	if (len < 0) {
		free(text);
		return len;
	}
	/* The name may hold blanks and brackets: the fields go on after the last bracket. */
	p = strrchr(text, ')');
	if (p)
		for (p = strtok_r(p + 1, "\n ", &save); p && i < STAT_FIELDS;
		     p = strtok_r(NULL, "\n ", &save))
			fields[i++] = strtoull(p, NULL, 10);
	free(text);
	return i > STAT_START_BRK ? 0 : -EBADMSG;
}

/* A hexadecimal number after a label in /proc/PID/status, 0 if there is none. */
static __u64 status_hex(const char *text, const char *label)
{
	const char *p = strstr(text, label);

	return p ? strtoull(p + strlen(label), NULL, 16) : 0;
}

/* Has the processor protection keys, and does the kernel use them? */
static bool have_keys(void)
{
	unsigned int a, b, c = 0, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && c & bit_OSPKE;
}

/* Does a process get large pages without asking, or not even then? */
static __u32 large_pages(const char *status)
{
	const char *p = strstr(status, "\nTHP_enabled:");
	char word[32];

	if (p && !strtoul(p + strlen("\nTHP_enabled:"), NULL, 10))
		return SVMA_THP_NEVER;
	if (svma_proc_choice("/sys/kernel/mm/transparent_hugepage/enabled", word, sizeof(word)))
		return 0;
	return !strcmp(word, "always") ? SVMA_THP_ALWAYS :
	       !strcmp(word, "never")  ? SVMA_THP_NEVER :
					 0;
}

static int read_personality(pid_t pid, struct svma_layout *layout)
{
	static const struct { int cap; __u32 flag; } caps[] = {
		{ CAP_IPC_LOCK, SVMA_CAP_IPC_LOCK },
		{ CAP_SYS_ADMIN, SVMA_CAP_SYS_ADMIN },
		{ CAP_SYS_RESOURCE, SVMA_CAP_SYS_RESOURCE },
		{ CAP_SYS_RAWIO, SVMA_CAP_SYS_RAWIO },
	};
	char path[64], *text = NULL;
	unsigned long persona = 0;
	size_t size = 0;
	__u64 legacy = 0;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/personality", (int)pid);
	len = svma_proc_text(path, &text, &size);
	if (len >= 0)
		persona = strtoul(text, NULL, 16);
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (len >= 0)
		len = svma_proc_text(path, &text, &size);
	if (len >= 0) {
		__u64 effective = status_hex(text, "CapEff:");

		for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++)
			if (effective >> caps[i].cap & 1)
				layout->personality |= caps[i].flag;
		layout->personality |= large_pages(text);
	}
	free(text);
	if (len < 0)
		return len;

	if (have_keys())
		layout->personality |= SVMA_EXEC_KEY;
	if (persona & READ_IMPLIES_EXEC)
		layout->personality |= SVMA_READ_IMPLIES_EXEC;
	svma_proc_number("/proc/sys/vm/legacy_va_layout", &legacy);
	layout->direction = legacy || (persona & ADDR_COMPAT_LAYOUT) ? SVMA_BOTTOMUP : SVMA_TOPDOWN;
	layout->told |= SVMA_LAYOUT_PERSONALITY | SVMA_LAYOUT_DIRECTION;
	return 0;
}

static int read_limits(pid_t pid, struct svma_layout *layout)
{
	const struct { int which; __u64 *value; __u64 bit; } limits[] = {
		{ RLIMIT_AS, &layout->limit_as, SVMA_LAYOUT_LIMIT_AS },
		{ RLIMIT_DATA, &layout->limit_data, SVMA_LAYOUT_LIMIT_DATA },
		{ RLIMIT_STACK, &layout->limit_stack, SVMA_LAYOUT_LIMIT_STACK },
		{ RLIMIT_MEMLOCK, &layout->limit_memlock, SVMA_LAYOUT_LIMIT_MEMLOCK },
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct rlimit r;

		if (prlimit(pid, limits[i].which, NULL, &r))
			return -errno;
		*limits[i].value = r.rlim_cur == RLIM_INFINITY ? ~0ULL : r.rlim_cur;
		layout->told |= limits[i].bit;
	}
	return 0;
}

/* The guard distance is not shown anywhere but on the kernel's command line. */
static __u64 guard_pages(void)
{
	static const char word[] = "stack_guard_gap=";
	char *text = NULL, *p;
	size_t cap = 0;
	__u64 pages = SVMA_GUARD_PAGES;

	if (svma_proc_text("/proc/cmdline", &text, &cap) >= 0) {
		p = strstr(text, word);
		if (p && (p == text || p[-1] == ' '))
			pages = strtoull(p + sizeof(word) - 1, NULL, 10);
	}
	free(text);
	return pages;
}

int svma_proc_layout(pid_t pid, struct svma_layout *layout)
{
	struct svma_proc_maps maps = { 0 };
	__u64 stat[STAT_FIELDS] = { 0 };
	int err;

	*layout = (struct svma_layout){ 0 };
	err = read_stat(pid, stat);
	if (err)
		return err;
	layout->start_code = stat[STAT_START_CODE];
	layout->end_code = stat[STAT_END_CODE];
	layout->stack_top = stat[STAT_START_STACK];
	layout->start_data = stat[STAT_START_DATA];
	layout->end_data = stat[STAT_END_DATA];
	layout->start_brk = stat[STAT_START_BRK];
	layout->brk = layout->start_brk;
	layout->told = SVMA_LAYOUT_START_CODE | SVMA_LAYOUT_END_CODE | SVMA_LAYOUT_STACK_TOP |
		       SVMA_LAYOUT_START_DATA | SVMA_LAYOUT_END_DATA | SVMA_LAYOUT_START_BRK |
		       SVMA_LAYOUT_BRK;

	err = svma_proc_maps_read(pid, &maps);
	for (size_t i = 0; !err && i < maps.n; i++)
		if (!strcmp(maps.v[i].path, "[heap]") && maps.v[i].end > layout->brk)
			layout->brk = maps.v[i].end;
	svma_proc_maps_free(&maps);
	if (!err)
		err = read_limits(pid, layout);
	if (!err)
		err = read_personality(pid, layout);
	if (err)
		return err;

	if (!svma_proc_number("/proc/sys/vm/max_map_count", &layout->max_map_count))
		layout->told |= SVMA_LAYOUT_MAX_MAP_COUNT;
	if (!svma_proc_number("/proc/sys/vm/mmap_min_addr", &layout->min_addr)) {
		layout->min_addr = (layout->min_addr + SVMA_PAGE_SIZE - 1) & ~(SVMA_PAGE_SIZE - 1);
		layout->told |= SVMA_LAYOUT_MIN_ADDR;
	}
	layout->guard_gap = guard_pages() << SVMA_PAGE_SHIFT;
	layout->told |= SVMA_LAYOUT_GUARD_GAP;
	return 0;
}

void svma_proc_layout_task(struct svma_layout *layout, const struct svma_task *task)
{
	layout->mmap_base = task->mmap_base;
	layout->legacy_base = task->legacy_base;
	layout->high = task->high;
	layout->start_code = task->start_code;
	layout->end_code = task->end_code;
	layout->start_data = task->start_data;
	layout->end_data = task->end_data;
	layout->start_brk = task->start_brk;
	layout->brk = task->brk;
	layout->stack_top = task->stack_top;
	layout->direction = task->direction;
	layout->def_flags = task->def_flags;
	layout->told |= SVMA_LAYOUT_MMAP_BASE | SVMA_LAYOUT_LEGACY_BASE | SVMA_LAYOUT_HIGH |
			SVMA_LAYOUT_START_CODE | SVMA_LAYOUT_END_CODE | SVMA_LAYOUT_START_DATA |
			SVMA_LAYOUT_END_DATA | SVMA_LAYOUT_START_BRK | SVMA_LAYOUT_BRK |
			SVMA_LAYOUT_STACK_TOP | SVMA_LAYOUT_DIRECTION | SVMA_LAYOUT_DEF_FLAGS;
}

pid_t svma_proc_parent(pid_t pid)
{
	static const char label[] = "\nPPid:";
	char path[64], *text = NULL, *p;
	pid_t parent = 0;
	size_t cap = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (svma_proc_text(path, &text, &cap) >= 0) {
		p = strstr(text, label);
		parent = p ? strtol(p + strlen(label), NULL, 10) : 0;
	}
	free(text);
	return parent;
}

bool svma_proc_is_32_bit(pid_t pid)
{
	unsigned char ident[EI_NIDENT] = { 0 };
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, ident, sizeof(ident));
	close(fd);
	return n == sizeof(ident) && ident[EI_CLASS] == ELFCLASS32;
}
