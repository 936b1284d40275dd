// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * The devices: read, write, poll, ioctl and the rest, of /dev/random, /dev/urandom and /dev/lrng.
 *
 *     devices stock    /dev/random and /dev/urandom as random.c has them: the control
 *     devices own      the same, and /dev/lrng beside them
 *     devices lrng     all three are the LRNG's
 *     devices served   /dev/lrng is a process's, by CUSE
 */
#define _GNU_SOURCE
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <linux/random.h>

struct device {
	const char *path;
	bool is_lrng, is_urandom;
	/* By CUSE, which has no fasync and no splice. */
	bool is_served;
};

static uint8_t buffer[1 << 20];
static char name[120];

/* "PATH: WHAT", for the next result. */
static const char *of(const struct device *device, const char *what)
{
	snprintf(name, sizeof(name), "%s: %s", device->path, what);
	return name;
}

static int open_device(const struct device *device, int flags)
{
	int fd = open(device->path, flags);

	if (fd < 0) {
		check(false, "%s opens with 0x%x: %s", device->path, flags, strerror(errno));
		exit(1);
	}
	return fd;
}

/* ------------------------------------------------------------------------------------------------------------------ reading */

static void test_read(const struct device *device)
{
	static const int flags[] = { O_RDONLY, O_RDWR, O_RDWR | O_NONBLOCK, O_RDONLY | O_NONBLOCK };
	static const size_t sizes[] = { 0, 1, 16, 255, 256, 257, 4096, 65537, 1 << 20 };
	unsigned int i, j;

	begin(of(device, "reads of 0 bytes to 1 MiB, with each way to open"));
	for (i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		int fd = open_device(device, flags[i]);

		for (j = 0; j < sizeof(sizes) / sizeof(*sizes); j++) {
			memset(buffer, 0x5a, sizeof(buffer));
			expect(sizes[j], raw(SYS_read, fd, buffer, sizes[j]), "flags 0x%x, %zu bytes", flags[i], sizes[j]);
			among(find_run(buffer, sizes[j], 0x5a, 6) < 0, "%zu bytes: not all written", sizes[j]);
			among(sizes[j] + 64 > sizeof(buffer) || find_run(buffer + sizes[j], 64, 0x5a, 64) == 0,
			      "%zu bytes: written beyond", sizes[j]);
		}
		close(fd);
	}
	end();
}

static void test_bad_reads(const struct device *device)
{
	int fd = open_device(device, O_RDWR), closed = open_device(device, O_WRONLY);
	uint8_t *pages = map(2 * PAGE, 0);

	mprotect(pages + PAGE, PAGE, PROT_NONE);
	begin(of(device, "reads that can't be"));
	expect(-EFAULT, raw(SYS_read, fd, NULL, 16), "to NULL");
	expect(-EFAULT, raw(SYS_read, fd, NULL, 4096), "to NULL, a page");
	expect(-EFAULT, raw(SYS_read, fd, 0xffff888000000000, 16), "to the kernel");
	expect(10, raw(SYS_read, fd, pages + PAGE - 10, 100), "10 bytes of room for 100");
	expect(PAGE, raw(SYS_read, fd, pages, 2 * PAGE), "a page of room for two");
	expect(-EBADF, raw(SYS_read, closed, buffer, 16), "opened for writing");
	end();
	munmap(pages, 2 * PAGE);
	close(closed);
	close(fd);
}

static void test_other_reads(const struct device *device)
{
	struct iovec vector[3] = { { buffer, 100 }, { buffer + 1000, 5000 }, { buffer + 10000, 7 } };
	int fd = open_device(device, O_RDWR), tubes[2], file = memfd_create("devices", 0);

	memset(buffer, 0x5a, 1 << 16);
	begin(of(device, "readv, pread, splice, sendfile, lseek, mmap"));
	expect(5107, result_of(readv(fd, vector, 3)), "readv");
	among(find_run(buffer, 100, 0x5a, 6) < 0 && find_run(buffer + 100, 900, 0x5a, 900) == 0 &&
	      find_run(buffer + 1000, 5000, 0x5a, 6) < 0 && find_run(buffer + 10007, 900, 0x5a, 900) == 0,
	      "readv writes elsewhere");
	expect(64, result_of(pread(fd, buffer, 64, 1ll << 40)), "pread");
	expect(0, result_of(lseek(fd, 1234, SEEK_SET)), "lseek goes nowhere");
	expect(16, result_of(read(fd, buffer, 16)), "read after it");
	among(pipe(tubes) == 0, "pipe");
	expect(300, result_of(splice(fd, NULL, tubes[1], NULL, 300, 0)), "splice to a pipe");
	expect(300, result_of(read(tubes[0], buffer, 1000)), "what came out");
	among(find_run(buffer, 300, 0, 6) < 0, "zeros came out");
	expect(-EINVAL, result_of(splice(fd, NULL, fd, NULL, 300, 0)), "splice without a pipe");
	expect(5000, result_of(sendfile(file, fd, NULL, 5000)), "sendfile");
	expect(5000, result_of(pread(file, buffer, 10000, 0)), "what the file has");
	among(find_run(buffer, 5000, 0, 6) < 0, "zeros in the file");
	expect(-ENODEV, mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED ? -errno : 0, "mmap");
	expect(16, raw6(SYS_preadv2, fd, (long)&(struct iovec){ buffer, 16 }, 1, -1, 0, 0x8 /* RWF_NOWAIT */), "RWF_NOWAIT");
	end();
	close(file);
	close(tubes[0]);
	close(tubes[1]);
	close(fd);
}

/* Prediction resistance: as many bytes as there was entropy for, not more than a seed has in one step. */
static void test_synchronous(const struct device *device)
{
	int fd = open_device(device, O_RDONLY | O_SYNC), i;

	begin(of(device, "O_SYNC"));
	for (i = 0; i < 3; i++) {
		long got = result_of(read(fd, buffer, 200));

		if (device->is_lrng && !device->is_urandom)
			among(got >= 1 && got <= 200, "got %ld", got);
		else
			expect(200, got, "read");
	}
	expect(0, result_of(read(fd, buffer, 0)), "nothing");
	end();
	close(fd);
}

/* ------------------------------------------------------------------------------------------------------------------ writing */

static void test_write(const struct device *device)
{
	static const size_t sizes[] = { 0, 1, 63, 64, 65, 256, 257, 4096, 4097, 1 << 20 };
	struct iovec vector[3] = { { buffer, 100 }, { buffer + 1000, 5000 }, { buffer + 10000, 7 } };
	int fd = open_device(device, O_RDWR), read_only = open_device(device, O_RDONLY), tubes[2];
	uint8_t *pages = map(2 * PAGE, 0);
	unsigned int i;

	munmap(pages + PAGE, PAGE);
	begin(of(device, "writes"));
	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		expect(sizes[i], raw(SYS_write, fd, buffer, sizes[i]), "%zu bytes", sizes[i]);
	expect(5107, result_of(writev(fd, vector, 3)), "writev");
	expect(-EFAULT, raw(SYS_write, fd, NULL, 16), "from NULL");
	expect(-EFAULT, raw(SYS_write, fd, 0xffff888000000000, 16), "from the kernel");
	expect(10, raw(SYS_write, fd, pages + PAGE - 10, 100), "10 bytes that are there, of 100");
	expect(-EBADF, raw(SYS_write, read_only, buffer, 16), "opened for reading");
	among(pipe(tubes) == 0, "pipe");
	expect(200, result_of(write(tubes[1], buffer, 200)), "into the pipe");
	if (!device->is_served)
		expect(200, result_of(splice(tubes[0], NULL, fd, NULL, 200, 0)), "splice from it");
	end();
	munmap(pages, PAGE);
	close(tubes[0]);
	close(tubes[1]);
	close(read_only);
	close(fd);
}

/* --------------------------------------------------------------------------------------------------------------------- poll */

static short poll_of(int fd)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM };

	return poll(&poller, 1, 0) < 0 ? -1 : poller.revents;
}

static void test_poll(const struct device *device)
{
	int fd = open_device(device, O_RDWR), epoll = epoll_create1(0);
	struct epoll_event event = { .events = EPOLLIN }, got;
	fd_set readers;
	struct timeval none = { 0, 0 };

	begin(of(device, "poll, select, epoll by level and by edge"));
	if (device->is_urandom)
		expect(POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM, poll_of(fd), "poll");
	else if (device->is_lrng)
		expect(POLLIN | POLLRDNORM, poll_of(fd) & ~(POLLOUT | POLLWRNORM), "poll, but for writing");
	else
		expect(POLLIN | POLLRDNORM, poll_of(fd), "poll");
	FD_ZERO(&readers);
	FD_SET(fd, &readers);
	expect(1, result_of(select(fd + 1, &readers, NULL, NULL, &none)), "select");
	if (device->is_urandom) {
		expect(-EPERM, result_of(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event)), "no poll, no epoll");
	} else {
		expect(0, result_of(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event)), "epoll_ctl");
		expect(1, result_of(epoll_wait(epoll, &got, 1, 0)), "by level");
		expect(1, result_of(epoll_wait(epoll, &got, 1, 0)), "by level, again");
		event.events = EPOLLIN | EPOLLET;
		expect(0, result_of(epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event)), "epoll_ctl, edge");
		expect(1, result_of(epoll_wait(epoll, &got, 1, 0)), "by edge");
		expect(0, result_of(epoll_wait(epoll, &got, 1, 0)), "by edge, without a new one");
		event.events = EPOLLIN | EPOLLONESHOT;
		expect(0, result_of(epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event)), "epoll_ctl, one shot");
		expect(1, result_of(epoll_wait(epoll, &got, 1, 0)), "one shot");
		expect(0, result_of(epoll_wait(epoll, &got, 1, 0)), "after it");
	}
	end();
	close(epoll);
	close(fd);
}

static volatile sig_atomic_t signals;

static void count_signal(int number)
{
	(void)number;
	signals++;
}

/* -------------------------------------------------------------------------------------------------------------------- ioctl */

static int count_of(int fd)
{
	int bits = -1;

	return ioctl(fd, RNDGETENTCNT, &bits) ? -errno : bits;
}

struct pool_info {
	int bits, length;
	uint8_t data[4096];
};

static long add(int fd, int bits, int length)
{
	static struct pool_info info;

	info.bits = bits;
	info.length = length;
	return result_of(ioctl(fd, RNDADDENTROPY, &info));
}

/* What was added may be taken for a seed at once: one of a few attempts has to show the number. */
static bool shows(int fd, int bits, int length, int expected, int *got)
{
	int attempt;

	for (attempt = 0; attempt < 50; attempt++) {
		if (ioctl(fd, RNDZAPENTCNT) || add(fd, bits, length))
			return false;
		*got = count_of(fd);
		if (*got == expected)
			return true;
		pause_for(5);
	}
	return false;
}

/* A kernel in FIPS mode: SHA-512, of which 64 bits more go into a seed than come out. */
static bool is_fips(void)
{
	int fd = open("/proc/sys/crypto/fips_enabled", O_RDONLY);
	char digit = '0';
	bool is = read(fd, &digit, 1) == 1 && digit == '1';

	close(fd);
	return is;
}

static void test_credit(const struct device *device, int fd)
{
	static const struct { int bits, length, expected, expected_in_fips; } cases[] = {
		{ 100, 64, 100, 36 }, { 1, 1, 1, 0 }, { 8, 1, 8, 0 }, { 1000, 4, 32, 0 }, { 255, 32, 255, 191 },
		{ 256, 32, 256, 192 }, { 10000, 4096, 256, 448 }, { 0x7fffffff, 4096, 256, 448 },
	};
	const bool fips = is_fips();
	const int sum = fips ? 86 : 150;
	unsigned int i;
	int got = -1, more = 50;

	begin(of(device, "RNDADDENTROPY gives its credit, RNDGETENTCNT shows it"));
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const int expected = fips ? cases[i].expected_in_fips : cases[i].expected;

		among(shows(fd, cases[i].bits, cases[i].length, expected, &got), "%d bits in %d bytes: expected %d, got %d",
		      cases[i].bits, cases[i].length, expected, got);
	}
	for (i = 0; i < 50; i++)
		if (!ioctl(fd, RNDZAPENTCNT) && !add(fd, 100, 64) && !ioctl(fd, RNDADDTOENTCNT, &more) && count_of(fd) == sum)
			break;
	among(i < 50, "RNDADDTOENTCNT adds 50 to 100: got %d", count_of(fd));
	for (i = 0; i < 50; i++)
		if (!add(fd, 100, 64) && !ioctl(fd, RNDCLEARPOOL) && count_of(fd) == 0)
			break;
	among(i < 50, "RNDCLEARPOOL leaves nothing: got %d", count_of(fd));
	end();
}

static void test_ioctl(const struct device *device)
{
	int fd = open_device(device, O_RDWR), negative = -1, positive = 8;
	struct pool_info info = { 8, 64, { 0 } };
	long no_length = device->is_lrng ? -EINVAL : -EFAULT;
	uint8_t *pages = map(2 * PAGE, 0);
	struct pool_info *cut = (void *)(pages + PAGE - 20);

	mprotect(pages + PAGE, PAGE, PROT_NONE);
	cut->bits = 8;
	cut->length = 64;
	begin(of(device, "ioctls of the privileged"));
	among(count_of(fd) >= 0 && count_of(fd) <= 512, "RNDGETENTCNT: %d", count_of(fd));
	expect(-EFAULT, result_of(ioctl(fd, RNDGETENTCNT, NULL)), "RNDGETENTCNT to NULL");
	expect(-EFAULT, result_of(ioctl(fd, RNDGETENTCNT, 0xffff888000000000)), "RNDGETENTCNT to the kernel");
	expect(-EFAULT, result_of(ioctl(fd, RNDADDTOENTCNT, NULL)), "RNDADDTOENTCNT from NULL");
	expect(-EINVAL, result_of(ioctl(fd, RNDADDTOENTCNT, &negative)), "RNDADDTOENTCNT, negative");
	expect(0, result_of(ioctl(fd, RNDADDTOENTCNT, &positive)), "RNDADDTOENTCNT");
	expect(-EFAULT, result_of(ioctl(fd, RNDADDENTROPY, NULL)), "RNDADDENTROPY from NULL");
	expect(0, result_of(ioctl(fd, RNDADDENTROPY, &info)), "RNDADDENTROPY returns 0");
	expect(-EINVAL, add(fd, -1, 64), "RNDADDENTROPY, negative credit");
	expect(-EINVAL, add(fd, -0x7fffffff - 1, 64), "RNDADDENTROPY, the most negative credit");
	expect(no_length, add(fd, 8, -1), "RNDADDENTROPY, negative length");
	expect(0, add(fd, 0, 64), "RNDADDENTROPY without credit");
	expect(0, add(fd, 0, 0), "RNDADDENTROPY without data");
	expect(-EFAULT, result_of(ioctl(fd, RNDADDENTROPY, cut)), "RNDADDENTROPY, less data than it says");
	expect(0, result_of(ioctl(fd, RNDZAPENTCNT)), "RNDZAPENTCNT");
	expect(0, result_of(ioctl(fd, RNDCLEARPOOL)), "RNDCLEARPOOL");
	expect(0, result_of(ioctl(fd, RNDRESEEDCRNG)), "RNDRESEEDCRNG");
	expect(-EINVAL, result_of(ioctl(fd, RNDGETPOOL, buffer)), "RNDGETPOOL");
	expect(-EINVAL, result_of(ioctl(fd, 0x5208)), "0x5208");
	expect(-EINVAL, result_of(ioctl(fd, 0x80045201, buffer)), "a command with another direction");
	expect(-EINVAL, result_of(ioctl(fd, 0xdeadbeef, buffer)), "0xdeadbeef");
	expect(64, result_of(read(fd, buffer, 64)), "a read after all that");
	end();
	if (device->is_lrng)
		test_credit(device, fd);
	munmap(pages, 2 * PAGE);
	close(fd);
}

static void without_privilege(void *data)
{
	const struct device *device = data;
	int fd, positive = 8;

	if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534)) {
		check(false, "privileges can be given up");
		return;
	}
	fd = open_device(device, O_RDWR);
	begin(of(device, "what everybody may, and what not"));
	among(count_of(fd) >= 0, "RNDGETENTCNT: %d", count_of(fd));
	expect(-EPERM, result_of(ioctl(fd, RNDADDTOENTCNT, &positive)), "RNDADDTOENTCNT");
	expect(-EPERM, result_of(ioctl(fd, RNDADDTOENTCNT, NULL)), "RNDADDTOENTCNT from NULL");
	expect(-EPERM, add(fd, 8, 64), "RNDADDENTROPY");
	expect(-EPERM, add(fd, -1, 64), "RNDADDENTROPY, negative");
	expect(-EPERM, result_of(ioctl(fd, RNDZAPENTCNT)), "RNDZAPENTCNT");
	expect(-EPERM, result_of(ioctl(fd, RNDCLEARPOOL)), "RNDCLEARPOOL");
	expect(-EPERM, result_of(ioctl(fd, RNDRESEEDCRNG)), "RNDRESEEDCRNG");
	expect(-EINVAL, result_of(ioctl(fd, RNDGETPOOL, buffer)), "RNDGETPOOL");
	expect(64, result_of(write(fd, buffer, 64)), "write");
	expect(64, result_of(read(fd, buffer, 64)), "read");
	end();
	close(fd);
}

/* ----------------------------------------------------------------------------------------------------------------- 32 bits */

static void test_compat(const struct device *device)
{
	uint8_t *low = map(2 * PAGE, MAP_32BIT);
	struct pool_info *info = (void *)low;
	unsigned long address = (unsigned long)low;
	int fd = open_device(device, O_RDWR);

	if (raw32(20, 0, 0, 0) != getpid()) {
		printf("skip - %s: the entry for 32 bits: this kernel has none\n", device->path);
		goto out;
	}
	begin(of(device, "ioctls, read and write of a process of 32 bits"));
	expect(64, raw32(3, fd, address, 64), "read");
	among(find_run(low, 64, 0, 6) < 0, "zeros were read");
	expect(64, raw32(4, fd, address, 64), "write");
	expect(-EFAULT, raw32(3, fd, 0, 64), "read to NULL");
	expect(0, raw32(54, fd, RNDGETENTCNT, address), "RNDGETENTCNT");
	info->bits = 8;
	info->length = 64;
	expect(0, raw32(54, fd, RNDADDENTROPY, address), "RNDADDENTROPY");
	info->bits = -1;
	expect(-EINVAL, raw32(54, fd, RNDADDENTROPY, address), "RNDADDENTROPY, negative credit");
	expect(-EFAULT, raw32(54, fd, RNDGETENTCNT, 0), "RNDGETENTCNT to NULL");
	expect(0, raw32(54, fd, RNDRESEEDCRNG, 0), "RNDRESEEDCRNG");
	expect(-EINVAL, raw32(54, fd, 0x5208, 0), "an unknown one");
	end();
out:
	close(fd);
	munmap(low, 2 * PAGE);
}

/* Whoever feeds the LRNG is called when it wants data: by SIGIO, and by poll. */
static void test_writers(const struct device *device)
{
	struct sigaction action = { .sa_handler = count_signal };
	int fd = open_device(device, O_RDWR), attempt, i;
	bool was_full = false, told = false;

	sigaction(SIGIO, &action, NULL);
	begin(of(device, "O_ASYNC and POLLOUT"));
	expect(0, result_of(fcntl(fd, F_SETOWN, getpid())), "F_SETOWN");
	expect(0, result_of(fcntl(fd, F_SETFL, O_RDWR | O_ASYNC)), "O_ASYNC");
	if (device->is_lrng && !device->is_urandom) {
		expect(0, result_of(ioctl(fd, RNDZAPENTCNT)), "RNDZAPENTCNT");
		among(poll_of(fd) & POLLOUT, "no POLLOUT although the pool is empty");
		/* A seed may take what was added; then it wants data before it is made to, and tells so once. */
		for (attempt = 0; attempt < 10 && !told; attempt++) {
			for (i = 0; i < 50 && poll_of(fd) & POLLOUT; i++) {
				add(fd, 512, 64);
				pause_for(20);
			}
			/* It looks every now and then. */
			pause_for(1500);
			if (poll_of(fd) & POLLOUT)
				continue;
			was_full = true;
			signals = 0;
			ioctl(fd, RNDZAPENTCNT);
			for (i = 0; i < 30 && !signals; i++)
				pause_for(100);
			told = signals > 0;
		}
		among(was_full, "POLLOUT although the pool is full: %d bits", count_of(fd));
		among(told, "no SIGIO after the pool was emptied");
	}
	expect(0, result_of(fcntl(fd, F_SETFL, O_RDWR)), "without O_ASYNC again");
	end();
	close(fd);
}

int main(int count, char **arguments)
{
	bool taken_over = count == 2 && !strcmp(arguments[1], "lrng");
	bool own = count == 2 && !strcmp(arguments[1], "own"), served = count == 2 && !strcmp(arguments[1], "served");
	struct device devices[] = {
		{ "/dev/random", taken_over, false, false }, { "/dev/urandom", taken_over, true, false },
		{ "/dev/lrng", true, false, served },
	};
	unsigned int i;

	if (count != 2 || (!taken_over && !own && !served && strcmp(arguments[1], "stock"))) {
		fprintf(stderr, "usage: devices stock|own|lrng|served\n");
		return 64;
	}
	for (i = served ? 2 : 0; i < (taken_over || own || served ? 3 : 2); i++) {
		const struct device *device = &devices[i];

		test_read(device);
		test_bad_reads(device);
		if (!served)
			test_other_reads(device);
		test_synchronous(device);
		test_write(device);
		test_poll(device);
		test_ioctl(device);
		apart(without_privilege, &devices[i]);
		test_compat(device);
		if (!served)
			test_writers(device);
	}
	return finish();
}
