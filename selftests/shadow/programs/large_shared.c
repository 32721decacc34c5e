// SPDX-License-Identifier: GPL-2.0
/* Shared memory while the machine is set to make it of large pages, where it can be. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096

static const char path[] =
	"/sys/kernel/mm/transparent_hugepage/hugepages-64kB/shmem_enabled";

static void set(const char *word)
{
	FILE *f = fopen(path, "w");

	if (!f)
		return;
	fputs(word, f);
	fclose(f);
}

static int map_some(void)
{
	int made = 0;

	for (size_t pages = 1; pages < 40; pages += 3)
		made += mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
	return made;
}

int main(void)
{
	char text[128] = "", *word = NULL;
	FILE *f = fopen(path, "r");
	int made;

	if (f && fgets(text, sizeof(text), f))
		word = strchr(text, '[');
	if (f)
		fclose(f);
	if (word)
		word[strcspn(word, "]")] = '\0';
	set("always");
	made = map_some();
	set(word ? word + 1 : "never");
	made += map_some();
	puts(made == 26 ? "shared" : "not shared");
	return 0;
}
