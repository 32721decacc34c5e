/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A disk that fails when it is told to: a loop device on a file in a tmpfs, with an ext4 on it,
 * which gets shorter beneath the file system.
 */
#ifndef SVMA_DISK_H
#define SVMA_DISK_H

#include "support.h"

struct disk {
	char store[64];		/* where the tmpfs is mounted */
	char files[64];		/* where the disk is */
	int image, loop;
	char *saved;		/* what the image was when it was cut */
	unsigned long cut;	/* bytes of it that were left, or 0 */
};

/* -ENODEV if the kernel has no loop devices or no ext4. */
int disk_open(struct disk *disk);
void disk_close(struct disk *disk);
int disk_file(struct disk *disk, const char *name);	/* a new file, for reading and writing */
/* From page @page of the file on nothing can be read or written. */
int disk_cut(struct disk *disk, int fd, unsigned long page);
int disk_mend(struct disk *disk);
int disk_fill(struct disk *disk);	/* no room for a file any more */
int file_forget(int fd);	/* the page cache has nothing of it */

/* A tmpfs with room for so many pages; the folder's descriptor, or a negative errno. */
int small_tmpfs(unsigned long pages);

/*
 * The kernel's own mapping of a file, or a region with a window: what is done to one can be done
 * to the other. Both answer as the kernel would: not negative, or a negative errno. A test of each
 * writes down what it was answered, and compares.
 */
struct side {
	bool kernel;
	int space;
	char *view;
	unsigned long pages;
	char *told;		/* what was answered so far */
	size_t room;
};

int side_open(struct side *side, bool kernel, char *told, size_t room);
void side_close(struct side *side);
/* What is written down: "name:answer ". Each answers the same. */
long side_map(struct side *side, int fd, unsigned long pages, int prot, int flags);
long side_unmap(struct side *side);
void side_load(struct side *side, unsigned long page);
void side_store(struct side *side, unsigned long page, __u64 value);
void side_load_in_child(struct side *side, unsigned long page);
void side_advise(struct side *side, unsigned long page, unsigned long count, int advice);
void side_lock(struct side *side, unsigned long page, unsigned long count, int flags);
void side_sync(struct side *side, unsigned long page, unsigned long count, int flags);
void side_read(struct side *side, unsigned long page, unsigned long count);
void side_write(struct side *side, unsigned long page, unsigned long count);
void side_told(struct side *side, const char *name, long answer);

#endif /* SVMA_DISK_H */
