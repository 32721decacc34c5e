// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "start.h"

#define OPTIONS (PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | \
		 PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | \
		 PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL)

/* What the terminal sends is for the program: the tracer stays until that has ended. */
static const int terminal_signals[] = { SIGINT, SIGQUIT };

#define N_SIGNALS (sizeof(terminal_signals) / sizeof(terminal_signals[0]))

/* The pipes between tracer and child; only one program is started in a process's life. */
static int go_pipe[2], error_pipe[2];

static void __attribute__((noreturn)) child(struct shadow *sh, const struct sigaction *actions,
					    const sigset_t *mask)
{
	int err = 0;
	char go;

	/* Traced from here on: the filter would fail every call of an untraced task. */
	if (read(go_pipe[0], &go, 1) != 1)
		_exit(127);
	for (size_t i = 0; i < N_SIGNALS; i++)
		sigaction(terminal_signals[i], &actions[i], NULL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	if (!sh->opt.no_seccomp)
		err = shadow_filter_install();
	if (!err) {
		execvp(sh->opt.argv[0], sh->opt.argv);
		err = -errno;
	}
	if (write(error_pipe[1], &err, sizeof(err)) < 0)
		_exit(126);
	_exit(127);
}

/* Each file that the program maps costs a descriptor here. */
static void allow_descriptors(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r))
		return;
	r.rlim_cur = r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
}

int shadow_start(struct shadow *sh)
{
	struct sigaction actions[N_SIGNALS], ignore = { .sa_handler = SIG_IGN };
	sigset_t block, mask;
	int err;

	if (pipe2(go_pipe, O_CLOEXEC) || pipe2(error_pipe, O_CLOEXEC))
		return -errno;
	sigemptyset(&block);
	sigaddset(&block, SIGCHLD);
	sigprocmask(SIG_BLOCK, &block, &mask);
	for (size_t i = 0; i < N_SIGNALS; i++)
		sigaction(terminal_signals[i], &ignore, &actions[i]);
	fflush(NULL);
	sh->leader = fork();
	if (sh->leader < 0)
		return -errno;
	if (!sh->leader)
		child(sh, actions, &mask);
	close(go_pipe[0]);
	close(error_pipe[1]);
	allow_descriptors();
	if (!ptrace(PTRACE_SEIZE, sh->leader, NULL, (void *)OPTIONS))
		return 0;
	err = -errno;
	kill(sh->leader, SIGKILL);
	waitpid(sh->leader, NULL, 0);
	return err;
}

int shadow_start_exec(struct shadow *sh)
{
	(void)sh;
	return write(go_pipe[1], "", 1) == 1 ? 0 : -errno;
}

int shadow_start_failed(struct shadow *sh)
{
	int err = 0;

	(void)sh;
	if (read(error_pipe[0], &err, sizeof(err)) == sizeof(err))
		return err;
	return 0;
}
