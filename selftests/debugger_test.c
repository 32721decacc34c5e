// SPDX-License-Identifier: GPL-2.0
/*
 * Debuggers read and write the memory of another process through its window: by ptrace, by
 * /proc/PID/mem, and as gdb does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include "svma_test.h"

FIXTURE(debugger) {
	int space;
	char *view;	/* as the process has it that is debugged */
	pid_t pid;
};

FIXTURE_SETUP(debugger)
{
	self->space = space_open(0);
	ASSERT_LE(0, self->space);
	self->view = window(self->space, 0, 16, RW);
	ASSERT_NE(NO_WINDOW, self->view);
	ASSERT_EQ(0, map_pages(self->space, 0, 4, RW));
	ASSERT_EQ(0, map_pages(self->space, 4, 2, PROT_READ));
	ASSERT_EQ(0, store(self->view, 0x1111));
	self->pid = fork();
	ASSERT_LE(0, self->pid);
	if (!self->pid)
		for (;;)
			pause();
}

FIXTURE_TEARDOWN(debugger)
{
	kill(self->pid, SIGKILL);
	waitpid(self->pid, NULL, 0);
	munmap(self->view, 16 * PAGE);
	close(self->space);
}

TEST_F(debugger, ptrace)
{
	char *fresh = self->view + 2 * PAGE, *read_only = self->view + 4 * PAGE;
	char *hole = self->view + 8 * PAGE;
	int status;

	ASSERT_EQ(0, ptrace(PTRACE_ATTACH, self->pid, 0, 0));
	ASSERT_EQ(self->pid, waitpid(self->pid, &status, 0));
	EXPECT_EQ(0x1111, ptrace(PTRACE_PEEKDATA, self->pid, self->view, 0));
	EXPECT_EQ(0, ptrace(PTRACE_PEEKDATA, self->pid, fresh, 0));
	EXPECT_EQ(0, ptrace(PTRACE_POKEDATA, self->pid, fresh, 0x2222));
	EXPECT_EQ(0x2222, peek(fresh));
	/* A breakpoint in read-only private memory. */
	EXPECT_EQ(0, ptrace(PTRACE_POKEDATA, self->pid, read_only, 0xcc));
	EXPECT_EQ(0xcc, peek(read_only));
	EXPECT_EQ(SIGSEGV, store(read_only, 1));
	errno = 0;
	EXPECT_EQ(-1, ptrace(PTRACE_PEEKDATA, self->pid, hole, 0));
	EXPECT_EQ(EIO, errno);
	EXPECT_EQ(-1, ptrace(PTRACE_POKEDATA, self->pid, hole, 1));
	EXPECT_EQ(EIO, errno);
	EXPECT_EQ(0, ptrace(PTRACE_DETACH, self->pid, 0, 0));
}

TEST_F(debugger, proc_mem)
{
	char path[32];
	__u64 value = 0;
	int mem;

	snprintf(path, sizeof(path), "/proc/%d/mem", self->pid);
	mem = open(path, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, mem);
	EXPECT_EQ(8, pread(mem, &value, 8, (long)self->view));
	EXPECT_EQ(0x1111, value);
	value = 0x3333;
	EXPECT_EQ(8, pwrite(mem, &value, 8, (long)self->view + PAGE));
	EXPECT_EQ(0x3333, page_get(self->space, 1));
	EXPECT_EQ(-1, pread(mem, &value, 8, (long)self->view + 8 * PAGE));
	/* Not what a verb has taken away. */
	ASSERT_EQ(0, verb_munmap(self->space, at(1), PAGE));
	EXPECT_EQ(-1, pread(mem, &value, 8, (long)self->view + PAGE));
	EXPECT_EQ(-1, pwrite(mem, &value, 8, (long)self->view + PAGE));
	close(mem);
}

/* The value that gdb prints behind its "$1 = ". */
static bool gdb_says(const char *text, const char *name, unsigned long value)
{
	char line[64];

	snprintf(line, sizeof(line), "%s = 0x%lx\n", name, value);
	return strstr(text, line);
}

#define PRINT	"-ex 'print/x *(long *)%p' "
#define SET	"-ex 'set var *(long *)%p = 0x4444' "

TEST_F_TIMEOUT(debugger, gdb, 300)
{
	char command[512], text[8192];
	size_t got;
	FILE *gdb;

	if (access("/usr/bin/gdb", X_OK))
		SKIP(return, "no gdb");
	snprintf(command, sizeof(command),
		 "/usr/bin/gdb -nx -batch -p %d " PRINT SET PRINT PRINT "2>&1",
		 self->pid, self->view, self->view + 3 * PAGE, self->view + 3 * PAGE,
		 self->view + 8 * PAGE);
	gdb = popen(command, "re");
	ASSERT_NE(NULL, gdb);
	got = fread(text, 1, sizeof(text) - 1, gdb);
	text[got] = '\0';
	pclose(gdb);
	EXPECT_TRUE(gdb_says(text, "$1", 0x1111)) TH_LOG("%s", text);
	EXPECT_TRUE(gdb_says(text, "$2", 0x4444)) TH_LOG("%s", text);
	EXPECT_NE(NULL, strstr(text, "Cannot access memory")) TH_LOG("%s", text);
	EXPECT_EQ(0x4444, peek(self->view + 3 * PAGE));
}

TEST_HARNESS_MAIN
