// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * /dev/lrng as a process serves it, beyond what the program devices tests:
 *
 *     cuse unseeded       without a seed, and how it comes: every wait, and the end of it
 *     cuse seeded         who may do what; readers beside each other
 *     cuse wait           reads, and says "READ" or the error when that ends: for a service that is killed, or a freezer
 *     cuse poll           waits in poll for what never comes
 */
#define _GNU_SOURCE
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <linux/capability.h>
#include <linux/random.h>

static const char *const path = "/dev/lrng";
static uint8_t buffer[1 << 16];

struct pool_info {
	int bits, length;
	uint8_t data[64];
};

static int open_device(int flags)
{
	int fd = open(path, flags);

	if (fd < 0) {
		check(false, "%s opens: %s", path, strerror(errno));
		exit(1);
	}
	return fd;
}

static long add(int fd, int bits)
{
	struct pool_info info = { bits, 64, { 1, 2, 3 } };

	return result_of(ioctl(fd, RNDADDENTROPY, &info));
}

static int count_of(int fd)
{
	int bits = -1;

	return ioctl(fd, RNDGETENTCNT, &bits) ? -errno : bits;
}

static long poll_for(int fd, short events, int milliseconds)
{
	struct pollfd poller = { .fd = fd, .events = events };
	long result = result_of(poll(&poller, 1, milliseconds));

	return result == 1 ? poller.revents : result;
}

static void nothing(int number)
{
	(void)number;
}

/* A signal after some milliseconds, without SA_RESTART. */
static void signal_after(unsigned int milliseconds)
{
	struct sigaction action = { .sa_handler = nothing };
	struct itimerspec when = { .it_value = { milliseconds / 1000, milliseconds % 1000 * 1000000L } };
	timer_t timer;

	sigaction(SIGALRM, &action, NULL);
	if (timer_create(CLOCK_MONOTONIC, NULL, &timer) || timer_settime(timer, 0, &when, NULL))
		exit(1);
}

/* ----------------------------------------------------------------------------------------------------------- without a seed */

static pid_t begin_child(int (*part)(void))
{
	pid_t child;

	fflush(stdout);
	child = fork();
	if (!child)
		_exit(part());
	return child;
}

static int end_child(pid_t child)
{
	int status = -1;

	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int reads_in_the_end(void)
{
	return read(open_device(O_RDONLY), buffer, 32) == 32 ? 0 : 1;
}

static int polls_in_the_end(void)
{
	return poll_for(open_device(O_RDONLY), POLLIN, -1) == POLLIN ? 0 : 1;
}

static int waits_for_ever(void)
{
	read(open_device(O_RDONLY), buffer, 32);
	return 1;
}

static void test_unseeded(void)
{
	int fd = open_device(O_RDWR), nonblocking = open_device(O_RDWR | O_NONBLOCK);
	int synchronous = open_device(O_RDONLY | O_SYNC | O_NONBLOCK);
	pid_t reader, poller, victim;
	int i;

	begin("without a seed");
	expect(-EAGAIN, result_of(read(nonblocking, buffer, 32)), "O_NONBLOCK");
	expect(-EAGAIN, result_of(read(synchronous, buffer, 32)), "O_NONBLOCK and O_SYNC");
	fcntl(fd, F_SETFL, O_NONBLOCK);
	expect(-EAGAIN, result_of(read(fd, buffer, 32)), "O_NONBLOCK by fcntl");
	fcntl(fd, F_SETFL, 0);
	expect(0, poll_for(fd, POLLIN, 200), "poll for input");
	expect(POLLOUT, poll_for(fd, POLLIN | POLLOUT, -1), "poll for output");
	expect(-ENODATA, result_of(ioctl(fd, RNDRESEEDCRNG)), "RNDRESEEDCRNG");
	expect(32, result_of(write(fd, buffer, 32)), "write");
	expect(-EAGAIN, result_of(read(nonblocking, buffer, 32)), "a write is no seed");
	expect(0, count_of(fd), "nor credit");
	signal_after(300);
	expect(-EINTR, result_of(read(fd, buffer, 32)), "a signal ends a read that waits");
	signal_after(300);
	expect(-EINTR, result_of(poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, -1)), "and poll");
	victim = begin_child(waits_for_ever);
	pause_for(300);
	kill(victim, SIGKILL);
	expect(128 + SIGKILL, end_child(victim), "SIGKILL ends a read that waits");
	end();

	reader = begin_child(reads_in_the_end);
	poller = begin_child(polls_in_the_end);
	pause_for(500);
	begin("the seed comes by RNDADDENTROPY");
	expect(0, waitpid(reader, NULL, WNOHANG), "the reader waits");
	expect(0, waitpid(poller, NULL, WNOHANG), "poll waits");
	for (i = 0; i < 8; i++)
		expect(0, add(fd, 512), "RNDADDENTROPY");
	expect(0, end_child(reader), "the reader has its bytes");
	expect(0, end_child(poller), "poll is told");
	end();
}

/* ---------------------------------------------------------------------------------------------------------------- with a seed */

static void without_capability(void *data)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct all[2];
	int fd = open_device(O_RDWR);

	(void)data;
	syscall(SYS_capget, &header, all);
	all[CAP_SYS_ADMIN / 32].effective &= ~(1u << CAP_SYS_ADMIN % 32);
	syscall(SYS_capset, &header, all);
	begin("root without CAP_SYS_ADMIN");
	expect(-EPERM, add(fd, 8), "RNDADDENTROPY");
	expect(-EPERM, result_of(ioctl(fd, RNDZAPENTCNT)), "RNDZAPENTCNT");
	end();
}

static bool put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY);
	bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	close(fd);
	return good;
}

static void in_a_namespace(void *data)
{
	int fd = open_device(O_RDWR);

	(void)data;
	if (unshare(CLONE_NEWUSER) || !put("/proc/self/setgroups", "deny") || !put("/proc/self/uid_map", "0 0 1")) {
		printf("skip - root of a namespace: this kernel has no user namespaces\n");
		return;
	}
	begin("root of a namespace of users, with all capabilities there");
	expect(-EPERM, add(fd, 8), "RNDADDENTROPY");
	expect(-EPERM, result_of(ioctl(fd, RNDRESEEDCRNG)), "RNDRESEEDCRNG");
	expect(32, result_of(read(fd, buffer, 32)), "read");
	end();
}

static int reads_slowly(void)
{
	int fd = open_device(O_RDONLY | O_SYNC);
	long got;

	signal_after(3000);
	got = result_of(read(fd, buffer, sizeof(buffer)));
	/* What there is when the signal comes, or nothing. */
	return (got > 0 && got < (long)sizeof(buffer) && got % 32 == 0) || got == -EINTR ? 0 : 1;
}

static void test_seeded(void)
{
	static uint8_t blocks[1 << 12][16];
	int fd = open_device(O_RDWR), i;
	size_t filled = 0;
	pid_t slow;

	begin("a write is not credited");
	expect(0, result_of(ioctl(fd, RNDZAPENTCNT)), "RNDZAPENTCNT");
	expect(4096, result_of(write(fd, buffer, 4096)), "write");
	expect(0, count_of(fd), "RNDGETENTCNT");
	end();
	apart(without_capability, NULL);
	apart(in_a_namespace, NULL);

	slow = begin_child(reads_slowly);
	pause_for(200);
	begin("readers beside one who wants prediction resistance");
	for (i = 0; i < 64; i++) {
		expect(sizeof(blocks) / 64, result_of(read(fd, (uint8_t *)blocks + filled, sizeof(blocks) / 64)), "read");
		filled += sizeof(blocks) / 64;
	}
	expect(0, waitpid(slow, NULL, WNOHANG), "who still reads");
	expect(0, end_child(slow), "a signal ends his read");
	among(!has_twins(blocks, sizeof(blocks) / 16), "16 bytes came twice");
	end();
}

static int wait_in_read(void)
{
	int fd = open_device(O_RDONLY);

	for (;;) {
		ssize_t got, i;

		memset(buffer, 0x5a, sizeof(buffer));
		got = read(fd, buffer, sizeof(buffer));
		if (got <= 0) {
			long error = result_of(got);

			/* Nothing was written over what was there. */
			for (i = 0; i < (ssize_t)sizeof(buffer); i++)
				if (buffer[i] != 0x5a)
					return 3;
			printf("%ld\n", error);
			return error < 0 ? 0 : 2;
		}
		if (find_run(buffer, got, 0, 6) >= 0)
			return 4;
	}
}

int main(int count, char **arguments)
{
	const char *what = count == 2 ? arguments[1] : "";

	if (!strcmp(what, "wait"))
		return wait_in_read();
	if (!strcmp(what, "poll"))
		return poll_for(open_device(O_RDONLY), POLLPRI, -1) ? 1 : 0;
	if (!strcmp(what, "unseeded"))
		test_unseeded();
	else if (!strcmp(what, "seeded"))
		test_seeded();
	else {
		fprintf(stderr, "usage: cuse unseeded|seeded|wait|poll\n");
		return 64;
	}
	return finish();
}
