// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers of the kselftests: descriptors, verbs, windows, accesses that may fault.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support.h"

int machine_open(void)
{
	int fd = open(SVMA_DEVICE, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int space_make(int machine, __u32 flags)
{
	struct svma_space_create create = { .flags = flags,
					    .profile = SVMA_PROFILE_HOST,
					    .fd = -1 };
	long err = call(machine, SVMA_IOC_SPACE_CREATE, &create);

	return err ? err : create.fd;
}

int space_open(__u32 flags)
{
	int machine = machine_open(), space;

	if (machine < 0)
		return machine;
	space = space_make(machine, flags);
	close(machine);
	return space;
}

int space_of_pages(int *machine, unsigned long pages)
{
	int space;
	long err;

	*machine = machine_open();
	if (*machine < 0)
		return *machine;
	space = space_make(*machine, 0);
	err = space < 0 ? space : map_pages(space, 0, pages, RW);
	return err ? err : space;
}

int fd_count(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	if (!dir)
		return -errno;
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

long verb_mmap(int space, __u64 addr, __u64 len, int prot, int flags)
{
	struct svma_mmap arg = { .addr = addr, .len = len, .prot = prot, .flags = flags, .fd = -1 };
	long err = call(space, SVMA_IOC_MMAP, &arg);

	return err ? err : (long)arg.addr;
}

long verb_munmap(int space, __u64 addr, __u64 len)
{
	struct svma_munmap arg = { .addr = addr, .len = len };

	return call(space, SVMA_IOC_MUNMAP, &arg);
}

long verb_mprotect(int space, __u64 addr, __u64 len, int prot)
{
	struct svma_mprotect arg = { .addr = addr, .len = len, .prot = prot, .pkey = -1 };

	return call(space, SVMA_IOC_MPROTECT, &arg);
}

long verb_madvise(int space, __u64 addr, __u64 len, int advice)
{
	struct svma_madvise arg = { .addr = addr, .len = len, .advice = advice };

	return call(space, SVMA_IOC_MADVISE, &arg);
}

long verb_mremap(int space, __u64 old, __u64 old_len, __u64 new_len, int flags, __u64 addr)
{
	struct svma_mremap arg = {
		.old_addr = old,
		.old_len = old_len,
		.new_len = new_len,
		.new_addr = addr,
		.flags = flags,
	};
	long err = call(space, SVMA_IOC_MREMAP, &arg);

	return err ? err : (long)arg.new_addr;
}

long verb_brk(int space, __u64 brk)
{
	struct svma_brk arg = { .brk = brk };
	long err = call(space, SVMA_IOC_BRK, &arg);

	return err ? err : (long)arg.brk;
}

int verb_fork(int space)
{
	struct svma_fork arg = { .fd = -1 };
	long err = call(space, SVMA_IOC_FORK, &arg);

	return err ? err : arg.fd;
}

long map_pages(int space, unsigned long page, unsigned long count, int prot)
{
	long addr = verb_mmap(space, at(page), count * PAGE, prot, FIXED);

	return addr == (long)at(page) ? 0 : addr < 0 ? addr : -ENOTRECOVERABLE;
}

long map_file(int space, unsigned long page, unsigned long count, int prot, int flags, int fd,
	      unsigned long first)
{
	struct svma_mmap arg = {
		.addr = at(page),
		.len = count * PAGE,
		.prot = prot,
		.flags = flags | MAP_FIXED,
		.fd = fd,
		.offset = first * PAGE,
	};

	return call(space, SVMA_IOC_MMAP, &arg);
}

int verb_snapshot(int space)
{
	struct svma_snapshot arg = { .fd = -1 };
	long err = call(space, SVMA_IOC_SNAPSHOT, &arg);

	return err ? err : arg.fd;
}

long verb_restore(int space, int snapshot)
{
	struct svma_restore arg = { .fd = snapshot };

	return call(space, SVMA_IOC_RESTORE, &arg);
}

__u64 page_get(int space, unsigned long page)
{
	__u64 value;

	return pread(space, &value, sizeof(value), at(page)) == sizeof(value) ? value : UNREADABLE;
}

long page_put(int space, unsigned long page, __u64 value)
{
	ssize_t done = pwrite(space, &value, sizeof(value), at(page));

	return done < 0 ? -errno : done == sizeof(value) ? 0 : -EIO;
}

struct svma_stats space_stats(int space)
{
	struct svma_stats stats;

	memset(&stats, 0xff, sizeof(stats));
	call(space, SVMA_IOC_STATS, &stats);
	return stats;
}

__u64 kept_wait(int space, __u64 least)
{
	unsigned int i;

	for (i = 0; i < 1000 && space_stats(space).kept < least; i++)
		usleep(10000);
	return space_stats(space).kept;
}

int memory_squeeze(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = write(fd, "2", 1) == 1 ? 0 : -errno;
	close(fd);
	return err;
}

static void layout_region(char **text, const struct svma_region *region)
{
	static const struct {
		__u64 flag;
		char letter;
	} flags[] = {
		{ SVMA_VM_READ, 'r' },
		{ SVMA_VM_WRITE, 'w' },
		{ SVMA_VM_EXEC, 'x' },
		{ SVMA_VM_SHARED, 's' },
	};
	char letters[8] = "-";
	unsigned int i, count = 0;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (region->flags & flags[i].flag)
			letters[count++] = flags[i].letter;
	*text += sprintf(*text, "%ld-%ld:%s ", (long)(region->start - SVMA_BASE) / (long)PAGE,
			 (long)(region->end - SVMA_BASE) / (long)PAGE, letters);
}

const char *layout(int space)
{
	static char text[64 * 1024];
	struct svma_region list[512];
	struct svma_regions arg = {
		.end = ~0ULL, .buf = (unsigned long)list, .count = sizeof(list) / sizeof(list[0]),
	};
	char *end = text;
	long err = call(space, SVMA_IOC_REGIONS, &arg);
	unsigned int i;

	if (err || arg.more) {
		sprintf(text, "error %ld more %u", err, arg.more);
		return text;
	}
	*end = '\0';
	for (i = 0; i < arg.count; i++)
		layout_region(&end, &list[i]);
	if (end > text)
		end[-1] = '\0';
	return text;
}

char *window(int space, unsigned long page, unsigned long count, int prot)
{
	return mmap(NULL, count * PAGE, prot, MAP_SHARED, space, at(page));
}

void faults_begin(struct faults *faults, int space)
{
	struct rusage usage;

	faults->space = space;
	faults->of_space = space_stats(space).faults;
	/* What the end needs of this program is there then. */
	faults->of_thread = 0;
	faults_end(faults);
	getrusage(RUSAGE_THREAD, &usage);
	faults->of_thread = usage.ru_minflt;
}

long faults_end(const struct faults *faults)
{
	struct rusage usage;
	long count;

	getrusage(RUSAGE_THREAD, &usage);
	count = usage.ru_minflt - faults->of_thread;
	return space_stats(faults->space).faults - faults->of_space == (__u64)count ? count : -1;
}

pid_t traced_child(void)
{
	pid_t pid = fork();

	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(0);
	}
	return pid < 0 || waitpid(pid, NULL, 0) != pid ? -errno : pid;
}

int ramfs_file(void)
{
	char folder[] = "/tmp/svma_ramfs.XXXXXX";
	int dir, fd = -1;

	if (!mkdtemp(folder))
		return -errno;
	if (!mount("svma_ramfs", folder, "ramfs", 0, NULL)) {
		dir = open(folder, O_PATH | O_CLOEXEC);
		umount2(folder, MNT_DETACH);
		fd = openat(dir, "file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		close(dir);
	}
	rmdir(folder);
	return fd;
}

static __thread sigjmp_buf fault_env;
static __thread volatile bool fault_expected;
static __thread siginfo_t fault_last;

static void fault_handler(int sig, siginfo_t *info, void *context)
{
	if (!fault_expected) {
		signal(sig, SIG_DFL);
		return;
	}
	fault_expected = false;
	fault_last = *info;
	siglongjmp(fault_env, sig);
}

/* Before there is any thread or child that could find it half done. */
__attribute__((constructor)) static void faults_catch(void)
{
	struct sigaction action = {
		.sa_sigaction = fault_handler, .sa_flags = SA_SIGINFO | SA_NODEFER,
	};

	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGILL, &action, NULL);
}

siginfo_t fault_info(void)
{
	return fault_last;
}

int load(const void *addr, __u64 *value)
{
	int sig = sigsetjmp(fault_env, 0);

	if (!sig) {
		fault_expected = true;
		*value = *(const volatile __u64 *)addr;
	}
	fault_expected = false;
	return sig;
}

int store(void *addr, __u64 value)
{
	int sig = sigsetjmp(fault_env, 0);

	if (!sig) {
		fault_expected = true;
		*(volatile __u64 *)addr = value;
	}
	fault_expected = false;
	return sig;
}

int run(const void *addr, int *value)
{
	int sig = sigsetjmp(fault_env, 0);

	if (!sig) {
		fault_expected = true;
		*value = ((int (*)(void))addr)();
	}
	fault_expected = false;
	return sig;
}

__u64 peek(const void *addr)
{
	__u64 value;

	return load(addr, &value) ? UNREADABLE : value;
}

void put_code(void *addr, int value)
{
	unsigned char code[6] = { 0xb8, 0, 0, 0, 0, 0xc3 };	/* mov $value, %eax; ret */

	memcpy(code + 1, &value, sizeof(value));
	memcpy(addr, code, sizeof(code));
}

long file_number(const char *path, const char *key)
{
	FILE *file = fopen(path, "re");
	char line[256];
	long value = -1;

	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		if (!strncmp(line, key, strlen(key))) {
			value = strtol(line + strlen(key), NULL, 10);
			break;
		}
	}
	fclose(file);
	return value;
}

long module_refs(void)
{
	return file_number("/sys/module/svma/refcnt", "");
}

/* Pages that processors keep for themselves are free, though the sums leave them out. */
static long processor_pages(void)
{
	FILE *file = fopen("/proc/zoneinfo", "re");
	char line[256];
	long sum = 0;

	while (file && fgets(line, sizeof(line), file)) {
		const char *count = strstr(line, " count: ");

		if (count)
			sum += strtol(count + strlen(" count: "), NULL, 10);
	}
	if (file)
		fclose(file);
	return sum;
}

long memory_available(void)
{
	return file_number("/proc/meminfo", "MemAvailable:") + processor_pages() * (PAGE >> 10);
}

double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

bool beside_others(void)
{
	return getenv("SVMA_BESIDE_OTHERS");
}
