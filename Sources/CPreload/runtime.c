/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * Parts of the Swift runtime that a guest in other programs must not have. They are found here first, so that the runtime's
 * own do not go into the library.
 */
#include <errno.h>
#include <pthread.h>

/* The runtime's looks for the program's arguments when it is loaded, in /proc/self/maps and with the program's malloc. */
char **_swift_stdlib_getUnsafeArgvArgc(int *count);
void _swift_stdlib_overrideUnsafeArgvArgc(char **arguments, int count);

char **_swift_stdlib_getUnsafeArgvArgc(int *count)
{
	static char *none[1];

	*count = 0;
	return none;
}

void _swift_stdlib_overrideUnsafeArgvArgc(char **arguments, int count)
{
	(void)arguments;
	(void)count;
}

/*
 * The runtime asks how far the stack goes before it describes types. The C library would read /proc/self/maps into memory
 * of the program's malloc.
 */
int pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes)
{
	(void)thread;
	(void)attributes;
	return ENOSYS;
}
