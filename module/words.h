/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Short structs to and from user memory, word by word: a processor's string instructions are not
 * faster for so few bytes, and an emulator takes many times as long for them.
 */
#ifndef SVMA_WORDS_H
#define SVMA_WORDS_H

#include <linux/fault-inject-usercopy.h>
#include <linux/types.h>
#include <linux/uaccess.h>

/* Filled by whom it is given to: the compiler need not clear it first. */
#if __has_attribute(__uninitialized__)
#define svma_unset	__attribute__((__uninitialized__))
#else
#define svma_unset
#endif

/**
 * svma_words_whole() - is a struct of so many bytes one of whole words?
 * @size: bytes
 */
static inline bool svma_words_whole(size_t size)
{
	return !(size % sizeof(u64));
}

/**
 * svma_words_get() - a short struct from user memory
 * @to: where to
 * @user: where from
 * @size: bytes, whole words
 *
 * Return: 0 or -EFAULT, with some of it copied.
 */
static inline int svma_words_get(u64 *to, const u64 __user *user, size_t size)
{
	size_t i;

	/* As all copies of the kernel, so that tests can have it fail. */
	if (should_fail_usercopy() || !user_read_access_begin(user, size))
		return -EFAULT;
	for (i = 0; i < size / sizeof(*to); i++)
		unsafe_get_user(to[i], &user[i], fault);
	user_read_access_end();
	return 0;
fault:
	user_read_access_end();
	return -EFAULT;
}

/**
 * svma_words_put() - a short struct to user memory
 * @user: where to
 * @from: where from
 * @size: bytes, whole words
 *
 * Return: 0 or -EFAULT, with some of it copied.
 */
static inline int svma_words_put(u64 __user *user, const u64 *from, size_t size)
{
	size_t i;

	if (should_fail_usercopy() || !user_write_access_begin(user, size))
		return -EFAULT;
	for (i = 0; i < size / sizeof(*from); i++)
		unsafe_put_user(from[i], &user[i], fault);
	user_write_access_end();
	return 0;
fault:
	user_write_access_end();
	return -EFAULT;
}

#endif /* SVMA_WORDS_H */
