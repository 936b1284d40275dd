// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * What the LRNG does while it is not seeded, and what happens when it becomes so. It has to have taken over without a seed
 * (takeover=now, no source that gives entropy). In the end this program feeds it, and those who waited get on.
 */
#define _GNU_SOURCE
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <linux/random.h>

static uint8_t buffer[65536];
static volatile sig_atomic_t alarms, signals;

static void on_alarm(int number)
{
	(void)number;
	alarms++;
}

static void on_input(int number)
{
	(void)number;
	signals++;
}

static void alarm_in(unsigned int milliseconds)
{
	struct itimerval timer = { { 0, 0 }, { milliseconds / 1000, milliseconds % 1000 * 1000 } };

	setitimer(ITIMER_REAL, &timer, NULL);
}

static void without_waiting(int random, int urandom)
{
	struct pollfd poller = { .fd = random, .events = POLLIN | POLLOUT };

	begin("who does not wait is told EAGAIN");
	expect(-EAGAIN, get(buffer, 16, NONBLOCK), "getrandom");
	expect(-EAGAIN, get(buffer, 0, NONBLOCK), "getrandom of nothing");
	expect(-EAGAIN, get(buffer, 4096, NONBLOCK), "getrandom of a page");
	expect(-EAGAIN, get(buffer, 16, NONBLOCK | RANDOM), "getrandom with GRND_RANDOM");
	expect(-EAGAIN, get(buffer, 500, NONBLOCK | SEED), "getrandom with GRND_SEED");
	expect(-EAGAIN, get(buffer, 500, NONBLOCK | SEED | FULLY_SEEDED), "GRND_SEED with GRND_FULLY_SEEDED");
	expect(-EAGAIN, raw(SYS_read, random, buffer, 16), "a read with O_NONBLOCK");
	expect(-EAGAIN, raw(SYS_read, random, buffer, 65536), "a large one");
	expect(-EINVAL, get(buffer, 16, NONBLOCK | INSECURE | RANDOM), "flags are looked at first");
	end();
	begin("who takes anything is served");
	expect(16, get(buffer, 16, INSECURE), "GRND_INSECURE");
	expect(4096, get(buffer, 4096, INSECURE), "GRND_INSECURE, a page");
	expect(16, get(buffer, 16, INSECURE | NONBLOCK), "GRND_INSECURE with GRND_NONBLOCK");
	memset(buffer, 0, 64);
	expect(64, raw(SYS_read, urandom, buffer, 64), "/dev/urandom");
	among(find_run(buffer, 64, 0, 6) < 0, "/dev/urandom gives zeros");
	end();
	begin("poll and ioctl know that it is not seeded");
	poll(&poller, 1, 0);
	expect(POLLOUT, poller.revents, "poll");
	expect(-ENODATA, ioctl(random, RNDRESEEDCRNG) ? -errno : 0, "RNDRESEEDCRNG");
	end();
}

/* A signal ends the wait, or does not, as the handler was set. */
static void interrupted(int waiting)
{
	struct sigaction action = { .sa_handler = on_alarm };
	static const unsigned int flags[] = { 0, RANDOM, SEED, SEED | FULLY_SEEDED };
	unsigned int i;

	sigaction(SIGALRM, &action, NULL);
	begin("a signal ends a wait with EINTR");
	for (i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		uint64_t start = milliseconds_now();

		alarm_in(150);
		expect(-EINTR, get(buffer, 500, flags[i]), "flags 0x%x", flags[i]);
		among(milliseconds_now() - start >= 140, "flags 0x%x: did not wait", flags[i]);
	}
	alarm_in(150);
	expect(-EINTR, get(buffer, 0, 0), "no bytes");
	alarm_in(150);
	expect(-EINTR, raw(SYS_read, waiting, buffer, 16), "read");
	alarm_in(150);
	expect(-EINTR, raw(SYS_read, waiting, buffer, 65536), "a large read");
	expect(7, alarms, "signals");
	end();
}

enum waiter { GETRANDOM, GETRANDOM_RANDOM, READ, READ_LARGE, POLL, EPOLL, EDGE, RESTARTED, SEEDING, WAITERS };

static const char *const waiter_names[WAITERS] = {
	"getrandom", "getrandom with GRND_RANDOM", "read", "a large read", "poll", "epoll", "epoll by edge",
	"getrandom with a signal whose handler restarts", "getrandom with GRND_SEED"
};

/* Returns what is sent to the parent: 0, or a complaint. */
static int wait_as(enum waiter waiter)
{
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	int fd = open("/dev/random", O_RDONLY), epoll = epoll_create1(0);
	struct epoll_event event = { .events = waiter == EDGE ? EPOLLIN | EPOLLET : EPOLLIN };
	struct pollfd poller = { .fd = fd, .events = POLLIN };

	switch (waiter) {
	case GETRANDOM:
		return get(buffer, 16, 0) != 16;
	case GETRANDOM_RANDOM:
		return get(buffer, 16, RANDOM) <= 0;
	case READ:
		return read(fd, buffer, 16) != 16;
	case READ_LARGE:
		return read(fd, buffer, 65536) != 65536;
	case POLL:
		return poll(&poller, 1, 20000) != 1 || poller.revents != POLLIN;
	case EPOLL:
	case EDGE:
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
			return 2;
		return epoll_wait(epoll, &event, 1, 20000) != 1 || event.events != EPOLLIN;
	case RESTARTED:
		sigaction(SIGALRM, &action, NULL);
		alarm_in(200);
		return get(buffer, 16, 0) != 16 || !alarms;
	case SEEDING:
		return get(buffer, 500, SEED) < 48;
	default:
		return 3;
	}
}

static long feed(int fd)
{
	struct { int bits, length; uint8_t data[64]; } info = { 512, 64, { 0 } };
	size_t i;

	/* Where it comes from does not matter here. */
	for (i = 0; i < sizeof(info.data); i++)
		info.data[i] = i * 37 + getpid();
	return ioctl(fd, RNDADDENTROPY, &info) ? -errno : 0;
}

/* Whether a seed is taken from what the sources still have: somebody has to feed it as long as anybody waits. */
static void feed_until(int fd, pid_t *children, int *statuses)
{
	uint64_t start = milliseconds_now();
	unsigned int left = WAITERS, i;

	while (left && milliseconds_now() - start < 15000) {
		feed(fd);
		pause_for(50);
		for (i = 0; i < WAITERS; i++)
			if (children[i] && waitpid(children[i], &statuses[i], WNOHANG) == children[i]) {
				children[i] = 0;
				left--;
			}
	}
}

static void test_waiters(int random)
{
	pid_t children[WAITERS];
	int statuses[WAITERS] = { 0 };
	struct sigaction action = { .sa_handler = on_input };
	unsigned int i, early = 0;

	sigaction(SIGIO, &action, NULL);
	fcntl(random, F_SETOWN, getpid());
	fcntl(random, F_SETFL, O_RDWR | O_NONBLOCK | O_ASYNC);
	fflush(stdout);
	for (i = 0; i < WAITERS; i++) {
		children[i] = fork();
		if (!children[i])
			_exit(wait_as(i));
	}
	pause_for(700);
	for (i = 0; i < WAITERS; i++)
		early += waitpid(children[i], &statuses[i], WNOHANG) != 0;
	check_equal(0, early, "nobody is served before there is entropy");
	signals = 0;
	check_equal(0, feed(random), "it is fed");
	feed_until(random, children, statuses);
	begin("then all who waited are served");
	for (i = 0; i < WAITERS; i++)
		if (among(!children[i], "%s: still waits", waiter_names[i]))
			among(WIFEXITED(statuses[i]) && !WEXITSTATUS(statuses[i]), "%s: was told something else (%x)",
			      waiter_names[i], statuses[i]);
	end();
	for (i = 0; i < WAITERS; i++)
		if (children[i])
			kill(children[i], SIGKILL);
	check(signals > 0, "SIGIO came");
}

int main(void)
{
	int random = open("/dev/random", O_RDWR | O_NONBLOCK), urandom = open("/dev/urandom", O_RDONLY);
	int waiting = open("/dev/random", O_RDONLY);

	without_waiting(random, urandom);
	interrupted(waiting);
	test_waiters(random);
	begin("and it serves from then on");
	expect(16, get(buffer, 16, NONBLOCK), "getrandom");
	expect(4096, raw(SYS_read, random, buffer, 4096), "read");
	end();
	return finish();
}
