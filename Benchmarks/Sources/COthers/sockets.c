/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/* The service, as programs reach it that link nothing: its sockets in the folder BENCH_SOCKETS. A thread has a connection. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "COthers.h"

/* A descriptor that is 0 must not look like a failure. */
static void *connect_to(const char *name, const char **reason)
{
	const char *folder = getenv("BENCH_SOCKETS");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int length = folder ? snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", folder, name) : -1;
	const int fd = length > 0 && length < (int)sizeof(address.sun_path) ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;

	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		if (fd >= 0)
			close(fd);
		*reason = "no service listens";
		return NULL;
	}
	return (void *)(intptr_t)(fd + 1);
}

static void disconnect(void *state)
{
	close((int)(intptr_t)state - 1);
}

/* One exchange: all of the request, then all of the two parts of the answer. */
static int exchange(void *state, const void *request, size_t length, struct iovec *answer, size_t count)
{
	const int fd = (int)(intptr_t)state - 1;
	struct msghdr message = { .msg_iov = answer, .msg_iovlen = count };
	size_t expected = 0;
	ssize_t got;

	for (size_t i = 0; i < count; i++)
		expected += answer[i].iov_len;
	if (send(fd, request, length, MSG_NOSIGNAL) != (ssize_t)length)
		return -1;
	do
		got = recvmsg(fd, &message, MSG_WAITALL);
	while (got < 0 && errno == EINTR);
	return got == (ssize_t)expected ? 0 : -1;
}

/* ---- EGD: 255 bytes a command at most, so a long request is several, sent at once ---------------------------------- */

static void *open_egd(const char **reason)
{
	return connect_to("egd", reason);
}

static int draw_egd(void *state, void *buffer, size_t bytes, size_t requests)
{
	unsigned char commands[1024];
	size_t length = 0;

	for (size_t rest = bytes; rest; rest -= commands[length - 1]) {
		if (length == sizeof(commands))
			return -1;
		commands[length++] = 2;
		commands[length++] = (unsigned char)(rest < 255 ? rest : 255);
	}
	for (size_t i = 0; i < requests; i++) {
		struct iovec answer = { buffer, bytes };

		if (exchange(state, commands, length, &answer, 1))
			return -1;
	}
	return 0;
}

const struct bench_other bench_egd = {
	.name = "lrng serve, EGD socket",
	.is_remote = 1,
	.open = open_egd,
	.draw = draw_egd,
	.close = disconnect,
};

/* ---- The native socket: Documentation/protocol.md ------------------------------------------------------------------- */

static void *open_native(const char **reason)
{
	return connect_to("native", reason);
}

static int draw_native(void *state, void *buffer, size_t bytes, size_t requests)
{
	unsigned char request[16] = { 1, 1, [11] = 4 };
	unsigned char header[12];

	for (int i = 0; i < 4; i++)
		request[12 + i] = (unsigned char)(bytes >> (24 - 8 * i));
	for (size_t i = 0; i < requests; i++) {
		struct iovec answer[] = { { header, sizeof(header) }, { buffer, bytes } };

		if (exchange(state, request, sizeof(request), answer, 2) || header[0] != 1 || header[1] != 0 ||
		    memcmp(header + 8, request + 12, 4))
			return -1;
	}
	return 0;
}

const struct bench_other bench_native = {
	.name = "lrng serve, native socket",
	.is_remote = 1,
	.open = open_native,
	.draw = draw_native,
	.close = disconnect,
};
