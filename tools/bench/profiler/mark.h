/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PROFILE_MARK_H
#define PROFILE_MARK_H

/* An instruction that does nothing, and that nobody else has: nopl 0x73766d61(%rax). */
#define PROFILE_MARK	0x0f, 0x1f, 0x80, 0x61, 0x6d, 0x76, 0x73

#endif
