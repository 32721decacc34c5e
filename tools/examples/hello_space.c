// SPDX-License-Identifier: GPL-2.0
/*
 * A first program with spaces: make one, map in it, look at it through a window, cut it, list it.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/svma.h>

#define PAGE 4096
#define MAX_REGIONS 16

static void list(int space, const char *when)
{
	struct svma_region list[MAX_REGIONS];
	struct svma_regions regions = {
		.end = ~0ULL, .buf = (uintptr_t)list, .count = MAX_REGIONS,
	};

	if (ioctl(space, SVMA_IOC_REGIONS, &regions))
		err(1, "SVMA_IOC_REGIONS");
	printf("%s:\n", when);
	for (unsigned int i = 0; i < regions.count; i++) {
		const struct svma_region *r = &list[i];

		printf("  %08llx-%08llx %c%c%c\n", r->start, r->end,
		       r->flags & SVMA_VM_READ ? 'r' : '-', r->flags & SVMA_VM_WRITE ? 'w' : '-',
		       r->flags & SVMA_VM_EXEC ? 'x' : '-');
	}
}

int main(void)
{
	struct svma_space_create create = { .profile = SVMA_PROFILE_HOST };
	struct svma_mmap map = {
		.addr = 0x10000000, .len = 4 * PAGE, .prot = PROT_READ | PROT_WRITE,
		.flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, .fd = -1,
	};
	struct svma_mprotect protect = {
		.addr = 0x10001000, .len = PAGE, .prot = PROT_READ, .pkey = -1,
	};
	struct svma_munmap unmap = { .addr = 0x10002000, .len = PAGE };
	char text[6] = "";
	char *window;
	int machine;

	machine = open(SVMA_DEVICE, O_RDWR | O_CLOEXEC);
	if (machine < 0)
		err(1, SVMA_DEVICE);
	if (ioctl(machine, SVMA_IOC_SPACE_CREATE, &create))
		err(1, "SVMA_IOC_SPACE_CREATE");
	if (ioctl(create.fd, SVMA_IOC_MMAP, &map))
		err(1, "SVMA_IOC_MMAP");
	list(create.fd, "mapped");

	/* The window's offset in the descriptor is the address in the space. */
	window = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, create.fd, map.addr);
	if (window == MAP_FAILED)
		err(1, "mmap of the space");
	strcpy(window, "hello");
	if (pread(create.fd, text, sizeof(text), map.addr) != sizeof(text))
		err(1, "pread of the space");
	printf("written through the window, read by pread: %s\n", text);

	if (ioctl(create.fd, SVMA_IOC_MPROTECT, &protect))
		err(1, "SVMA_IOC_MPROTECT");
	if (ioctl(create.fd, SVMA_IOC_MUNMAP, &unmap))
		err(1, "SVMA_IOC_MUNMAP");
	list(create.fd, "second page read-only, third one gone");

	/* From here on a store to window[PAGE] or a load of window[2 * PAGE] ends in SIGSEGV. */
	if (pwrite(create.fd, text, 1, protect.addr) >= 0 || errno != EFAULT)
		errx(1, "the read-only page could be written");
	if (pread(create.fd, text, 1, unmap.addr) >= 0 || errno != EFAULT)
		errx(1, "the page that is gone could be read");
	printf("pwrite of the second page and pread of the third: %s\n", strerror(errno));
	return 0;
}
