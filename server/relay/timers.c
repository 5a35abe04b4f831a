/* SPDX-License-Identifier: MIT */
#include "timers.h"

#include <stddef.h>

/* The later of two roots becomes the first child of the earlier. */
static struct timer *meld(struct timer *a, struct timer *b)
{
    if (!a || !b)
        return a ? a : b;
    if (b->at < a->at) {
        struct timer *t = a;
        a = b;
        b = t;
    }
    b->next = a->child;
    if (b->next)
        b->next->prev = b;
    b->prev = a;
    a->child = b;
    return a;
}

/* Melds a list of brothers in pairs, then the pairs from the last to the first. */
static struct timer *meld_brothers(struct timer *first)
{
    struct timer *pairs = NULL;
    while (first) {
        struct timer *a = first, *b = first->next;
        first = b ? b->next : NULL;
        a->next = a->prev = NULL;
        if (b)
            b->next = b->prev = NULL;
        a = meld(a, b);
        a->next = pairs;
        pairs = a;
    }
    struct timer *root = NULL;
    while (pairs) {
        struct timer *a = pairs;
        pairs = a->next;
        a->next = NULL;
        root = meld(root, a);
    }
    return root;
}

static void cut(struct timer *t)
{
    if (t->prev->child == t)
        t->prev->child = t->next;
    else
        t->prev->next = t->next;
    if (t->next)
        t->next->prev = t->prev;
    t->next = t->prev = NULL;
}

void timer_stop(struct timers *h, struct timer *t)
{
    if (!t->set)
        return;
    t->set = false;
    struct timer *rest = meld_brothers(t->child);
    t->child = NULL;
    if (h->top == t) {
        h->top = rest;
        return;
    }
    cut(t);
    h->top = meld(h->top, rest);
}

void timer_set(struct timers *h, struct timer *t, usec_t at)
{
    timer_stop(h, t);
    if (at == NEVER)
        return;
    t->at = at;
    t->set = true;
    t->child = t->next = t->prev = NULL;
    h->top = meld(h->top, t);
}

void timer_set_earlier(struct timers *h, struct timer *t, usec_t at)
{
    if (!t->set || at < t->at)
        timer_set(h, t, at);
}

usec_t timers_deadline(const struct timers *h) { return h->top ? h->top->at : NEVER; }

struct timer *timers_due(struct timers *h, usec_t now)
{
    struct timer *t = h->top;
    if (!t || t->at > now)
        return NULL;
    timer_stop(h, t);
    return t;
}
