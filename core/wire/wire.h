/* SPDX-License-Identifier: MIT */
/* wire.h - names and bounds of the wire (proto/README.md) that every part shares. */
#ifndef PARLEY_WIRE_WIRE_H
#define PARLEY_WIRE_WIRE_H

enum wire_kind {
    WIRE_CONTROL = 1,
    WIRE_AUDIO = 2,
    WIRE_VIDEO = 3,
    WIRE_FEEDBACK = 4,
    WIRE_PADDING = 5,
};

#define WIRE_MAJOR 1
#define WIRE_MINOR 0

#define WIRE_CONTROL_MAX (256 * 1024)  /* bytes of one Control from a relay */
#define WIRE_REQUEST_MAX (64 * 1024)   /* bytes of one Control from a client */
#define WIRE_OBJECT_MAX (1024 * 1024)  /* bytes of one object, header and payload */
#define WIRE_DATAGRAM_MAX 1200         /* bytes of one datagram's payload, kind byte included; see limits of the path */
#define WIRE_HEADER_MAX 64             /* bytes of one ObjectHeader */
#define WIRE_NAME_MAX 128              /* bytes of a display name */
#define WIRE_MEETING_MAX 64            /* bytes of a meeting id */
#define WIRE_CHAT_MAX 4096             /* bytes of a chat text */
#define WIRE_TRACKS_MAX 8              /* tracks of one member */
#define WIRE_LAYERS_MAX 3              /* spatial layers of one track, and temporal layers of one spatial layer */
#define WIRE_MEMBERS_MAX 4096          /* members in one Roster; larger ones come in several */
#define WIRE_WANTS_MAX 1024            /* wants in one Subscribe */
#define WIRE_DEMANDS_MAX 24            /* WIRE_TRACKS_MAX tracks of WIRE_LAYERS_MAX layers */
#define WIRE_FORWARDING_MAX 4096       /* layers in one Forwarding */
#define WIRE_CODECS_MAX 16             /* codecs in Hello.decodes */
#define WIRE_TOKEN_MAX 4096            /* bytes of a JWT */
#define WIRE_PROGRAM_MAX 128           /* bytes of Hello.client */
#define WIRE_CODE_MAX 32               /* bytes of a stable word */
#define WIRE_SENTENCE_MAX 512          /* bytes of a text for people */
#define WIRE_ADDRESS_MAX 256           /* bytes of a relay's address: Relay.address, Drain.relay, Refused.relay */
#define WIRE_CERTHASH "/certhash/"     /* stands before each hash in it */
#define WIRE_RELAYS_MAX 8              /* of one Welcome */
#define WIRE_UNKNOWN_MAX 16            /* unknown fields in one message, from a newer minor version */
#define WIRE_DEPTH_MAX 8               /* messages within messages */
#define WIRE_SEALED_CHAT_MAX (WIRE_CHAT_MAX + 64) /* bytes of Chat.sealed: text, id and their tags, SFrame header and tag */
#define WIRE_SALT_BYTES 16
#define WIRE_RESUME_BYTES 44

#endif
