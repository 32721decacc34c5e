// SPDX-License-Identifier: GPL-2.0
/*
 * fused.h: the file system.
 */
#include <linux/fuse.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "fused.h"

#define THE_FILE	2	/* its node's number */
#define MOST		65536	/* bytes of a write */
#define FOREVER		1000000	/* s that an answer holds */
#define PATIENCE	20000	/* ms */

static struct fuse_attr attr_of(__u64 node)
{
	struct fuse_attr attr = {
		.ino = node, .mode = S_IFDIR | 0700, .nlink = 2, .blksize = PAGE,
	};

	if (node == THE_FILE) {
		attr.mode = S_IFREG | 0600;
		attr.nlink = 1;
		attr.size = FUSED_PAGES * PAGE;
	}
	return attr;
}

static int init(void *out)
{
	*(struct fuse_init_out *)out = (struct fuse_init_out){
		.major = FUSE_KERNEL_VERSION,
		.minor = FUSE_KERNEL_MINOR_VERSION,
		.max_write = MOST,
	};
	return sizeof(struct fuse_init_out);
}

static int look_up(void *out)
{
	*(struct fuse_entry_out *)out = (struct fuse_entry_out){
		.nodeid = THE_FILE,
		.entry_valid = FOREVER,
		.attr_valid = FOREVER,
		.attr = attr_of(THE_FILE),
	};
	return sizeof(struct fuse_entry_out);
}

static int tell_attr(__u64 node, void *out)
{
	*(struct fuse_attr_out *)out = (struct fuse_attr_out){
		.attr_valid = FOREVER,
		.attr = attr_of(node),
	};
	return sizeof(struct fuse_attr_out);
}

static size_t within(__u64 offset, size_t len)
{
	size_t size = sizeof(((struct fused *)NULL)->contents);

	return offset >= size ? 0 : len < size - offset ? len : size - offset;
}

static int read_some(struct fused *f, const struct fuse_read_in *arg, void *out)
{
	size_t len = within(arg->offset, arg->size < MOST ? arg->size : MOST);

	memcpy(out, f->contents + arg->offset, len);
	return len;
}

static int write_some(struct fused *f, const struct fuse_write_in *arg, void *out)
{
	size_t len = within(arg->offset, arg->size);

	memcpy(f->contents + arg->offset, arg + 1, len);
	*(struct fuse_write_out *)out = (struct fuse_write_out){ .size = len };
	return sizeof(struct fuse_write_out);
}

/* Length of the answer, or a negative errno. */
static int answer(struct fused *f, const struct fuse_in_header *in, void *out)
{
	const void *arg = in + 1;

	switch (in->opcode) {
	case FUSE_INIT:
		return init(out);
	case FUSE_LOOKUP:
		return look_up(out);
	case FUSE_GETATTR:
	case FUSE_SETATTR:
		return tell_attr(in->nodeid, out);
	case FUSE_OPEN:
		memset(out, 0, sizeof(struct fuse_open_out));
		return sizeof(struct fuse_open_out);
	case FUSE_READ:
		return read_some(f, arg, out);
	case FUSE_WRITE:
		return write_some(f, arg, out);
	case FUSE_FSYNC:
	case FUSE_RELEASE:
		return 0;
	default:
		return -ENOSYS;
	}
}

static bool unanswered(const struct fuse_in_header *in)
{
	return in->opcode == FUSE_FORGET || in->opcode == FUSE_BATCH_FORGET ||
	       in->opcode == FUSE_INTERRUPT;
}

static void *serve(void *data)
{
	static __u64 in[(MOST + PAGE) / sizeof(__u64)], out[MOST / sizeof(__u64)];
	const struct fuse_in_header *asked = (struct fuse_in_header *)in;
	struct fused *f = data;
	struct pollfd fds[2] = {
		{ .fd = f->dev, .events = POLLIN },
		{ .fd = f->stop[0] },
	};

	/* The pipe hangs up when it is over. */
	while (poll(fds, 2, -1) >= 0 && !fds[1].revents) {
		struct fuse_out_header head = { .len = sizeof(head) };
		struct iovec parts[2] = { { &head, sizeof(head) }, { out, 0 } };
		int len;

		if (read(f->dev, in, sizeof(in)) < 0) {
			if (errno == ENODEV)
				break;
			continue;
		}
		if (unanswered(asked))
			continue;
		len = answer(f, asked, out);
		head.unique = asked->unique;
		head.error = len < 0 ? len : 0;
		parts[1].iov_len = len < 0 ? 0 : len;
		head.len += parts[1].iov_len;
		/* Who asked may have been killed meanwhile. */
		if (writev(f->dev, parts, 2) < 0 && errno != ENOENT)
			break;
	}
	return NULL;
}

int fused_serve(struct fused *f)
{
	if (pipe2(f->stop, O_CLOEXEC))
		return -errno;
	return -pthread_create(&f->server, NULL, serve, f);
}

void fused_pause(struct fused *f)
{
	close(f->stop[1]);
	pthread_join(f->server, NULL);
	close(f->stop[0]);
}

bool fused_asked(struct fused *f)
{
	struct pollfd fd = { .fd = f->dev, .events = POLLIN };

	return poll(&fd, 1, PATIENCE) == 1 && fd.revents & POLLIN;
}

/* A module of 6.1; the guest tells where it is, elsewhere modprobe knows. */
static void load_fuse(void)
{
	const char *command =
		"exec > /dev/null 2>&1; modprobe -q fuse; "
		"for f in $SVMA_MODULES/fs/fuse/fuse.ko*; do insmod $f; done";

	if (access("/dev/fuse", F_OK) && system(command))
		errno = ENODEV;
}

int fused_open(struct fused *f)
{
	char options[64];
	int err;

	memset(f, 0, sizeof(*f));
	load_fuse();
	f->dev = open("/dev/fuse", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (f->dev < 0)
		return -ENODEV;
	strcpy(f->folder, "/tmp/svma_fuse.XXXXXX");
	if (!mkdtemp(f->folder))
		return -errno;
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", f->dev);
	if (mount("svma_fuse", f->folder, "fuse", 0, options)) {
		err = -errno;
		rmdir(f->folder);
		return err;
	}
	return fused_serve(f);
}

void fused_close(struct fused *f)
{
	umount2(f->folder, MNT_DETACH);
	rmdir(f->folder);
	fused_pause(f);
	close(f->dev);
}

int fused_file(struct fused *f)
{
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "%s/file", f->folder);
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}
