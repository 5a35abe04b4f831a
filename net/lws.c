/* SPDX-License-Identifier: MIT */
#include "net/lws.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define SERVICE_BYTES (32 * 1024)       /* read at once */
#define NOT_SENT_BYTES (32 * 1024)      /* what the kernel may hold beyond what is on the way */

/* libwebsockets calls an error what any stranger can provoke: nothing of it is printed, the last one is kept. */
static _Thread_local char last_error[128];

static void keep_error(int level, const char *line)
{
    const char *text = strstr(line, "E: ");
    (void)level;
    snprintf(last_error, sizeof last_error, "%s", text ? text + 3 : line);
    last_error[strcspn(last_error, "\n")] = 0;
}

void lws_quiet(void)
{
    last_error[0] = 0;
    lws_set_log_level(LLL_ERR, keep_error);
}

const char *lws_last_error(void) { return last_error; }

void lws_home_info(struct lws_context_creation_info *info, struct lws_home *home, void *loops[1])
{
    home->log = (lws_log_cx_t){.u.emit = keep_error, .lll_flags = LLL_ERR};
    info->log_cx = &home->log;
    info->options |= LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT |
                     LWS_SERVER_OPTION_NO_LWS_SYSTEM_STATES | LWS_SERVER_OPTION_JUST_USE_RAW_ORIGIN |
                     LWS_SERVER_OPTION_UV_NO_SIGSEGV_SIGFPE_SPIN;
    info->foreign_loops = loops;
    info->gid = (gid_t)-1;
    info->uid = (uid_t)-1;
    info->pt_serv_buf_size = SERVICE_BYTES;
}

static void want_write(void *carrier) { lws_callback_on_writable(carrier); }

static void want_end(void *carrier) { lws_set_timer_usecs(carrier, WS_LINGER); }

static int socket_of(struct lws *wsi) { return lws_get_socket_fd(lws_get_network_wsi(wsi)); }

static void tcp_stats(void *carrier, struct net_stats *s)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof info;
    if (getsockopt(socket_of(carrier), IPPROTO_TCP, TCP_INFO, &info, &len))
        return;
    s->rtt_us = (usec_t)info.tcpi_rtt;
    s->delivery_bps = info.tcpi_delivery_rate * 8;
    s->packets_lost = info.tcpi_total_retrans;
}

static void pause_reading(void *carrier, bool paused) { lws_rx_flow_control(carrier, !paused); }

const struct ws_carrier lws_carrier = {want_write, want_end, tcp_stats, pause_reading};

void lws_tune_socket(struct lws *wsi)
{
    int bytes = NOT_SENT_BYTES, at_once = 1;
    setsockopt(socket_of(wsi), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof bytes);
    setsockopt(socket_of(wsi), IPPROTO_TCP, TCP_NODELAY, &at_once,
               sizeof at_once); /* libwebsockets leaves accepted sockets to Nagle */
}

static int write_piece(struct lws *wsi, uint8_t *data, size_t len, enum ws_piece piece)
{
    static const int how[] = {
        [WS_WHOLE] = LWS_WRITE_BINARY,
        [WS_FIRST] = LWS_WRITE_BINARY | LWS_WRITE_NO_FIN,
        [WS_MIDDLE] = LWS_WRITE_CONTINUATION | LWS_WRITE_NO_FIN,
        [WS_LAST] = LWS_WRITE_CONTINUATION,
    };
    return lws_write(wsi, data, len, (enum lws_write_protocol)how[piece]) < (int)len ? -1 : 0;
}

static int hang_up(struct lws *wsi, const struct ws_conn *w)
{
    lws_close_reason(wsi, (enum lws_close_status)w->ws_close_code, (uint8_t *)(uintptr_t)w->close_text, strlen(w->close_text));
    return -1;
}

/* While writing, libwebsockets takes a request to hang up for a broken socket and sends no close frame: so it is asked for from its
 * timer, see lws_on_timer(). */
static int hang_up_soon(struct lws *wsi, const struct ws_conn *w)
{
    hang_up(wsi, w);
    lws_set_timer_usecs(wsi, 1);
    return 0;
}

int lws_on_timer(const struct ws_conn *w) { return w->closing ? -1 : 0; }

int lws_write_pieces(struct lws *wsi, struct ws_conn *w, uint8_t *scratch)
{
    do {
        size_t len = 0;
        enum ws_piece piece = ws_next(w, scratch + LWS_PRE, WS_PIECE_BYTES, &len);
        if (piece == WS_NOTHING)
            return 0;
        if (piece == WS_CLOSE)
            return hang_up_soon(wsi, w);
        if (write_piece(wsi, scratch + LWS_PRE, len, piece))
            return -1;
    } while (!lws_send_pipe_choked(wsi));
    if (ws_pending(w))
        lws_callback_on_writable(wsi);
    return 0;
}

int lws_read_piece(struct lws *wsi, struct ws_conn *w, const void *in, size_t len)
{
    /* A frame may itself come in pieces: it is the message's last when the frame is final and nothing of it remains. */
    bool final = lws_is_final_fragment(wsi) && lws_remaining_packet_payload(wsi) == 0;
    if (ws_received(w, in, len, lws_is_first_fragment(wsi), final, lws_frame_is_binary(wsi)))
        return hang_up(wsi, w);
    return 0;
}

void lws_read_close(struct ws_conn *w, const void *in, size_t len)
{
    const uint8_t *at = in;
    if (len >= 2)
        ws_peer_closed(w, (uint16_t)(at[0] << 8 | at[1]), (const char *)at + 2, len - 2);
    else
        ws_peer_closed(w, 0, "", 0);
}
