/* SPDX-License-Identifier: MIT */
/* speak.h - what a participant says to the relay: messages, and reports of what it received. Its media are mouth.h's. */
#ifndef PARLEY_LOAD_SPEAK_H
#define PARLEY_LOAD_SPEAK_H

#include "person.h"

void speak_hello(struct person *p);
/* The tracks of the shape. */
void speak_publish(struct person *p);
/* As many pictures as there are tiles; nothing before the Welcome. */
void speak_subscribe(struct person *p);
void speak_key_frame(struct person *p, uint32_t member);
void speak_pong(struct person *p, uint64_t token);
void speak_goodbye(struct person *p);
void speak_report(struct person *p, usec_t now);

#endif
