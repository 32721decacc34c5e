// SPDX-License-Identifier: GPL-2.0
/*
 * disk.h: the disk.
 */
#include <linux/fs.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "disk.h"

#define DISK_SIZE	(8UL << 20)
#define STORE_SIZE	"16m"

/*
 * What a stock kernel has as modules. The guest tells where they are; elsewhere modprobe knows. In
 * this order each finds what it needs.
 */
static const char *const modules[] = {
	"lib/crc16", "lib/crc/crc16", "crypto/crc32c_generic", "fs/mbcache", "fs/jbd2/jbd2",
	"fs/ext4/ext4", "drivers/block/loop",
};

static bool have_ext4(void)
{
	char line[64];
	bool found = false;
	FILE *list = fopen("/proc/filesystems", "re");

	while (list && !found && fgets(line, sizeof(line), list))
		found = !strcmp(line, "\text4\n");
	if (list)
		fclose(list);
	return found;
}

static int quietly(const char *command)
{
	char line[1024];

	snprintf(line, sizeof(line), "(%s) > /dev/null 2>&1", command);
	return system(line) ? -EIO : 0;
}

static void load_modules(void)
{
	const char *folder = getenv("SVMA_MODULES");
	char command[256];
	unsigned int i;

	quietly("modprobe -qa loop ext4");
	for (i = 0; folder && i < sizeof(modules) / sizeof(*modules); i++) {
		snprintf(command, sizeof(command), "for f in %s/%s.ko*; do insmod $f; done", folder,
			 modules[i]);
		quietly(command);
	}
}

static int mount_tmpfs(char *folder, size_t len, const char *options)
{
	snprintf(folder, len, "/tmp/svma_disk.XXXXXX");
	if (!mkdtemp(folder))
		return -errno;
	return mount("svma_disk", folder, "tmpfs", 0, options) ? -errno : 0;
}

int small_tmpfs(unsigned long pages)
{
	char folder[64], options[64];
	int dir, err;

	snprintf(options, sizeof(options), "size=%luk", pages * PAGE / 1024);
	err = mount_tmpfs(folder, sizeof(folder), options);
	if (err)
		return err;
	dir = open(folder, O_PATH | O_CLOEXEC);
	umount2(folder, MNT_DETACH);
	rmdir(folder);
	return dir;
}

/* A loop device, which the kernel gives back when its last user is gone. */
static int loop_open(int image, char *name, size_t len)
{
	struct loop_info64 info = { .lo_flags = LO_FLAGS_AUTOCLEAR };
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), fd, number;

	if (control < 0)
		return -ENODEV;
	number = ioctl(control, LOOP_CTL_GET_FREE);
	close(control);
	if (number < 0)
		return -errno;
	snprintf(name, len, "/dev/loop%d", number);
	fd = open(name, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (ioctl(fd, LOOP_SET_FD, image) || ioctl(fd, LOOP_SET_STATUS64, &info)) {
		close(fd);
		return -EBUSY;
	}
	return fd;
}

static int disk_make(struct disk *disk)
{
	char path[128], command[256], name[32];
	int err;

	err = mount_tmpfs(disk->store, sizeof(disk->store), "size=" STORE_SIZE);
	if (err)
		return err;
	snprintf(path, sizeof(path), "%s/image", disk->store);
	disk->image = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (disk->image < 0 || ftruncate(disk->image, DISK_SIZE))
		return -errno;
	snprintf(command, sizeof(command),
		 "mkfs.ext4 -qF -b 4096 -N 32 -m 0 -O ^has_journal -E lazy_itable_init=0,nodiscard %s",
		 path);
	err = quietly(command);
	if (err)
		return err;
	disk->loop = loop_open(disk->image, name, sizeof(name));
	if (disk->loop < 0)
		return disk->loop;
	snprintf(disk->files, sizeof(disk->files), "/tmp/svma_files.XXXXXX");
	if (!mkdtemp(disk->files))
		return -errno;
	if (mount(name, disk->files, "ext4", 0, NULL))
		return -errno;
	return 0;
}

int disk_open(struct disk *disk)
{
	int err;

	*disk = (struct disk){ .image = -1, .loop = -1 };
	if (!have_ext4() || access("/dev/loop-control", F_OK))
		load_modules();
	if (!have_ext4() || access("/dev/loop-control", F_OK))
		return -ENODEV;
	err = disk_make(disk);
	if (err)
		disk_close(disk);
	return err;
}

void disk_close(struct disk *disk)
{
	disk_mend(disk);
	if (*disk->files) {
		umount2(disk->files, MNT_DETACH);
		rmdir(disk->files);
	}
	close(disk->loop);
	close(disk->image);
	if (*disk->store) {
		umount2(disk->store, MNT_DETACH);
		rmdir(disk->store);
	}
}

int disk_file(struct disk *disk, const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", disk->files, name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : fd;
}

/* Write until there is no room. */
static int fill_once(const char *path)
{
	static const char zero[1 << 12];
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600), err = 0;

	if (fd < 0)
		return -errno;
	while (write(fd, zero, sizeof(zero)) > 0)
		;
	if (errno != ENOSPC || (fsync(fd) && errno != ENOSPC))
		err = -errno;
	close(fd);
	return err;
}

int disk_fill(struct disk *disk)
{
	struct statfs stat = { .f_bavail = 1 };
	unsigned int round;
	char path[128];

	/*
	 * What was set aside for an open file is found after that, and the last block may be too
	 * little for a long file, but not for a new one.
	 */
	for (round = 0; round < 16 && stat.f_bavail; round++) {
		int err;

		snprintf(path, sizeof(path), "%s/rest%u", disk->files, round);
		err = fill_once(path);
		if (err)
			return err;
		sync();
		if (statfs(disk->files, &stat))
			return -errno;
	}
	return stat.f_bavail ? -EBUSY : 0;
}

int disk_cut(struct disk *disk, int fd, unsigned long page)
{
	int block = page;

	if (fsync(fd) || ioctl(fd, FIBMAP, &block))
		return -errno;
	if (!block)
		return -ENXIO;
	disk->saved = malloc(DISK_SIZE);
	if (!disk->saved || pread(disk->image, disk->saved, DISK_SIZE, 0) != (long)DISK_SIZE)
		return -EIO;
	disk->cut = block * PAGE;
	if (ftruncate(disk->image, disk->cut) || ioctl(disk->loop, LOOP_SET_CAPACITY, 0))
		return -errno;
	return 0;
}

int disk_mend(struct disk *disk)
{
	size_t len = DISK_SIZE - disk->cut;
	int err = 0;

	if (!disk->cut)
		return 0;
	if (pwrite(disk->image, disk->saved + disk->cut, len, disk->cut) != (long)len ||
	    ioctl(disk->loop, LOOP_SET_CAPACITY, 0))
		err = -EIO;
	free(disk->saved);
	disk->saved = NULL;
	disk->cut = 0;
	return err;
}

int file_forget(int fd)
{
	fsync(fd);
	return -posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}
