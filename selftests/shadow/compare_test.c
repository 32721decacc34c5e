// SPDX-License-Identifier: GPL-2.0
/*
 * Does the comparer see a difference? Two equal layouts, and one fault planted in each field.
 */
#include <stdlib.h>
#include <string.h>

#include "shadow/compare.h"

#define RW (SVMA_VM_READ | SVMA_VM_WRITE | SVMA_VM_MAYREAD | SVMA_VM_MAYWRITE | SVMA_VM_MAYEXEC)
#define N_MODEL 6
#define N_KERNEL 7	/* and the vsyscall page */

static unsigned int points, failures;

/* What a space lists: a program's text and data, a private region, shared memory, a stack. */
static const struct svma_region model_regions[N_MODEL] = {
	{ .start = 0x400000, .end = 0x402000, .flags = SVMA_VM_READ | SVMA_VM_EXEC, .pgoff = 0,
	  .inode = 77, .dev_major = 8, .dev_minor = 1 },
	{ .start = 0x402000, .end = 0x403000, .flags = RW, .pgoff = 2, .inode = 77,
	  .dev_major = 8, .dev_minor = 1, .anon = 3 },
	{ .start = 0x7f0000000000, .end = 0x7f0000004000, .flags = RW, .pgoff = 0x7f0000000 },
	{ .start = 0x7f0000004000, .end = 0x7f0000008000, .pgoff = 1,
	  .flags = RW | SVMA_VM_SHARED | SVMA_VM_MAYSHARE | SVMA_VM_SHMEM },
	{ .start = 0x7f0000010000, .end = 0x7f0000011000, .pgoff = 5, .inode = 78, .dev_major = 8,
	  .dev_minor = 1, .flags = RW | SVMA_VM_SHARED | SVMA_VM_MAYSHARE },
	{ .start = 0x7ffff0000000, .end = 0x7ffff0021000, .pgoff = 0x7fffffde,
	  .flags = RW | SVMA_VM_GROWSDOWN | SVMA_VM_STACK },
};

/* What the kernel shows of the same. */
static const struct svma_proc_map kernel_lines[N_KERNEL] = {
	{ 0x400000, 0x402000, 0, "r-xp", 8, 1, 77, "/bin/p" },
	{ 0x402000, 0x403000, 2, "rw-p", 8, 1, 77, "/bin/p" },
	{ 0x7f0000000000, 0x7f0000004000, 0, "rw-p", 0, 0, 0, "" },
	{ 0x7f0000004000, 0x7f0000008000, 1, "rw-s", 0, 1, 1234, "/dev/zero (deleted)" },
	{ 0x7f0000010000, 0x7f0000011000, 5, "rw-s", 8, 1, 78, "/tmp/f" },
	{ 0x7ffff0000000, 0x7ffff0021000, 0, "rw-p", 0, 0, 0, "[stack]" },
	{ 0xffffffffff600000, 0xffffffffff601000, 0, "--xp", 0, 0, 0, "[vsyscall]" },
};

/* Copies to plant faults in, with room for one more. */
static struct svma_region regions[N_MODEL + 1];
static struct svma_proc_map lines[N_KERNEL + 1];
static struct svma_task_region task[N_MODEL + 1];
static struct svma_region_list model = { .v = regions };
static struct svma_proc_maps kernel = { .v = lines };
static struct svma_task_region_list seen = { .v = task };

static void reset(void)
{
	memcpy(regions, model_regions, sizeof(model_regions));
	memcpy(lines, kernel_lines, sizeof(kernel_lines));
	model.n = N_MODEL;
	kernel.n = N_KERNEL;
	for (size_t i = 0; i < N_MODEL; i++)
		task[i] = (struct svma_task_region){
			.start = regions[i].start, .end = regions[i].end,
			.pgoff = regions[i].pgoff, .flags = regions[i].flags,
		};
	seen.n = N_MODEL;
}

static void point(bool ok, const char *what)
{
	printf("%sok %u - %s\n", ok ? "" : "not ", ++points, what);
	failures += !ok;
}

static void expect(enum shadow_field field, size_t at, const char *what)
{
	struct shadow_parting p = shadow_compare(&model, &kernel);
	bool ok = p.field == field && (!field || p.kernel == at);

	point(ok, what);
	if (!ok)
		printf("# found %s at line %zu\n", shadow_field_name(p.field), p.kernel);
	reset();
}

static void expect_flags(enum shadow_field field, const char *what)
{
	point(shadow_compare_flags(&model, &seen).field == field, what);
	reset();
}

static void remove_line(size_t at)
{
	memmove(&lines[at], &lines[at + 1], (kernel.n - at - 1) * sizeof(lines[0]));
	kernel.n--;
}

static void remove_region(size_t at)
{
	memmove(&regions[at], &regions[at + 1], (model.n - at - 1) * sizeof(regions[0]));
	model.n--;
}

static void test_fields(void)
{
	expect(SHADOW_FIELD_NONE, 0, "equal layouts are equal");

	regions[2].start -= 0x1000;
	expect(SHADOW_FIELD_START, 2, "a start that is a page lower");
	regions[2].end -= 0x1000;
	expect(SHADOW_FIELD_END, 2, "an end that is a page lower");
	regions[5].start -= 0x1000;
	expect(SHADOW_FIELD_START, 5, "a stack that grew on one side");
	regions[0].flags |= SVMA_VM_WRITE;
	expect(SHADOW_FIELD_PERMS, 0, "one may write");
	regions[0].flags &= ~SVMA_VM_EXEC;
	expect(SHADOW_FIELD_PERMS, 0, "one may not execute");
	regions[5].flags &= ~SVMA_VM_READ;
	expect(SHADOW_FIELD_PERMS, 5, "one may not read");
	regions[4].flags &= ~(SVMA_VM_SHARED | SVMA_VM_MAYSHARE);
	expect(SHADOW_FIELD_PERMS, 4, "one is private");
	regions[1].pgoff++;
	expect(SHADOW_FIELD_OFFSET, 1, "another offset in a private file region");
	regions[4].pgoff++;
	expect(SHADOW_FIELD_OFFSET, 4, "another offset in a shared file region");
	regions[3].pgoff++;
	expect(SHADOW_FIELD_OFFSET, 3, "another offset in shared anonymous memory");
	regions[0].dev_major++;
	expect(SHADOW_FIELD_DEVICE, 0, "another major number");
	regions[0].dev_minor++;
	expect(SHADOW_FIELD_DEVICE, 0, "another minor number");
	regions[1].inode++;
	expect(SHADOW_FIELD_INODE, 1, "another inode");
	regions[1].inode = 0;
	regions[1].dev_major = 0;
	regions[1].dev_minor = 0;
	expect(SHADOW_FIELD_OFFSET, 1, "anonymous instead of a file");
	lines[3].path = "/memfd:x (deleted)";
	lines[3].dev_minor = 0;
	expect(SHADOW_FIELD_INODE, 3, "a memory file in place of shared anonymous memory");
	regions[3].flags &= ~SVMA_VM_SHMEM;
	regions[3].inode = 1233;
	regions[3].dev_minor = 1;
	expect(SHADOW_FIELD_INODE, 3, "another file in place of shared anonymous memory");
}

static void test_hidden(void)
{
	regions[2].pgoff += 100;
	expect(SHADOW_FIELD_NONE, 0, "maps hides the offset of a private anonymous region");
	lines[3].inode = 4321;
	lines[3].dev_minor = 9;
	expect(SHADOW_FIELD_NONE, 0, "the kernel's own file of shared memory has any number");
	kernel.n--;
	expect(SHADOW_FIELD_NONE, 0, "a kernel without vsyscall page");
}

static void test_counts(void)
{
	remove_line(0);
	expect(SHADOW_FIELD_EXTRA, 0, "the first region only in the model");
	remove_line(2);
	expect(SHADOW_FIELD_EXTRA, 2, "a region in the middle only in the model");
	remove_line(5);
	expect(SHADOW_FIELD_EXTRA, 5, "the last region only in the model");
	remove_region(0);
	expect(SHADOW_FIELD_MISSING, 0, "the first region only in the kernel");
	remove_region(2);
	expect(SHADOW_FIELD_MISSING, 2, "a region in the middle only in the kernel");
	remove_region(5);
	expect(SHADOW_FIELD_MISSING, 5, "the last region only in the kernel");
	model.n = 0;
	expect(SHADOW_FIELD_MISSING, 0, "an empty model");
	kernel.n = 0;
	expect(SHADOW_FIELD_EXTRA, 0, "an empty kernel");

	/* A split that only one side made: everything is mapped in the same way all the same. */
	memmove(&regions[3], &regions[2], 4 * sizeof(regions[0]));
	model.n++;
	regions[2].end = 0x7f0000001000;
	regions[3].start = 0x7f0000001000;
	expect(SHADOW_FIELD_END, 2, "a split only in the model");
}

static void test_flags(void)
{
	int seen_bits = 0;

	expect_flags(SHADOW_FIELD_NONE, "equal regions have equal flags");
	for (int bit = 0; bit < 64; bit++) {
		task[2].flags ^= 1ULL << bit;
		seen_bits += shadow_compare_flags(&model, &seen).field == SHADOW_FIELD_FLAGS;
		reset();
	}
	point(seen_bits == 62, "each flag but the two that no kernel has");
	task[2].pgoff++;
	expect_flags(SHADOW_FIELD_OFFSET, "the hidden offset of an anonymous region");
	task[1].start--;
	expect_flags(SHADOW_FIELD_START, "start, against the module's listing");
	task[1].end--;
	expect_flags(SHADOW_FIELD_END, "end, against the module's listing");
	seen.n--;
	expect_flags(SHADOW_FIELD_EXTRA, "last region only in the model");
	model.n--;
	expect_flags(SHADOW_FIELD_MISSING, "last region only in the kernel");
}

/* Lines of the picture that carry a mark between the columns. */
static unsigned int marks(const char *text, char mark)
{
	unsigned int n = 0;

	for (const char *line = text; *line; line = strchrnul(line + 1, '\n'))
		if (strlen(line) > 61 && line[60] == mark && line[59] == ' ')
			n++;
	return n;
}

static void show(unsigned int differ, unsigned int left, unsigned int right, __u64 addr,
		 const char *what)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	bool ok;

	shadow_show(f, &model, &kernel, addr);
	fclose(f);
	ok = marks(text, '|') == differ && marks(text, '<') == left && marks(text, '>') == right;
	point(ok, what);
	if (!ok)
		printf("# %s\n", text);
	free(text);
	reset();
}

static void test_show(void)
{
	show(0, 0, 0, 0x7f0000000000, "side by side: nothing is marked in equal layouts");
	regions[2].end -= 0x1000;
	show(1, 0, 0, 0x7f0000003000, "side by side: a line that differs is marked");
	remove_line(2);
	show(0, 1, 0, 0x7f0000000000, "side by side: a line of the model alone is marked");
	remove_region(2);
	show(0, 0, 1, 0x7f0000000000, "side by side: a line of the kernel alone is marked");
}

int main(void)
{
	reset();
	test_fields();
	test_hidden();
	test_counts();
	test_flags();
	test_show();
	printf("1..%u\n", points);
	return failures != 0;
}
