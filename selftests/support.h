/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kselftests share, but for the harness, which has one user in each program.
 *
 * Helpers answer 0 (or what was asked for) or a negative errno, so that a test compares one value.
 * Tests build layouts from SVMA_BASE on; at(n) is page n of them.
 */
#ifndef SVMA_SUPPORT_H
#define SVMA_SUPPORT_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <linux/svma.h>

#define PAGE		4096UL
#define SVMA_BASE	0x10000000UL
#define NO_WINDOW	((char *)MAP_FAILED)
#define ANON		(MAP_PRIVATE | MAP_ANONYMOUS)
#define FIXED		(ANON | MAP_FIXED)
#define RW		(PROT_READ | PROT_WRITE)
#define RWX		(PROT_READ | PROT_WRITE | PROT_EXEC)

static inline __u64 at(unsigned long page)
{
	return SVMA_BASE + page * PAGE;
}

/* An ioctl's answer as the kernel gives it: not negative, or a negative errno. */
static inline long call(int fd, unsigned long cmd, void *arg)
{
	int ret = ioctl(fd, cmd, arg);

	return ret < 0 ? -errno : ret;
}

/* support.c: descriptors */
int machine_open(void);
int space_make(int machine, __u32 flags);
int space_open(__u32 flags);	/* of a machine of its own */
int space_of_pages(int *machine, unsigned long pages);	/* with that many from at(0) on */
int fd_count(void);

/* support.c: verbs, on pages of the layout */
long verb_mmap(int space, __u64 addr, __u64 len, int prot, int flags);
long verb_munmap(int space, __u64 addr, __u64 len);
long verb_mprotect(int space, __u64 addr, __u64 len, int prot);
long verb_madvise(int space, __u64 addr, __u64 len, int advice);
long verb_mremap(int space, __u64 old, __u64 old_len, __u64 new_len, int flags, __u64 addr);
long verb_brk(int space, __u64 brk);
int verb_fork(int space);	/* the new space */
int verb_snapshot(int space);	/* the snapshot */
long verb_restore(int space, int snapshot);
long map_pages(int space, unsigned long page, unsigned long count, int prot);
long map_file(int space, unsigned long page, unsigned long count, int prot, int flags, int fd,
	      unsigned long first);	/* of the file */
struct svma_stats space_stats(int space);
/* pages that a space keeps: when they are so many, or after some seconds */
__u64 kept_wait(int space, __u64 least);
/* have the kernel ask for what caches can give back: 0 or a negative errno */
int memory_squeeze(void);

/* support.c: all regions, "0-3:rw 5-6:r" in pages from SVMA_BASE; "s" is shared, "-" no access */
const char *layout(int space);

/* support.c: windows on pages of the layout; what an access does: 0 or the signal it got */
char *window(int space, unsigned long page, unsigned long count, int prot);
int load(const void *addr, __u64 *value);
int store(void *addr, __u64 value);
int run(const void *addr, int *value);
siginfo_t fault_info(void);	/* of the last signal of this thread */
__u64 peek(const void *addr);	/* the value, or what no test stores where there is none */
void put_code(void *addr, int value);	/* a function that returns the value */

#define UNREADABLE	0xdead00000000deadULL

/* support.c: the first word of a page, without a window; UNREADABLE where there is none */
__u64 page_get(int space, unsigned long page);
long page_put(int space, unsigned long page, __u64 value);

/*
 * support.c: faults of this thread on a space from begin to end; negative if the kernel, which
 * counts them for the thread, does not tell what the space tells
 */
struct faults {
	int space;
	__u64 of_space;
	long of_thread;
};

void faults_begin(struct faults *faults, int space);
long faults_end(const struct faults *faults);

/* support.c: a child that this process traces, stopped; to be killed and waited for */
pid_t traced_child(void);

/* support.c: a file of a ramfs, which goes with its last descriptor */
int ramfs_file(void);

/* support.c: numbers that the kernel tells elsewhere */
long file_number(const char *path, const char *key);	/* behind the key at a line's start */
long module_refs(void);
long memory_available(void);	/* KiB */
double seconds(void);

/*
 * Does something else use the module at the same time (SVMA_BESIDE_OTHERS, of the soak)? Sums of
 * the machine and of the module are not the test's own then, and it may be slow.
 */
bool beside_others(void);

/*
 * peer.c: another process with a window on the space. It gets the descriptor over a socket, as
 * strangers would, and obeys.
 */
struct peer {
	pid_t pid;
	int sock;
	__u64 value;	/* what the last load or run got */
};

int fd_send(int sock, int fd);
int fd_receive(int sock);	/* or -1 */

int peer_start(struct peer *peer, int space, unsigned long page, unsigned long count, int prot);
int peer_load(struct peer *peer, unsigned long page);
int peer_store(struct peer *peer, unsigned long page, __u64 value);
int peer_run(struct peer *peer, unsigned long page);
int peer_close_space(struct peer *peer);	/* the window stays */
int peer_stop(struct peer *peer);		/* its wait status */

#endif /* SVMA_SUPPORT_H */
