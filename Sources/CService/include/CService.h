/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * What a service needs from the kernel and Swift cannot spell: ioctl(2) with its request numbers, raw capset(2), prctl(2),
 * and fork(2), which Swift hides because it breaks programs with threads.
 *
 * Nothing here decides anything. Calls return what the kernel returns, with errno set.
 */
#ifndef LRNG_CSERVICE_H
#define LRNG_CSERVICE_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#if defined(__linux__)

#include <linux/capability.h>
#include <linux/fuse.h>
#include <linux/random.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* What SO_PEERCRED tells, as struct ucred, which C libraries declare only with _GNU_SOURCE. */
struct lrng_peer {
	int32_t process;
	uint32_t user;
	uint32_t group;
};

enum lrng_socket_kind {
	LRNG_STREAM = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	LRNG_BLOCKING_STREAM = SOCK_STREAM | SOCK_CLOEXEC,
	LRNG_DATAGRAM = SOCK_DGRAM | SOCK_CLOEXEC,
};

static inline int lrng_unix_socket(enum lrng_socket_kind kind)
{
	return socket(AF_UNIX, kind, 0);
}

/* Two sockets that keep the bounds of messages. */
static inline int lrng_socket_pair(int descriptors[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, descriptors);
}

/* Whether the descriptor is a Unix stream socket that listens. */
static inline int lrng_is_listening(int descriptor)
{
	int domain = 0, type = 0, listens = 0;
	socklen_t length = sizeof(int);

	return getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 && domain == AF_UNIX &&
	       getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_STREAM &&
	       getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) == 0 && listens == 1;
}

enum {
	LRNG_SOL_SOCKET = SOL_SOCKET,
	LRNG_SO_PEERCRED = SO_PEERCRED,
	LRNG_CAP_SYS_ADMIN = CAP_SYS_ADMIN,
	/* The longest block that goes into the kernel at once. */
	LRNG_MOST_ENTROPY_BYTES = 512,
};

/* How a file was opened. O_SYNC contains O_DSYNC, which does not count. */
enum {
	LRNG_O_NONBLOCK = O_NONBLOCK,
	LRNG_O_SYNC_ONLY = O_SYNC & ~O_DSYNC,
};

/* The commands of ioctl(2) for a device of random numbers. */
static const uint32_t lrng_get_entropy_count = RNDGETENTCNT;
static const uint32_t lrng_add_to_entropy_count = RNDADDTOENTCNT;
static const uint32_t lrng_add_entropy_command = RNDADDENTROPY;
static const uint32_t lrng_zap_entropy_count = RNDZAPENTCNT;
static const uint32_t lrng_clear_pool = RNDCLEARPOOL;
static const uint32_t lrng_reseed_generator = RNDRESEEDCRNG;

/* ---- Limits ---------------------------------------------------------------------------------------------------- */

static inline int lrng_forbid_core_files(void)
{
	struct rlimit none = { 0, 0 };

	return setrlimit(RLIMIT_CORE, &none);
}

/* Locks all memory, now and later, as it is touched. A limit that some later mapping exceeds would make that one fail. */
static inline int lrng_lock_all_memory(void)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	struct rlimit now;

	if (setrlimit(RLIMIT_MEMLOCK, &all) != 0 &&
	    (getrlimit(RLIMIT_MEMLOCK, &now) != 0 || now.rlim_cur != RLIM_INFINITY))
		return -1;
	return mlockall(MCL_CURRENT | MCL_FUTURE | 4 /* MCL_ONFAULT */);
}

/* As many descriptors as there may be; returns how many. */
static inline uint64_t lrng_raise_descriptor_limit(void)
{
	struct rlimit limit = { 1024, 1024 };

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
		(void)getrlimit(RLIMIT_NOFILE, &limit);
	}
	return limit.rlim_cur;
}

/* ---- Privileges ------------------------------------------------------------------------------------------------ */

/* Leaves this thread the one capability, or none for -1. */
static inline int lrng_keep_capability(int capability)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };

	if (capability >= 0) {
		data[capability / 32].effective = 1u << (capability % 32);
		data[capability / 32].permitted = 1u << (capability % 32);
	}
	return (int)syscall(SYS_capset, &header, data);
}

/* Takes all capabilities but one (-1: all) out of the bounding set, as far as this process may. */
static inline void lrng_bound_capabilities(int capability)
{
	for (int i = 0; i < 64; i++)
		if (i != capability && prctl(PR_CAPBSET_DROP, i, 0, 0, 0) != 0 && errno == EINVAL)
			break;
	(void)prctl(47 /* PR_CAP_AMBIENT */, 4 /* PR_CAP_AMBIENT_CLEAR_ALL */, 0, 0, 0);
}

/* The C libraries declare these only with _GNU_SOURCE. */
extern int setresuid(uid_t real, uid_t effective, uid_t saved);
extern int setresgid(gid_t real, gid_t effective, gid_t saved);
extern int setgroups(size_t count, const gid_t *groups);

static inline int lrng_become(uid_t user, gid_t group)
{
	return setgroups(0, NULL) == 0 && setresgid(group, group, group) == 0 && setresuid(user, user, user) == 0 ? 0 : -1;
}

static inline int lrng_can_become_root(void)
{
	return setresuid(0, 0, 0) == 0;
}

static inline int lrng_no_new_privileges(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static inline int lrng_keep_capabilities_over_setuid(void)
{
	return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
}

/* No core dump, and no other process of the same user looks into this one. */
static inline int lrng_forbid_dumps(void)
{
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static inline int lrng_name_process(const char *name)
{
	return prctl(PR_SET_NAME, name, 0, 0, 0);
}

/* The child gets the signal when its parent is gone. */
static inline int lrng_die_with_parent(int signal)
{
	return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0);
}

/* Only while the process has a single thread. */
static inline pid_t lrng_fork(void)
{
	return fork();
}

/* ---- Device files ---------------------------------------------------------------------------------------------- */

/* The number of the device that a file stands for, major in the upper half, or 0 if it stands for none. */
static inline uint64_t lrng_device_number(const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0 || !S_ISCHR(status.st_mode))
		return 0;
	return (uint64_t)gnu_dev_major(status.st_rdev) << 32 | gnu_dev_minor(status.st_rdev);
}

/* Puts a file over another one. */
static inline int lrng_bind(const char *source, const char *target)
{
	return mount(source, target, NULL, MS_BIND, NULL);
}

/* Takes what is on top of a file away. Who has it open keeps it. */
static inline int lrng_unbind(const char *target)
{
	return umount2(target, MNT_DETACH);
}

/* ---- The kernel's generator ------------------------------------------------------------------------------------ */

/* RNDADDENTROPY: mixes the bytes in and credits the bits. Needs CAP_SYS_ADMIN at this time. */
static inline int lrng_add_entropy(int descriptor, const void *bytes, uint32_t length, uint32_t bits)
{
	struct {
		int entropy_count;
		int buf_size;
		unsigned char buf[LRNG_MOST_ENTROPY_BYTES];
	} info;
	int result, error;

	if (length > sizeof(info.buf)) {
		errno = EINVAL;
		return -1;
	}
	info.entropy_count = (int)bits;
	info.buf_size = (int)length;
	memcpy(info.buf, bytes, length);
	result = ioctl(descriptor, RNDADDENTROPY, &info);
	error = errno;
	explicit_bzero(info.buf, sizeof(info.buf));
	errno = error;
	return result;
}

/* Whether it is /dev/random or /dev/urandom of the kernel itself. */
static inline int lrng_is_kernel_random(int descriptor)
{
	struct stat status;

	return fstat(descriptor, &status) == 0 && S_ISCHR(status.st_mode) &&
	       (status.st_rdev == makedev(1, 8) || status.st_rdev == makedev(1, 9));
}

/* RNDGETENTCNT: the bits of entropy that the kernel counts, or -1. */
static inline int lrng_kernel_entropy(int descriptor)
{
	int bits = 0;

	return ioctl(descriptor, RNDGETENTCNT, &bits) == 0 ? bits : -1;
}

/* RNDRESEEDCRNG: lets the kernel's generator take the new entropy at once. */
static inline int lrng_reseed_kernel(int descriptor)
{
	return ioctl(descriptor, RNDRESEEDCRNG);
}

#endif
#endif
