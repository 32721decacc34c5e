/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every ioctl of the header, with a call of it that is known to work (or known to fail).
 */
#ifndef SVMA_IOCTL_TABLE_H
#define SVMA_IOCTL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/svma.h>

#define ARG_ROOM	16384	/* more than any ioctl's size field can tell */

/* Descriptors that the calls are made on. */
struct ioctl_fds {
	int machine;
	int space;	/* layout only, by the newest kernel's rules */
};

/**
 * struct ioctl_row - one ioctl
 * @name: as in the header, without the prefix
 * @cmd: its number
 * @machine: taken by machines
 * @space: taken by spaces
 * @fill: write a valid argument; the rest of the room is zero
 * @answer: what the kernel answers to it
 * @undo: make the call possible once more, or NULL
 * @first: bytes of the struct's first version, or 0: it has not grown
 */
struct ioctl_row {
	const char *name;
	unsigned int cmd;
	bool machine, space;
	void (*fill)(const struct ioctl_fds *fds, void *arg);
	long answer;
	void (*undo)(const struct ioctl_fds *fds, void *arg);
	size_t first;
};

extern const struct ioctl_row ioctl_table[];
extern const size_t ioctl_rows;

/* Make the space, for a machine that is there. */
long ioctl_space(struct ioctl_fds *fds);

/* The same ioctl with another size in its number. */
unsigned int ioctl_sized(unsigned int cmd, unsigned int size);

#endif /* SVMA_IOCTL_TABLE_H */
