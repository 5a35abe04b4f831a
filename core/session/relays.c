/* SPDX-License-Identifier: MIT */
#include "relays.h"

#include <stdio.h>
#include <string.h>

static const char host_letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-";
static const char v6_letters[] = "0123456789abcdefABCDEF:.";

static const char base64url_letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
enum { HASH_LETTERS = 43 };

/* What follows a port: nothing, or hashes. */
static bool is_hashes(const char *text)
{
    while (strncmp(text, WIRE_CERTHASH, strlen(WIRE_CERTHASH)) == 0) {
        text += strlen(WIRE_CERTHASH);
        size_t len = strspn(text, base64url_letters);
        if (len != HASH_LETTERS)
            return false;
        text += len;
    }
    return !*text;
}

static bool is_port_and_hashes(const char *text)
{
    size_t len = strspn(text, "0123456789");
    return len > 0 && len <= 5 && is_hashes(text + len);
}

bool relays_is_address(const char *text)
{
    if (strlen(text) > RELAYS_TEXT_MAX)
        return false;
    bool v6 = *text == '[';
    const char *host = text + v6, *end = host + strspn(host, v6 ? v6_letters : host_letters);
    if (end == host || (v6 && *end != ']'))
        return false;
    end += v6;
    return *end == ':' && is_port_and_hashes(end + 1);
}

static void copy(char out[RELAYS_TEXT_MAX + 1], const char *text) { snprintf(out, RELAYS_TEXT_MAX + 1, "%s", text); }

void relays_clear(struct relays *r) { r->others = r->turn = 0; }

void relays_add(struct relays *r, const char *address)
{
    if (r->others < RELAYS_MAX && relays_is_address(address))
        copy(r->other[r->others++], address);
}

bool relays_name(struct relays *r, const char *address)
{
    bool sound = relays_is_address(address);
    if (sound)
        copy(r->named, address);
    return sound;
}

const char *relays_next(struct relays *r)
{
    size_t turn = r->turn;
    if (*r->named) {
        copy(r->next, r->named);
        r->named[0] = 0;
        return r->next;
    }
    r->turn = (turn + 1) % (r->others + 1);
    return turn < r->others ? r->other[turn] : r->current;
}

void relays_settled(struct relays *r, const char *address)
{
    if (address != r->current)
        copy(r->current, address);
    r->turn = 0;
}
