/* SPDX-License-Identifier: MIT */
/* What parleyd answers over HTTP. */
#include "check.h"

#include <string.h>

#include "daemon_kit.h"
#include "parleyd/origins.h"

static struct host h;
static char answer[32768];

/* "GET /path" and further header lines, each with its line end. */
static const char *ask(const char *line, const char *headers)
{
    char request[1024];
    snprintf(request, sizeof(request), "%s HTTP/1.1\r\nHost: localhost:%u\r\nConnection: close\r\n%s\r\n", line,
             host_plain_port(&h), headers);
    host_http(&h, request, answer, sizeof(answer));
    return answer;
}

static void expect(const char *what)
{
    if (!strstr(answer, what))
        print_error("missing: %s\n%s\n", what, answer);
    CHECK(strstr(answer, what));
}

static void serves_the_page_isolated_and_strict(void)
{
    host_start(&h, NULL);
    ask("GET /", "");
    expect("200 OK");
    expect("<p>home");
    expect("cross-origin-opener-policy: same-origin");
    expect("cross-origin-embedder-policy: require-corp");
    expect("content-security-policy: default-src 'none'; script-src 'self' 'wasm-unsafe-eval'");
    expect("cache-control: no-cache");
    expect("content-type: text/html; charset=utf-8");
    ask("GET /m/some-meeting", "");
    expect("<p>meeting");
    host_stop(&h);
}

static void hashed_names_are_kept_for_ever(void)
{
    host_start(&h, NULL);
    ask("GET /assets/a-0123456789.js", "");
    expect("cache-control: public, max-age=31536000, immutable");
    expect("content-type: text/javascript; charset=utf-8");
    expect("plain");
    CHECK(!strstr(answer, "content-encoding"));
    ask("GET /assets/a-0123456789.js", "Accept-Encoding: gzip, br\r\n");
    expect("content-encoding: br");
    expect("packed");
    ask("GET /assets/a-0123456789.js.br", "");
    expect("404");
    host_stop(&h);
}

static void an_unchanged_page_is_not_sent_again(void)
{
    host_start(&h, NULL);
    ask("GET /", "");
    char *etag = strstr(answer, "etag: ");
    CHECK(etag);
    char header[64];
    snprintf(header, sizeof(header), "If-None-Match: %.18s\r\n", etag + 6);
    ask("GET /", header);
    expect("304");
    CHECK(!strstr(answer, "<p>home"));
    host_stop(&h);
}

static void nothing_else_can_be_asked_for(void)
{
    static const struct {
        const char *line, *status;
    } row[] = {
        {"GET /nothing", "404"},
        {"GET /../CMakeCache.txt", "404"},
        {"GET /%2e%2e/CMakeCache.txt", "404"},
        {"GET /assets/../../../etc/passwd", "404"},
        {"POST /", "405"},
        {"DELETE /healthz", "405"},
    };
    host_start(&h, NULL);
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        ask(row[i].line, "");
        if (!strstr(answer, row[i].status) && !strstr(answer, "403"))
            print_error("%s: %.60s\n", row[i].line, answer);
        CHECK(strstr(answer, row[i].status) || strstr(answer, "403"));
        CHECK(!strstr(answer, "root:"));
    }
    host_stop(&h);
}

static void tells_pages_where_the_relay_is(void)
{
    host_start(&h, NULL);
    char wt[64], ws[64];
    snprintf(wt, sizeof(wt), "\"webtransport\": \"https://127.0.0.1:%u/wt\"", host_port(&h));
    snprintf(ws, sizeof(ws), "\"websocket\": \"ws://localhost:%u/ws\"", host_plain_port(&h));
    ask("GET /config.json", "");
    expect(wt);
    expect(ws);
    expect("\"certificate_hashes\": [\n");
    expect("\"paths\": true");
    host_stop(&h);

    host_start(&h, (const char *[]){"--public-address=meet.example:443", "--no-udp", NULL});
    ask("GET /config.json", "");
    expect("\"webtransport\": \"\"");
    host_stop(&h);
}

static void a_host_header_is_not_repeated_blindly(void)
{
    host_start(&h, NULL);
    host_http(&h, "GET /config.json HTTP/1.1\r\nHost: a\"b<c>\r\nConnection: close\r\n\r\n", answer, sizeof(answer));
    CHECK(!strstr(answer, "<c>"));
    host_stop(&h);
}

static void other_pages_are_answered_when_allowed(void)
{
    host_start(&h, (const char *[]){"--origin=https://static.example", NULL});
    ask("GET /config.json", "Origin: https://static.example\r\n");
    expect("access-control-allow-origin: https://static.example");
    ask("GET /config.json", "Origin: https://evil.example\r\n");
    CHECK(!strstr(answer, "access-control-allow-origin"));
    host_stop(&h);
}

/* A browser on this machine may be made to ask for it: DNS rebinding. */
static void metrics_are_not_told_to_other_names(void)
{
    static const struct {
        const char *host;
        int status;
    } row[] = {{"localhost", 200},
               {"LOCALHOST:8080", 200},
               {"127.0.0.1:8080", 200},
               {"[::1]:8080", 200},
               {"evil.example", 403},
               {"localhost.evil.example", 403},
               {"127.0.0.1.evil.example:8080", 403},
               {"[::1", 403},
               {"", 403}};
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        char request[256], status[16];
        snprintf(request, sizeof(request), "GET /metrics HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", row[i].host);
        snprintf(status, sizeof(status), " %d ", row[i].status);
        host_http(&h, request, answer, sizeof(answer));
        if (row[i].status == 200 || strncmp(answer, "HTTP/1.1 400", 12) != 0) /* what is no host at all may be refused before us */
            expect(status);
        CHECK_EQ(row[i].status == 200, strstr(answer, "parley_members") != NULL);
    }
}

static void says_how_it_is(void)
{
    host_start(&h, NULL);
    guest_join(&h, NET_WEBSOCKET, "m");
    ask("GET /healthz", "");
    expect("200 OK");
    ask("GET /readyz", "");
    expect("ready");
    ask("GET /metrics", "");
    expect("\nparley_members 1\n");
    expect("# TYPE parley_joins_total counter\nparley_joins_total 1\n");
    expect("\nparley_net_websocket 1\n");
    host_stop(&h);

    host_start(&h, (const char *[]){"--metrics=local", NULL});
    metrics_are_not_told_to_other_names();
    host_stop(&h);

    host_start(&h, (const char *[]){"--metrics=off", NULL});
    ask("GET /metrics", "");
    expect("404");
    host_stop(&h);
}

static void origins_by_the_book(void)
{
    static const struct {
        const char *origin, *host, *list;
        bool allowed;
    } row[] = {
        {"", "relay.example", "", true},
        {"https://relay.example", "relay.example:4443", "", true},
        {"https://relay.example.evil", "relay.example", "", false},
        {"https://evil.example", "relay.example", "*", true},
        {"https://evil.example", "relay.example", "https://a.example", false},
        {"https://a.example:8443", "relay.example", "https://a.example", false},
        {"https://A.example", "relay.example", "https://b.example,https://a.example", true},
        {"http://localhost:5000", "127.0.0.1:4443", "", true},
        {"http://localhost:5000", "[::1]:4443", "", true},
        {"http://localhost:5000", "relay.example", "", false},
        {"null", "relay.example", "", false},
        {"file://", "", "", false},
        {"https://", "", "", false},
    };
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        if (row[i].allowed != origin_allowed(row[i].origin, row[i].host, row[i].list))
            print_error("row %zu\n", i);
        CHECK_EQ(row[i].allowed, origin_allowed(row[i].origin, row[i].host, row[i].list));
    }
}

int main(void)
{
    static const struct check_test tests[] = {
        T(serves_the_page_isolated_and_strict),
        T(hashed_names_are_kept_for_ever),
        T(an_unchanged_page_is_not_sent_again),
        T(nothing_else_can_be_asked_for),
        T(tells_pages_where_the_relay_is),
        T(a_host_header_is_not_repeated_blindly),
        T(other_pages_are_answered_when_allowed),
        T(says_how_it_is),
        T(origins_by_the_book),
    };
    return CHECK_RUN(tests);
}
