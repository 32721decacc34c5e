// SPDX-License-Identifier: GPL-2.0
/* Sets a mark for plugin.c. */
#include "mark.h"

#define STRING(...)	#__VA_ARGS__
#define BYTES(...)	".byte " STRING(__VA_ARGS__)

int main(void)
{
	__asm__ volatile(BYTES(PROFILE_MARK));
	return 0;
}
