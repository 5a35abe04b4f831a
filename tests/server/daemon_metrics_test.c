/* SPDX-License-Identifier: MIT */
/* /metrics is what Prometheus reads, and what the dashboard and the alerts in deploy/ ask for is there. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "check.h"
#include "daemon_kit.h"

#define FAMILIES_MAX 256

static struct host h;
static char text[256 * 1024];

static void scrape(void)
{
    static const char request[] = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    CHECK(host_http(&h, request, text, sizeof(text)) < sizeof(text) - 1);
    CHECK(strstr(text, "200 OK"));
}

/* The number of a sample, name and labels given, or -1. */
static double sample(const char *name)
{
    char start[256];
    snprintf(start, sizeof(start), "\n%s ", name);
    const char *at = strstr(text, start);
    return at ? atof(at + strlen(start)) : -1;
}

static size_t word(const char *s)
{
    size_t n = 0;
    while (isalnum((unsigned char)s[n]) || s[n] == '_' || s[n] == ':')
        n++;
    return n;
}

static bool is_declared(char family[][128], size_t count, const char *name)
{
    static const char *const endings[] = {"", "_bucket", "_sum", "_count"};
    for (size_t i = 0; i < count; i++)
        for (size_t e = 0; e < COUNT_OF(endings); e++) {
            size_t n = strlen(family[i]);
            if (strncmp(name, family[i], n) == 0 && strcmp(name + n, endings[e]) == 0)
                return true;
        }
    return false;
}

/* Every sample belongs to a family that was declared before it, and each family is declared once. */
static void is_well_formed(void)
{
    static char family[FAMILIES_MAX][128];
    size_t count = 0;
    host_start(&h, NULL);
    scrape();
    char *body = strstr(text, "\r\n\r\n");
    for (char *line = strtok(body, "\r\n"); line; line = strtok(NULL, "\r\n")) {
        char name[128];
        if (sscanf(line, "# TYPE %127s", name) == 1) {
            CHECK(!is_declared(family, count, name) && count < FAMILIES_MAX);
            strcpy(family[count++], name);
        } else if (strncmp(line, "parley_", 7) == 0 || strncmp(line, "process_", 8) == 0) {
            snprintf(name, sizeof(name), "%.*s", (int)word(line), line);
            if (!is_declared(family, count, name))
                print_error("%s is not declared\n", name);
            CHECK(is_declared(family, count, name));
        }
    }
    CHECK(count > 40);
    host_stop(&h);
}

static void media_are_counted_by_kind_and_layer(void)
{
    host_start(&h, NULL);
    struct guest *alice = guest_join(&h, NET_WEBSOCKET, "m"), *bob = guest_join(&h, NET_WEBSOCKET, "m");
    host_until(&h, &alice->members, 1);
    host_until(&h, &bob->members, 1);
    guest_speak(alice);
    guest_film(alice);
    guest_watch(bob, alice);
    host_until(&h, &bob->audio, 10);
    host_until(&h, &bob->video, 10);
    scrape();
    CHECK(sample("parley_objects_in_total{kind=\"sound\"}") >= 10);
    CHECK(sample("parley_objects_out_total{kind=\"sound\"}") >= 10);
    double layer[3];
    for (int i = 0; i < 3; i++) {
        char name[128];
        snprintf(name, sizeof(name), "parley_objects_out_total{kind=\"camera\",spatial=\"0\",temporal=\"%d\"}", i);
        layer[i] = sample(name);
    }
    CHECK_BETWEEN(10, 1000, layer[0] + layer[1] + layer[2]);
    CHECK(layer[0] > 0 && layer[2] > 0); /* the guest's pattern is 0 2 1 2 */
    CHECK_EQ(0, sample("parley_objects_out_total{kind=\"screen\",spatial=\"0\",temporal=\"0\"}"));
    double all = sample("parley_queue_wait_seconds_count");
    CHECK(all >= 20);
    CHECK_EQ(all, sample("parley_queue_wait_seconds_bucket{le=\"+Inf\"}"));
    CHECK_EQ(0, sample("parley_dropped_total{reason=\"malformed\"}"));
    CHECK(sample("process_resident_memory_bytes") > 1e6);
    CHECK(sample("process_cpu_seconds_total") > 0);
    host_stop(&h);
}

static char *read_all(const char *path)
{
    FILE *f = fopen(path, "r");
    CHECK(f);
    char *s = calloc(1, 256 * 1024);
    CHECK(s && fread(s, 1, 256 * 1024 - 1, f) > 0);
    fclose(f);
    return s;
}

/* Each name that a file of deploy/ asks for. Those of the bus are there only where NATS is. */
static void asks_only_for_what_is_there(const char *path)
{
    char *file = read_all(path);
    size_t found = 0;
    for (char *at = file; (at = strpbrk(at, "p")); at++) {
        size_t n = word(at);
        bool begins = at > file && !isalnum((unsigned char)at[-1]) && !strchr("_/-", at[-1]);
        char name[128];
        snprintf(name, sizeof(name), "\n%.*s", (int)n, at);
        if (!begins || n < 12 || (strncmp(at, "parley_", 7) != 0 && strncmp(at, "process_", 8) != 0) ||
            strncmp(at, "parley_bus_", 11) == 0)
            continue;
        if (!strstr(text, name))
            print_error("%s: no such metric as%s\n", path, name);
        CHECK(strstr(text, name));
        found++;
    }
    CHECK(found >= 2);
    free(file);
}

static void what_deploy_asks_for_is_there(void)
{
    host_start(&h, NULL);
    scrape();
    asks_only_for_what_is_there(PARLEY_SOURCE_DIR "/deploy/grafana/parley.json");
    asks_only_for_what_is_there(PARLEY_SOURCE_DIR "/deploy/prometheus/parley.yml");
    host_stop(&h);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(is_well_formed),
        T(media_are_counted_by_kind_and_layer),
        T(what_deploy_asks_for_is_there),
    };
    return CHECK_RUN(tests);
}
