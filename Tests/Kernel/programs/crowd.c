// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * Everybody who can be disturbed by a hand-back, at once: those who wait for a seed, those who poll, those who read large
 * pieces. None of them may notice: no error, no byte too few.
 *
 *     crowd blocked    100 wait for the LRNG, which has taken over without a seed; 20 poll in three ways; 4 want SIGIO; 2 read
 *                      1 MiB from /dev/urandom, over and over
 *     crowd busy       readers of 1 MiB and less, readers with prediction resistance, polling
 *
 * It prints "ready" when all are at their places. By SIGUSR1 it is told that the hand-back is over: who waits has to be
 * served soon; who is busy finishes. Then come the results.
 */
#define _GNU_SOURCE
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>

#define MEMBERS 128

enum role {
	GETRANDOM, SYNCHRONOUS, READ, LARGE, POLL, EPOLL, EDGE, SIGNAL, BUSY_URANDOM, BUSY_LARGE, BUSY_SMALL, BUSY_SYNCHRONOUS, BUSY_POLL
};

static const char *const role_names[] = {
	"getrandom", "getrandom with GRND_RANDOM", "read", "read of 64 KiB", "poll", "epoll", "epoll by edge", "SIGIO",
	"reads of 1 MiB from /dev/urandom", "reads of 1 MiB", "getrandom of 16 bytes", "reads with prediction resistance", "epoll over and over"
};

static struct { volatile bool is_over, was_told; volatile unsigned int rounds[MEMBERS]; } *shared;
static volatile sig_atomic_t was_told, got_input;

static void on_told(int number)
{
	(void)number;
	was_told = 1;
}

static void on_input(int number)
{
	(void)number;
	got_input = 1;
}

/* 0, or what is wrong. */
static int play(enum role role, unsigned int member)
{
	static uint8_t buffer[1 << 20];
	struct sigaction input = { .sa_handler = on_input };
	bool synchronous = role == SYNCHRONOUS || role == BUSY_SYNCHRONOUS;
	int fd = open(role == BUSY_URANDOM || (role == BUSY_LARGE && member % 2) ? "/dev/urandom" : "/dev/random", O_RDWR | (synchronous ? O_SYNC : 0));
	int epoll = epoll_create1(0);
	struct epoll_event event = { .events = role == EDGE ? EPOLLIN | EPOLLET : EPOLLIN };
	struct pollfd poller = { .fd = fd, .events = POLLIN };

	if (fd < 0 || epoll < 0)
		return 1;
	switch (role) {
	case GETRANDOM:
		return get(buffer, 16, 0) != 16 || find_run(buffer, 16, 0, 6) >= 0;
	case SYNCHRONOUS:
		/* It may come from either. */
		return get(buffer, 64, RANDOM) <= 0;
	case READ:
		return raw(SYS_read, fd, buffer, 16) != 16;
	case LARGE:
		return raw(SYS_read, fd, buffer, 65536) != 65536 || find_run(buffer, 65536, 0, 6) >= 0;
	case POLL:
		return poll(&poller, 1, 60000) != 1 || !(poller.revents & POLLIN);
	case EPOLL:
	case EDGE:
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
			return 2;
		return epoll_wait(epoll, &event, 1, 60000) != 1 || !(event.events & EPOLLIN);
	case SIGNAL:
		sigaction(SIGIO, &input, NULL);
		fcntl(fd, F_SETOWN, getpid());
		fcntl(fd, F_SETFL, O_RDWR | O_ASYNC);
		while (!got_input && !shared->is_over)
			pause_for(20);
		pause_for(got_input ? 0 : 3000);
		return !got_input;
	case BUSY_URANDOM:
	case BUSY_LARGE:
		while (!shared->was_told) {
			if (raw(SYS_read, fd, buffer, sizeof(buffer)) != sizeof(buffer))
				return 3;
			if (find_run(buffer, sizeof(buffer), 0, 7) >= 0)
				return 4;
			shared->rounds[member]++;
			/* The machine has few processors, and an emulated one has slow ones. */
			pause_for(2);
		}
		return 0;
	case BUSY_SMALL:
		while (!shared->was_told) {
			if (get(buffer, 16, 0) != 16)
				return 3;
			if (++shared->rounds[member] % 256 == 0)
				pause_for(2);
		}
		return 0;
	case BUSY_SYNCHRONOUS:
		while (!shared->was_told) {
			if (raw(SYS_read, fd, buffer, 32) <= 0)
				return 3;
			shared->rounds[member]++;
		}
		return 0;
	case BUSY_POLL:
		/* The file stays in the epoll set across everything, also when the module has gone. */
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
			return 2;
		while (!shared->was_told) {
			if (epoll_wait(epoll, &event, 1, 5000) != 1)
				return 3;
			shared->rounds[member]++;
			pause_for(5);
		}
		return close(epoll) || close(fd);
	}
	return 9;
}

static pid_t children[MEMBERS];
static enum role roles[MEMBERS];
static unsigned int members;

static void add(enum role role, unsigned int count)
{
	while (count--) {
		roles[members] = role;
		fflush(stdout);
		children[members] = fork();
		if (!children[members])
			_exit(play(role, members));
		members++;
	}
}

/* How many have gone since, at once or within a time. */
static unsigned int reap(unsigned int milliseconds, unsigned int wanted)
{
	uint64_t end_time = milliseconds_now() + milliseconds;
	unsigned int gone = 0, i;
	int status;

	for (;;) {
		for (i = 0; i < members; i++) {
			if (children[i] <= 0 || waitpid(children[i], &status, WNOHANG) != children[i])
				continue;
			children[i] = -1;
			gone++;
			among(WIFEXITED(status) && !WEXITSTATUS(status), "%s: %s %d", role_names[roles[i]],
			      WIFEXITED(status) ? "complaint" : "ended by signal",
			      WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
		}
		if (gone >= wanted || milliseconds_now() >= end_time)
			return gone;
		pause_for(20);
	}
}

int main(int count, char **arguments)
{
	bool is_blocked = count == 2 && !strcmp(arguments[1], "blocked");
	struct sigaction told = { .sa_handler = on_told };
	unsigned int early, i, idle = 0;
	uint64_t start;

	if (!is_blocked && (count != 2 || strcmp(arguments[1], "busy"))) {
		fprintf(stderr, "usage: crowd blocked|busy\n");
		return 64;
	}
	sigaction(SIGUSR1, &told, NULL);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (is_blocked) {
		add(GETRANDOM, 40);
		add(READ, 30);
		add(LARGE, 20);
		add(SYNCHRONOUS, 10);
		add(POLL, 6);
		add(EPOLL, 8);
		add(EDGE, 6);
		add(SIGNAL, 4);
		add(BUSY_URANDOM, 2);
	} else {
		add(BUSY_LARGE, 4);
		add(BUSY_SMALL, 4);
		add(BUSY_SYNCHRONOUS, 2);
		add(BUSY_POLL, 4);
	}
	pause_for(1000);
	begin(is_blocked ? "nobody is served before" : "nobody gives up before");
	early = reap(0, members);
	expect(0, early, "those who ended");
	end();
	printf("ready\n");
	fflush(stdout);
	for (start = milliseconds_now(); !was_told && milliseconds_now() - start < 120000;)
		pause_for(20);
	shared->is_over = !is_blocked;
	shared->was_told = true;
	begin(is_blocked ? "all who waited are served by the kernel's generator, and none was disturbed" :
			   "all who were busy got all they asked for, and none was disturbed");
	expect(members - early, reap(30000, members - early), "those who came to their end");
	end();
	for (i = 0; i < members; i++)
		idle += roles[i] >= BUSY_URANDOM && shared->rounds[i] < 2;
	check_equal(0, idle, "each of those who were busy was served over and over");
	for (i = 0; i < members; i++)
		if (children[i] > 0)
			kill(children[i], SIGKILL);
	return finish();
}
