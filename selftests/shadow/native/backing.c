// SPDX-License-Identifier: GPL-2.0
/*
 * Stand-ins for the module's backings: by inode, where the module goes by open file description.
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "native.h"

struct native_backing {
	struct svma_backing backing;
	struct native_backing *next;
	mode_t access;
};

static struct native_backing *all;

/* Never freed: a test run is short. */
static void keep(struct svma_backing *backing)
{
	(void)backing;
}

static const struct svma_backing_ops ops = { keep, keep };

static u32 file_flags(int fd, const struct stat *st, int mode)
{
	struct statvfs vfs;
	struct statfs fs;
	u32 flags = 0;

	if ((mode & O_ACCMODE) != O_WRONLY)
		flags |= SVMA_BACKING_READ;
	if ((mode & O_ACCMODE) != O_RDONLY)
		flags |= SVMA_BACKING_WRITE;
	if (!fstatvfs(fd, &vfs) && vfs.f_flag & ST_NOEXEC)
		flags |= SVMA_BACKING_NOEXEC;
	if (!fstatfs(fd, &fs) && fs.f_type == TMPFS_MAGIC)
		flags |= SVMA_BACKING_SHMEM;
	if (!fstatfs(fd, &fs) && (fs.f_type == EXT4_SUPER_MAGIC || fs.f_type == XFS_SUPER_MAGIC))
		flags |= SVMA_BACKING_THP_ALIGN;
	/* Most file systems do by now, where that matters; overlays, FUSE and 9P do not. */
	if (S_ISREG(st->st_mode) && fs.f_type != OVERLAYFS_SUPER_MAGIC &&
	    fs.f_type != FUSE_SUPER_MAGIC && fs.f_type != V9FS_MAGIC)
		flags |= SVMA_BACKING_PREPARES;
	if (S_ISCHR(st->st_mode))
		flags |= st->st_rdev == makedev(1, 5) ? SVMA_BACKING_ZERO : SVMA_BACKING_DEVICE;
	else if (!S_ISREG(st->st_mode))
		flags |= SVMA_BACKING_NOMMAP;
	return flags;
}

struct svma_backing *native_backing(int fd)
{
	struct native_backing *b;
	struct stat st;
	int mode = fcntl(fd, F_GETFL), seals;

	if (mode < 0 || fstat(fd, &st))
		return NULL;
	for (b = all; b; b = b->next)
		if (b->backing.inode == st.st_ino && b->backing.dev_major == major(st.st_dev) &&
		    b->backing.dev_minor == minor(st.st_dev) &&
		    b->access == (mode_t)(mode & O_ACCMODE)) {
			b->backing.size = st.st_size;
			return &b->backing;
		}
	b = calloc(1, sizeof(*b));
	if (!b)
		abort();
	b->access = mode & O_ACCMODE;
	b->backing.ops = &ops;
	b->backing.inode = st.st_ino;
	b->backing.dev_major = major(st.st_dev);
	b->backing.dev_minor = minor(st.st_dev);
	b->backing.size = st.st_size;
	b->backing.flags = file_flags(fd, &st, mode);
	seals = fcntl(fd, F_GET_SEALS);
	if (seals > 0 && seals & F_SEAL_WRITE)
		b->backing.seals = SVMA_BACKING_SEAL_WRITE;
	b->next = all;
	all = b;
	return &b->backing;
}

struct svma_backing *native_shared_anon(struct svma_core *core, unsigned long len)
{
	struct svma_backing *b = calloc(1, sizeof(*b));

	(void)core;
	if (!b)
		abort();
	b->ops = &ops;
	b->flags = SVMA_BACKING_READ | SVMA_BACKING_WRITE | SVMA_BACKING_SHMEM |
		   SVMA_BACKING_ANON_SHARED;
	b->size = len;
	return b;
}
