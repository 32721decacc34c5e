/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A file the file system of which answers when it is told to: FUSE, served by a thread of the test.
 * It knows no flush: once it has said so, nobody who ends waits for it because of a descriptor.
 */
#ifndef SVMA_FUSED_H
#define SVMA_FUSED_H

#include <pthread.h>

#include "support.h"

#define FUSED_PAGES	8

/**
 * struct fused - the file system, and its only file
 * @dev: what the kernel asks on
 * @stop: a pipe, closed to have the server end
 * @server: the thread
 * @folder: where it is mounted
 * @contents: of the file
 */
struct fused {
	int dev, stop[2];
	pthread_t server;
	char folder[64];
	char contents[FUSED_PAGES * PAGE];
};

int fused_open(struct fused *f);	/* -ENODEV if the kernel has no FUSE */
void fused_close(struct fused *f);
int fused_file(struct fused *f);	/* opened for reading and writing */

/* Answer from now on; leave what comes unanswered and unread, until served again. */
int fused_serve(struct fused *f);
void fused_pause(struct fused *f);
/* While nobody serves: has the kernel asked for something? Waits for it some time. */
bool fused_asked(struct fused *f);

#endif /* SVMA_FUSED_H */
