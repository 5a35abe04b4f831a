/* SPDX-License-Identifier: MIT */
/* memory.h - whether this process may take more people in: Linux lets every allocation succeed and kills a process once its machine or
 * container has no more, so newcomers are refused before that. */
#ifndef PARLEY_SERVER_MEMORY_H
#define PARLEY_SERVER_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* Resident bytes of this process; 0 when the system does not tell. */
size_t memory_used(void);
/* What the container, or else the machine, has; 0 when the system does not tell. */
size_t memory_of_machine(void);
/* Gives what was freed back to the system. Takes milliseconds. */
void memory_give_back(void);

struct memory_guard {
    size_t limit; /* bytes; 0: none */
    bool closed; /* newcomers are refused */
};
/* `limit_mib` 0: three quarters of memory_of_machine(). */
void memory_guard_init(struct memory_guard *g, size_t limit_mib);
/* `used` bytes are in use: true when `closed` changed. Closes at the limit and opens below 15/16 of it. */
bool memory_guard_note(struct memory_guard *g, size_t used);

#endif
