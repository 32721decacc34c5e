// SPDX-License-Identifier: GPL-2.0
/*
 * An array with a past: a snapshot after each step, and back to any of them. A snapshot costs what
 * the step changed, however large the array is.
 */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <linux/svma.h>

#define BASE	0x10000000UL
#define SIZE	(16UL << 20)
#define WORDS	(SIZE / sizeof(uint32_t))
#define STEPS	5

static int space_make(void)
{
	struct svma_space_create create = { .fd = -1 };
	struct svma_mmap map = {
		.addr = BASE, .len = SIZE, .prot = PROT_READ | PROT_WRITE,
		.flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, .fd = -1,
	};
	int machine = open("/dev/svma", O_RDWR | O_CLOEXEC);

	if (machine < 0 || ioctl(machine, SVMA_IOC_SPACE_CREATE, &create))
		err(1, "/dev/svma");
	if (ioctl(create.fd, SVMA_IOC_MMAP, &map))
		err(1, "SVMA_IOC_MMAP");
	return create.fd;
}

/* The first element that two moments do not share, for each run of pages. */
static void print_changes(int now, int then)
{
	struct svma_changed_range ranges[8];
	struct svma_changes changes = {
		.fd = then, .count = 8, .start = BASE, .end = BASE + SIZE, .buf = (uintptr_t)ranges,
	};

	if (ioctl(now, SVMA_IOC_CHANGED, &changes))
		err(1, "SVMA_IOC_CHANGED");
	for (unsigned int i = 0; i < changes.count; i++)
		printf(" [%llu, %llu)", (ranges[i].start - BASE) / sizeof(uint32_t),
		       (ranges[i].end - BASE) / sizeof(uint32_t));
	printf("\n");
}

int main(void)
{
	int space = space_make(), past[STEPS];
	uint32_t *array = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, space, BASE);

	if (array == MAP_FAILED)
		err(1, "mmap of a window");
	for (uint32_t step = 0; step < STEPS; step++) {
		struct svma_snapshot snapshot = { .fd = -1 };

		array[step * 1000000 % WORDS] = step + 1;
		array[0]++;
		if (ioctl(space, SVMA_IOC_SNAPSHOT, &snapshot))
			err(1, "SVMA_IOC_SNAPSHOT");
		past[step] = snapshot.fd;
		if (step) {
			printf("step %u changed", step);
			print_changes(past[step], past[step - 1]);
		}
	}
	/* Back and forth; the window shows each moment at once. */
	for (uint32_t i = 0; i < 2 * STEPS; i++) {
		uint32_t step = i * 3 % STEPS, sum = 0;
		struct svma_restore restore = { .fd = past[step] };

		if (ioctl(space, SVMA_IOC_RESTORE, &restore))
			err(1, "SVMA_IOC_RESTORE");
		for (uint32_t j = 1; j < STEPS; j++)
			sum += array[j * 1000000 % WORDS];
		printf("at step %u: array[0] is %u, the others add up to %u\n", step, array[0],
		       sum);
		array[0] = 999;
	}
	return 0;
}
