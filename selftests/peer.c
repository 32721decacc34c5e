// SPDX-License-Identifier: GPL-2.0
/*
 * Another process with a window on a space, for the kselftests.
 */
#include <string.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

enum peer_op { PEER_LOAD, PEER_STORE, PEER_RUN, PEER_CLOSE };

struct peer_request {
	enum peer_op op;
	unsigned long page;
	__u64 value;
};

struct peer_answer {
	int result;
	__u64 value;
};

int fd_send(int sock, int fd)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char byte = 0;
	struct iovec data = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&msg);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(int));
	return sendmsg(sock, &msg, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

int fd_receive(int sock)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
	struct iovec data = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header;
	int fd = -1;

	if (recvmsg(sock, &msg, MSG_CMSG_CLOEXEC) != 1)
		return -1;
	header = CMSG_FIRSTHDR(&msg);
	if (header && header->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(header), sizeof(int));
	return fd;
}

static void peer_serve(int sock, int space, char *base, unsigned long first)
{
	struct peer_request request;

	while (read(sock, &request, sizeof(request)) == sizeof(request)) {
		struct peer_answer answer = { 0 };
		char *addr = base + (request.page - first) * PAGE;
		int value = 0;

		switch (request.op) {
		case PEER_LOAD:
			answer.result = load(addr, &answer.value);
			break;
		case PEER_STORE:
			answer.result = store(addr, request.value);
			break;
		case PEER_RUN:
			answer.result = run(addr, &value);
			answer.value = value;
			break;
		case PEER_CLOSE:
			answer.result = close(space) ? -errno : 0;
			break;
		}
		if (write(sock, &answer, sizeof(answer)) != sizeof(answer))
			break;
	}
}

static void peer_main(int sock, int inherited, unsigned long page, unsigned long count, int prot)
{
	struct peer_answer ready = { 0 };
	char *base = NO_WINDOW;
	int space;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(inherited);
	space = fd_receive(sock);
	if (space >= 0)
		base = window(space, page, count, prot);
	ready.result = space < 0 ? -EBADF : base == NO_WINDOW ? -errno : 0;
	if (write(sock, &ready, sizeof(ready)) == sizeof(ready) && !ready.result)
		peer_serve(sock, space, base, page);
	_exit(0);
}

static int peer_answer(struct peer *peer)
{
	struct peer_answer answer;

	if (read(peer->sock, &answer, sizeof(answer)) != sizeof(answer))
		return -EPIPE;
	peer->value = answer.value;
	return answer.result;
}

int peer_start(struct peer *peer, int space, unsigned long page, unsigned long count, int prot)
{
	int socks[2], err;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socks))
		return -errno;
	peer->sock = socks[0];
	peer->pid = fork();
	if (peer->pid < 0)
		return -errno;
	if (!peer->pid) {
		close(socks[0]);
		peer_main(socks[1], space, page, count, prot);
	}
	close(socks[1]);
	err = fd_send(peer->sock, space);
	return err ? err : peer_answer(peer);
}

static int peer_ask(struct peer *peer, enum peer_op op, unsigned long page, __u64 value)
{
	struct peer_request request = { .op = op, .page = page, .value = value };

	if (send(peer->sock, &request, sizeof(request), MSG_NOSIGNAL) != sizeof(request))
		return -errno;
	return peer_answer(peer);
}

int peer_load(struct peer *peer, unsigned long page)
{
	return peer_ask(peer, PEER_LOAD, page, 0);
}

int peer_store(struct peer *peer, unsigned long page, __u64 value)
{
	return peer_ask(peer, PEER_STORE, page, value);
}

int peer_run(struct peer *peer, unsigned long page)
{
	return peer_ask(peer, PEER_RUN, page, 0);
}

int peer_close_space(struct peer *peer)
{
	return peer_ask(peer, PEER_CLOSE, 0, 0);
}

int peer_stop(struct peer *peer)
{
	int status = -1;

	close(peer->sock);
	return waitpid(peer->pid, &status, 0) == peer->pid ? status : -errno;
}
