// SPDX-License-Identifier: GPL-2.0
/*
 * Memory cgroups (version 2), for the kselftests.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup.h"
#include "support.h"

#define ROOT	"/sys/fs/cgroup"

static void cgroup_path(char *path, size_t size, const char *name, const char *file)
{
	snprintf(path, size, ROOT "/%s/%s", name, file);
}

static int cgroup_write(const char *name, const char *file, const char *text)
{
	char path[256];
	int fd, err;

	cgroup_path(path, sizeof(path), name, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return err;
}

static int cgroup_bytes(const char *name, const char *file, long bytes)
{
	char text[32] = "max";

	if (bytes)
		snprintf(text, sizeof(text), "%ld", bytes);
	return cgroup_write(name, file, text);
}

int cgroup_limit(const char *name, long limit)
{
	return cgroup_bytes(name, "memory.max", limit);
}

int cgroup_high(const char *name, long high)
{
	return cgroup_bytes(name, "memory.high", high);
}

int cgroup_make(const char *name, long limit)
{
	char path[256];
	int err = cgroup_write(".", "cgroup.subtree_control", "+memory");

	if (err)
		return err;
	cgroup_path(path, sizeof(path), name, "");
	if (mkdir(path, 0755))
		return -errno;
	return cgroup_limit(name, limit);
}

int cgroup_enter(const char *name)
{
	return cgroup_write(name, "cgroup.procs", "0");
}

int cgroup_remove(const char *name)
{
	char path[256];
	int i;

	cgroup_path(path, sizeof(path), name, "");
	/* Processes that are gone for their parents may leave a moment later. */
	for (i = 0; i < 1000; i++) {
		if (!rmdir(path))
			return 0;
		if (errno != EBUSY)
			break;
		usleep(1000);
	}
	return -errno;
}

long cgroup_number(const char *name, const char *file, const char *key)
{
	char path[256];

	cgroup_path(path, sizeof(path), name, file);
	return file_number(path, key);
}

long cgroup_settled(const char *name, long wanted)
{
	long now = -1;
	int i;

	for (i = 0; i < 100; i++) {
		/* Has the reserves given back, and kills nobody. */
		cgroup_write(name, "memory.high", "0");
		cgroup_write(name, "memory.high", "max");
		now = cgroup_number(name, "memory.current", "");
		if (now <= wanted)
			break;
		usleep(20000);
	}
	return now;
}

int cgroup_space(const char *name, __u32 flags)
{
	int socks[2], space, status;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socks))
		return -errno;
	pid = fork();
	if (!pid) {
		space = cgroup_enter(name) ? -1 : space_open(flags);
		_exit(space < 0 || fd_send(socks[1], space));
	}
	close(socks[1]);
	space = pid < 0 ? -1 : fd_receive(socks[0]);
	close(socks[0]);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		return -ECHILD;
	return space;
}
