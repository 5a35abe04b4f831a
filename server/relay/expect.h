/* SPDX-License-Identifier: MIT */
/* expect.h - what somebody who just came is about to ask for: in a small room the pictures of the others, which begin before the request
 * for them is here. They wait in the cache; if nobody asks within EXPECT_FOR, the publishers stop again. */
#ifndef PARLEY_RELAY_EXPECT_H
#define PARLEY_RELAY_EXPECT_H

#include "seat.h"

#define EXPECT_FOR SEC
#define EXPECT_MEMBERS 8 /* in larger rooms nobody sees all others at once */
#define EXPECT_LARGE 3 /* members, up to which a picture fills half of a screen */

/* `newcomer` has been welcomed. */
void expect_pictures(struct relay *r, const struct seat *newcomer, usec_t now);

#endif
