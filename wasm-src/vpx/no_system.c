/* SPDX-License-Identifier: MIT */
/* no_system.c - what libc would import for libvpx's sake: a clock (it times itself), files and environment (debugging aids).
 *
 * The clock stands still and everything else fails, so the module imports nothing. libvpx adapts to time only where it is told to
 * choose its own speed, which codec/vpx_codec.h does not. */
#include <stddef.h>
#include <stdint.h>

#define WASI_BADF 8

uint16_t __wasi_clock_time_get(uint32_t id, uint64_t precision, uint64_t *time);
uint16_t __wasi_clock_time_get(uint32_t id, uint64_t precision, uint64_t *time)
{
    (void)id, (void)precision;
    *time = 0;
    return 0;
}

uint16_t __wasi_environ_sizes_get(size_t *count, size_t *bytes);
uint16_t __wasi_environ_sizes_get(size_t *count, size_t *bytes)
{
    *count = *bytes = 0;
    return 0;
}

uint16_t __wasi_environ_get(uint8_t **names, uint8_t *bytes);
uint16_t __wasi_environ_get(uint8_t **names, uint8_t *bytes)
{
    (void)names, (void)bytes;
    return 0;
}

uint16_t __wasi_fd_close(int fd);
uint16_t __wasi_fd_close(int fd)
{
    (void)fd;
    return WASI_BADF;
}

uint16_t __wasi_fd_read(int fd, const void *to, size_t count, size_t *got);
uint16_t __wasi_fd_read(int fd, const void *to, size_t count, size_t *got)
{
    (void)fd, (void)to, (void)count, (void)got;
    return WASI_BADF;
}

uint16_t __wasi_fd_write(int fd, const void *from, size_t count, size_t *written);
uint16_t __wasi_fd_write(int fd, const void *from, size_t count, size_t *written)
{
    (void)fd, (void)from, (void)count, (void)written;
    return WASI_BADF;
}

uint16_t __wasi_fd_seek(int fd, int64_t offset, uint8_t whence, uint64_t *at);
uint16_t __wasi_fd_seek(int fd, int64_t offset, uint8_t whence, uint64_t *at)
{
    (void)fd, (void)offset, (void)whence, (void)at;
    return WASI_BADF;
}
