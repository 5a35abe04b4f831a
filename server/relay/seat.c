/* SPDX-License-Identifier: MIT */
#include "seat.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "state.h"

bool seat_is_local(const struct relay *r, const struct seat *seat) { return seat->home == r->place.shard; }

bool seat_is_away(const struct seat *seat) { return seat->away || !(seat->session || seat->elsewhere); }

void seat_set_role(struct seat *seat, uint32_t role)
{
    seat->room->hosts -= seat->role == PARLEY__V1__ROLE__ROLE_HOST;
    seat->room->hosts += role == PARLEY__V1__ROLE__ROLE_HOST;
    seat->role = role;
}

/* ---- tokens of seats here ---- */

static void unlist_token(struct relay *r, const struct seat *seat, const uint8_t token[WIRE_RESUME_BYTES])
{
    if (map_get(&r->seats, tokens_key(token)) == seat)
        map_take(&r->seats, tokens_key(token));
}

static void forget_token(struct relay *r, struct seat *seat)
{
    unlist_token(r, seat, seat->token);
    seat->has_token = false;
}

void seat_confirm(struct relay *r, struct seat *seat)
{
    if (!seat->has_shown)
        return;
    unlist_token(r, seat, seat->shown);
    memset(seat->shown, 0, sizeof(seat->shown));
    seat->has_shown = false;
}

void seat_revoke(struct relay *r, struct seat *seat)
{
    seat_confirm(r, seat);
    forget_token(r, seat);
}

/* Without memory for it the seat cannot be resumed, and works otherwise. */
static void new_token(struct relay *r, struct seat *seat)
{
    forget_token(r, seat);
    tokens_next(&r->tokens, seat->room->id, &(struct token_seat){seat->id, seat->moves, seat->order}, seat->token);
    tokens_public(seat->token, seat->token_hash);
    seat->has_token = map_put(&r->seats, tokens_key(seat->token), seat) == 0;
    if (!seat->has_token)
        memset(seat->token, 0, sizeof(seat->token));
}

void seat_renew_token(struct relay *r, struct seat *seat, const uint8_t *shown)
{
    uint8_t kept[WIRE_RESUME_BYTES]; /* `shown` may be the seat's own */
    memcpy(kept, shown, sizeof(kept));
    seat_confirm(r, seat);
    new_token(r, seat);
    memcpy(seat->shown, kept, sizeof(kept));
    seat->has_shown = map_put(&r->seats, tokens_key(kept), seat) == 0;
}

struct seat *seat_of_token(struct relay *r, const uint8_t *token, size_t len)
{
    struct seat *seat = len == WIRE_RESUME_BYTES ? map_get(&r->seats, tokens_key(token)) : NULL;
    bool fits = seat && (tokens_same(seat->token, token) || (seat->has_shown && tokens_same(seat->shown, token)));
    return fits ? seat : NULL;
}

/* ---- and of seats elsewhere ---- */

static void forget_hash(struct relay *r, struct seat *seat)
{
    if (map_get(&r->elsewhere, tokens_key(seat->token_hash)) == seat)
        map_take(&r->elsewhere, tokens_key(seat->token_hash));
}

void seat_set_hash(struct relay *r, struct seat *seat, const uint8_t *hash, size_t len)
{
    if (seat->has_token && len == TOKEN_HASH_BYTES && memcmp(seat->token_hash, hash, len) == 0)
        return;
    forget_hash(r, seat);
    seat->has_token = len == TOKEN_HASH_BYTES && map_put(&r->elsewhere, tokens_key(hash), seat) == 0;
    if (seat->has_token)
        memcpy(seat->token_hash, hash, len);
}

struct seat *seat_elsewhere(struct relay *r, const uint8_t *token, size_t len)
{
    uint8_t hash[TOKEN_HASH_BYTES];
    if (len != WIRE_RESUME_BYTES)
        return NULL;
    tokens_public(token, hash);
    struct seat *seat = map_get(&r->elsewhere, tokens_key(hash));
    return seat && tokens_same_hash(seat->token_hash, hash) ? seat : NULL;
}

/* ---- life ---- */

/* Some shard may have heard of the seat since the token was given, one move later: that is to be outdone, too. */
static void remember(struct seat *seat, const struct token_seat *was)
{
    seat->id = was->id;
    seat->moves = was->moves + 2;
    seat->order = was->order;
}

struct seat *seat_new(struct relay *r, struct room *room, const struct token_seat *was, int *err)
{
    struct seat *seat = calloc(1, sizeof(*seat));
    if (seat && was)
        remember(seat, was);
    *err = seat ? room_add(r, room, seat) : ERR_NOMEM;
    if (*err) {
        free(seat);
        return NULL;
    }
    seat->home = r->place.shard;
    new_token(r, seat);
    return seat;
}

struct seat *seat_new_remote(struct relay *r, struct room *room, uint32_t id, uint32_t home)
{
    struct seat *seat = calloc(1, sizeof(*seat));
    if (!seat)
        return NULL;
    seat->id = id;
    seat->home = home;
    seat->elsewhere = true;
    if (room_add_remote(r, room, seat) != 0) {
        free(seat);
        return NULL;
    }
    return seat;
}

void seat_del(struct relay *r, struct seat *seat)
{
    seat_set_role(seat, PARLEY__V1__ROLE__ROLE_MEMBER);
    if (seat_is_local(r, seat))
        room_unlist_local(seat->room, seat);
    room_remove(seat->room, seat);
    seat_revoke(r, seat);
    forget_hash(r, seat);
    free(seat->subs);
    map_free(&seat->wanted);
    free(seat);
}
