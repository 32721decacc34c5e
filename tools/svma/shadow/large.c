// SPDX-License-Identifier: GPL-2.0
/*
 * What mappings take from the machine beside what their space knows: huge pages of its reserve, and
 * where shared memory goes, which is placed by the large pages that the machine has it made of.
 */
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "mirror.h"
#include "model.h"
#include "proc.h"

#define TRANSPARENT "/sys/kernel/mm/transparent_hugepage/"

/* What a setting is: the word in brackets; "never" if there is no such setting. */
static void read_setting(const char *path, char *word, size_t size)
{
	if (svma_proc_choice(path, word, size))
		snprintf(word, size, "never");
}

static bool is_off(const char *word)
{
	return !strcmp(word, "never") || !strcmp(word, "deny");
}

/* Is there a size of large pages, of which shared memory may be? */
static bool may_be_large(void)
{
	char word[32];
	glob_t found;
	bool all, any;

	read_setting(TRANSPARENT "shmem_enabled", word, sizeof(word));
	all = !is_off(word);
	any = all;
	if (glob(TRANSPARENT "hugepages-*/shmem_enabled", 0, NULL, &found))
		return any;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		read_setting(found.gl_pathv[i], word, sizeof(word));
		any |= strcmp(word, "inherit") ? !is_off(word) : all;
	}
	globfree(&found);
	return any;
}

/* /dev/zero, of which a shared mapping is shared memory. */
bool shadow_is_zero(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISCHR(st.st_mode) &&
	       st.st_rdev == makedev(SHADOW_MEM_MAJOR, 5);
}

/**
 * shadow_large_placed() - does where a mapping goes depend on large pages of shared memory?
 * @call: an mmap without a fixed address; its descriptor was borrowed
 *
 * Return: whether it may.
 */
bool shadow_large_placed(const struct shadow_call *call)
{
	__u64 flags = call->args[3];
	bool shared = (flags & MAP_TYPE) != MAP_PRIVATE;

	if (flags & MAP_ANONYMOUS)
		return shared && !(flags & MAP_HUGETLB) && may_be_large();
	if (call->fd < 0)
		return false;
	return (call->fs == TMPFS_MAGIC || (shared && shadow_is_zero(call->fd))) &&
	       may_be_large();
}

/**
 * shadow_huge_tell() - tell the machine of the model how many huge pages the real one has left
 * @sh: shadow
 * @call: an mmap of huge pages
 * @fd: its file, or -1
 *
 * The program, or another one, may have changed that since, and a file may have some already, for
 * those who share it.
 *
 * Return: why it cannot be known what the call will need, or NULL.
 */
const char *shadow_huge_tell(const struct shadow *sh, const struct shadow_call *call, int fd)
{
	__u64 there = 0, size, offset = call->args[5], len = call->args[1];
	struct stat st = {};

	if (!sh->model->huge)
		return NULL;
	if (fd >= 0 && (call->args[3] & MAP_TYPE) != MAP_PRIVATE && !fstat(fd, &st) &&
	    st.st_blocks) {
		size = st.st_size;
		if ((__u64)st.st_blocks * 512 < size)
			return "huge pages of a file that has some";
		if (offset < size)
			there = len < size - offset ? len : size - offset;
	}
	sh->model->huge(sh->machine, there / SVMA_PAGE_SIZE);
	return NULL;
}
