// SPDX-License-Identifier: GPL-2.0
/*
 * Large pages of shared memory: a setting of the machine, for each size, and such memory is placed
 * by it. No space knows of that.
 */
#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "mirror.h"

#define TRANSPARENT "/sys/kernel/mm/transparent_hugepage/"

/* What a setting is: the word in brackets; "never" if there is no such setting. */
static void read_setting(const char *path, char *word, size_t size)
{
	char text[256] = "", *from, *to;
	FILE *f = fopen(path, "re");

	snprintf(word, size, "never");
	if (!f)
		return;
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	fclose(f);
	from = strchr(text, '[');
	to = from ? strchr(from, ']') : NULL;
	if (!to)
		return;
	*to = '\0';
	snprintf(word, size, "%s", from + 1);
}

static bool is_off(const char *word)
{
	return !strcmp(word, "never") || !strcmp(word, "deny");
}

/**
 * shadow_large_shared() - may memory that is shared and anonymous be of large pages, of any size?
 *
 * Return: whether it may.
 */
bool shadow_large_shared(void)
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
